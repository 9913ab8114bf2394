"""A row of the table: an attack, and what this gateway makes of it."""

import collections

from support.h2_frames import Code

# name: with the CVE, where there is one. play: leads it (plays.py). ends: with which of these codes
# every connection is ended (None: without a word), or empty: it is survived, within bounds.
# counter: what moves. seconds: how long it may last. secure: over TLS. bodies: bytes that it may
# have the server hold because it has sent them as the bodies of requests.
Row = collections.namedtuple("Row", "name play ends counter seconds secure bodies")

CALM = (Code.ENHANCE_YOUR_CALM,)
PROTOCOL = (Code.PROTOCOL_ERROR,)
SILENT = (None,)


def row(name, play, ends, counter, seconds=0.3, **more):
    return Row(name, play, ends, counter, seconds, more.get("secure", True), more.get("bodies", 0))


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
REQUESTS = 'boardcast_http_requests_total{protocol="h2"}'
GOAWAYS = "boardcast_http2_goaways_total"
RESPONSES_4XX = 'boardcast_http_responses_total{code="4xx"}'
DATA_FRAMES = "boardcast_http2_data_frames_total"
RECEIVED = "boardcast_received_bytes_total"
HANDSHAKES = "boardcast_tls_handshake_failures_total"
LATE_HANDSHAKE = "boardcast_tls_handshake_timeouts_total"
CLOSED = "boardcast_connections_closed_total"
LOST = "boardcast_connections_lost_total"
