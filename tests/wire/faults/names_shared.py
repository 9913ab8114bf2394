"""Streams with a name that several nodes know: the boards that PATCH gave them move along."""

from support.process import SLOWNESS

from .book import FOREVER

# Seconds until all nodes have heard of what was answered.
HEARD = 0.5 * SLOWNESS


class SharedNames:
    """As Names, but that sets outlive the log. Who opens a name, at any node, reads what the last
    change left that was answered 200; one that has no answer, or got it a moment ago, may count or
    not. Where a node may have been deaf since, it may have any set that the name had, or none."""

    def __init__(self, changes, entries):
        self._changes = changes
        self._deaf = list(deaf(entries))
        self._last = {}

    def possible(self, ask, _, opening):
        """The sets that an opening may have."""
        last, boards = self._last.get(ask["name"]), opening["boards"]
        sets, sure, ever = self._left(last, ask, opening) if last else ([], False, [])
        self._last[ask["name"]] = {
            "opening": opening, "ever": ever,
            "sets": [boards] * opening["restored"] + [one for one in sets if one != boards]}
        if opening["restored"]:
            return sets
        return [] if sure else [ask["boards"]]

    def _left(self, last, ask, opening):
        """(what the name may have, whether it surely has one of these, all it ever had)"""
        before = last["opening"]
        sets, answer, _ = self._changes.left(before["stream"], before["boards"], ask["t"] - HEARD)
        ever = _distinct(last["ever"] + last["sets"] + sets + self._changes.had(before["stream"]))
        sure, since = True, before["t"]
        if answer:
            since = answer["t"]
        else:
            sets, sure = _distinct(last["sets"] + sets[1:]), before["restored"]
        if any(begin < opening["t"] and since < end for begin, end in self._deaf):
            sets, sure = ever, False
        return sets, sure, ever


def _distinct(sets):
    return [list(one) for one in dict.fromkeys(map(tuple, sets))]


def deaf(entries):
    """(begin, end) of what may keep a node from hearing what is told to all."""
    begin = None
    for entry in entries:
        if entry["what"] == "fault":
            met = entry["name"].startswith("redis_") or entry["name"] == "pause"
            begin = entry["t"] if met else None
        elif entry["what"] == "healed" and begin is not None:
            yield begin, entry["t"]
            begin = None
    if begin is not None:
        yield begin, FOREVER
