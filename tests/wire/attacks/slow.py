"""Whoever takes his time: to say something, to take something, or to say anything at all."""

from conformance.blocks import GET, POST, request
from support.h2_frames import (END_HEADERS, END_STREAM, PREFACE, Code, Setting, continuation, data,
                               headers, settings, window_size, window_update)

from .plays import flood, hold, paced, stall
from .row import (BROKEN, CALM, GOAWAYS, IDLE, LATE_BODY, LATE_HEADER, LATE_PING, LATE_RESPONSE,
                  PROTOCOL, SERVED, SILENT, STALLED, row)

STREAM = request("GET", "/events?boards=attack")
NOTHING = request("GET", "/no")
# Byte by byte they take longer than any limit of time here.
LONG_SETTINGS = settings(*[(Setting.INITIAL_WINDOW_SIZE, 65535)] * 10)
TIMEOUT = (Code.SETTINGS_TIMEOUT,)


def all_streams(block, count=256):
    return b"".join(headers(2 * n + 1, block) for n in range(count))


SENDING = [
    row("preface, a byte at a time", hold(b"", PREFACE + LONG_SETTINGS, greet=False), TIMEOUT,
        LATE_HEADER, 2.0),
    row("preface without SETTINGS", hold(PREFACE, greet=False), TIMEOUT, LATE_HEADER, 2.0),
    row("nothing after the handshake", hold(b"", greet=False), TIMEOUT, LATE_HEADER, 2.0),
    row("headers, a byte at a time", hold(b"", headers(1, GET)), CALM, LATE_HEADER, 2.0),
    row("headers without END_HEADERS",
        hold(headers(1, GET, END_STREAM) + continuation(1, b"", 0)), CALM, LATE_HEADER, 2.0),
    row("a body, a byte at a time",
        hold(headers(1, POST, END_HEADERS) + data(1, b"x" * 100)[:9], b"x" * 100), (),
        LATE_BODY, 1.5),
    row("the last of all stream ids", hold(headers(2**31 - 1, GET)), (Code.NO_ERROR,), GOAWAYS,
        2.0),
    row("a connection that does nothing", hold(b""), (Code.NO_ERROR,), IDLE, 2.5),
]

TAKING = [
    row("event streams without a window",
        hold(window_size(0) + all_streams(STREAM)), (), STALLED, 1.5),
    row("answers without a window",
        hold(window_size(0) + all_streams(NOTHING)), (), LATE_RESPONSE, 1.5),
    row("event streams by one byte of window",
        hold(window_size(1) + all_streams(STREAM), window_update(1, 1) * 3), (), STALLED, 1.5),
    row("answers by one byte of window (CVE-2019-9511)",
        paced(lambda at: b"".join(window_update(n, 1) for n in range(3, 259, 2)),
              first=window_size(1) + b"".join(headers(n, NOTHING) for n in range(3, 259, 2)),
              pieces=100), (), SERVED),
    row("answers unread (CVE-2019-9517)",
        flood(lambda: (headers(n, NOTHING) for n in range(1, 2**20, 2)), deaf=True),
        PROTOCOL + (None,), BROKEN, limit="http2.max_concurrent_streams"),
    row("a peer that is gone", stall(headers(1, STREAM)), SILENT, LATE_PING, 2.5),
]

ROWS = SENDING + TAKING
