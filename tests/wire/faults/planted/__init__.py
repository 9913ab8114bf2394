"""Bugs of a gateway, planted into the log of a good run. `random` picks the place among all that
there are; BUGS says which promise each breaks."""

from . import begin, changes, keys, latest, more, moves, names, shared, usual

BUGS = {**usual.BUGS, **more.BUGS, **changes.BUGS, **begin.BUGS, **keys.BUGS,
        **latest.BUGS, **names.BUGS}
# What any long run has places for.
USUAL = {**usual.BUGS, **changes.BUGS, **keys.BUGS, **latest.BUGS,
         **names.BUGS}
# Of several nodes.
SHARED = {**shared.BUGS, **moves.BUGS}


def planted(bug, entries, random):
    """A copy of the log with the bug in it."""
    out = [{name: list(value) if isinstance(value, list) else value
            for name, value in entry.items()} for entry in entries]
    bug(out, random)
    return out
