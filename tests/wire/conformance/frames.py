"""RFC 9113 §6: each kind of frame on the wrong stream, in the wrong state, of the wrong size or
with wrong values, and the windows of flow control."""

from support.h2_frames import (ACK, END_HEADERS, END_STREAM, PADDED, WHOLE, Code, Kind, Setting,
                               continuation, data, frame, goaway, headers, ping, priority, reset,
                               settings, window_size, window_update)

from . import reactions as expect
from .blocks import ASK, GET, POST, UPLOAD
from .case import case

WRONG_PROTOCOL = expect.connection_error(Code.PROTOCOL_ERROR)
WRONG_SIZE = expect.connection_error(Code.FRAME_SIZE_ERROR)
WRONG_WINDOW = expect.connection_error(Code.FLOW_CONTROL_ERROR)
WINDOW_MAX = 2**31 - 1

OF_STREAMS = [
    case("6.1", "DATA on stream 0", data(0), WRONG_PROTOCOL),
    case("6.1", "DATA on a stream that is half-closed (remote) by DATA",
         UPLOAD + data(1) + data(1, b"more"), expect.stream_error(1, Code.STREAM_CLOSED)),
    case("6.1", "DATA with more padding than payload",
         UPLOAD, frame(Kind.DATA, END_STREAM | PADDED, 1, b"\6test"), WRONG_PROTOCOL),
    case("6.2", "HEADERS without END_HEADERS, then PRIORITY",
         headers(1, GET, END_STREAM) + priority(3, 0), WRONG_PROTOCOL),
    case("6.2", "HEADERS without END_HEADERS, then HEADERS of another stream",
         headers(1, GET, END_STREAM) + headers(3, GET), WRONG_PROTOCOL),
    case("6.2", "HEADERS on stream 0", headers(0, GET), WRONG_PROTOCOL),
    case("6.2", "HEADERS with more padding than payload",
         headers(1, bytes([len(GET) + 1]) + GET, WHOLE | PADDED), WRONG_PROTOCOL),
    case("6.3", "PRIORITY on stream 0", priority(0, 1), WRONG_PROTOCOL),
    case("6.3", "PRIORITY of 4 bytes",
         UPLOAD, frame(Kind.PRIORITY, 0, 1, bytes(4)),
         expect.stream_error(1, Code.FRAME_SIZE_ERROR)),
    case("6.4", "RST_STREAM on stream 0", reset(0), WRONG_PROTOCOL),
    case("6.4", "RST_STREAM on an idle stream", UPLOAD, reset(3), WRONG_PROTOCOL),
    case("6.4", "RST_STREAM of 3 bytes",
         UPLOAD, frame(Kind.RST_STREAM, 0, 1, bytes(3)), WRONG_SIZE),
]

SETTINGS = [
    case("6.5", "an acknowledgement with a payload",
         frame(Kind.SETTINGS, ACK, 0, bytes(6)), WRONG_SIZE),
    case("6.5", "SETTINGS on a stream", frame(Kind.SETTINGS, 0, 1), WRONG_PROTOCOL),
    case("6.5", "SETTINGS of 5 bytes", frame(Kind.SETTINGS, 0, 0, bytes(5)), WRONG_SIZE),
    case("6.5.2", "ENABLE_PUSH is 0 or 1", settings((Setting.ENABLE_PUSH, 2)), WRONG_PROTOCOL),
    case("6.5.2", "INITIAL_WINDOW_SIZE over 2^31 - 1", window_size(2**31), WRONG_WINDOW),
    case("6.5.2", "MAX_FRAME_SIZE below 2^14",
         settings((Setting.MAX_FRAME_SIZE, 2**14 - 1)), WRONG_PROTOCOL),
    case("6.5.2", "MAX_FRAME_SIZE over 2^24 - 1",
         settings((Setting.MAX_FRAME_SIZE, 2**24)), WRONG_PROTOCOL),
    case("6.5.2", "an unknown setting is ignored",
         settings((0xFF, 1)), expect.settings_ack, ASK, expect.answer(1)),
    case("6.5.3", "of values for one setting, the last holds",
         settings((Setting.INITIAL_WINDOW_SIZE, 100), (Setting.INITIAL_WINDOW_SIZE, 1)),
         expect.settings_ack, ASK, expect.head(1), expect.bytes_of(1, 1),
         expect.silence(Kind.DATA)),
    case("6.5.3", "SETTINGS are acknowledged, each",
         settings() + settings((Setting.MAX_CONCURRENT_STREAMS, 1)),
         expect.settings_ack, expect.settings_ack),
]

