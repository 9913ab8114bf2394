"""Debian's redis-server on a free loopback port, in a folder of its own, keeping nothing on disk.

Ends by pid. It comes back on the port that it had, and empty. Everything has a limit.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time

from . import resp
from .ports import reserve
from .process import SLOWNESS, wait_for

PROGRAM = os.environ.get("REDIS_SERVER", "/usr/bin/redis-server")


class TlsPort:
    """A port of TLS for a server, beside its own: `options` for redis.conf. `authority`: whose
    certificates it trusts; `pair`: its own certificate and key; `asks`: yes or no, for one of
    clients."""

    def __init__(self, authority, pair, asks="no"):
        self._reserved = reserve()
        self.address = self._reserved.getsockname()
        self.url = "rediss://{}:{}".format(*self.address)
        self.options = {"tls-port": self.address[1], "tls-cert-file": pair[0],
                        "tls-key-file": pair[1], "tls-ca-cert-file": authority.file,
                        "tls-auth-clients": asks}

    def stop(self):
        self._reserved.close()


class Process:
    """What a Redis and a Sentinel have in common: a port, a folder and a pid."""

    def __init__(self):
        self._reserved = reserve()
        self.address = self._reserved.getsockname()
        self.port = self.address[1]
        self.folder = tempfile.mkdtemp(prefix="redis-")
        self.process = None

    def _start(self, words):
        log = os.path.join(self.folder, "log")
        with open(log, "ab") as file:
            self.process = subprocess.Popen([PROGRAM, *words], cwd=self.folder, stdout=file,
                                            stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        try:
            wait_for(self._answers, "an answer of redis-server")
        except AssertionError:
            self.kill()
            with open(log, encoding="utf-8", errors="replace") as file:
                print(file.read()[-4000:])
            raise

    @contextlib.contextmanager
    def _stopped_on_failure(self):
        """While it is made, nobody else knows it."""
        try:
            yield
        except BaseException:
            self.stop()
            raise

    def _answers(self):
        assert self.process.poll() is None, "redis-server ended"
        try:
            return self.command("PING") == "PONG"
        except (OSError, resp.RedisError):
            return False

    def client(self, seconds=5.0):
        return resp.Client(self.address, seconds * SLOWNESS)

    def command(self, *words, seconds=5.0):
        """The answer to one command, over a connection of its own."""
        with self.client(seconds) as client:
            return client.command(*words)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def pause(self):
        """SIGSTOP: connections stay, nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        """SIGKILL, also of one that is stopped."""
        self.process.kill()
        self.process.wait(10)

    def stop(self):
        """SIGTERM, and a second later SIGKILL; the folder and the port are given back."""
        if self.running():
            self.resume()
            self.process.terminate()
            try:
                self.process.wait(1)
            except subprocess.TimeoutExpired:
                self.kill()
        self._reserved.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class RedisServer(Process):
    """`options`: more of redis.conf's directives, by name. `of`: the server that it replicates,
    or a proxy in front of it: something with an `address`."""

    def __init__(self, options=None, of=None):
        super().__init__()
        self.socket = os.path.join(self.folder, "socket")
        settings = {"bind": "127.0.0.1", "port": self.port, "unixsocket": self.socket,
                    "save": "", "appendonly": "no", "dir": self.folder, "daemonize": "no",
                    "repl-diskless-sync": "yes", "repl-diskless-sync-delay": 0}
        if of:
            settings["replicaof"] = "{} {}".format(*of.address)
        self._settings = {**settings, **(options or {})}
        with self._stopped_on_failure():
            self.start()
            if of:
                self.synchronised()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def start(self):
        words = []
        for name, value in self._settings.items():
            words += [f"--{name}", *str(value).split(" ")]
        self._start(words)

    def restart(self):
        """Killed, and back on its port with nothing in it and another run_id."""
        self.kill()
        self.start()

    def info(self, section="server"):
        text = self.command("INFO", section).decode()
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)

    def synchronised(self):
        """Waits until it has what the one has that it replicates."""
        wait_for(lambda: self.info("replication")["master_link_status"] == "up",
                 "the synchronisation")

    def kill_clients(self, kind="normal"):
        """CLIENT KILL of all of a kind: normal, pubsub, replica; how many."""
        return self.command("CLIENT", "KILL", "TYPE", kind)

    def promote(self):
        """It replicates nobody from now on, also when it comes back."""
        self._settings.pop("replicaof", None)
        return self.command("REPLICAOF", "NO", "ONE")

    def follow(self, other):
        """It replicates `other` from now on; what it had is dropped when that begins."""
        return self.command("REPLICAOF", *other.address)


class Sentinel(Process):
    """Watches `primary`, something with an `address`, under the name `name` alone: its own vote is
    enough. `down_ms`: so long without an answer, and the primary is down. `host`: a name for this
    machine by which it knows primaries, and says where they are; `options`: more of its
    directives, by name."""

    def __init__(self, primary, name="boardcast", down_ms=500, host=None, options=None):
        super().__init__()
        self.name = name
        self._file = os.path.join(self.folder, "sentinel.conf")
        with open(self._file, "w", encoding="utf-8") as file:
            file.write(f"bind 127.0.0.1\nport {self.port}\ndir {self.folder}\n")
            if host:
                file.write("sentinel resolve-hostnames yes\nsentinel announce-hostnames yes\n")
            address, port = primary.address
            file.write(f"sentinel monitor {name} {host or address} {port} 1\n"
                       f"sentinel down-after-milliseconds {name} {down_ms}\n"
                       f"sentinel failover-timeout {name} 3000\n")
            file.writelines(f"{key} {value}\n" for key, value in (options or {}).items())
        with self._stopped_on_failure():
            self.start()

    def start(self):
        self._start([self._file, "--sentinel"])
        # How often it asks a primary for its replicas, and them (10 s if nobody says), and how long
        # it trusts nobody once it has stood still (30 s).
        self.command("SENTINEL", "DEBUG", "info-period", "200", "tilt-period", "500")

    def primary(self):
        """(host, port) that it names."""
        host, port = self.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.name)
        return host.decode(), int(port)

    def has_patience(self, down_ms):
        """From now on."""
        self.command("SENTINEL", "SET", self.name, "down-after-milliseconds", str(down_ms))

    def look_again(self):
        """It forgets the replicas that it knew."""
        self.command("SENTINEL", "RESET", self.name)

    def knows(self, replicas):
        """Waits until it has found so many of them."""
        wait_for(lambda: len(self.command("SENTINEL", "REPLICAS", self.name)) >= replicas,
                 "Sentinel's replicas")

    def fail_over(self):
        """Has it promote a replica, once it has heard from one lately."""
        def asked():
            try:
                return self.command("SENTINEL", "FAILOVER", self.name) == "OK"
            except resp.RedisError as error:
                assert "NOGOODSLAVE" in str(error), error
                return False

        wait_for(asked, "a replica fit to be promoted")

    def failed_over(self, old, seconds=30.0):
        """Waits until another than `old` (an address) is the primary; its address."""
        deadline = time.monotonic() + seconds * SLOWNESS
        while (now := self.primary()) == tuple(old):
            assert time.monotonic() < deadline, f"{old} stayed the primary"
            time.sleep(0.02)
        return now
