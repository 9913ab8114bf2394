"""Runs `boardcast publish` and `boardcast tail`, and servers that answer by a script."""

import os
import select
import socket
import subprocess
import threading

from .process import CA, HANG, PROGRAM, ROOT, SLOWNESS, wait_for


class Command:
    """One running command; what it prints is collected as it comes, or goes to a descriptor."""

    def __init__(self, *words, ca=CA, source=subprocess.PIPE, output=subprocess.PIPE,
                 environment=None):
        self._seen = {"output": b"", "errors": b""}
        trust = ["--cacert", ca] if ca else []
        self.process = subprocess.Popen(
            [PROGRAM, *words[:2], *trust, *words[2:]], cwd=ROOT, stdin=source,
            stdout=output, stderr=subprocess.PIPE, bufsize=0,
            env={**os.environ, **(environment or {})})
        self._pipes = {pipe: name for pipe, name in ((self.process.stdout, "output"),
                                                     (self.process.stderr, "errors")) if pipe}
        for pipe in self._pipes:
            os.set_blocking(pipe.fileno(), False)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        """Both pipes, by one thread that shows nothing before both are empty: whoever sees a line
        of one sees what the command wrote before it to the other."""
        open_pipes, poll = set(self._pipes), select.poll()
        for pipe in open_pipes:
            poll.register(pipe, select.POLLIN)
        while open_pipes:
            poll.poll()
            seen = dict(self._seen)
            while came := [(pipe, piece) for pipe in open_pipes
                           if (piece := pipe.read(65536)) is not None]:
                for pipe, piece in came:
                    seen[self._pipes[pipe]] += piece
                    if not piece:
                        poll.unregister(pipe)
                        open_pipes.remove(pipe)
            self._seen = seen

    @property
    def output(self):
        return self._seen["output"]

    @property
    def errors(self):
        return self._seen["errors"]

    @property
    def lines(self):
        return self.output.decode().splitlines()

    @property
    def said(self):
        return self.errors.decode().splitlines()

    def feed(self, text):
        self.process.stdin.write(text if isinstance(text, bytes) else text.encode())

    def wait_for_lines(self, count, seconds=HANG):
        wait_for(lambda: self.output.count(b"\n") >= count, lambda: f"{count} lines in "
                 f"{self.output[-500:]!r}; said: {self.errors!r}", seconds)
        return self.lines

    def wait_for_said(self, text, seconds=HANG, times=1):
        wait_for(lambda: self.errors.decode().count(text) >= times,
                 lambda: f"{text!r} ({times}) in {self.said}", seconds)

    def end(self, seconds=HANG):
        """No more input; the exit code."""
        if self.process.stdin:
            self.process.stdin.close()
        code = self.process.wait(seconds * SLOWNESS)
        self._reader.join(5)
        return code

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self._reader.join(5)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()


class Script:
    """A plain HTTP/1.1 server. Each request gets the next answer: bytes, which go out as they are,
    or None: the connection is closed. Connections are kept unless an answer closes them."""

    def __init__(self, answers):
        self.requests, self.connections = [], 0
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(60 * SLOWNESS)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        try:
            while self._answers:
                peer, _ = self._listener.accept()
                self.connections += 1
                with peer:
                    peer.settimeout(60 * SLOWNESS)
                    self._talk(peer)
        except OSError:  # closed
            pass

    def _talk(self, peer):
        while self._answers:
            request = self._request(peer)
            if request is None:
                return
            self.requests.append(request)
            answer = self._answers.pop(0)
            if answer is None:
                return
            peer.sendall(answer)
            if b"connection: close" in answer:
                return

    @staticmethod
    def _request(peer):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = peer.recv(65536)
            if not piece:
                return None
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        while len(body) < int(fields.get(b"content-length", b"0")):
            piece = peer.recv(65536)
            if not piece:
                return None
            body += piece
        return head.decode(), body.decode()

    def close(self):
        self._listener.close()


def answer(status, body, *fields):
    """An HTTP/1.1 answer as bytes."""
    head = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", *fields, "", ""]
    return "\r\n".join(head).encode() + body.encode()