OF_CONNECTIONS = [
    case("6.7", "the acknowledgement of a PING holds its bytes",
         ping(b"\0\1\2\3\xFF\xFE\xFD\xFC"), expect.pong(b"\0\1\2\3\xFF\xFE\xFD\xFC")),
    case("6.7", "an acknowledgement is not acknowledged",
         ping(b"unasked!", ACK), ping(b"question"), expect.pong(b"question"),
         expect.silence(Kind.PING)),
    case("6.7", "PING on a stream", ping(b"12345678", stream=1), WRONG_PROTOCOL),
    case("6.7", "PING of 6 bytes", ping(b"123456"), WRONG_SIZE),
    case("6.8", "GOAWAY on a stream", goaway(stream=1), WRONG_PROTOCOL),
]

WINDOWS = [
    case("6.9", "WINDOW_UPDATE by 0 of the connection", window_update(0, 0), WRONG_PROTOCOL),
    case("6.9", "WINDOW_UPDATE by 0 of a stream",
         UPLOAD, window_update(1, 0), expect.stream_error(1, Code.PROTOCOL_ERROR)),
    case("6.9", "WINDOW_UPDATE of 3 bytes",
         frame(Kind.WINDOW_UPDATE, 0, 0, b"\0\0\1"), WRONG_SIZE),
    case("6.9.1", "no more is sent than the window holds",
         window_size(1), expect.settings_ack, ASK, expect.head(1), expect.bytes_of(1, 1),
         expect.silence(Kind.DATA)),
    case("6.9.1", "the connection's window over 2^31 - 1",
         window_update(0, WINDOW_MAX), WRONG_WINDOW),
    case("6.9.1", "a stream's window over 2^31 - 1",
         UPLOAD, window_update(1, WINDOW_MAX), expect.stream_error(1, Code.FLOW_CONTROL_ERROR)),
    case("6.9.2", "a new INITIAL_WINDOW_SIZE holds for open streams",
         window_size(0), ASK, expect.head(1), expect.silence(Kind.DATA),
         window_size(1), expect.bytes_of(1, 1), expect.silence(Kind.DATA)),
    case("6.9.2", "a window may become negative",
         window_size(2), ASK, expect.head(1), expect.bytes_of(1, 2),
         window_size(0), window_update(1, 2), expect.silence(Kind.DATA),
         window_update(1, 1), expect.bytes_of(1, 1)),
    case("6.9.2", "INITIAL_WINDOW_SIZE that makes an open stream's window too large",
         window_size(0), UPLOAD, window_update(1, 1), window_size(WINDOW_MAX), WRONG_WINDOW),
]

CONTINUATIONS = [
    case("6.10", "a block in many CONTINUATIONs",
         headers(1, GET[:4], END_STREAM),
         *(continuation(1, GET[at:at + 8], 0) for at in range(4, 36, 8)),
         continuation(1, GET[36:]), expect.answer(1)),
    case("6.10", "DATA within a block",
         headers(1, POST[:10], 0), data(1), continuation(1, POST[10:]), WRONG_PROTOCOL),
    case("6.10", "CONTINUATION on stream 0",
         headers(1, GET[:10], END_STREAM), continuation(0, GET[10:]), WRONG_PROTOCOL),
    case("6.10", "CONTINUATION after HEADERS that end the block",
         headers(1, POST, END_HEADERS), continuation(1, b""), WRONG_PROTOCOL),
    case("6.10", "CONTINUATION after one that ends the block",
         headers(1, POST[:10], 0), continuation(1, POST[10:]), continuation(1, b""),
         WRONG_PROTOCOL),
    case("6.10", "CONTINUATION after DATA",
         UPLOAD, data(1, flags=0), continuation(1, b""), WRONG_PROTOCOL),
]

CASES = OF_STREAMS + SETTINGS + OF_CONNECTIONS + WINDOWS + CONTINUATIONS
