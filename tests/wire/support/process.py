"""Starts the real program on free loopback ports and ends it by pid.

Ports are read back from the program's own log ("listening", JSON form). Everything has a limit.
"""

import json
import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PROGRAM = os.environ.get("BOARDCAST", os.path.join(ROOT, "build", "dev", "boardcast"))
SLOWNESS = float(os.environ.get("BOARDCAST_SLOWNESS", "1"))
CA = os.path.join(ROOT, "certs", "ca.crt")

DEFAULTS = {
    "server": {"listen": ["https://127.0.0.1:0", "http://127.0.0.1:0"], "workers": 2,
               "drain": "3s", "drain_delay": "0s"},
    "tls": {"certificates": [{"cert": os.path.join(ROOT, "certs", "dev.crt"),
                              "key": os.path.join(ROOT, "certs", "dev.key")}]},
    "admin": {"listen": "http://127.0.0.1:0"},
    "log": {"format": "json"},
}

# For clients that stop reading and are not to be cut for it, however slow the machine is.
PATIENT = {"limits": {"user_timeout": "1h"}, "http2": {"ping_interval": "1h"},
           "stream": {"stall": "30m"}}


def merged(base, extra):
    """`extra` over `base`, maps key by key, all else replaced."""
    out = dict(base)
    for key, value in extra.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = merged(out[key], value) if both else value
    return out


# Seconds that end a hang, and are no promise of anybody's.
HANG = 30.0


def wait_for(condition, what, seconds=HANG):
    """Polls until `condition()` is truthy and returns it; fails after `seconds` × SLOWNESS."""
    deadline = time.monotonic() + seconds * SLOWNESS
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.01)
    raise AssertionError(f"waited {seconds} s in vain for {what() if callable(what) else what}")


class Gateway:
    """One running gateway. `config` is merged over DEFAULTS; `limits` are what setrlimit takes."""

    def __init__(self, config=None, environment=None, stdin=subprocess.DEVNULL, limits=()):
        self.config = merged(DEFAULTS, config or {})
        self.lines = []
        self._signaled = False
        descriptor, self.file = tempfile.mkstemp(suffix=".yaml")
        os.close(descriptor)
        self._write()
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--config", self.file], stdin=stdin,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
            env={**os.environ, **(environment or {})},
            preexec_fn=lambda: [resource.setrlimit(*limit) for limit in limits])
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        expected = len(self.config["server"]["listen"]) + 1

        def listening():
            assert self.process.poll() is None, "the gateway ended:\n" + "\n".join(self.lines)
            return len(self.messages("listening")) >= expected
        try:
            wait_for(listening, "the listeners")
        except AssertionError:
            self.kill()
            raise

    def _write(self):
        with open(self.file, "w", encoding="utf-8") as file:
            json.dump(self.config, file)  # JSON is YAML

    def reload(self, config=None):
        """SIGHUP, with `config` merged over what the file says. True when the gateway took it."""
        self.config = merged(self.config, config or {})
        self._write()
        ends = ("reloaded", "not reloaded, all stays as it was")
        before = [len(self.messages(end)) for end in ends]
        self.process.send_signal(signal.SIGHUP)

        def done():
            return [len(self.messages(end)) for end in ends] != before
        wait_for(done, "the reload")
        return len(self.messages(ends[0])) > before[0]

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def messages(self, message):
        """The log lines with this message, parsed."""
        entries = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        return [entry for entry in entries if entry.get("message") == message]

    def wait_for_messages(self, message, count=1):
        """The same, once there are so many."""
        wait_for(lambda: len(self.messages(message)) >= count, f"{count} lines: {message}")
        return self.messages(message)

    def address(self, scheme="https", role="traffic"):
        """(host, port) of the first listener with this scheme and role."""
        for entry in self.messages("listening"):
            url = urllib.parse.urlsplit(entry["address"])
            if url.scheme == scheme and entry["role"] == role:
                return url.hostname, url.port
        raise KeyError(f"{scheme} {role}")

    def url(self, path="", scheme="https", role="traffic"):
        host, port = self.address(scheme, role)
        return f"{scheme}://{host}:{port}{path}"

    def admin(self, path=""):
        return self.url(path, "http", "admin")

    def metric(self, name):
        """The value of one sample, named with its labels as the exposition writes it."""
        for line in fetch(self.admin("/metrics")).body.decode().splitlines():
            if line.rpartition(" ")[0] == name:
                return float(line.rpartition(" ")[2])
        raise KeyError(name)

    def connections(self):
        return json.loads(fetch(self.admin("/admin/connections")).body)

    def publish(self, board, data, options=(), **extra):
        """Publishes over HTTPS, `options` for curl, and returns the id."""
        body = json.dumps({"board": board, "data": data, **extra})
        answer = fetch(self.url("/events"), "-H", "content-type: application/json", "-d", body,
                       *options)
        assert answer.status == 200, answer
        return json.loads(answer.body)["id"]

    def signal(self, number=signal.SIGTERM):
        self._signaled = True
        self.process.send_signal(number)

    def stop(self, seconds=HANG):
        """SIGTERM unless it was signaled before (a second one means: at once); the exit code."""
        if self.process.poll() is None and not self._signaled:
            self.signal()
        try:
            code = self.process.wait(seconds * SLOWNESS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the gateway did not stop:\n" + "\n".join(self.lines[-20:]))
        self._clean()
        return code

    def kill(self):
        self.process.kill()
        self.process.wait(10)
        self._clean()

    def _clean(self):
        self._reader.join(5)
        self.process.stderr.close()
        if os.path.exists(self.file):
            os.unlink(self.file)


class Answer:
    def __init__(self, status, fields, body, version):
        self.status, self.fields, self.body, self.version = status, fields, body, version

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.version} {self.status} {self.fields} {self.body[:300]!r}>"


