"""What a run comes to depends on the machine, too: whether it was one to learn something from."""

import random
import warnings

from . import checker, planted

ATTEMPTS = 3
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


def places(bugs, seed):
    """A check that each of the bugs has its place in the log."""
    def check(entries):
        for bug in bugs:
            planted.planted(bug, entries, random.Random(seed))
    return check


def find(bugs, seed, entries):
    """Each is planted where `places` saw that it can be, and has to be found: no other run makes
    good for one that is not."""
    for bug, promise in bugs.items():
        found = checker.check(planted.planted(bug, entries, random.Random(seed)))
        assert promise in {violation.promise for violation in found}, bug.__name__
