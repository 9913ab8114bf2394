"""RFC 9113 §7 and §8: error codes, and requests that are malformed."""

import struct

from support.h2_frames import (END_HEADERS, Code, Kind, block, data, frame, goaway, headers,
                               literal, reset)

from . import reactions as expect
from .blocks import ASK, GET, STREAM, UPLOAD, request, upload
from .case import case

UNKNOWN_CODE = 0xFFFFFFFF
MALFORMED = expect.stream_error(1, Code.PROTOCOL_ERROR, alone=True)

_FIELDS = {":method": "GET", ":scheme": "https", ":authority": "localhost", ":path": "/healthz"}


def malformed(section, what, block):
    """A request that is never answered, and harms no other stream."""
    return case(section, what, headers(1, block), MALFORMED)


def _without(name):
    return malformed("8.3.1", f"no {name}",
                     block(*((key, value) for key, value in _FIELDS.items() if key != name)))


def _twice(name):
    return malformed("8.3.1", f"{name} twice", literal(name, _FIELDS[name]) + GET)


CODES = [
    case("7", "GOAWAY with an unknown code",
         ASK + goaway(UNKNOWN_CODE), expect.answer(1), expect.graceful_end),
    case("7", "RST_STREAM with an unknown code",
         STREAM, expect.head(1), reset(1, UNKNOWN_CODE), headers(3, GET), expect.answer(3)),
]

REQUESTS = [
    case("8.1", "trailers that do not end the stream",
         UPLOAD, data(1, flags=0), headers(1, literal("x-test", "ok"), END_HEADERS), MALFORMED),
    malformed("8.2.1", "an upper-case letter in a field's name", GET + literal("X-Test", "ok")),
    malformed("8.3", "an unknown pseudo-header", literal(":test", "ok") + GET),
    malformed("8.3", "a response's pseudo-header", literal(":status", "200") + GET),
    case("8.3", "a pseudo-header in trailers",
         UPLOAD, data(1, flags=0), headers(1, literal(":method", "POST")), MALFORMED),
    malformed("8.3", "a pseudo-header after a field",
              literal("x-test", "ok") + GET),
    malformed("8.2.2", "a field of the connection", GET + literal("connection", "keep-alive")),
    malformed("8.2.2", "TE is trailers or nothing",
              GET + literal("te", "trailers, deflate")),
    malformed("8.3.1", "an empty :path", request("GET", "")),
    _without(":method"), _without(":scheme"), _without(":path"),
    _twice(":method"), _twice(":scheme"), _twice(":path"),
    case("8.1.1", "content-length is not what a DATA frame holds",
         headers(1, upload(("content-length", "1")), END_HEADERS), data(1), MALFORMED),
    case("8.1.1", "content-length is not what several DATA frames hold",
         headers(1, upload(("content-length", "5")), END_HEADERS),
         data(1, b"tes", flags=0), data(1, b"t"), MALFORMED),
    case("8.4", "PUSH_PROMISE of a client",
         STREAM, expect.head(1),
         frame(Kind.PUSH_PROMISE, END_HEADERS, 1, struct.pack(">I", 2) + GET),
         expect.connection_error(Code.PROTOCOL_ERROR)),
]

CASES = CODES + REQUESTS
