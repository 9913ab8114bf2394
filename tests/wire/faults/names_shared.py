"""Streams with a name that several nodes know: the boards that PATCH gave them move along."""

from support.process import SLOWNESS

from . import redis
from .book import FOREVER
from .changes import made

# Seconds until all nodes have heard of what was answered.
HEARD = 0.5 * SLOWNESS
# What may keep a node from hearing what is told to all.
DEAFENING = (*redis.FAULTS, "pause")


class SharedNames:
    """As Names, but that sets outlive the log. Who opens a name, at any node, reads what the last
    change left that was answered 200; one that has no answer, or got it a moment ago, may count or
    not. Where a node may have been deaf since, it may have any set that the name had, or none,
    until it is restored where none was."""

    def __init__(self, changes, entries):
        self._changes = changes
        self._deaf = list(deaf(entries))
        self._last = {}

    def possible(self, ask, _, opening):
        """The sets that an opening may have."""
        last, boards = self._last.get(ask["name"]), opening["boards"]
        sets, sure, ever, late = self._left(last, ask, opening) if last else ([], False, [], None)
        self._last[ask["name"]] = {
            "opening": opening, "ever": ever,
            "sets": [boards] * opening["restored"] + [one for one in sets if one != boards],
            "heard": late is not None and opening["restored"] and made(late, boards)}
        if opening["restored"]:
            return sets
        return [] if sure else [ask["boards"]]

    def _left(self, last, ask, opening):
        """(what the name may have, whether it surely has one of these, all it ever had, the changes
        without an answer; nothing where more than these may not have been heard)"""
        before, by = last["opening"], ask["t"] - HEARD
        sets, answer, late = self._changes.left(before["stream"], before["boards"], by)
        ever = _distinct(last["ever"] + last["sets"] + sets + self._changes.had(before["stream"]))
        sure, since = True, before["t"]
        if answer:
            since = answer["t"]
        else:
            carried = last["heard"] if last["heard"] and before["t"] < by else last["sets"]
            sets, sure = _distinct(carried + sets[1:]), before["restored"]
        if any(begin < opening["t"] and since < end for begin, end in self._deaf):
            return ever, False, ever, None
        return sets, sure, ever, late if before["t"] < by else None


def _distinct(sets):
    return [list(one) for one in dict.fromkeys(map(tuple, sets))]


def deaf(entries):
    """(begin, end) of such faults."""
    begin = None
    for entry in entries:
        if entry["what"] == "fault":
            begin = entry["t"] if entry["name"] in DEAFENING else None
        elif entry["what"] == "healed" and begin is not None:
            yield begin, entry["t"]
            begin = None
    if begin is not None:
        yield begin, FOREVER
