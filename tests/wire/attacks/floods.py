"""Frames without end: resets of the client and of the server, control frames, empty frames."""

import itertools

from conformance.blocks import GET, POST, request
from support.h2_frames import (ACK, END_HEADERS, END_STREAM, PADDED, PRIORITIZED, SETTINGS_ACK,
                               WHOLE, Code, Kind, Setting, continuation, data, dependency, frame,
                               goaway, headers, literal, ping, priority, reset, settings,
                               window_size, window_update)

from .plays import again, each, flood, ids, paced
from .row import (BODY, BROKEN, CALM, GLITCHES, PROTOCOL, QUEUE, RESETS, SERVED, row)

STREAM = request("GET", "/events?boards=attack")
WINDOW_MAX = 2**31 - 1
MIB = 2**20
AT_ONCE = "http2.max_concurrent_streams"
UPLOAD = headers(1, POST, END_HEADERS)
BROKEN_FIELD = GET + literal("X-Upper", "1")
CLOSED = (Code.STREAM_CLOSED,)


def opened_and(block, follow, flags=WHOLE):
    """A request on each stream, and what follows it."""
    return each(lambda n: headers(n, block, flags) + follow(n))


def answered_and(block, follow, flags=WHOLE):
    """The same, never so many at once that their number is what ends it."""
    return paced(lambda at: b"".join(headers(n, block, flags) + follow(n) for n in ids(at, 50)))


def unacknowledged(scene):
    """The server's SETTINGS are not."""
    return scene.open(ack=False)


RESETS_OF_THE_CLIENT = [
    row("rapid reset (CVE-2023-44487)", flood(opened_and(GET, reset)),
        (Code.INTERNAL_ERROR,), RESETS),
    row("rapid reset of event streams", flood(opened_and(STREAM, reset)),
        (Code.INTERNAL_ERROR,), RESETS),
    row("rapid reset, unread", flood(opened_and(GET, reset), deaf=True),
        (Code.INTERNAL_ERROR, None), RESETS),
    row("rapid reset of uploads",
        flood(opened_and(POST, lambda n: data(n, b"x" * 512, 0) + reset(n), END_HEADERS)),
        (Code.INTERNAL_ERROR,), RESETS),
]

RESETS_OF_THE_SERVER = [
    row("MadeYouReset by window overflow (CVE-2025-8671)",
        flood(opened_and(STREAM, lambda n: window_update(n, WINDOW_MAX))),
        CALM + (Code.FLOW_CONTROL_ERROR,), BROKEN),
    row("MadeYouReset by an increment of 0",
        answered_and(GET, lambda n: window_update(n, 0)), PROTOCOL, BROKEN),
    row("MadeYouReset by PRIORITY on itself",
        answered_and(GET, lambda n: priority(n, n)), PROTOCOL, BROKEN),
    row("MadeYouReset by PRIORITY of 4 bytes",
        flood(opened_and(STREAM, lambda n: frame(Kind.PRIORITY, 0, n, bytes(4)))),
        (Code.FRAME_SIZE_ERROR,), BROKEN),
    row("MadeYouReset by DATA on a half-closed stream",
        flood(opened_and(STREAM, data)), CLOSED, BROKEN),
    row("MadeYouReset by HEADERS on a half-closed stream",
        flood(opened_and(STREAM, lambda n: headers(n, GET))), CLOSED, BROKEN),
    row("MadeYouReset by DATA over content-length",
        answered_and(POST + literal("content-length", "1"), lambda n: data(n, b"four"),
                     END_HEADERS), CALM, GLITCHES),
    row("malformed requests", flood(each(lambda n: headers(n, BROKEN_FIELD))), CALM, GLITCHES),
    row("malformed requests, resets unread (CVE-2019-9514)",
        flood(each(lambda n: headers(n, BROKEN_FIELD)), deaf=True), (*CALM, None), GLITCHES),
    row("malformed trailers",
        flood(opened_and(POST, lambda n: headers(n, literal(":path", "/")), END_HEADERS)),
        CALM, GLITCHES),
    row("streams beyond 256", flood(each(lambda n: headers(n, POST, END_HEADERS))),
        PROTOCOL, BROKEN, limit=AT_ONCE),
    row("streams beyond 256, SETTINGS not acknowledged",
        flood(each(lambda n: headers(n, POST, END_HEADERS)), begin=unacknowledged), CALM, GLITCHES),
    row("event streams beyond 256, SETTINGS not acknowledged",
        flood(each(lambda n: headers(n, STREAM)), begin=unacknowledged), CALM, GLITCHES,
        limit=AT_ONCE),
]

