# ctest: PROCESSORS 1
"""Who says nothing for a long time: on a slow line he lives, and one who has stopped is cut."""

import socket
import time

import pytest

from conformance.blocks import request
from support.h2_frames import (ACK, PREFACE, SETTINGS_ACK, Setting, headers, ping, settings,
                               window_update)
from support.process import SLOWNESS, wait_for

ANSWER_S = 2 * SLOWNESS
EVENT_BYTES = 60_000  # fits into the gateway's socket, and so the PING behind it, too
PING_TIMEOUTS = 'boardcast_http_timeouts_total{kind="ping"}'
ASKED = ping(b"liveness")


class Line:
    """A client with windows wide open and little room in its kernel; it says nothing by itself."""

    def __init__(self, address):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.socket.settimeout(10 * SLOWNESS)
        self.socket.connect(address)
        self.got = b""
        self.send(PREFACE, settings((Setting.INITIAL_WINDOW_SIZE, 2**30)), SETTINGS_ACK,
                  window_update(0, 2**30), headers(1, request("GET", "/events?boards=line")))
        self.read_until(b"boardcast.open", 8192)

    def send(self, *frames):
        self.socket.sendall(b"".join(frames))

    def read_until(self, what, size, pause=0.0):
        while what not in self.got:
            time.sleep(pause)
            data = self.socket.recv(size)
            assert data, f"cut before {what!r} came, after {len(self.got)} bytes"
            self.got += data


@pytest.fixture(name="gateway")
def quick(start):
    patience = f"{int(ANSWER_S * 1000)}ms"
    return start({"server": {"listen": ["h2c://127.0.0.1:0", "https://127.0.0.1:0"]},
                  "http2": {"ping_interval": patience, "ping_timeout": patience}})


def test_a_slow_line_lives(gateway):
    line = Line(gateway.address("h2c"))
    gateway.publish("line", "x" * EVENT_BYTES)
    began = time.monotonic()
    line.read_until(ASKED, 1000, pause=ANSWER_S * 3 * 1000 / EVENT_BYTES)
    assert time.monotonic() - began > 2 * ANSWER_S, "too fast to prove something"
    line.send(ping(b"liveness", ACK))
    gateway.publish("line", "the next")
    line.read_until(b"the next", 8192)
    assert gateway.metric(PING_TIMEOUTS) == 0


def test_one_that_has_stopped_is_cut(gateway):
    line = Line(gateway.address("h2c"))
    gateway.publish("line", "x" * EVENT_BYTES)
    wait_for(lambda: gateway.metric(PING_TIMEOUTS) == 1, "the cut", 20)
    wait_for(lambda: gateway.connections()["total"] == 0, "the count")
    line.socket.close()
