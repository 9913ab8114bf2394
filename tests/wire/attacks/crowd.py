"""Slow everything: hundreds of connections of each kind that stop halfway, all at once, beside a
hundred readers."""

import dataclasses
import json
import resource
import socket
import time

from conformance.blocks import GET
from support.h2_frames import END_STREAM, PREFACE, SETTINGS_ACK, headers, settings

from . import measure, row
from .servers import LISTEN, Boardcast
from .tls import client_hello

LIMIT = "1200ms"
CONFIG = {
    "server": LISTEN,
    "limits": {"header_timeout": LIMIT, "body_timeout": LIMIT, "handshake_timeout": "900ms"},
    "stream": {"stall": LIMIT},
}
HISTORY_EVENTS, EVENT_BYTES = 16, 60_000
AT_AN_ADDRESS = 50  # connections
GROWTH_MAX = 64 * 1024  # bytes, for each of them

_READ = (b"GET /events?boards=big&lastEventId=earliest HTTP/1.1\r\n"
         b"host: localhost\r\n\r\n")
_BODY = (b"POST /events?board=slow HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\n"
         b"content-length: 1000\r\n\r\nslow")

# Kind: (scheme, what is said, the counter of those that were ended).
KINDS = {
    "handshake": ("https", client_hello()[:200], row.LATE_HANDSHAKE),
    "preface": ("h2c", PREFACE[:10], row.LATE_HEADER),
    "HTTP/2 headers": ("h2c", PREFACE + settings() + SETTINGS_ACK + headers(1, GET, END_STREAM),
                       row.LATE_HEADER),
    "HTTP/1.1 headers": ("http", b"GET /healthz HTTP/1.1\r\nhost: loc", row.LATE_HEADER),
    "body": ("http", _BODY, row.LATE_BODY),
    "reading": ("http", _READ, row.STALLED),
}


@dataclasses.dataclass
class Crowd:
    """What came of it."""
    connections: int
    growth: int  # bytes
    cpu_ms: float
    seconds: float
    delays: list  # of the readers, ms, sorted
    ended: dict  # counter: (by how much it moved, how many there were)
    fault: str  # of a reader

    def lines(self):
        yield (f"{self.connections} slow connections beside 100 readers: "
               f"{self.growth / self.connections / 1024:.1f} KiB each, "
               f"{self.cpu_ms / self.seconds / 10:.0f} % of a core; a delivery's p99 "
               f"{measure.percentile(self.delays, 0.99):.1f} ms, worst {self.delays[-1]:.1f} ms "
               f"({len(self.delays)} deliveries)")
        for counter, (moved, wanted) in self.ended.items():
            yield f"  {counter}: {moved:.0f} of {wanted}"

    def is_small(self):
        return self.growth < GROWTH_MAX * self.connections

    def faults(self):
        """What of the rule it breaks, in words."""
        if self.fault:
            yield f"slow connections: {self.fault}"
        if not self.is_small():
            yield f"slow connections: {self.growth / self.connections / 1024:.0f} KiB each"
        p99 = measure.percentile(self.delays, 0.99)
        if p99 > measure.DELAY_MS_MAX:
            yield f"slow connections: a delivery took {p99:.0f} ms (p99)"
        yield from (f"slow connections: {counter} {moved:.0f} of {wanted}"
                    for counter, (moved, wanted) in self.ended.items() if moved != wanted)


def _connect(address, number):
    """From addresses of loopback's own network, a few from each."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.bind((f"127.1.{number // AT_AN_ADDRESS}.1", 0))
    client.connect(address)
    return client


def _publish(gateway):
    for n in range(HISTORY_EVENTS):
        gateway.publish("big", json.dumps(n) + "x" * EVENT_BYTES)


def lead(each):
    """`each`: how many of each kind."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    server = Boardcast(CONFIG)
    _publish(server.gateway)
    healthy = measure.Healthy(server.address(True), "readers")
    held = []
    try:
        begun = time.monotonic()
        while len(healthy.samples) < 300:
            assert healthy.alive() and time.monotonic() < begun + 30, "the readers read nothing"
            time.sleep(0.02)
        before, peak, cpu = server.counters(), measure.Peak(server.pid), measure.cpu_ms(server.pid)
        begun = time.monotonic()
        for number in range(each):
            for at, (scheme, said, _) in enumerate(KINDS.values()):
                client = _connect(server.gateway.address(scheme), number * len(KINDS) + at)
                client.sendall(said)
                held.append(client)
        moved = _wait_for_ends(server, before, each)
        took = time.monotonic() - begun
        return Crowd(len(held), peak.finish(), measure.cpu_ms(server.pid) - cpu, took,
                     healthy.delays(begun), moved, "" if healthy.alive() else "a reader was cut")
    finally:
        for client in held:
            client.close()
        healthy.stop()
        server.stop()


def _wait_for_ends(server, before, each, seconds=30.0):
    wanted = {}
    for _, _, counter in KINDS.values():
        wanted[counter] = wanted.get(counter, 0) + each
    deadline = time.monotonic() + seconds
    while True:
        now = server.counters()
        moved = {counter: (now[counter] - before[counter], count)
                 for counter, count in wanted.items()}
        if all(got >= count for got, count in moved.values()) or time.monotonic() > deadline:
            return moved
        time.sleep(0.2)
