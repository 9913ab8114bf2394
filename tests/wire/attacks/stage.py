"""Leads one attack after the other against a server and measures what comes of it."""

import dataclasses
import itertools
import time

from . import fields, floods, http1, measure, slow, tls
from .client import Scene

# Connections that come and go: so many may be there at once.
A_FEW = 8
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
    fault: str = ""

    @property
    def cut(self):
        return self.cut_s is not None

    @property
    def cpu_for_unit(self):
        return self.cpu_ms / max(1.0, self.sent / measure.UNIT)

    @property
    def outcome(self):
        if self.fault:
            return self.fault
        if not self.cut:
            return "survived"
        names = sorted("no GOAWAY" if code is None else getattr(code, "name", str(code))
                       for code in self.codes)
        return f"cut after {1000 * self.cut_s:.0f} ms: {', '.join(names)}"

    def is_small(self):
        return self.growth <= measure.GROWTH_MAX * (self.held or A_FEW) + self.row.bodies

    def as_meant(self):
        """Whether it came to what the row says. A GOAWAY may be lost: who still sends when the
        server has closed is told a reset of TCP, which overtakes it."""
        return not self.fault and self.cut == bool(self.row.ends) and all(
            code in (None, *self.row.ends) for code in self.codes) and (
                self.row.counter in self.moved)

    def within_rule(self):
        return ((self.cut and self.cut_s <= 1.0 or self.is_small())
                and self.cpu_for_unit <= measure.CPU_MS_MAX
                and measure.percentile(self.delays, 0.99) <= measure.DELAY_MS_MAX)


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
            assert self.healthy.alive() and time.monotonic() < begun + 10, self.healthy.stop()
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
        scene = Scene(self.server.address(row.secure), row.secure, seconds, bytes_max)
        peak, cpu, fault = measure.Peak(self.server.pid), measure.cpu_ms(self.server.pid), ""
        try:
            row.play(scene)
        except (OSError, AssertionError) as error:
            fault = f"{type(error).__name__}: {error}"
        cpu = measure.cpu_ms(self.server.pid) - cpu
        delays, growth = self.healthy.delays(scene.begun), peak.finish()
        cpu -= self.idle * len(delays)
        ends = [attacker.ended_at for attacker in scene.attackers]
        moved = self._moved(before, scene, row.counter)
        result = Result(row, scene.opened, len(ends), scene.sent,
                        max(ends) - scene.begun if ends and all(ends) else None,
                        {attacker.code for attacker in scene.attackers if attacker.ended},
                        growth, max(0.0, cpu), delays, moved, fault)
        scene.close()
        return result

    def _moved(self, before, scene, counter, seconds=3.0):
        """Beyond what asking for the counters moves (by one), and the healthy client by so many
        requests and a few around that. What was sent last may have yet to be dealt with: waits
        for `counter`."""
        deadline = time.monotonic() + seconds
        for fetches in itertools.count(1):
            after = self.server.counters()
            share = max(1.0, (len(self.healthy.delays(scene.begun)) + 5) / self.asked)
            noise = {name: value * (fetches if value <= 1 else share)
                     for name, value in self.noise.items()}
            found = {name: value - noise.get(name, 0)
                     for name, value in _difference(before, after).items()}
            moved = {name: value for name, value in found.items() if value > 0}
            if not after or counter in moved or time.monotonic() > deadline:
                return moved
            time.sleep(0.05)

    def close(self):
        return self.healthy.stop()
