"""What an attack costs a server and its other clients: memory, CPU time, delays, counters."""

import os
import subprocess
import sys
import threading
import time

from support.process import ROOT

UNIT = 16 * 1024  # bytes; what a client may cost is said for so many sent
CPU_MS_MAX = 10.0  # for each unit
GROWTH_MAX = 1024 * 1024  # bytes, for each connection
DELAY_MS_MAX = 100.0  # p99 of a healthy client

_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident(pid):
    """Bytes of memory."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * _PAGE


def cpu_ms(pid):
    """CPU time of all threads that there are, to the nanosecond."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        except FileNotFoundError:
            pass  # it has just ended
    return total / 1e6


class Peak(threading.Thread):
    """The most memory that a process has, looked at every few milliseconds until `finish`."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.before = pid, resident(pid)
        self.most = self.before
        self._finished = threading.Event()
        self.start()

    def run(self):
        while not self._finished.wait(0.005):
            self._look()

    def _look(self):
        try:
            self.most = max(self.most, resident(self.pid))
        except (FileNotFoundError, ProcessLookupError, IndexError):
            pass  # the process has ended, which others notice

    def finish(self):
        """How much it grew."""
        self._finished.set()
        self.join()
        self._look()
        return self.most - self.before


class Healthy:
    """The client of `healthy`, and how long it waited."""

    def __init__(self, address, how="requests"):
        self.samples = []  # (when it was known, ms)
        self._asked = None
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", "attacks.healthy", address[0], str(address[1]), how],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.path.join(ROOT, "tests", "wire")})
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            kind, value = line.split()
            if kind == "s":
                self._asked = float(value)
            else:
                self._asked = None
                self.samples.append((time.monotonic(), float(value)))

    def alive(self):
        return self.process.poll() is None

    def delays(self, begun):
        """Sorted, in ms; one that still waits counts as long as it has."""
        found = [ms for when, ms in list(self.samples) if when >= begun]
        asked = self._asked
        if asked is not None and time.monotonic() - asked > 0.02:
            found.append(1000 * (time.monotonic() - asked))
        return sorted(found) or [0.0]

    def stop(self):
        """What it complained of, if it ended by itself."""
        said = ""
        if not self.alive():
            said = self.process.stderr.read().strip().rpartition("\n")[2] or "cut"
        self.process.kill()
        self.process.wait(10)
        self._reader.join(5)
        self.process.stdout.close()
        self.process.stderr.close()
        return said


def percentile(values, share):
    """Of sorted values."""
    return values[min(len(values) - 1, int(len(values) * share))]
