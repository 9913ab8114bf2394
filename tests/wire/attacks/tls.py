"""Handshakes, records and connections."""

import socket
import ssl

from conformance.blocks import GET, request
from support.h2 import tls
from support.h2_frames import END_STREAM, PREFACE, Kind, headers, ping, settings

from .openssl import TLS1_2, TLS1_3, Connection
from .plays import settle
from .row import (BROKEN, CLOSED, HALF_OPEN_BYTES, HANDSHAKES, LATE_HANDSHAKE, LOST, OPENED,
                  SERVED, SILENT, row)

STREAM = request("GET", "/events?boards=attack")
# 24 of them fit in 16 KiB, and each costs a key exchange and a signature.
HANDSHAKE_CPU_MS_MAX = 20.0
KEY_UPDATE_BYTES = 27  # of TLS 1.3: head, message, type, tag
ANSWERED = bytes([Kind.DATA, END_STREAM, 0, 0, 0, 1])  # the end of the first stream


def client_hello(alpn=("h2",)):
    """The bytes of one, which may be sent as often as one likes."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    half = tls(alpn).wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        half.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def half_open(count, share):
    """Handshakes that stop within (`share` < 1) or behind their first message."""
    def play(scene):
        hello = client_hello()
        held = [scene.bare() for _ in range(count)]
        for attacker in held:
            attacker.send(hello[:int(len(hello) * share)])
        while not scene.over() and not all([attacker.closed(0.001) for attacker in held]):
            pass
        settle(scene)
    return play


def hellos(scene):
    """Whole ClientHellos, one for each connection: each costs the server a key exchange and a
    signature, and this side nothing."""
    hello = client_hello()
    while not scene.over():
        with scene.connect() as raw:
            raw.sendall(hello)
            scene.extra += len(hello)
            raw.recv(1)


def connections(data, secure):
    """Opens and drops connections as fast as it can, with TLS when `data` is answered."""
    def play(scene):
        while not scene.over():
            with scene.connect() as raw:
                if secure:
                    with tls().wrap_socket(raw, server_hostname="localhost") as wrapped:
                        wrapped.sendall(data)
                        said = b""
                        while ANSWERED not in said and (piece := wrapped.recv(4096)):
                            said += piece
                        assert ANSWERED in said, "a request was not answered"
                        scene.extra += 2000  # what a handshake takes, about
                else:
                    raw.sendall(data)
                scene.extra += len(data)
    return play


def key_updates(scene):
    with scene.connect() as raw:
        raw.setblocking(True)
        connection = Connection(raw, TLS1_3)
        connection.write(PREFACE + settings())
        while not scene.over() and connection.update_key():
            scene.extra += KEY_UPDATE_BYTES
        _note(scene, raw)
        connection.free()


def _note(scene, raw):
    """An attacker that stands for a connection of OpenSSL's own."""
    attacker = scene.bare()
    if not scene.over() or _reset(raw):
        attacker.end()


def _reset(raw):
    return raw.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


def renegotiation(scene):
    with scene.connect() as raw:
        raw.setblocking(True)
        # A server of HTTP/1.1 says nothing first, which would come in between.
        connection = Connection(raw, TLS1_2, alpn=b"\x08http/1.1")
        assert not connection.renegotiate(), "the server renegotiates"
        connection.free()
    scene.extra += 300
    scene.bare().end()


def tiny_records(scene):
    """Each byte is a record of its own; so is each segment."""
    attacker = scene.open()
    for frame in [headers(1, STREAM)] + [ping(b"12345678")] * 1000:
        if scene.over() or attacker.ended:
            break
        for at in range(len(frame)):
            attacker.send(frame[at:at + 1])
            attacker.listen()
    scene.extra += 21 * attacker.sent
    settle(scene)


def protocols(offered, data):
    """Offers these protocols and then speaks what it likes."""
    def play(scene):
        while not scene.over():
            raw = scene.connect()
            try:
                raw = tls(offered).wrap_socket(raw, server_hostname="localhost")
                raw.sendall(data)
                while raw.recv(4096):
                    pass
            except OSError:
                pass
            scene.extra += 2000
            raw.close()
    return play


ROWS = [
    row("half-open handshakes, 200", half_open(200, 0.5), SILENT, LATE_HANDSHAKE, 3.0,
        each=HALF_OPEN_BYTES, often=True),
    row("handshakes that stop behind ClientHello, 100", half_open(100, 1), SILENT,
        LATE_HANDSHAKE, 3.0, each=HALF_OPEN_BYTES, often=True, cpu_ms=HANDSHAKE_CPU_MS_MAX),
    row("ClientHello after ClientHello", hellos, (), CLOSED, often=True,
        cpu_ms=HANDSHAKE_CPU_MS_MAX),
    row("noise in place of a ClientHello",
        connections(b"\x16\3\1\xFF\xFF" + b"x" * 1000, False), (), HANDSHAKES,
        often=True),
    row("connections, opened and dropped", connections(b"", False), (), CLOSED, often=True),
    row("connections with a request each", connections(PREFACE + settings() + headers(1, GET),
                                                       True), (), OPENED, 1.0, often=True),
    row("KeyUpdate", key_updates, SILENT, LOST),
    row("renegotiation", renegotiation, SILENT, LOST),
    row("records of one byte", tiny_records, (), SERVED),
    row("no protocol in common", protocols(["spdy/3", "h3"], b""), (), HANDSHAKES, often=True),
    row("HTTP/1.1 where h2 was agreed on",
        protocols(["h2"], b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"), (), BROKEN, often=True),
    row("h2 where HTTP/1.1 was agreed on",
        protocols(["http/1.1"], PREFACE + settings() + headers(1, GET)), (), BROKEN, often=True),
    row("a long list of protocols",
        protocols([f"x{n}" for n in range(200)] + ["h2"], b"x" * 24), (), BROKEN, often=True),
]
