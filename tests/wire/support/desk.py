"""A desk at which the commands of a page are run as a reader would run them."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading

import yaml

from . import process
from .examples import difference
from .process import ROOT, SLOWNESS, merged, wait_for

# The addresses of config/dev.yaml, which pages name.
_ADDRESSES = {"localhost:8443": ("https", "traffic"), "localhost:8080": ("http", "traffic"),
              "127.0.0.1:9901": ("http", "admin")}


def development(extra=None):
    """config/dev.yaml as `./dev run` serves it, but on free ports, with `extra` over it."""
    with open(os.path.join(ROOT, "config", "dev.yaml"), encoding="utf-8") as file:
        settings = yaml.safe_load(file)
    ours = {"server": {"listen": process.DEFAULTS["server"]["listen"]},
            "tls": process.DEFAULTS["tls"], "admin": {"listen": "http://127.0.0.1:0"},
            "log": {"format": "json"}}
    return merged(merged(settings, ours), extra or {})


class Command:
    """A shell that runs a block; its standard output is collected as it comes."""

    def __init__(self, text, folder):
        self.output = b""
        # Its last line reads a stream, which may have no end.
        self.streams = re.match(r".*\bcurl -\w*N ", text.rstrip("\n").rpartition("\n")[2])
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["bash", "-c", text], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=self.errors, start_new_session=True, bufsize=0)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while piece := os.read(self.process.stdout.fileno(), 65536):
            self.output += piece

    def ended(self):
        """Whether it has, with all of its output read."""
        return self.process.poll() is not None and not self._reader.is_alive()

    def close(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(10)
        self._reader.join(5)
        self.process.stdout.close()
        self.errors.close()


class Desk:
    """A folder with certs/ in it, in front of one gateway; `prelude` goes before each command."""

    def __init__(self, gateway, prelude=""):
        self.gateway, self.prelude = gateway, prelude
        self.folder = tempfile.mkdtemp()
        os.symlink(os.path.join(ROOT, "certs"), os.path.join(self.folder, "certs"))
        self._open = []

    def close(self):
        for command in self._open:
            command.close()
        shutil.rmtree(self.folder)

    def here(self, text):
        """`text` with this program and this gateway's addresses in place of the page's."""
        text = text.replace("build/release/boardcast", process.PROGRAM)
        for named, listener in _ADDRESSES.items():
            port = self.gateway.address(*listener)[1]
            text = text.replace(named, f"{named.rpartition(':')[0]}:{port}")
        return text

    def there(self, text):
        """The other way round."""
        for named, listener in _ADDRESSES.items():
            port = self.gateway.address(*listener)[1]
            text = re.sub(rf":{port}\b", ":" + named.rpartition(":")[2], text)
        return text

    def run(self, text):
        # A busy machine needs more time than a reader's.
        text = text.replace("sleep 1", f"sleep {1 + SLOWNESS:g}")
        self._open.append(Command(self.here(self.prelude + text), self.folder))
        return self._open[-1]

    def finish(self, text, seconds=process.HANG):
        """Runs to the end, which must be a good one, and returns the output."""
        command = self.run(text)
        wait_for(command.ended, f"the end of\n{text}", seconds)
        assert command.process.returncode == 0, (text, command.output, self._said(command))
        return self.there(command.output.decode())

    def expect(self, command, answer, seconds=process.HANG):
        """Waits for what the answer shows, and nothing else; a stream may go on behind it."""
        last = [""]

        def said():
            ended = command.ended()
            last[0] = difference(answer, self.there(command.output.decode()),
                                 whole=ended or not command.streams)
            return ended or (command.streams and not last[0])

        try:
            wait_for(said, "the answer", seconds)
        except AssertionError:
            last[0] = last[0] or "it did not end"
        assert not last[0], f"line {answer.line}: {last[0]}\n{self._said(command)}"

    def try_out(self, example):
        """Runs an example and compares; a command that reads a stream goes on meanwhile."""
        asked = self.run(example.asked.text)

        def reads():
            opened = (self.gateway.connections()["total"] if "boardcast tail" in example.asked.text
                      else b"boardcast.open" in asked.output)
            return opened or asked.ended()

        if example.others:
            wait_for(reads, "the stream")
        for other in example.others:
            self.finish(other.text)
        if example.answer:
            self.expect(asked, example.answer)

    @staticmethod
    def _said(command):
        command.errors.seek(0)
        return command.errors.read().decode()[-2000:]
