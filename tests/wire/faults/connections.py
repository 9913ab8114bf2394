"""HTTP/1.1 and HTTP/2 clients for asyncio, small and quick: one API, backpressure by stream.

A body's bytes are only acknowledged once they are read, so that a slow reader is one on the wire.
Whatever goes wrong is one of BREAKS.
"""

import asyncio
import socket
import struct

import hpack

from support.h2 import tls
from support.process import SLOWNESS

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
BREAKS = (OSError, asyncio.TimeoutError, asyncio.LimitOverrunError)
_CONTEXTS = {}


class Broken(OSError):
    """The connection or stream ended before its time."""


async def connect(address, protocol, buffer=0):
    """An H1 or H2; `protocol`: h2 or http/1.1; `buffer`: bytes that the kernel may take, 0: its own
    choice."""
    if protocol not in _CONTEXTS:
        _CONTEXTS[protocol] = tls([protocol])
    sock = socket.socket()
    sock.setblocking(False)
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    try:
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    # From here on the socket is asyncio's, failures included.
    reader, writer = await asyncio.open_connection(
        sock=sock, ssl=_CONTEXTS[protocol], server_hostname="localhost", limit=16384)
    return (H2 if protocol == "h2" else H1)(reader, writer)


class H1:
    """One request at a time; it is its own exchange."""

    protocol = "http/1.1"

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.closed = self._chunked = False
        self._left = 0
        self.status = 0

    async def request(self, method, path, fields, body=b""):
        lines = [f"{method} {path} HTTP/1.1", "host: localhost"]
        lines += [f"{name}: {value}" for name, value in fields]
        if method != "GET":
            lines.append(f"content-length: {len(body)}")
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        head = (await self._until(b"\r\n\r\n")).decode().lower().split("\r\n")
        self.status = int(head[0].split(" ")[1])
        fields = dict(line.split(": ", 1) for line in head[1:] if line)
        self._chunked = fields.get("transfer-encoding") == "chunked"
        self._left = 0 if self._chunked else int(fields.get("content-length", 0))
        return self

    async def _until(self, end):
        try:
            return await self.reader.readuntil(end)
        except asyncio.IncompleteReadError as error:
            raise Broken("the end of the connection") from error

    async def read(self):
        """The next bytes of the body; none at its end."""
        if self._left == 0 and self._chunked:
            self._left = int(await self._until(b"\r\n"), 16)
            if self._left == 0:
                await self._until(b"\r\n")
                return b""
        if self._left == 0:
            return b""
        data = await self.reader.read(self._left)
        if not data:
            raise Broken("the end of the connection")
        self._left -= len(data)
        if self._left == 0 and self._chunked:
            await self._until(b"\r\n")
        return data

    def leave(self):
        self.close()

    def close(self):
        self.closed = True
        self.writer.transport.abort()


class Exchange:
    def __init__(self, connection, number):
        self._connection, self._number = connection, number
        self.status = 0
        self.pieces = asyncio.Queue()  # bytes, or None at the end, or the failure

    async def read(self):
        piece = await self.pieces.get()
        if isinstance(piece, Exception):
            raise Broken(str(piece))
        if piece is None:
            return b""
        self._connection.took(self._number, len(piece))
        return piece

    def leave(self):
        self._connection.reset(self._number)


class H2:
    """Many exchanges at once. GOAWAY only keeps new ones away (`closed`)."""

    protocol = "h2"

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.closed = False
        self._encoder, self._decoder = hpack.Encoder(), hpack.Decoder()
        self._open, self._next = {}, 1
        # A wide window for the connection: a stream that is not read stops only itself.
        self.writer.write(PREFACE)
        self._send(SETTINGS, 0, 0)
        self._send(WINDOW_UPDATE, 0, 0, struct.pack(">I", 2**30))
        self._task = asyncio.ensure_future(self._receive())

    def _send(self, kind, flags, stream, payload=b""):
        if not self.writer.transport.is_closing():
            self.writer.write(struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) +
                              struct.pack(">I", stream) + payload)

    async def request(self, method, path, fields, body=b""):
        if self.closed:
            raise Broken("no new exchange here")
        number, self._next = self._next, self._next + 2
        exchange = self._open[number] = Exchange(self, number)
        head = [(":method", method), (":scheme", "https"), (":authority", "localhost"),
                (":path", path), *fields]
        end = 0 if body else END_STREAM
        self._send(HEADERS, END_HEADERS | end, number, self._encoder.encode(head))
        for at in range(0, len(body), 16384):
            last = END_STREAM if at + 16384 >= len(body) else 0
            self._send(DATA, last, number, body[at:at + 16384])
        first = await exchange.pieces.get()
        if isinstance(first, Exception):
            raise Broken(str(first))
        exchange.status = first
        return exchange

    async def _receive(self):
        failure = Broken("the end of the connection")
        try:
            while True:
                head = await self.reader.readexactly(9)
                payload = await self.reader.readexactly(int.from_bytes(head[:3], "big"))
                self._frame(head[3], head[4], int.from_bytes(head[5:], "big"), payload)
        except (OSError, asyncio.IncompleteReadError) as error:
            failure = Broken(str(error))
        finally:
            self.closed = True
            self.writer.transport.abort()
            for exchange in self._open.values():
                exchange.pieces.put_nowait(failure)
            self._open.clear()

    def _frame(self, kind, flags, number, payload):
        exchange = self._open.get(number)
        if kind == HEADERS:
            fields = dict(self._decoder.decode(payload))
            if exchange:
                exchange.pieces.put_nowait(int(fields[":status"]))
        elif kind == DATA and exchange and payload:
            exchange.pieces.put_nowait(payload)
        elif kind == RST_STREAM and exchange:
            exchange.pieces.put_nowait(Broken("RST_STREAM"))
            del self._open[number]
        elif kind == SETTINGS and not flags & ACK:
            self._send(SETTINGS, ACK, 0)
        elif kind == PING and not flags & ACK:
            self._send(PING, ACK, 0, payload)
        elif kind == GOAWAY:
            self.closed = True
        if kind in (DATA, HEADERS) and flags & END_STREAM and exchange:
            exchange.pieces.put_nowait(None)
            del self._open[number]

    def took(self, number, size):
        self._send(WINDOW_UPDATE, 0, 0, struct.pack(">I", size))
        if number in self._open:
            self._send(WINDOW_UPDATE, 0, number, struct.pack(">I", size))

    def reset(self, number):
        if self._open.pop(number, None):
            self._send(RST_STREAM, 0, number, struct.pack(">I", 8))

    def close(self):
        self.closed = True
        self._task.cancel()


class Pool:
    """Where a connection comes from: shared ones are made anew once they are closed. `entrance`: a
    proxy or a node."""

    def __init__(self, entrance, protocol, buffer=0, shared=False):
        self.entrance, self.protocol, self.buffer, self.shared = entrance, protocol, buffer, shared
        self._connection, self._lock = None, asyncio.Lock()

    async def get(self):
        if not self.shared:
            return await self._made()
        async with self._lock:
            if self._connection is None or self._connection.closed:
                self._connection = await self._made()
            return self._connection

    def leave(self, connection):
        """Somebody is done with it, or it failed him; others may have streams on a shared one."""
        if not self.shared:
            connection.close()

    def close(self):
        if self._connection:
            self._connection.close()

    def node(self, connection):
        """The node that a connection leads to."""
        return self.entrance.node_of(connection.writer.get_extra_info("sockname"))

    async def _made(self):
        return await asyncio.wait_for(
            connect(self.entrance.address, self.protocol, self.buffer), 4 * SLOWNESS)
