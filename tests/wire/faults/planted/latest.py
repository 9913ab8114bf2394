"""Bugs of boards that deliver their latest."""

from ..latest import UNDER_WAY
from .tools import boards_of, insert, neighbours, of, publications, remove, skippable


class Ticks:
    """The events of such boards, as far as their places are known."""

    def __init__(self, entries):
        everything, optional = boards_of(entries), skippable(entries)
        self.boards = {key: everything[key][0] for key in optional if len(everything[key]) == 1}
        self.sent, self.acknowledged = {}, {}
        answered = {entry["request"] for what in ("ack", "refused") for entry in of(entries, what)}
        self._lost = {event["key"] for send in of(entries, "send")
                      if send["request"] not in answered for event in send["events"]}
        self._keys = {}  # board -> keys
        for key, boards in everything.items():
            for board in boards:
                self._keys.setdefault(board, []).append(key)
        self._of = {}  # epoch, board -> key -> id
        for send in of(entries, "send"):
            for event in send["events"]:
                self.sent.setdefault(event["key"], send["t"])
        for ack, send in publications(entries):
            for id, event in zip(ack["ids"], send["events"]):
                self.acknowledged[event["key"]] = ack["t"]
                self._note(event["key"], id, event["boards"])
        for event in of(entries, "event"):
            self._note(event["key"], event["id"], everything.get(event["key"], ()))

    def _note(self, key, id, boards):
        for board in boards:
            self._of.setdefault((id[:8], board), {})[key] = id

    def peers(self, key, epoch):
        """key -> id of its board's events in that life; nothing when it has no place there."""
        peers = self._of.get((epoch, self.boards.get(key)), {})
        return peers if key in peers else {}

    def newest(self, key, epoch, moment):
        """Whether nothing of its board was sent until then that is newer, or may be so for all that
        was answered."""
        peers = self.peers(key, epoch)
        return key in peers and not any(
            peers.get(other, "~" if other in self._lost else "") > peers[key] and
            self.sent[key] - UNDER_WAY < self.sent[other] < moment
            for other in self._keys[self.boards[key]])


def _told_at_once(entries):
    """(snapshot, what it belongs to): an opening or a barrier."""
    waiting = {}
    for entry in entries:
        if entry["what"] == "snapshot":
            waiting.setdefault(entry["stream"], []).append(entry)
        elif entry["what"] in ("open", "barrier"):
            for snapshot in waiting.pop(entry["stream"], ()):
                yield snapshot, entry


def left_out_without_a_newer(entries, random):
    """The newest of a board does not come, and the stream goes on."""
    ticks = Ticks(entries)
    remove(entries, random.choice([event for event, later in
                                   neighbours(entries, ("event", "position"))
                                   if ticks.newest(event["key"], event["id"][:8], later["t"])]))


def gap_of_what_was_replaced(entries, random):
    ticks = Ticks(entries)
    event = random.choice([event for event in of(entries, "event") if event["key"] in ticks.boards])
    insert(entries, event, {"what": "gap", "boards": [ticks.boards[event["key"]]], "reason": "slow",
                            "after": event["id"][:9] + "0" * 12, "upto": event["id"]})


def snapshot_missing(entries, random):
    """Whoever joins is not told the newest."""
    ticks = Ticks(entries)
    remove(entries, random.choice([snapshot for snapshot, opening in _told_at_once(entries)
                                   if ticks.newest(snapshot["key"], opening["id"][:8],
                                                   opening["t"])]))


def snapshot_twice(entries, random):
    snapshot, _ = random.choice(list(_told_at_once(entries)))
    insert(entries, snapshot, snapshot)


def snapshot_of_another_content(entries, random):
    random.choice(of(entries, "snapshot"))["hash"] = "0"


def old_snapshot(entries, random):
    """What is told as the newest was replaced before anybody asked."""
    ticks, choices = Ticks(entries), []
    asked = {ask["stream"]: ask["t"] for ask in of(entries, "ask")}
    for snapshot, opening in _told_at_once(entries):
        key, moment = snapshot["key"], asked[opening["stream"]]
        if opening["what"] == "open" and ticks.acknowledged.get(key, moment) < moment:
            peers = ticks.peers(key, opening["id"][:8])
            choices += [(snapshot, other) for other, id in peers.items()
                        if other in ticks.boards and id < peers[key]]
    snapshot, key = random.choice(choices)
    snapshot["key"] = key


def event_without_an_id(entries, random):
    """An event of a stream that is open comes as snapshots do."""
    optional = skippable(entries)
    event = random.choice([event for event, _ in neighbours(entries) if event["key"] in optional])
    event["what"] = "snapshot"


BUGS = {left_out_without_a_newer: 4, gap_of_what_was_replaced: 3, snapshot_missing: 4,
        snapshot_twice: 3, snapshot_of_another_content: 5, old_snapshot: 3, event_without_an_id: 1}
