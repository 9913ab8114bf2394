"""Leads one attack after the other against a server and measures what comes of it."""

import dataclasses
import itertools
import time

from support.process import SLOWNESS

from . import fields, floods, http1, measure, slow, tls
from .client import Scene
from .row import IDLE, SERVED

# Connections that come and go: so many may be there at once.
A_FEW = 4
HTTP2 = floods.ROWS + fields.ROWS + slow.ROWS
ROWS = HTTP2 + http1.ROWS + tls.ROWS
# The same over h2c: nothing of them is to depend on TLS, which holds back what does not fit a
# record and is read in records.
PLAIN = [row._replace(name="h2c: " + row.name, secure=False) for row in HTTP2]


@dataclasses.dataclass
class Result:
    """What one attack came to."""
    row: object
    connections: int
    held: int  # of them, for as long as the server let it
    sent: int  # bytes
    cut_s: object  # until the last connection was ended; None: one was not
    codes: set  # of the GOAWAYs; None: an end without one
    growth: int  # bytes
    cpu_ms: float  # above what the healthy client costs
    delays: list  # of the healthy client, in ms, sorted
    moved: dict  # counters, and by how much
    served: bool  # what was held still worked in the end
    fault: str = ""

    @property
    def cut(self):
        return self.cut_s is not None

    @property
    def cpu_for_unit(self):
        return self.cpu_ms / max(1.0, self.sent / measure.UNIT)

    @property
    def p99(self):
        return measure.percentile(self.delays, 0.99)

    @property
    def outcome(self):
        if self.fault:
            return self.fault
        if not self.cut:
            return "survived"
        names = sorted("no GOAWAY" if code is None else getattr(code, "name", str(code))
                       for code in self.codes)
        return f"cut after {1000 * self.cut_s:.0f} ms: {', '.join(names)}"

    @property
    def evidence(self):
        """What shows that it came to what the row says: the counter and by how much it moved."""
        if self.row.counter == SERVED:
            return SERVED if self.served else "not served"
        return f"{self.row.counter} +{self.moved.get(self.row.counter, 0):.0f}"

    def is_small(self):
        return self.growth <= self.row.each * (self.held or A_FEW) + self.row.bodies

    def idled(self):
        """Whether the end came because nothing was asked any more, which any attack may come to."""
        return self.cut and self.row.counter != IDLE and self.moved.get(IDLE, 0) > 0

    def as_meant(self):
        """Whether it came to what the row says. A GOAWAY may be lost: who still sends when the
        server has closed is told a reset of TCP, which overtakes it."""
        seen = (self.served if self.row.counter == SERVED else
                self.moved.get(self.row.counter, 0) >= wanted(self.row, self.connections))
        return (not self.fault and not self.idled() and self.cut == bool(self.row.ends) and seen
                and all(code in (None, *self.row.ends) for code in self.codes))

    def over(self):
        """What of the rule it breaks, in words; nothing: it is within."""
        if not (self.cut and self.cut_s <= 1.0 or self.is_small()):
            yield f"{self.growth / 2**20:.1f} MiB of memory for {self.connections} connections"
        if self.cpu_for_unit > self.row.cpu_ms:
            yield f"{self.cpu_for_unit:.1f} ms of CPU for each 16 KiB"
        if self.p99 > measure.DELAY_MS_MAX:
            yield f"a healthy client waited {self.p99:.0f} ms (p99)"

    def within_rule(self):
        return not any(self.over())

    def faults(self):
        """The same for this gateway, of which more is demanded."""
        if not self.as_meant():
            why = ", by the idle limit" if self.idled() else ""
            yield f"not as meant: {self.outcome}{why}; {self.evidence}"
        if self.within_rule() and not self.is_small():
            yield f"{self.growth / 2**20:.1f} MiB of memory, though cut"
        yield from self.over()


def wanted(row, connections):
    """By how much the row's counter moves at least: the last connections may be on their way."""
    return max(1, connections - A_FEW) if row.often else 1


def _difference(before, after):
    return {name: value - before.get(name, 0) for name, value in after.items()}


class Stage:
    """A server under attack, with a healthy client beside it. `server`: has `pid`, `address` and
    `counters()` (servers.py)."""

    def __init__(self, server):
        self.server = server
        self.healthy = measure.Healthy(server.address(True))
        begun = time.monotonic()
        while not self.healthy.samples:
            assert self.healthy.alive() and time.monotonic() < begun + 30, self.healthy.stop()
            time.sleep(0.01)
        self._look_at_idle()

    def _look_at_idle(self, seconds=0.4):
        """What the healthy client costs: CPU time for a request, in ms, and how counters move."""
        counted, cpu = self.server.counters(), measure.cpu_ms(self.server.pid)
        answered = len(self.healthy.samples)
        time.sleep(seconds)
        self.asked = max(1, len(self.healthy.samples) - answered)
        self.idle = (measure.cpu_ms(self.server.pid) - cpu) / self.asked
        self.noise = _difference(counted, self.server.counters())

    def lead(self, row, seconds, bytes_max):
        """For so long at most."""
        before = self.server.counters()
        scene = Scene(self.server.address(row.secure), row.secure, seconds,
                      max(bytes_max, row.bytes))
        peak, cpu = measure.Peak(self.server.pid), measure.cpu_ms(self.server.pid)
        served, fault = self._play(row, scene)
        cpu = measure.cpu_ms(self.server.pid) - cpu
        delays, growth = self.healthy.delays(scene.begun), peak.finish()
        cpu -= self.idle * len(delays)
        ends = [attacker.ended_at for attacker in scene.attackers]
        moved = self._moved(before, scene, row)
        result = Result(row, scene.opened, len(ends), scene.sent,
                        max(ends) - scene.begun if ends and all(ends) else None,
                        {attacker.code for attacker in scene.attackers if attacker.ended},
                        growth, max(0.0, cpu), delays, moved, served, fault)
        scene.close()
        return result

    def _play(self, row, scene):
        """Whether what was held still works, and what went wrong."""
        try:
            row.play(scene)
            return row.counter == SERVED and scene.serves(20 * SLOWNESS), ""
        except (OSError, AssertionError) as error:
            return False, f"{type(error).__name__}: {error}"

    def _moved(self, before, scene, row, seconds=8.0):
        """Beyond what asking for the counters moves (by one), and the healthy client by so many
        requests and a few around that. What was sent last may have yet to be dealt with: waits
        for the row's counter."""
        deadline = time.monotonic() + seconds
        for fetches in itertools.count(1):
            after = self.server.counters()
            share = max(1.0, (len(self.healthy.delays(scene.begun)) + 5) / self.asked)
            noise = {name: value * (fetches if value <= 1 else share)
                     for name, value in self.noise.items()}
            found = {name: value - noise.get(name, 0)
                     for name, value in _difference(before, after).items()}
            moved = {name: value for name, value in found.items() if value > 0}
            if (not after or row.counter == SERVED or time.monotonic() > deadline
                    or moved.get(row.counter, 0) >= wanted(row, scene.opened)):
                return moved
            time.sleep(0.05)

    def close(self):
        return self.healthy.stop()
