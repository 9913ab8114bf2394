"""A row of the table: an attack, and what this gateway makes of it."""

import collections

from support.h2_frames import Code

from .measure import CPU_MS_MAX, GROWTH_MAX

# name: with the CVE, where there is one. play: leads it (plays.py). ends: with which of these codes
# every connection is ended (None: without a word), or empty: it is survived, within bounds.
# counter: what moves, or SERVED. seconds: how long it may last.
# Further: secure: over TLS. bodies: bytes that it may have the server hold because it has sent them
# as the bodies of requests. each: bytes of memory that a connection of it may cost. often: the
# counter moves for each connection. bytes: it sends so many at least, where it is not ended before.
# limit: the option without which it does not come to this, shown by `./dev attack
# --without-limits`; "" where the limit is fixed in the code, or none is met. cpu_ms: what it may
# cost for each 16 KiB.
Row = collections.namedtuple(
    "Row", "name play ends counter seconds secure bodies each often bytes limit cpu_ms",
    defaults=(True, 0, GROWTH_MAX, False, 0, None, CPU_MS_MAX))

CALM = (Code.ENHANCE_YOUR_CALM,)
PROTOCOL = (Code.PROTOCOL_ERROR,)
SILENT = (None,)
# In the place of a counter: no limit is met, since what is asked for is worth its bytes, and the
# connection goes on.
SERVED = "served"
# What may be held of a connection whose handshake has not ended.
HALF_OPEN_BYTES = 96 * 1024


def row(name, play, ends, counter, seconds=0.3, **more):
    found = Row(name, play, ends, counter, seconds, **more)
    return found if found.limit is not None else found._replace(limit=_OPTIONS.get(counter, ""))


def _limit(name):
    return f'boardcast_http_limit_refusals_total{{limit="{name}"}}'


def _timeout(kind):
    return f'boardcast_http_timeouts_total{{kind="{kind}"}}'


RESETS, GLITCHES, QUEUE, HEADER, BODY = map(_limit, (
    "resets", "glitches", "queue", "header", "body"))
LATE_HEADER, LATE_BODY, IDLE, LATE_PING, LATE_RESPONSE = map(_timeout, (
    "header", "body", "idle", "ping", "response"))
BROKEN = "boardcast_http_protocol_errors_total"
STALLED = "boardcast_streams_stalled_total"
OPENED = 'boardcast_connections_opened_total{protocol="h2"}'
GOAWAYS = "boardcast_http2_goaways_total"
HANDSHAKES = "boardcast_tls_handshake_failures_total"
LATE_HANDSHAKE = "boardcast_tls_handshake_timeouts_total"
CLOSED = "boardcast_connections_closed_total"
LOST = "boardcast_connections_lost_total"

# The limits that these count.
_OPTIONS = {
    RESETS: "http2.max_concurrent_streams",
    BODY: "limits.body_bytes",
    LATE_HEADER: "limits.header_timeout",
    LATE_BODY: "limits.body_timeout",
    LATE_RESPONSE: "limits.response_stall",
    LATE_HANDSHAKE: "limits.handshake_timeout",
    IDLE: "limits.idle_timeout",
    LATE_PING: "http2.ping_interval",
    STALLED: "stream.stall",
}
