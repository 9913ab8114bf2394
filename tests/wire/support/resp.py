"""A small client of Redis's protocol (RESP2), for what tests ask a server themselves."""

import socket


class RedisError(Exception):
    """An answer that is an error."""


class Client:
    """One connection; `address` is (host, port) or the path of a unix socket. Every answer has
    `seconds`. Answers are bytes, int, None and lists of these; simple strings are str."""

    def __init__(self, address, seconds=5.0):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self._socket = socket.socket(family)
        self._socket.settimeout(seconds)
        try:
            self._socket.connect(address)
        except OSError:
            self._socket.close()
            raise
        self._file = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._file.close()
        self._socket.close()

    def command(self, *words):
        self.send(*words)
        return self.answer()

    def send(self, *words):
        """Without waiting for the answer: commands may be pipelined."""
        self._socket.sendall(encoded(*words))

    def answer(self):
        value = self._value()
        if isinstance(value, RedisError):
            raise value
        return value

    def _value(self):
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionResetError("the end of the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return self._bulk(int(rest))
        assert kind == b"*", line
        return None if rest == b"-1" else [self._value() for _ in range(int(rest))]

    def _bulk(self, size):
        if size < 0:
            return None
        data = self._file.read(size + 2)
        if len(data) < size + 2:
            raise ConnectionResetError("the end of the connection")
        return data[:-2]


def encoded(*words):
    """One command as it goes over the wire; words that are no bytes are written as text."""
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(w), w) for w in words)