CONTROL_FRAMES = [
    row("PING (CVE-2019-9512)", flood(again(ping(b"12345678"))), CALM, QUEUE),
    row("PING, unread", flood(again(ping(b"12345678")), deaf=True), (*CALM, None), QUEUE),
    row("PING, as many as are answered",
        paced(lambda _: ping(b"12345678") * 90, first=headers(1, STREAM)), (), SERVED),
    row("PING acknowledgements", flood(again(ping(b"12345678", ACK))), CALM, GLITCHES),
    row("SETTINGS (CVE-2019-9515)", flood(again(settings())), CALM, QUEUE),
    row("SETTINGS, unread", flood(again(settings()), deaf=True), (*CALM, None), QUEUE),
    row("SETTINGS of 33 values",
        flood(again(settings(*[(0xF0, 1)] * 33))), CALM + PROTOCOL, BROKEN),
    row("SETTINGS acknowledgements", flood(again(SETTINGS_ACK)), PROTOCOL, BROKEN),
    row("SETTINGS that move 256 windows",
        paced(lambda _: b"".join(window_size(100 + at % 2) for at in range(80)),
              first=b"".join(headers(2 * n + 1, STREAM) for n in range(256))), (), SERVED),
    row("SETTINGS of compression tables",
        paced(lambda n: b"".join(settings((Setting.HEADER_TABLE_SIZE, size))
                                 for size in (0, 2**32 - 1) * 20)
              + headers(2 * n + 1, GET)), (), SERVED),
    row("GOAWAY", flood(again(goaway()), first=headers(1, STREAM)), CALM, GLITCHES),
    row("PUSH_PROMISE", flood(again(frame(Kind.PUSH_PROMISE, END_HEADERS, 1,
                                          bytes([0, 0, 0, 2]) + GET)), first=headers(1, STREAM)),
        PROTOCOL, BROKEN),
    row("ORIGIN, ALTSVC and PRIORITY_UPDATE",
        flood(again(frame(0xC, 0, 0, b"\0\5https") + frame(0xA, 0, 0, b"\0\0h2=\":1\"")
                    + frame(0x10, 0, 0, b"\0\0\0\1u=0"))), CALM, GLITCHES),
    row("frames of an unknown kind", flood(again(frame(0xEE, 0xFF, 0))), CALM, GLITCHES),
    row("frames of an unknown kind, 16 KiB each", flood(again(frame(0xEE, 0, 0, bytes(16384)))),
        CALM, GLITCHES, bytes=24 * MIB),
    row("PRIORITY of idle streams (CVE-2019-9513)",
        flood(lambda: (priority(n, max(0, n - 2), 16, True) for n in itertools.count(1, 2))),
        CALM, GLITCHES),
    row("PRIORITY that turns a chain of streams over",
        flood(lambda: (priority(2 * (n % 256) + 1, 2 * ((n * 7 + 1) % 256) + 1 if n % 256 else 0,
                                16, True) for n in itertools.count(1)),
              first=b"".join(headers(2 * n + 1, dependency(max(0, 2 * n - 1), 16, True) + STREAM,
                                     WHOLE | PRIORITIZED) for n in range(256))),
        CALM + PROTOCOL, GLITCHES),
    row("WINDOW_UPDATE of the connection", flood(again(window_update(0, 1))), CALM, GLITCHES),
    row("WINDOW_UPDATE of a stream",
        flood(again(window_update(1, 1)), first=headers(1, STREAM)), CALM, GLITCHES),
]

EMPTY_FRAMES = [
    row("empty DATA (CVE-2019-9518)", flood(again(data(1, b"", 0)), first=UPLOAD),
        CALM, GLITCHES),
    row("DATA of padding alone",
        flood(again(frame(Kind.DATA, PADDED, 1, b"\0")), first=UPLOAD), CALM, GLITCHES),
    row("DATA of 255 bytes of padding",
        flood(again(frame(Kind.DATA, PADDED, 1, b"\xFF" + bytes(255))), first=UPLOAD),
        CALM, GLITCHES),
    row("empty HEADERS", flood(each(lambda n: headers(n, b""))), CALM, GLITCHES),
    row("fields without name and value (CVE-2019-9516)",
        flood(each(lambda n: headers(n, GET + literal("", "") * 20))), CALM, GLITCHES),
    row("DATA of one byte (CVE-2019-9511)", flood(again(data(1, b"x", 0)), first=UPLOAD),
        (Code.FLOW_CONTROL_ERROR,), BODY, bytes=8 * MIB),
    row("uploads of one byte, 255 of it padding",
        paced(lambda at: b"".join(
            headers(n, POST, END_HEADERS)
            + frame(Kind.DATA, END_STREAM | PADDED, n, b"\xFFx" + bytes(255))
            for n in ids(at, 100))), (), SERVED),
    row("bodies over the limit",
        answered_and(POST + literal("content-length", "9999999"),
                     lambda n: data(n, b"x" * 1000, 0), END_HEADERS), PROTOCOL, BODY),
]

CONTINUATIONS = [
    row("CONTINUATION without END_HEADERS (CVE-2024-28182)",
        flood(again(continuation(1, literal("x-more", "y" * 100), 0)), first=headers(1, GET, 1)),
        PROTOCOL + CALM + (Code.INTERNAL_ERROR,), BROKEN),
    row("empty CONTINUATION", flood(again(continuation(1, b"", 0)), first=headers(1, GET, 1)),
        PROTOCOL + CALM + (Code.INTERNAL_ERROR,), BROKEN),
    row("CONTINUATION with END_HEADERS, 7 to a request",
        paced(lambda at: b"".join(headers(n, b"", END_STREAM) + continuation(n, b"", 0) * 6
                                  + continuation(n, GET) for n in ids(at, 100))), (), SERVED),
]

ROWS = [*RESETS_OF_THE_CLIENT, *RESETS_OF_THE_SERVER, *CONTROL_FRAMES, *EMPTY_FRAMES,
        *CONTINUATIONS]
