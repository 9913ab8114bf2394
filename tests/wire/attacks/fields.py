"""Header sections that are more than they look, within the limits and over them."""

import itertools

from conformance.blocks import GET, POST, request
from support.h2_frames import (END_HEADERS, END_STREAM, INDEXING, Code, continuation, data, headers,
                               indexed, literal, reset, table_size)

from .plays import each, flood, hold, ids, paced
from .row import BROKEN, CALM, GLITCHES, HEADER, LATE_BODY, SERVED, row

FIRST_OF_THE_TABLE = 62  # RFC 7541 §2.3.3
COOKIE = 32  # Appendix A, without a value
BIG = "v" * 4000
BYTES = "limits.header_bytes"
LONG = GET + literal("x-long", "v" * 65500)
HUFFMAN_CODED = literal("x-h", "e" * 6000, huffman=True)
BOARDS = ",".join(f"b{n}" for n in range(256))
FEW = ",".join(f"board-{n}" for n in range(90))
HEAD_FROM_THE_TABLE = literal(2, "HEAD") + indexed(7) + indexed(62) + indexed(63)
# :method GET, :scheme https, :authority and :path from the table.
FROM_THE_TABLE = indexed(2) + indexed(7) + indexed(62) + indexed(63)


def remembered(path):
    """The request whose path and authority the later ones take from the table."""
    return headers(1, indexed(2) + indexed(7) + literal(4, path, INDEXING)
                   + literal(1, "localhost", INDEXING))


def references(count, big=BIG):
    """HPACK bomb: one entry of 4 KB, then references to it on every stream."""
    first = headers(1, GET + literal("x-big", big, INDEXING))
    return flood(lambda: (headers(n, GET + indexed(FIRST_OF_THE_TABLE) * count)
                          for n in itertools.count(3, 2)), first=first)


def thrash(count):
    """Entries that drive each other out of the table."""
    return each(lambda n: headers(n, table_size(4096) + GET + b"".join(
        literal(f"x-{n}-{at}", "v" * 900, INDEXING) for at in range(count))))


def many(block, count=200):
    return lambda at: b"".join(headers(n, block) for n in ids(at, count))


OVER = [
    row("HPACK bomb (CVE-2016-6581)", references(16000), CALM, HEADER),
    row("HPACK bomb, little over the limit", references(12), CALM, GLITCHES, limit=BYTES),
    row("many tiny fields (CVE-2026-49975)",
        flood(each(lambda n: headers(n, GET + literal("a", "") * 4000))), CALM, HEADER),
    row("many tiny fields, little over the limit",
        flood(each(lambda n: headers(n, GET + literal("a", "") * 70))), CALM, GLITCHES,
        limit="limits.header_fields"),
    row("a cookie in 16 000 crumbs",
        flood(each(lambda n: headers(n, GET + indexed(COOKIE) * 16000))), CALM, HEADER,
        limit=BYTES),
    row("header lists of 40 KB",
        flood(each(lambda n: headers(n, GET + literal("x-a", "v" * 16000), END_STREAM)
                   + continuation(n, literal("x-b", "v" * 16000), 0)
                   + continuation(n, literal("x-c", "v" * 8000)))), CALM, GLITCHES, limit=BYTES),
    row("header lists of 100 KB",
        flood(each(lambda n: headers(n, GET + literal("x-a", "v" * 16000), END_STREAM)
                   + continuation(n, literal("x-b", "v" * 16000), 0) * 5
                   + continuation(n, b""))), CALM, HEADER, limit=BYTES, bytes=2**24),
    row("a field of 64 KB",
        hold(headers(1, LONG[:16000], END_STREAM)
             + b"".join(continuation(1, LONG[at:at + 16000], 0) for at in (16000, 32000, 48000))
             + continuation(1, LONG[64000:])), CALM, HEADER, limit=BYTES),
    row("a field that never ends",
        flood(lambda: itertools.chain([headers(1, b"\0\1x\x7F\xFF\xFF\xFF\x07", END_STREAM)],
                                      itertools.repeat(continuation(1, b"v" * 16384, 0)))),
        (Code.COMPRESSION_ERROR,), BROKEN),
]

WITHIN = [
    row("requests of 13 bytes", paced(many(FROM_THE_TABLE), first=remembered("/healthz")),
        (), SERVED),
    row("refused requests of 13 bytes", paced(many(FROM_THE_TABLE), first=remembered("/no")),
        (), SERVED),
    row("HPACK bomb within the limit",
        paced(many(GET + indexed(FIRST_OF_THE_TABLE) * 7, 100),
              first=headers(1, GET + literal("x-big", BIG, INDEXING))), (), SERVED),
    row("a cookie in 800 crumbs", paced(many(GET + indexed(COOKIE) * 800, 50)), (), SERVED),
    row("a table that is thrashed", flood(thrash(8)), (), SERVED),
    row("table sizes without end",
        flood(each(lambda n: headers(n, (table_size(0) + table_size(4096)) * 2000 + GET))),
        (), SERVED),
    row("URLs of 4 KB in 13 bytes, answered 404",
        paced(many(FROM_THE_TABLE), first=remembered("/" + "n" * 3900)), CALM, GLITCHES),
    row("queries of 4 KB in 13 bytes, answered 400",
        paced(many(FROM_THE_TABLE), first=remembered("/events?" + "a&" * 1950)), CALM, GLITCHES),
    row("escaped queries of 4 KB in 13 bytes",
        paced(many(FROM_THE_TABLE), first=remembered("/events?boards=" + "%61" * 1290)),
        CALM, GLITCHES),
    row("subscriptions to 256 boards in 13 bytes, HEAD",
        paced(many(HEAD_FROM_THE_TABLE), first=remembered("/events?boards=" + BOARDS)),
        CALM, GLITCHES),
    row("subscriptions to 90 boards in 13 bytes, HEAD",
        paced(many(HEAD_FROM_THE_TABLE), first=remembered("/events?boards=" + FEW)),
        CALM, GLITCHES),
    row("subscriptions to 256 boards in 13 bytes, reset",
        paced(lambda at: b"".join(headers(n, FROM_THE_TABLE) + reset(n) for n in ids(at, 200)),
              first=remembered("/events?boards=" + BOARDS)), CALM, GLITCHES),
    row("publishes to 200 boards in 30 bytes",
        paced(lambda at: b"".join(
            headers(n, indexed(3) + indexed(7) + indexed(62) + indexed(63), END_HEADERS)
            + data(n, b"") for n in ids(at, 200)),
            first=remembered("/events?" + "&".join(f"board=b{n}" for n in range(200)))),
        (), SERVED),
    row("fields that are Huffman-coded",
        flood(each(lambda n: headers(n, GET + HUFFMAN_CODED))),
        (), SERVED),
]

HELD = [
    row("heads of 256 uploads that never come (HTTP/2 Bomb)",
        hold(b"".join(headers(2 * n + 1, POST + literal("authorization", "Bearer " + "t" * 8000),
                              END_HEADERS) for n in range(256))), (), HEADER, 1.0, limit=BYTES),
    row("60 uploads of 64 KB that never end",
        hold(b"".join(headers(2 * n + 1, POST, END_HEADERS) + data(2 * n + 1, b"x" * 16384, 0) * 4
                      for n in range(60))), (), LATE_BODY, 1.5, bodies=8 * 2**20),
]

ROWS = OVER + WITHIN + HELD
