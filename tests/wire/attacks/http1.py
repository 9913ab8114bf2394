"""HTTP/1.1 over TLS: pipelines, chunks, heads. What could be read in two ways is in smuggling."""

import functools
import itertools

from . import plays
from .plays import again, settle
from .row import BODY, BROKEN, HEADER, LATE_HEADER, SERVED, SILENT, row

ASK = b"GET /no HTTP/1.1\r\nhost: localhost\r\n\r\n"
CHUNKED = (b"POST /events?board=attack HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\n"
           b"transfer-encoding: chunked\r\n\r\n")


def in_http1(scene):
    """A connection that is to speak HTTP/1.1."""
    return scene.bare(("http/1.1",))


flood = functools.partial(plays.flood, begin=in_http1)


def often(piece, count):
    return lambda: itertools.repeat(piece, count)


def slow(scene):
    """A head, a byte at a time."""
    attacker = in_http1(scene)
    for at in range(len(ASK)):
        if not attacker.send(ASK[at:at + 1]):
            break
        attacker.listen(0.05)
    settle(scene, 1.0)


ROWS = [
    row("HTTP/1.1: 10 000 requests in a pipeline", flood(often(ASK, 10_000)), (), SERVED),
    row("HTTP/1.1: 10 000 requests in a pipeline, answers unread",
        flood(often(ASK, 10_000), deaf=True), (), SERVED),
    row("HTTP/1.1: chunks of one byte", flood(again(b"1\r\nx\r\n"), CHUNKED), SILENT, BODY,
        bytes=2**22),
    row("HTTP/1.1: chunk extensions without end", flood(again(b"x" * 1000), CHUNKED + b"1;"),
        SILENT, BROKEN),
    row("HTTP/1.1: fields of 400 KB",
        flood(often(b"a:" + b"x" * 996 + b"\r\n", 400), ASK[:-2]), SILENT, HEADER,
        limit="limits.header_bytes"),
    row("HTTP/1.1: many tiny fields", flood(again(b"a:\r\n"), ASK[:-2]), SILENT, HEADER),
    row("HTTP/1.1: a URL of 400 KB", flood(often(b"u" * 1000, 400), b"GET /"), SILENT, HEADER,
        limit="limits.url_bytes"),
    row("HTTP/1.1: trailers without end", flood(again(b"a:\r\n"), CHUNKED + b"0\r\n"), SILENT,
        BROKEN),
    row("HTTP/1.1: a head, a byte at a time", slow, SILENT, LATE_HEADER, 2.0),
]
