"""Two servers that are wrong, in clear text: what they pass, both of them, tests nothing."""

import contextlib
import socket
import struct
import threading

from support.h2_frames import ACK, PREFACE, Code, Kind, Setting, frame, goaway, settings


def deaf(kind, payload):
    """Acknowledges and does nothing else, whatever it is told."""
    if kind == Kind.SETTINGS:
        return frame(kind, ACK, 0), True
    return frame(kind, ACK, 0, payload) if kind == Kind.PING else b"", True


def touchy(kind, payload):
    """Takes offence at anything but SETTINGS."""
    if kind == Kind.SETTINGS:
        return deaf(kind, payload)
    return goaway(Code.INTERNAL_ERROR), False


def _serve(connection, react):
    with connection, connection.makefile("rb") as stream, contextlib.suppress(OSError):
        connection.sendall(settings((Setting.MAX_CONCURRENT_STREAMS, 10)))
        stream.read(len(PREFACE))
        while len(head := stream.read(9)) == 9:
            high, low, kind, flags, _ = struct.unpack(">BHBBI", head)
            payload = stream.read(high << 16 | low)
            if kind in (Kind.SETTINGS, Kind.PING) and flags & ACK:
                continue
            reaction, go_on = react(kind, payload)
            connection.sendall(reaction)
            if not go_on:
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1)  # what it said shall arrive before the end
                return


def _accept(listener, react):
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=(connection, react), daemon=True).start()


@contextlib.contextmanager
def serving(react):
    """The address of a server that answers each frame by `react(kind, payload)`."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        threading.Thread(target=_accept, args=(listener, react), daemon=True).start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)
