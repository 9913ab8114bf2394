"""A small HTTP/2 client over real sockets (python3-h2): many streams on one connection."""

import collections
import functools
import json
import socket
import ssl
import time

import h2.config
import h2.connection
import h2.events

from . import process
from .sse import Parser


GOAWAY = 7
Goaway = collections.namedtuple("Goaway", "last_stream error_code")


class Stream:
    def __init__(self, number):
        self.number = number
        self.fields = {}
        self.data = b""
        self.ended = False
        self.reset = None
        self.parser = Parser()
        self.events = []

    @property
    def status(self):
        return int(self.fields.get(":status", 0))

    def of_type(self, type):
        return [event for event in self.events if event.type == type]


def tls(alpn=("h2",), **settings):
    context = ssl.create_default_context(cafile=process.CA)
    context.check_hostname = settings.get("check_hostname", False)
    context.set_alpn_protocols(list(alpn))
    return context


class Client:
    """One connection. `pump` reads until a condition holds."""

    def __init__(self, address, secure=True, name="localhost", context=None, before=b""):
        """`before` goes out first, as a proxy's header does."""
        self.authority = f"{name}:{address[1]}"
        self.socket = socket.create_connection(address, timeout=10 * process.SLOWNESS)
        self.socket.sendall(before)
        if secure:
            self.socket = (context or tls()).wrap_socket(self.socket, server_hostname=name)
        self.secure = secure
        self.h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(header_encoding="utf-8"))
        self.streams = {}
        self.goaways = []
        self.closed = False
        self._rest = b""
        self.h2.initiate_connection()
        # Wide windows: tests of flow control narrow them on purpose.
        self.h2.increment_flow_control_window(2**30)
        self.flush()

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            self.socket.sendall(data)

    def request(self, method, path, fields=(), body=None, flush=True):
        """`flush`: False leaves the last of it unsent, to go out with what comes next."""
        number = self.h2.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "https" if self.secure else "http"),
                (":authority", self.authority), (":path", path), *fields]
        self.h2.send_headers(number, head, end_stream=body is None)
        stream = self.streams[number] = Stream(number)
        if body is not None:
            self._send_body(number, body)
        if flush:
            self.flush()
        return stream

    def _send_body(self, number, body):
        room = functools.partial(self.h2.local_flow_control_window, number)
        while True:
            size = min(room(), self.h2.max_outbound_frame_size, len(body))
            self.h2.send_data(number, body[:size], end_stream=size == len(body))
            if size == len(body):
                return
            body = body[size:]
            self.flush()
            self.pump(lambda: room() > 0, "a window")

    def subscribe(self, query, fields=(), flush=True):
        return self.request("GET", "/events?" + query, [("accept", "text/event-stream"), *fields],
                            flush=flush)

    def reset(self, stream):
        self.h2.reset_stream(stream.number, 8)
        self.flush()

    def pump(self, condition, what="", seconds=process.HANG):
        """Reads until `condition()` is truthy; fails after `seconds` or at the connection's end."""
        deadline = time.monotonic() + seconds * process.SLOWNESS
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, f"waited {seconds} s in vain for {what}"
            assert not self.closed, f"connection closed while waiting for {what}"
            self._read(left)

    def pump_until_closed(self, seconds=process.HANG):
        deadline = time.monotonic() + seconds * process.SLOWNESS
        while not self.closed:
            left = deadline - time.monotonic()
            assert left > 0, "the connection stayed open"
            self._read(left)

    def _read(self, seconds):
        self.socket.settimeout(max(0.01, seconds))
        try:
            data = self.socket.recv(65536)
        except (TimeoutError, socket.timeout, ssl.SSLWantReadError):
            return
        except ConnectionError:
            data = b""
        if not data:
            self.closed = True
            return
        for frame in self._frames(data):
            for event in self.h2.receive_data(frame):
                self._handle(event)
        self.flush()

    def _frames(self, data):
        """Whole frames; GOAWAY is noted and kept from the library, which would end the
        connection at it although open streams go on (RFC 9113 §6.8)."""
        self._rest += data
        while len(self._rest) >= 9:
            size = 9 + int.from_bytes(self._rest[:3], "big")
            if len(self._rest) < size:
                return
            frame, self._rest = self._rest[:size], self._rest[size:]
            if frame[3] == GOAWAY:
                self.goaways.append(Goaway(int.from_bytes(frame[9:13], "big") & 0x7FFFFFFF,
                                           int.from_bytes(frame[13:17], "big")))
            else:
                yield frame

    def _handle(self, event):
        stream = self.streams.get(getattr(event, "stream_id", 0))
        if stream is None:
            return
        if isinstance(event, h2.events.ResponseReceived):
            stream.fields = dict(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            self.h2.acknowledge_received_data(event.flow_controlled_length, stream.number)
            stream.data += event.data
            stream.events += stream.parser.feed(event.data.decode("utf-8", "replace"))
        elif isinstance(event, h2.events.StreamEnded):
            stream.ended = True
        elif isinstance(event, h2.events.StreamReset):
            stream.reset = event.error_code
            stream.ended = True

    def fetch(self, method, path, fields=(), body=None):
        stream = self.request(method, path, fields, body)
        self.pump(lambda: stream.ended, f"the answer to {method} {path}")
        return stream

    def publish(self, board, data, fields=()):
        """The answer. `data`: bytes go out as they are, all else as JSON."""
        path, kind, body = f"/events?board={board}", "text/plain", data
        if not isinstance(data, bytes):
            path, kind = "/events", "application/json"
            body = json.dumps({"board": board, "data": data}).encode()
        return self.fetch("POST", path, [("content-type", kind), *fields], body)

    def close(self):
        self.socket.close()
