"""What a run comes to depends on the machine, too: whether it was one to learn something from."""

import contextlib
import random
import warnings

from . import checker, planted

ATTEMPTS = 3
# Planted bugs for which a run may have no place. In the logs of perfect.py all have one.
HOMELESS = 2
# What a check raises, also one that looks for a place of something and finds none.
WORTHLESS = (AssertionError, LookupError, ValueError, StopIteration)


def insist(run, *checks):
    """Runs again, a few times, what was not worth it; the entries of what was. `run(n)` gives those
    of its log, and a promise that it finds broken is broken, in whichever attempt."""
    for attempt in range(ATTEMPTS):
        entries = run(attempt)
        try:
            for check in checks:
                check(entries)
            return entries
        except WORTHLESS as error:
            if attempt == ATTEMPTS - 1:
                raise
            warnings.warn(f"attempt {attempt} was not worth it: {error!r}")


def room_for(bugs, seed):
    """A check that the log has a place for the bugs, but for a few of them at most."""
    def check(entries):
        homeless = bugs.keys() - _placed(bugs, seed, entries).keys()
        assert len(homeless) <= HOMELESS, [bug.__name__ for bug in homeless]
    return check


def find(bugs, seed, entries):
    """Each that has a place is planted there and has to be found: no other run makes good for one
    that is not."""
    for bug, log in _placed(bugs, seed, entries).items():
        found = {violation.promise for violation in checker.check(log)}
        assert bugs[bug] in found, bug.__name__


def _placed(bugs, seed, entries):
    """By bug the log with it."""
    logs = {}
    for bug in bugs:
        with contextlib.suppress(*WORTHLESS):
            logs[bug] = planted.planted(bug, entries, random.Random(seed))
    return logs
