"""Many attackers at once for minutes: does the gateway's memory stay where it is, and are others
served?"""

import dataclasses
import itertools
import math
import os
import threading
import time

from support.process import merged

from . import measure, stage
from .client import Scene
from .servers import Boardcast, hasty

ATTACKERS = 32
PATIENT = {"limits": {"idle_timeout": "5m", "handshake_timeout": "10s"},
           "http2": {"ping_interval": "30s", "ping_timeout": "10s"}}
EBB_SECONDS = 20
PART_SECONDS, PART_BYTES = 1.0, 4 * 1024 * 1024


@dataclasses.dataclass
class Siege:
    """What came of it."""
    minutes: float
    attacks: int
    sent: int  # bytes
    resident: list  # (seconds since the beginning, bytes)
    cpu_ms: float
    delays: list  # ms, sorted
    faults: list

    def ebbs(self):
        """What memory comes back to between attacks: (minutes, bytes), the least of each 20 s of
        the last half. (The rest of it is what attacks hold at the moment, by turns.)"""
        end = self.resident[-1][0]
        whole = end // EBB_SECONDS * EBB_SECONDS
        half = [one for one in self.resident if end / 2 <= one[0] < whole]
        parts = itertools.groupby(half, lambda one: one[0] // EBB_SECONDS)
        return [(number * EBB_SECONDS / 60, min(size for _, size in part))
                for number, part in parts]

    def slope(self):
        """Bytes a minute of these, by least squares, and its standard error."""
        ebbs = self.ebbs()
        if len(ebbs) < 3:
            return 0.0, math.inf
        middle = sum(at for at, _ in ebbs) / len(ebbs)
        mean = sum(size for _, size in ebbs) / len(ebbs)
        spread = sum((at - middle) ** 2 for at, _ in ebbs)
        slope = sum((at - middle) * (size - mean) for at, size in ebbs) / spread
        rest = sum((size - mean - slope * (at - middle)) ** 2 for at, size in ebbs)
        return slope, math.sqrt(rest / (len(ebbs) - 2) / spread)

    def lines(self):
        last = [size for _, size in self.resident[len(self.resident) // 2:]]
        slope, error = self.slope()
        yield (f"{ATTACKERS} attackers for {self.minutes:g} min: {self.attacks} attacks, "
               f"{self.sent / 2**20:.0f} MiB sent, {self.cpu_ms / self.minutes / 600:.0f} % of a "
               f"core")
        yield (f"memory over the last half: {min(last) / 2**20:.1f} to {max(last) / 2**20:.1f} "
               f"MiB (before the attack {self.resident[0][1] / 2**20:.1f} MiB)")
        yield (f"the least of each {EBB_SECONDS} s of it: "
               f"{', '.join(f'{size / 2**20:.1f}' for _, size in self.ebbs())} MiB, slope "
               f"{slope / 1024:+.0f} KiB/min, standard error {error / 1024:.0f}")
        yield (f"a healthy client's request: p50 {measure.percentile(self.delays, 0.5):.1f}, p99 "
               f"{measure.percentile(self.delays, 0.99):.1f}, worst {self.delays[-1]:.1f} ms of "
               f"{len(self.delays)}")
        yield from (f"fault: {fault}" for fault in self.faults[:5])


class _Attacker(threading.Thread):
    """Leads one row after the other until the time is over."""

    def __init__(self, server, first, deadline):
        super().__init__(daemon=True)
        self.server, self.first, self.deadline = server, first, deadline
        self.attacks, self.sent, self.faults = 0, 0, []
        self.start()

    def run(self):
        for at in itertools.count(self.first, ATTACKERS):
            if time.monotonic() >= self.deadline:
                return
            self._lead(stage.ROWS[at * 7 % len(stage.ROWS)])

    def _lead(self, row):
        scene = Scene(self.server.address(row.secure), row.secure,
                      max(PART_SECONDS, row.seconds), PART_BYTES)
        scene.source = f"127.2.0.{self.first + 1}"
        try:
            row.play(scene)
        except OSError:
            pass  # it was cut within its handshake
        except AssertionError as error:
            self.faults.append(f"{row.name}: {error}")
        self.attacks, self.sent = self.attacks + 1, self.sent + scene.sent
        scene.close()


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
    begun, cpu = time.monotonic(), measure.cpu_ms(server.pid)
    resident = [(0.0, measure.resident(server.pid))]
    attackers = [_Attacker(server, n, begun + 60 * minutes) for n in range(ATTACKERS)]
    while any(attacker.is_alive() for attacker in attackers):
        time.sleep(1)
        resident.append((time.monotonic() - begun, measure.resident(server.pid)))
    faults = [fault for attacker in attackers for fault in attacker.faults]
    if not healthy.alive():
        faults.insert(0, "the healthy client was cut")
    return Siege(minutes, sum(one.attacks for one in attackers),
                 sum(one.sent for one in attackers), resident,
                 measure.cpu_ms(server.pid) - cpu, healthy.delays(begun), faults)
