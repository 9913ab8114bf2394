"""What h2spec does not ask: frames on their way, messages that a server behind could read
otherwise, numbers that no decoder should follow."""

from support.h2_frames import (END_HEADERS, INDEXING, Code, block, data, headers, indexed, integer,
                               literal, reset, string, table_size)

from . import reactions as expect
from .blocks import ASK, GET, POST, request, upload
from .case import case
from .compression import broken
from .messages import MALFORMED, malformed

STREAMS = [
    case("5.1", "DATA on its way to a stream that the server reset is passed over",
         headers(1, upload(("connection", "close")), END_HEADERS), MALFORMED,
         data(1), headers(3, GET), expect.answer(3)),
    case("5.1.1", "no identifier is used twice",
         headers(1, POST, END_HEADERS) + reset(1) + ASK,
         expect.connection_error(Code.STREAM_CLOSED)),
]

MESSAGES = [
    case("8.1.1", "content-length, but no body",
         headers(1, upload(("content-length", "4"))), MALFORMED),
    *(malformed("8.1.1", f"content-length: {value or 'empty'}", upload(("content-length", value)))
      for value in ("", "+4", "-1", "4, 4", "0x4", "99999999999999999999")),
    malformed("8.1.1", "content-length twice",
              upload(("content-length", "0"), ("content-length", "0"))),
    *(malformed("8.2.1", f"a field's name with {what}", GET + literal(name, "ok"))
      for what, name in (("a space", "x test"), ("a colon", "x:test"), ("NUL", "x\0"),
                         ("DEL", "x\x7F"), ("nothing in it", ""))),
    *(malformed("8.2.1", f"a field's value with {what}", GET + literal("x-test", value))
      for what, value in (("LF", "a\nb: c"), ("CR", "a\rb"), ("NUL", "a\0"),
                          ("space before it", " a"), ("space after it", "a "))),
    *(malformed("8.2.2", name, GET + literal(name, value))
      for name, value in (("transfer-encoding", "chunked"), ("upgrade", "h2c"),
                          ("keep-alive", "1"), ("proxy-connection", "close"))),
    case("8.2.2", "TE may be trailers",
         headers(1, GET + literal("te", "trailers")), expect.answer(1)),
    case("8.2.3", "cookies in crumbs",
         headers(1, GET + literal("cookie", "a=b") + literal("cookie", "c=d")), expect.answer(1)),
    malformed("8.3.1", "an empty :scheme",
              block((":method", "GET"), (":scheme", ""), (":authority", "a"), (":path", "/"))),
    malformed("8.3.1", ":path without a slash", request("GET", "healthz")),
    malformed("8.3.1", ":path *, but not for OPTIONS", request("GET", "*")),
    case("8.3.1", "host is another than :authority",
         headers(1, GET + literal("host", "elsewhere")), expect.answer(1, 400)),
    malformed("8.5", "CONNECT with :scheme and :path", request("CONNECT")),
]

COMPRESSION = [
    broken("2.3.3", "an index of an entry that was driven out",
           table_size(0) + literal("x-test", "ok", INDEXING) + indexed(62) + GET),
    broken("5.1", "an integer beyond 2^32", integer(2**40, 7, 0x80) + GET),
    broken("5.1", "an integer of endless zeros", b"\xFF" + b"\x80" * 64 + b"\0" + GET),
    broken("5.2", "a string that is longer than its block",
           GET + integer(0, 4) + string(b"x-test") + integer(100, 7) + b"short"),
]
