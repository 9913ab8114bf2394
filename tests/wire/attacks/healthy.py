"""A client that behaves, in a process of its own: python3 -m attacks.healthy HOST PORT HOW.

`requests`: one request after the other on a connection, each 10 ms; prints `s TIME` when it asks
and `e MS` when it has the answer. `readers`: a hundred streams on ten connections and a publisher
of 20 events a second; prints `e MS` for each delivery, from the publish on.
"""

import re
import selectors
import ssl
import sys
import time

from conformance.blocks import GET, request
from conformance.peer import Peer
from support.h2_frames import (END_HEADERS, END_STREAM, Kind, data, headers, window_update)

PAUSE = 0.01
CONNECTIONS, STREAMS = 10, 10
PUBLISHES_A_SECOND = 20
STREAM = request("GET", "/events?boards=healthy", ("accept", "text/event-stream"))
PUBLISH = request("POST", "/events?board=healthy", ("content-type", "text/plain"))


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def answered(peer, number):
    deadline = time.monotonic() + 60
    while True:
        for frame in peer.frames:
            if frame.stream == number and frame.has(END_STREAM) and frame.kind in (
                    Kind.DATA, Kind.HEADERS):
                peer.frames.clear()
                return
        assert not peer.ended and peer.read(deadline), f"cut: {peer.told()}"


def requests(address):
    peer = Peer(address, True, 60)
    peer.greet()
    peer.send(window_update(0, 2**30))  # for more answers than it will ever get
    for number in range(1, 2**30, 2):
        begun = time.monotonic()
        say(f"s {begun:.6f}")
        peer.send(headers(number, GET))
        answered(peer, number)
        took = time.monotonic() - begun
        say(f"e {1000 * took:.3f}")
        time.sleep(max(0.0, PAUSE - took))


def opened(address):
    peer = Peer(address, True, 60)
    peer.greet()
    peer.send(window_update(0, 2**30) + b"".join(
        headers(2 * n + 1, STREAM) + window_update(2 * n + 1, 2**30) for n in range(STREAMS)))
    peer.socket.setblocking(False)
    return peer.socket


def readers(address):
    selector = selectors.DefaultSelector()
    rest = {}
    for _ in range(CONNECTIONS):
        one = opened(address)
        selector.register(one, selectors.EVENT_READ)
        rest[one] = b""
    publisher = Peer(address, True, 60)
    publisher.greet()
    publisher.send(window_update(0, 2**30))
    number, due = 1, time.monotonic() + 0.2
    while True:
        for key, _ in selector.select(max(0.0, due - time.monotonic())):
            rest[key.fileobj] = told(key.fileobj, rest[key.fileobj])
        if time.monotonic() < due:
            continue
        due += 1 / PUBLISHES_A_SECOND
        say(f"s {time.monotonic():.6f}")
        publisher.send(headers(number, PUBLISH, END_HEADERS)
                       + data(number, b"at %.6f ." % time.monotonic()))
        answered(publisher, number)
        number += 2


def told(connection, rest):
    """Prints how late each delivery came; what is left of the text."""
    try:
        while True:
            piece = connection.recv(65536)
            assert piece, "a reader was cut"
            rest += piece
    except (BlockingIOError, ssl.SSLWantReadError):
        pass
    now, end = time.monotonic(), 0
    for found in re.finditer(rb"data: at (\d+\.\d+) \.", rest):
        say(f"e {1000 * (now - float(found.group(1))):.3f}")
        end = found.end()
    return rest[max(end, len(rest) - 200):]


if __name__ == "__main__":
    {"requests": requests, "readers": readers}[sys.argv[3]]((sys.argv[1], int(sys.argv[2])))
