"""The hostile side: connections that send what they like, and what became of them."""

import itertools
import math
import select
import socket
import ssl
import time

from support.h2 import tls
from support.h2_frames import ACK, PREFACE, SETTINGS_ACK, Code, Kind, ping, settings, window_update

# What TCP itself sends to open and to close a connection: three packets.
CONNECTION_BYTES = 160
# Sent behind an attack, and its answer.
PROOF, PROVEN = ping(b"at last."), ping(b"at last.", ACK)
PROOF1, PROVEN1 = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n", b"HTTP/1.1 200 "
WIDE = settings() + window_update(0, 2**31 - 2**16)


class Attacker:
    """One connection. `sent` counts bytes above TLS, `ended_at` is when the server was through
    with it, `code` what its GOAWAY said."""

    def __init__(self, scene, raw, secure, in_http2):
        self.scene, self.socket, self.secure = scene, raw, secure
        self.in_http2 = in_http2
        self.sent, self.ended_at, self.code = 0, None, None
        self.heard = b""  # the last bytes of what was said
        self.proven = False  # PROOF was answered
        self._rest, self._unsent = b"", memoryview(b"")

    @property
    def ended(self):
        return self.ended_at is not None

    def end(self):
        self.ended_at = self.ended_at or time.monotonic()

    def send(self, data):
        """Whether all was sent: not when the scene is over or the server has ended it. What is left
        goes before what is sent next."""
        self._queue(data)
        while self._unsent and not self.ended and not self.scene.over():
            self._push()
        return not self._unsent

    def _queue(self, data):
        self._unsent = memoryview(bytes(self._unsent) + data)

    def _push(self):
        """Sends what fits, and waits a moment when that is nothing."""
        try:
            sent = self.socket.send(self._unsent)
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError, BlockingIOError):
            self._wait(select.POLLOUT)
        except OSError:
            self.end()
        else:
            self.sent += sent
            self._unsent = self._unsent[sent:]

    def serves(self):
        """Whether what comes behind all that was sent is answered."""
        self._queue(PROOF if self.in_http2 else PROOF1)
        while not (self.proven or self.ended or self.scene.over()):
            self.listen(0.01)
        return self.proven and not self.ended

    def _wait(self, events, seconds=0.01):
        poll = select.poll()
        poll.register(self.socket, events | select.POLLRDHUP)
        for _, happened in poll.poll(1000 * seconds):
            # What the server said before it closed may still be read.
            if happened & (select.POLLHUP | select.POLLERR):
                self.end()
            elif happened & select.POLLRDHUP and not events & select.POLLIN:
                self.end()

    def closed(self, seconds=0.0):
        """Whether the server has ended it, without reading what it says."""
        if not self.ended:
            self._wait(0, seconds)
        return self.ended

    def listen(self, seconds=0.0):
        """Takes what there is to read; waits so long for the first byte."""
        if seconds and not self._pending():
            self._wait(select.POLLIN, seconds)
        while True:
            try:
                data = self.socket.recv(65536)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
                break
            except OSError:
                data = b""
            if not data:
                return self.end()
            self.heard = (self.heard + data)[-65536:]
            if self.in_http2:
                self._take(data)
            elif PROVEN1 in self.heard:
                self.proven = True
        if self._unsent and not self.scene.over():
            self._push()

    def _pending(self):
        return self.secure and self.socket.pending() > 0

    def _take(self, data):
        """Looks for GOAWAY, and has an answer for PING, frame by frame."""
        self._rest += data
        while len(self._rest) >= 9:
            size = 9 + int.from_bytes(self._rest[:3], "big")
            if len(self._rest) < size:
                return
            self.proven = self.proven or self._rest[:size] == PROVEN
            if self._rest[3] == Kind.GOAWAY:
                number = int.from_bytes(self._rest[13:17], "big")
                self.code = Code(number) if number in list(Code) else number
            elif self._rest[3] == Kind.PING and not self._rest[4] & ACK:
                self._queue(ping(self._rest[9:17], ACK))
            self._rest = self._rest[size:]


class Scene:
    """One attack on one server: its connections, and how much it may send and how long it may
    take. Every connection of an attack comes from the same address, another one for each scene."""

    def __init__(self, address, secure, seconds, bytes_max):
        self.address, self.secure = address, secure
        self.begun = time.monotonic()
        self.deadline, self.bytes_max = self.begun + seconds, bytes_max
        self.attackers = []
        self.opened = 0  # connections
        self.extra = 0  # bytes that were sent beside what attackers count
        self.source = None

    @property
    def sent(self):
        return self.extra + sum(attacker.sent for attacker in self.attackers)

    def over(self):
        return time.monotonic() >= self.deadline or self.spent()

    def spent(self):
        return self.sent >= self.bytes_max

    def serves(self, seconds):
        """Whether each connection that is held is still answered, within so long."""
        self.deadline, self.bytes_max = time.monotonic() + seconds, math.inf
        return bool(self.attackers) and all(one.serves() for one in self.attackers)

    def connect(self):
        self.extra += CONNECTION_BYTES
        self.opened += 1
        raw = socket.socket()
        raw.settimeout(5)
        if self.source:
            raw.bind((self.source, 0))
        raw.connect(self.address)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return raw

    def bare(self, alpn=None):
        """A connection that has said nothing yet; with `alpn`, nothing in TLS."""
        raw, secure = self.connect(), self.secure and alpn is not None
        if secure:
            raw = tls(alpn).wrap_socket(raw, server_hostname="localhost")
        raw.setblocking(False)
        self.attackers.append(Attacker(self, raw, secure, alpn == ("h2",)))
        return self.attackers[-1]

    def open(self, ack=True):
        """A connection that has greeted in HTTP/2."""
        attacker = self.bare(("h2",))
        attacker.send(PREFACE + WIDE + (SETTINGS_ACK if ack else b""))
        return attacker

    def close(self):
        for attacker in self.attackers:
            attacker.socket.close()


def streams():
    """The ids of a client's streams."""
    return itertools.count(1, 2)


def gathered(frames, size=16384):
    """Frames in pieces of about so many bytes."""
    piece = bytearray()
    for frame in frames:
        piece += frame
        if len(piece) >= size:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
