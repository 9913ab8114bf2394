"""RFC 9113 §3 to §5: the preface, the layout of frames, the states of streams, errors."""

from support.h2_frames import (ACK, END_STREAM, PREFACE, PRIORITIZED, WHOLE, Code, continuation,
                               data, dependency, frame, headers, literal, ping, priority, reset,
                               settings, window_update)

from . import reactions as expect
from .blocks import ASK, GET, POST, STREAM, UPLOAD
from .case import BARE, case

UNKNOWN = 0x16  # a kind of frame that nobody has defined

PREFACES = [
    case("3.4", "SETTINGS come first, whatever follows the preface",
         BARE, PREFACE + settings() + ASK, expect.settings, expect.settings_ack,
         expect.answer(1)),
    case("3.4", "another preface ends the connection",
         BARE, b"PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n" + settings(), expect.end),
]

FRAMES = [
    case("4.1", "a frame of an unknown kind is ignored",
         frame(UNKNOWN, 0, 0, b"12345678"), ping(b"unknown?"), expect.pong(b"unknown?")),
    case("4.1", "undefined flags are ignored",
         ping(b"flagged?", flags=0xFF & ~ACK), expect.pong(b"flagged?")),
    case("4.1", "the reserved bit is ignored",
         ping(b"reserve?", stream=1 << 31), expect.pong(b"reserve?")),
    case("4.2", "DATA of 2^14 bytes", UPLOAD, data(1, b"x" * 2**14), expect.answer(1)),
    case("4.2", "DATA of more than SETTINGS_MAX_FRAME_SIZE",
         UPLOAD, data(1, b"x" * (2**14 + 1)), expect.stream_error(1, Code.FRAME_SIZE_ERROR)),
    case("4.2", "HEADERS of more than SETTINGS_MAX_FRAME_SIZE",
         headers(1, GET + literal("x-long", "x" * 2**14)),
         expect.connection_error(Code.FRAME_SIZE_ERROR)),
    case("4.3", "a block that ends within a field",
         headers(1, GET + literal("x-cut", "value")[:-1]),
         expect.connection_error(Code.COMPRESSION_ERROR)),
    case("4.3", "PRIORITY within a block",
         headers(1, GET[:10], END_STREAM), priority(1, 0), continuation(1, GET[10:]),
         expect.connection_error(Code.PROTOCOL_ERROR)),
    case("4.3", "HEADERS of another stream within a block",
         headers(1, GET[:10], END_STREAM) + headers(3, GET),
         expect.connection_error(Code.PROTOCOL_ERROR)),
]

CLOSED_OR_WRONG = (Code.STREAM_CLOSED, Code.PROTOCOL_ERROR)

STATES = [
    case("5.1", "idle: DATA", data(1), expect.connection_error(Code.PROTOCOL_ERROR)),
    case("5.1", "idle: RST_STREAM", reset(1), expect.connection_error(Code.PROTOCOL_ERROR)),
    case("5.1", "idle: WINDOW_UPDATE",
         window_update(1, 100), expect.connection_error(Code.PROTOCOL_ERROR)),
    case("5.1", "idle: CONTINUATION",
         continuation(1, GET), expect.connection_error(Code.PROTOCOL_ERROR)),
    case("5.1", "half-closed (remote): DATA",
         STREAM, expect.head(1), data(1), expect.stream_error(1, Code.STREAM_CLOSED)),
    case("5.1", "half-closed (remote): HEADERS",
         STREAM, expect.head(1), headers(1, GET), expect.stream_error(1, Code.STREAM_CLOSED)),
    case("5.1", "half-closed (remote): CONTINUATION",
         STREAM, expect.head(1), continuation(1, GET),
         expect.stream_error(1, *CLOSED_OR_WRONG)),
    case("5.1", "closed by the client's RST_STREAM: DATA",
         UPLOAD + reset(1) + data(1), expect.stream_error(1, Code.STREAM_CLOSED, alone=True)),
    case("5.1", "closed by the client's RST_STREAM: HEADERS",
         UPLOAD + reset(1) + headers(1, GET), expect.stream_error(1, Code.STREAM_CLOSED)),
    case("5.1", "closed by the client's RST_STREAM: CONTINUATION",
         UPLOAD + reset(1) + continuation(1, GET), expect.stream_error(1, *CLOSED_OR_WRONG)),
    case("5.1", "closed: DATA",
         ASK, expect.answer(1), data(1), expect.connection_error(Code.STREAM_CLOSED)),
    case("5.1", "closed: HEADERS",
         ASK, expect.answer(1), ASK, expect.connection_error(Code.STREAM_CLOSED)),
    case("5.1", "closed: CONTINUATION",
         ASK, expect.answer(1), continuation(1, GET),
         expect.connection_error(*CLOSED_OR_WRONG)),
    case("5.1.1", "an even identifier",
         headers(2, GET), expect.connection_error(Code.PROTOCOL_ERROR)),
    case("5.1.1", "a new identifier below the last one",
         headers(5, GET), expect.answer(5), headers(3, GET),
         expect.connection_error(Code.PROTOCOL_ERROR)),
    case("5.1.2", "more streams than SETTINGS_MAX_CONCURRENT_STREAMS",
         expect.one_stream_too_many(POST)),
    # What RFC 7540 §5.3.1 says of it holds for who still reads priorities (RFC 9113 §5.3.2).
    case("5.3.2", "HEADERS whose stream depends on itself",
         headers(1, dependency(1) + GET, WHOLE | PRIORITIZED),
         expect.stream_error(1, Code.PROTOCOL_ERROR)),
    case("5.3.2", "PRIORITY whose stream depends on itself",
         priority(1, 1), expect.stream_error(1, Code.PROTOCOL_ERROR)),
]

ERRORS = [
    case("5.4.1", "after a connection error the connection is closed",
         ping(b"12345678", stream=3), expect.end),
    case("5.4.1", "GOAWAY says which error, and the last stream that was served",
         STREAM, expect.head(1), ping(b"12345678", stream=1),
         expect.connection_error(Code.PROTOCOL_ERROR, last_stream=1)),
    case("5.5", "a frame of an extension is ignored, on any stream",
         UPLOAD, frame(UNKNOWN, 0xFF, 1, b"extension"), data(1), expect.answer(1)),
    case("5.5", "but not within a block",
         headers(1, GET[:10], END_STREAM), frame(UNKNOWN, 0, 1, b"extension"),
         continuation(1, GET[10:]), expect.connection_error(Code.PROTOCOL_ERROR)),
]

CASES = PREFACES + FRAMES + STATES + ERRORS
