"""The servers that are measured, each started anew for each run, on one core, on loopback."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PEERS = os.path.join(ROOT, "bench", "peers")
sys.path.insert(0, os.path.join(ROOT, "tests", "wire"))

from support.ports import reserve  # noqa: E402

CERT, KEY, CA = (os.path.join(ROOT, "certs", name) for name in ("dev.crt", "dev.key", "ca.crt"))
CORES = sorted(os.sched_getaffinity(0))
CORE_OF_SERVER, CORE_OF_LOAD = CORES[0], CORES[min(1, len(CORES) - 1)]


def pinned(core, command):
    return ["taskset", "-c", str(core), *command]


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return ((done.stdout + done.stderr).splitlines() or ["?"])[0]


class Server:
    """A running server, in a `with`. Subclasses say how to start it and how to speak to it."""

    name = title = ""
    replays = False  # knows Last-Event-ID
    patience = 15  # seconds until it must be ready
    publish_path = "/events?board={board}"

    def __init__(self, build):
        self.build = build
        self.process = None

    def command(self):
        raise NotImplementedError

    def core(self):
        return CORE_OF_SERVER

    def version(self):
        raise NotImplementedError

    def ask(self):
        """An OSError while it is not ready."""
        socket.create_connection(("127.0.0.1", self.port), 1).close()

    def __enter__(self):
        self.reserved = reserve()
        self.port = self.reserved.getsockname()[1]
        self.folder = tempfile.mkdtemp(prefix="boardcast-bench-")
        try:
            with open(os.path.join(self.folder, "log"), "wb") as log:
                self.process = subprocess.Popen(pinned(self.core(), self.command()), stdout=log,
                                                stderr=log, stdin=subprocess.DEVNULL, cwd=ROOT)
            self._await()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _await(self):
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return self.ask()
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self.name} does not start: {self.log_text()}") from None
                time.sleep(0.05)

    def log_text(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as log:
            return log.read()[-2000:]

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        self.reserved.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    def pids(self):
        """The process and its children."""
        found = [self.process.pid]
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(children, encoding="utf-8") as file:
            found += [int(pid) for pid in file.read().split()]
        return found


class Boardcast(Server):
    """The shipped defaults, but for the address, one worker, and what a work says in `settings`."""

    name = title = "boardcast"
    replays = True
    settings = {}

    def program(self):
        return os.path.join(self.build, "boardcast")

    def command(self):
        config = {"server": {"listen": [self.url], "workers": 1, "drain": "1s",
                             "drain_delay": "0s"},
                  "tls": {"certificates": [{"cert": CERT, "key": KEY}]},
                  "admin": {"listen": "127.0.0.1:0"}, **self.settings}
        file = os.path.join(self.folder, "config.yaml")
        with open(file, "w", encoding="utf-8") as out:
            json.dump(config, out)  # JSON is YAML
        return [self.program(), "serve", "--config", file]

    def version(self):
        return first_line(self.program(), "--version")


class Nchan(Server):
    name, title, replays = "nchan", "nginx + Nchan", True
    publish_path = "/publish?board={board}"

    def command(self):
        with open(os.path.join(PEERS, "nchan", "nginx.conf"), encoding="utf-8") as file:
            text = file.read()
        for word, value in {"folder": self.folder, "port": self.port, "cert": CERT,
                            "key": KEY}.items():
            text = text.replace(f"@{word}@", str(value))
        config = os.path.join(self.folder, "nginx.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.folder, 0o755)  # a worker of another user writes bodies in here
        return ["nginx", "-e", os.path.join(self.folder, "error.log"), "-c", config]

    def version(self):
        package = first_line("dpkg-query", "-W", "-f", "${Version}", "libnginx-mod-nchan")
        return f"{first_line('nginx', '-v').removeprefix('nginx version: ')}, Nchan {package}"


class Node(Server):
    name, title, replays = "node", "Node http2 by hand", True
    folder_of_peer = "node-http2"

    def command(self):
        script = os.path.join(PEERS, self.folder_of_peer, "server.mjs")
        return ["node", script, str(self.port), CERT, KEY]

    def version(self):
        return f"Node {first_line('node', '--version')}"


class BetterSse(Node):
    name, title, replays = "better-sse", "Node + better-sse", False
    folder_of_peer = "better-sse"

    def version(self):
        with open(os.path.join(PEERS, "better-sse", "package-lock.json"), encoding="utf-8") as lock:
            package = json.load(lock)["packages"]["node_modules/better-sse"]
        return f"better-sse {package['version']}, {super().version()}"


class Floor(Server):
    """As cheap as this machine can: see bench/floor/floor.cc."""

    name, title = "floor", "*floor*"

    def command(self):
        return [os.path.join(self.build, "bench", "floor"), str(self.port), CERT, KEY]

    def version(self):
        return "bench/floor/floor.cc"


SERVERS = {kind.name: kind for kind in (Boardcast, Nchan, Node, BetterSse, Floor)}
