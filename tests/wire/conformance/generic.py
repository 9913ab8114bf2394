"""What every server of HTTP/2 has to serve: right use of the protocol, in all its forms."""

from support.h2_frames import (END_HEADERS, END_STREAM, PADDED, PREFACE, PRIORITIZED, WHOLE, Code,
                               INDEXING, Kind, NEVER, PLAIN, Setting, continuation, data,
                               dependency, frame, goaway, headers, indexed, literal, padded, ping,
                               priority, reset, settings, table_size, window_size, window_update)

from . import reactions as expect
from .blocks import ASK, GET, POST, STREAM, UPLOAD, request, upload
from .case import BARE, case

ASK_AGAIN = headers(3, GET)

STREAMS = [
    case("3.4", "the preface is answered by SETTINGS and their acknowledgement",
         BARE, PREFACE + settings(), expect.settings, expect.settings_ack),
    case("5.1", "PRIORITY on an idle stream", priority(1, 0), ASK, expect.answer(1)),
    case("5.1", "WINDOW_UPDATE on a half-closed (remote) stream",
         window_size(0), ASK, expect.head(1), expect.silence(Kind.DATA),
         window_update(1, 100), expect.rest(1)),
    case("5.1", "PRIORITY on a half-closed (remote) stream",
         STREAM, expect.head(1), priority(1, 0, 8), ASK_AGAIN, expect.answer(3)),
    case("5.1", "RST_STREAM on a half-closed (remote) stream",
         STREAM, expect.head(1), reset(1), ASK_AGAIN, expect.answer(3)),
    case("5.1", "PRIORITY on a closed stream",
         ASK, expect.answer(1), priority(1, 0, 8), ASK_AGAIN, expect.answer(3)),
]

FRAMES = [
    case("6.1", "one DATA frame", UPLOAD, data(1), expect.answer(1)),
    case("6.1", "several DATA frames",
         UPLOAD, data(1, flags=0), data(1, flags=0), data(1), expect.answer(1)),
    case("6.1", "DATA with padding", UPLOAD,
         frame(Kind.DATA, END_STREAM | PADDED, 1, padded(b"test", 6)), expect.answer(1)),
    case("6.2", "HEADERS", ASK, expect.answer(1)),
    case("6.2", "HEADERS with padding", headers(1, padded(GET, 6), WHOLE | PADDED),
         expect.answer(1)),
    case("6.2", "HEADERS with a priority",
         headers(1, dependency(0, 16) + GET, WHOLE | PRIORITIZED), expect.answer(1)),
    case("6.3", "PRIORITY of the least weight", priority(1, 0, 1), ASK, expect.answer(1)),
    case("6.3", "PRIORITY of the greatest weight", priority(1, 0, 256), ASK, expect.answer(1)),
    case("6.3", "PRIORITY below another stream",
         priority(1, 0), priority(3, 1), ASK, ASK_AGAIN, expect.answer(1), expect.answer(3)),
    case("6.3", "an exclusive PRIORITY", priority(1, 0), priority(3, 0, exclusive=True),
         ASK, ASK_AGAIN, expect.answer(1), expect.answer(3)),
    case("6.3", "PRIORITY on an idle stream leaves lower ones idle (5.1.1)",
         priority(5, 0), ASK, expect.answer(1), headers(5, GET), expect.answer(5)),
    case("6.4", "RST_STREAM", UPLOAD, reset(1), expect.silence(Kind.HEADERS),
         ASK_AGAIN, expect.answer(3)),
    case("6.5", "SETTINGS",
         settings((Setting.MAX_CONCURRENT_STREAMS, 100), (Setting.HEADER_TABLE_SIZE, 128)),
         expect.settings_ack),
    case("6.7", "PING", ping(b"12345678"), expect.pong(b"12345678")),
    case("6.8", "GOAWAY ends the connection, but no request",
         ASK + goaway(), expect.answer(1), expect.graceful_end),
    case("6.9", "WINDOW_UPDATE of the connection", window_update(0, 1), ASK, expect.answer(1)),
    case("6.9", "WINDOW_UPDATE of a stream", UPLOAD, window_update(1, 1), data(1),
         expect.answer(1)),
    case("6.10", "one CONTINUATION",
         headers(1, GET[:10], END_STREAM), continuation(1, GET[10:]), expect.answer(1)),
    case("6.10", "several CONTINUATIONs, one of them empty",
         headers(1, GET[:1], END_STREAM), continuation(1, GET[1:20], 0), continuation(1, b"", 0),
         continuation(1, GET[20:]), expect.answer(1)),
]

MESSAGES = [
    case("8.1", "GET", ASK, expect.answer(1)),
    case("8.1", "HEAD", headers(1, request("HEAD")), expect.bare_head(1),
         expect.silence(Kind.DATA)),
    case("8.1", "POST",
         headers(1, upload(("content-length", "4")), END_HEADERS), data(1), expect.answer(1)),
    case("8.1", "POST with trailers", headers(1, POST, END_HEADERS), data(1, flags=0),
         headers(1, literal("x-test", "ok")), expect.answer(1)),
]

# Method and scheme by index, the path is to follow. What was given an index is entry 62.
_START = indexed(2) + indexed(7) + literal(1, "localhost")
_PATH = {"indexed name": 4, "new name": ":path"}
_FORMS = {"6.2.1": ("with incremental indexing", INDEXING),
          "6.2.2": ("without indexing", PLAIN),
          "6.2.3": ("never indexed", NEVER)}


def _literals():
    """Each form, its two kinds of names, in plain bytes and in Huffman code."""
    for section, (words, form) in _FORMS.items():
        for naming, name in _PATH.items():
            for huffman in (False, True):
                again = headers(3, _START + indexed(62))
                kept = (expect.answer(3) if form is INDEXING else
                        expect.connection_error(Code.COMPRESSION_ERROR))
                yield case(
                    section, f"a literal {words}, {naming}{', Huffman code' if huffman else ''}",
                    headers(1, _START + literal(name, "/healthz", form, huffman)),
                    expect.answer(1), again, kept)


COMPRESSION = [
    case("6.1", "indexed fields",
         headers(1, indexed(2) + indexed(7) + indexed(4) + literal(1, "localhost")),
         expect.answer(1)),
    *_literals(),
    case("6.3", "a change of the table's size",
         headers(1, table_size(128) + GET), expect.answer(1)),
    case("6.3", "changes of the table's size empty it",
         headers(1, _START + literal(4, "/healthz", INDEXING)), expect.answer(1),
         headers(3, table_size(0) + table_size(4096) + GET), expect.answer(3),
         headers(5, _START + indexed(62)), expect.connection_error(Code.COMPRESSION_ERROR)),
]
