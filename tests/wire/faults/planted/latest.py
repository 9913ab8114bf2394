"""Bugs of boards that deliver their latest."""

from .tools import boards_of, insert, neighbours, of, publications, remove, skippable


class Ticks:
    """The events of such boards: those of one board, and when any event of it was sent."""

    def __init__(self, entries):
        everything, optional = boards_of(entries), skippable(entries)
        self.boards = {key: everything[key][0] for key in optional if len(everything[key]) == 1}
        self.sent, self.ids, self.acknowledged = {}, {}, {}
        for send in of(entries, "send"):
            for event in send["events"]:
                self.sent.setdefault(event["key"], send["t"])
        for ack, send in publications(entries):
            for id, event in zip(ack["ids"], send["events"]):
                self.ids[event["key"]], self.acknowledged[event["key"]] = id, ack["t"]
        self._of = {}
        for key in self.sent:
            for board in everything[key]:
                self._of.setdefault(board, []).append(key)

    def newest(self, key, moment):
        """Whether nothing of its board that is newer, as far as is known, was sent until then."""
        return key in self.boards and key in self.ids and not any(
            self.sent[other] < moment and self.ids.get(other, "~") > self.ids[key]
            for other in self._of[self.boards[key]])


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
                                   if ticks.newest(event["key"], later["t"])]))


def gap_of_what_was_replaced(entries, random):
    ticks = Ticks(entries)
    event = random.choice([event for event in of(entries, "event") if event["key"] in ticks.boards])
    insert(entries, event, {"what": "gap", "boards": [ticks.boards[event["key"]]], "reason": "slow",
                            "after": event["id"][:9] + "0" * 12, "upto": event["id"]})


def snapshot_missing(entries, random):
    """Whoever joins is not told the newest."""
    ticks = Ticks(entries)
    remove(entries, random.choice([snapshot for snapshot, opening in _told_at_once(entries)
                                   if ticks.newest(snapshot["key"], opening["t"])]))


def snapshot_twice(entries, random):
    snapshot, _ = random.choice(list(_told_at_once(entries)))
    insert(entries, snapshot, snapshot)


def snapshot_of_another_content(entries, random):
    random.choice(of(entries, "snapshot"))["hash"] = "0"


def old_snapshot(entries, random):
    """What is told as the newest was replaced before anybody asked."""
    ticks = Ticks(entries)
    asked = {ask["stream"]: ask["t"] for ask in of(entries, "ask")}
    choices = [(snapshot, key) for snapshot, opening in _told_at_once(entries)
               for key in ticks.boards.keys() & ticks.ids.keys() if opening["what"] == "open" and
               ticks.boards[key] == ticks.boards.get(snapshot["key"]) and
               ticks.acknowledged.get(snapshot["key"], asked[opening["stream"]]) <
               asked[opening["stream"]] and ticks.ids[key][:8] == opening["id"][:8] and
               ticks.ids[key] < ticks.ids[snapshot["key"]]]
    snapshot, key = random.choice(sorted(choices, key=lambda pair: (pair[0]["t"], pair[1])))
    snapshot["key"] = key


def event_without_an_id(entries, random):
    """An event of a stream that is open comes as snapshots do."""
    optional = skippable(entries)
    event = random.choice([event for event, _ in neighbours(entries) if event["key"] in optional])
    event["what"] = "snapshot"


BUGS = {left_out_without_a_newer: 4, gap_of_what_was_replaced: 3, snapshot_missing: 4,
        snapshot_twice: 3, snapshot_of_another_content: 5, old_snapshot: 3, event_without_an_id: 1}
