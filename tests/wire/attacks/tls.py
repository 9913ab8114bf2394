"""Handshakes, records and connections."""

import socket
import ssl

from conformance.blocks import GET
from support.h2 import tls
from support.h2_frames import PREFACE, headers, ping, settings

from .openssl import TLS1_2, TLS1_3, Connection
from .plays import settle
from .row import (BROKEN, CLOSED, HANDSHAKES, LATE_HANDSHAKE, LOST, RECEIVED, REQUESTS,
                  SILENT, row)

KEY_UPDATE_BYTES = 27  # of TLS 1.3: head, message, type, tag


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
    """Opens and drops connections as fast as it can."""
    def play(scene):
        while not scene.over():
            with scene.connect() as raw:
                if secure:
                    with tls().wrap_socket(raw, server_hostname="localhost") as wrapped:
                        wrapped.sendall(data)
                        wrapped.recv(1)  # or what is said may go with the connection
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
    data = headers(1, GET) + ping(b"12345678") * 1000
    for at in range(len(data)):
        if not attacker.send(data[at:at + 1]):
            break
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
    row("half-open handshakes, 200", half_open(200, 0.5), SILENT, LATE_HANDSHAKE, 3.0),
    row("handshakes that stop behind ClientHello, 100", half_open(100, 1), SILENT,
        LATE_HANDSHAKE, 3.0),
    row("ClientHello after ClientHello", hellos, (), CLOSED),
    row("noise in place of a ClientHello",
        connections(b"\x16\3\1\xFF\xFF" + b"x" * 1000, False), (), HANDSHAKES),
    row("connections, opened and dropped", connections(b"", False), (), CLOSED),
    row("connections with a request each", connections(PREFACE + settings() + headers(1, GET),
                                                       True), (), REQUESTS, 1.0),
    row("KeyUpdate", key_updates, SILENT, LOST),
    row("renegotiation", renegotiation, SILENT, CLOSED),
    row("records of one byte", tiny_records, (), RECEIVED),
    row("no protocol in common", protocols(["spdy/3", "h3"], b""), (), HANDSHAKES),
    row("HTTP/1.1 where h2 was agreed on",
        protocols(["h2"], b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"), (), BROKEN),
    row("h2 where HTTP/1.1 was agreed on",
        protocols(["http/1.1"], PREFACE + settings() + headers(1, GET)), (), BROKEN),
    row("a long list of protocols",
        protocols([f"x{n}" for n in range(200)] + ["h2"], b"x" * 24), (), BROKEN),
]
