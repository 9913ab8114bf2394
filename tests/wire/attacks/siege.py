"""Many attackers at once for minutes: does the gateway's memory stay where it is, and are others
served? What attacks hold at the moment says nothing of that: so all of them rest ten times, and
memory is looked at then."""

import dataclasses
import itertools
import math
import os
import re
import threading
import time

from support.process import merged

from . import measure, stage
from .client import Scene
from .servers import Boardcast, hasty

ATTACKERS = 32
# What is published is kept in a small history, which is full before memory is looked at first.
PATIENT = {"limits": {"idle_timeout": "5m", "handshake_timeout": "10s"},
           "http2": {"ping_interval": "30s", "ping_timeout": "10s"},
           "history": {"events": 10}}
RESTS, REST_SECONDS = 10, 2.0
PART_SECONDS, PART_BYTES = 1.0, 4 * 1024 * 1024
# What a minute's attacks, some thousands, may leave in use, and all of them together. A siege that
# is too short to tell is a fault, too.
IN_USE_MINUTE_MAX, IN_USE_MAX = 128 * 1024, 2**20
# Of the resident memory, in which is what the allocator keeps to give it out again, and which is
# now more and now less, it is a fault when it certainly grows by more than this in a minute.
RESIDENT_MINUTE_MAX = 2**20


def slope(points):
    """Of (x, y), by least squares, and its standard error."""
    if len(points) < 3:
        return 0.0, math.inf
    middle = sum(x for x, _ in points) / len(points)
    mean = sum(y for _, y in points) / len(points)
    spread = sum((x - middle) ** 2 for x, _ in points)
    found = sum((x - middle) * (y - mean) for x, y in points) / spread
    rest = sum((y - mean - found * (x - middle)) ** 2 for x, y in points)
    return found, math.sqrt(rest / (len(points) - 2) / spread)


@dataclasses.dataclass
class Rest:
    """The memory while nobody attacks."""
    minute: float  # of the siege
    in_use: int  # bytes, as the gateway counts them
    resident: int  # bytes, as the kernel does


@dataclasses.dataclass
class Siege:
    """What came of it."""
    minutes: float
    attacks: int
    sent: int  # bytes
    before: Rest
    rests: list
    most: int  # bytes resident
    cpu_ms: float
    delays: list  # ms, sorted
    complaints: list

    def slope(self, what):
        """Bytes a minute of "in_use" or "resident", and the standard error."""
        return slope([(rest.minute, getattr(rest, what)) for rest in self.rests])

    @property
    def p99(self):
        return measure.percentile(self.delays, 0.99)

    def _line(self, what, title):
        found, error = self.slope(what)
        sizes = ", ".join(f"{getattr(rest, what) / 2**20:.2f}" for rest in self.rests)
        return (f"{title} while they rest: before the attack "
                f"{getattr(self.before, what) / 2**20:.2f}, then {sizes} MiB: slope "
                f"{found / 1024:+.0f} KiB/min, standard error {error / 1024:.0f}")

    def lines(self):
        yield (f"{ATTACKERS} attackers for {self.minutes:g} min, with {len(self.rests)} rests: "
               f"{self.attacks} attacks, {self.sent / 2**20:.0f} MiB sent, "
               f"{self.cpu_ms / self.minutes / 600:.0f} % of a core")
        yield self._line("in_use", "memory in use")
        yield self._line("resident", "memory resident")
        yield f"memory resident at most: {self.most / 2**20:.1f} MiB"
        yield (f"a healthy client's request: p50 {measure.percentile(self.delays, 0.5):.1f}, p99 "
               f"{self.p99:.1f}, worst {self.delays[-1]:.1f} ms of {len(self.delays)}")

    def faults(self):
        """What is not as promised, in words."""
        yield from self.complaints[:5]
        found, error = self.slope("in_use")
        if found + 2 * error > IN_USE_MINUTE_MAX:
            yield f"memory in use: {found / 1024:+.0f} KiB/min, and twice {error / 1024:.0f}"
        left = self.rests[-1].in_use - self.before.in_use
        if left > IN_USE_MAX:
            yield f"memory in use: {left / 1024:.0f} KiB more in the end than before"
        found, error = self.slope("resident")
        if found - 2 * error > RESIDENT_MINUTE_MAX:
            yield f"memory resident: {found / 1024:+.0f} KiB/min, less twice {error / 1024:.0f}"
        if self.p99 > measure.DELAY_MS_MAX:
            yield f"a healthy client waited {self.p99:.0f} ms (p99)"


class _Attacker:
    """Leads one row after the other."""

    def __init__(self, server, number):
        self.server, self.number = server, number
        self.turns = itertools.count(number, ATTACKERS)
        self.attacks, self.sent, self.faults = 0, 0, []

    def attack(self, deadline):
        while time.monotonic() < deadline:
            self._lead(stage.ROWS[next(self.turns) * 7 % len(stage.ROWS)])

    def _lead(self, row):
        scene = Scene(self.server.address(row.secure), row.secure,
                      max(PART_SECONDS, row.seconds), PART_BYTES)
        scene.source = f"127.2.0.{self.number + 1}"
        try:
            row.play(scene)
        except OSError:
            pass  # it was cut within its handshake
        except AssertionError as error:
            self.faults.append(f"{row.name}: {error}")
        self.attacks, self.sent = self.attacks + 1, self.sent + scene.sent
        scene.close()


def _look(server, begun):
    in_use = re.search(r"^boardcast_memory_used_bytes (\S+)$", server.metrics(), re.MULTILINE)
    return Rest((time.monotonic() - begun) / 60, float(in_use.group(1)),
                measure.resident(server.pid))


def lead(minutes):
    # The healthy client may have to wait for a core, with nothing under way: that is not idleness.
    server = Boardcast(merged(hasty(1), PATIENT))
    healthy = measure.Healthy(server.address(True))
    os.nice(5)  # the two cores are for the server and the healthy client first
    try:
        time.sleep(1)
        return _lead(minutes, server, healthy)
    finally:
        healthy.stop()
        server.stop()


def _lead(minutes, server, healthy):
    begun, cpu, peak = time.monotonic(), measure.cpu_ms(server.pid), measure.Peak(server.pid)
    before, rests, delays = _look(server, begun), [], []
    attackers = [_Attacker(server, number) for number in range(ATTACKERS)]
    for number in range(1, RESTS + 1):
        delays += _together(attackers, begun + 60 * minutes * number / RESTS - REST_SECONDS,
                            healthy)
        time.sleep(REST_SECONDS)
        rests.append(_look(server, begun))
    complaints = [fault for one in attackers for fault in one.faults]
    if not healthy.alive():
        complaints.insert(0, "the healthy client was cut")
    return Siege(minutes, sum(one.attacks for one in attackers),
                 sum(one.sent for one in attackers), before, rests,
                 peak.before + peak.finish(), measure.cpu_ms(server.pid) - cpu,
                 sorted(delays), complaints)


def _together(attackers, deadline, healthy):
    """All of them attack until then, and end; how long the healthy client waited meanwhile."""
    begun = time.monotonic()
    threads = [threading.Thread(target=one.attack, args=(deadline,), daemon=True)
               for one in attackers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return healthy.delays(begun)
