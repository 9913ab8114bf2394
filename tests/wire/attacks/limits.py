"""What the rows come to without limits. Each row names the option that draws its line (row.py):
with all options raised as far as they go it must come to something else, and the others must not,
since their limits are fixed in the code. So each option is seen to be what its row is about, and
`as_meant` to be able to say no."""

import re

from support.process import merged

from . import servers, stage

RAISED = {
    "limits": {"header_bytes": "1MiB", "header_fields": 1000, "url_bytes": "512KiB",
               "body_bytes": "64MiB", "header_timeout": "10m", "body_timeout": "1h",
               "response_stall": "1h", "idle_timeout": "24h", "handshake_timeout": "10m",
               "user_timeout": "2h"},
    "http2": {"max_concurrent_streams": 65535, "ping_interval": "1h"},
    "stream": {"stall": "1h"},
}
SECONDS, BYTES_MAX = 1.0, 16 * 1024 * 1024


def server():
    return servers.Boardcast(merged(servers.hasty(1), RAISED))


def lead(rows):
    """(row, what it came to), one after the other."""
    for row in rows:
        raised = server()
        try:
            play = stage.Stage(raised)
            result = play.lead(row, max(SECONDS, row.seconds), BYTES_MAX)
            play.close()
        finally:
            raised.stop()
        yield result


def fault(result):
    """What is not as the row says, or nothing."""
    limit = result.row.limit
    if limit and result.as_meant():
        return f"{result.row.name}: as meant without {limit}, too"
    if not limit and not result.as_meant():
        return f"{result.row.name}: {result.outcome}, {result.evidence}, and names no option"
    return ""


def _what(result):
    """Without its time."""
    return re.sub(r" after \d+ ms", "", result.outcome)


def lines(results):
    """Which option, and the rows that fail without it."""
    yield "| option | rows that come to something else without it |"
    yield "|---|---|"
    for limit in sorted({one.row.limit for one in results if one.row.limit}):
        rows = [f"{one.row.name} ({_what(one)})" for one in results if one.row.limit == limit]
        yield f"| `{limit}` | {'; '.join(rows)} |"
    rest = [one for one in results if not one.row.limit]
    served = sum(one.row.counter == stage.SERVED for one in rest)
    yield f"| none: fixed, or the RFC's | the other {len(rest) - served} |"
    yield f"| none: served | {served} |"
