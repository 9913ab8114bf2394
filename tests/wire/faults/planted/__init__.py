"""Bugs of a gateway, planted into the log of a good run. `random` picks the place among all that
there are; BUGS says which promise each breaks."""

import copy

from . import begin, changes, keys, latest, more, usual

BUGS = {**usual.BUGS, **more.BUGS, **changes.BUGS, **begin.BUGS, **keys.BUGS,
        **latest.BUGS}
# What any long run has places for.
USUAL = {**usual.BUGS, **changes.BUGS, **keys.BUGS, **latest.BUGS}


def planted(bug, entries, random):
    """A copy of the log with the bug in it."""
    out = copy.deepcopy(entries)
    bug(out, random)
    return out
