"""A raw HTTP/2 client: sends bytes, collects frames, and fails at what nobody waits for."""

import collections
import contextlib
import socket
import ssl
import time

import hpack

from support.h2 import tls
from support.h2_frames import (ACK, END_HEADERS, PADDED, PREFACE, SETTINGS_ACK, Code, Kind, ping,
                               settings)
from support.process import SLOWNESS

PATIENCE = 20.0  # seconds; nothing that is right waits for them to pass


class Frame(collections.namedtuple("Frame", "kind flags stream payload")):
    """`payload`: without padding; the fields of a header block are decoded to a dict."""

    def has(self, flag):
        return self.flags & flag != 0

    def number(self, at=0):
        """31 bits of the payload."""
        return int.from_bytes(self.payload[at:at + 4], "big") & 0x7FFFFFFF

    def __str__(self):
        return f"{self.kind.name} (flags {self.flags:#x}, stream {self.stream}) {self.payload!r}"


class Peer:
    """`frames`: those that came and were not taken yet, oldest first. A GOAWAY is never one of
    them: it is the connection's `goaway`, (last stream, code)."""

    def __init__(self, address, secure, patience=PATIENCE):
        self.patience = patience * SLOWNESS
        self.socket = socket.create_connection(address, timeout=self.patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.frames = []
        self.settings = {}
        self.goaway = None
        self.ended = False  # the server closed the connection
        self.may_end = False  # and that is what the case demanded
        self._rest = b""
        self._decoder = hpack.Decoder()
        self._pings = 0
        if secure:
            self.socket = tls().wrap_socket(self.socket, server_hostname="localhost")
            assert self.socket.selected_alpn_protocol() == "h2"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def greet(self):
        self.send(PREFACE + settings())
        self.take(lambda frame: frame.kind == Kind.SETTINGS and not frame.has(ACK), "SETTINGS")
        self.send(SETTINGS_ACK)
        self.take(lambda frame: frame.kind == Kind.SETTINGS and frame.has(ACK), "SETTINGS' ack")

    def send(self, data):
        with contextlib.suppress(OSError):  # it has ended; what it said is still to be read
            self.socket.sendall(data)

    def round_trip(self):
        """Whatever the server had to say about what was sent before is here when this returns."""
        for _ in range(2):  # an acknowledgement may overtake what is sent at the same time
            self._pings += 1
            opaque = b"%08d" % self._pings
            self.send(ping(opaque))
            self.take(lambda frame: frame[:2] == (Kind.PING, ACK) and frame.payload == opaque,
                      "a PING's ack")

    def take(self, is_it, what):
        """Takes the first frame that `is_it`, and waits for it."""
        deadline = time.monotonic() + self.patience
        while True:
            for frame in self.frames:
                if is_it(frame):
                    self.frames.remove(frame)
                    return frame
            assert not self.goaway, f"GOAWAY {self.goaway} in place of {what}; {self.told()}"
            assert self.read(deadline), f"no {what}; {self.told()}"

    def read(self, deadline):
        """Reads once; False at the connection's end and when the time is over."""
        if self.ended:
            return False
        self.socket.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            return False
        except (ConnectionError, ssl.SSLError):
            data = b""
        self.ended = not data
        self._rest += data
        while self._next_frame():
            pass
        return not self.ended

    def _next_frame(self):
        size = 9 + int.from_bytes(self._rest[:3], "big")
        if len(self._rest) < max(9, size):
            return False
        head, payload, self._rest = self._rest[:9], self._rest[9:size], self._rest[size:]
        frame = Frame(Kind(head[3]), head[4], int.from_bytes(head[5:9], "big"), payload)
        if frame.kind == Kind.GOAWAY:
            self.goaway = frame.number(), Code(frame.number(4))
            return True
        if frame.kind == Kind.HEADERS:
            assert frame.has(END_HEADERS) and not frame.has(PADDED), frame
            frame = frame._replace(payload=dict(self._decoder.decode(payload)))
        if frame.kind == Kind.SETTINGS and not frame.has(ACK):
            for at in range(0, len(payload), 6):
                name = int.from_bytes(payload[at:at + 2], "big")
                self.settings[name] = int.from_bytes(payload[at + 2:at + 6], "big")
        self.frames.append(frame)
        return True

    def told(self):
        frames = "; ".join(map(str, self.frames)) or "nothing"
        return f"came: {frames}; {'ended' if self.ended else 'still open'}"
