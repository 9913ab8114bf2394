"""What a run comes to depends on the machine, too: whether it was one to learn something from."""

ATTEMPTS = 3
# What a check raises, also one that looks for a place of something and finds none.
WORTHLESS = (AssertionError, LookupError, ValueError, StopIteration)


def insist(run, *checks):
    """Runs again, a few times, what was not worth it; `run(n)` gives the entries of its log, and a
    promise that it finds broken is broken, in whichever attempt."""
    for attempt in range(ATTEMPTS):
        entries = run(attempt)
        try:
            for check in checks:
                check(entries)
            return
        except WORTHLESS as error:
            print(f"attempt {attempt} was not worth it: {error!r}")
            if attempt == ATTEMPTS - 1:
                raise