def parse_head(text):
    """(version, status, fields) of the last head in `text`; field names in lower case."""
    head = [part for part in text.split("\r\n\r\n") if part.startswith("HTTP/")][-1]
    first, *rest = head.split("\r\n")
    fields = {}
    for line in rest:
        name, _, value = line.partition(":")
        fields.setdefault(name.lower(), []).append(value.strip())
    version, status = first.split(" ")[:2]
    return version, int(status), {name: ", ".join(values) for name, values in fields.items()}


def fetch(url, *options, seconds=HANG):
    """One request with curl; `options` go to curl as they are."""
    with tempfile.TemporaryDirectory() as folder:
        head, body = os.path.join(folder, "head"), os.path.join(folder, "body")
        open(body, "w").close()
        done = subprocess.run(
            ["curl", "-sS", "--cacert", CA, "-D", head, "-o", body,
             "--max-time", str(seconds * SLOWNESS), *options, url],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60 * SLOWNESS)
        assert done.returncode == 0, (done.returncode, done.stderr, url, options)
        version, status, fields = parse_head(open(head, newline="").read())
        return Answer(status, fields, open(body, "rb").read(), version)


class Curl:
    """A `curl -N` that stays: its standard output is collected as it comes."""

    def __init__(self, url, *options):
        self.output = b""
        self.times = []  # (monotonic time, bytes) of each piece
        self.ended = None  # the monotonic time of its end
        self.process = subprocess.Popen(
            ["curl", "-sSN", "--cacert", CA, "--max-time", str(100 * SLOWNESS), *options, url],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while piece := os.read(self.process.stdout.fileno(), 65536):
            self.times.append((time.monotonic(), piece))
            self.output += piece
        self.ended = time.monotonic()

    def wait_for(self, text, seconds=HANG):
        wait_for(lambda: text.encode() in self.output, f"{text!r} in {self.output!r}", seconds)
        return self.output.decode()

    def wait(self, seconds=HANG):
        """Waits for curl's own end and returns its exit code."""
        code = self.process.wait(seconds * SLOWNESS)
        self._reader.join(5)
        return code

    def kill(self):
        self.process.kill()
        self.process.wait(10)
        self._reader.join(5)
        self.process.stdout.close()
