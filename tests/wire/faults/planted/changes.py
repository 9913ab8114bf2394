"""Bugs of PATCH: of sets of boards that change while a stream runs."""

import collections

from .tools import boards_of, insert, of, publications, remove, skippable

Change = collections.namedtuple("Change", "barrier before last after end inner")


def _changes(entries):
    """Each first barrier: the boards before it, the last event before it and the next behind it
    (behind the backfill, if there is one), the second barrier and the events between the two."""
    boards, last, open_backfills, waiting = {}, {}, {}, {}
    for entry in entries:
        stream = entry.get("stream")
        if entry["what"] == "open":
            boards[stream] = entry["boards"]
        elif entry["what"] == "barrier" and stream in open_backfills:
            change, inner = open_backfills.pop(stream)
            waiting[stream] = change._replace(end=entry, inner=inner)
        elif entry["what"] == "barrier":
            change = Change(entry, boards[stream], last.get(stream), None, None, [])
            boards[stream] = entry["boards"]
            if entry["id"] != entry["position"]:
                open_backfills[stream] = change, []
            else:
                waiting[stream] = change
        elif entry["what"] == "event" and stream in open_backfills:
            open_backfills[stream][1].append(entry)
        elif entry["what"] == "event":
            last[stream] = entry
            if stream in waiting:
                yield waiting.pop(stream)._replace(after=entry)


def _untold(entries):
    """Streams without gaps, which could tell of what is missing."""
    return {open["stream"] for open in of(entries, "open")} - {
        gap["stream"] for gap in of(entries, "gap")}


def removed_goes_on(entries, random):
    """A board that was removed brings one more event."""
    boards, choices = boards_of(entries), []
    events = [event for event in of(entries, "event") if event["key"] in boards]
    for change in _changes(entries):
        gone = set(change.before) - set(change.barrier["boards"])
        if any("*" in name for name in change.barrier["boards"]):
            continue
        choices += [(change, event) for event in events if set(boards[event["key"]]) <= gone and
                    change.barrier["position"] < event["id"] < change.after["id"]]
    change, event = random.choice(choices)
    insert(entries, change.end or change.barrier, event)


def added_is_missing(entries, random):
    """The first event behind a barrier does not come."""
    good, places = _untold(entries), {id for ack, _ in publications(entries) for id in ack["ids"]}
    ends = {entry["stream"]: entry["id"] for entry in of(entries, "event")}
    optional = skippable(entries)
    remove(entries, random.choice([
        change.after for change in _changes(entries) if change.after["stream"] in good and
        change.after["id"] in places and change.after["id"] < ends[change.after["stream"]] and
        change.after["key"] not in optional]))


def hole_in_a_backfill(entries, random):
    good, optional = _untold(entries), skippable(entries)
    remove(entries, random.choice([event for change in _changes(entries) for event in change.inner
                                   if event["stream"] in good and event["key"] not in optional]))


def repeat_in_a_backfill(entries, random):
    event = random.choice([event for change in _changes(entries) for event in change.inner])
    insert(entries, event, event)


def late_barrier(entries, random):
    """It comes behind an event that comes after its position."""
    change = random.choice([change for change in _changes(entries) if not change.end])
    remove(entries, change.barrier)
    insert(entries, change.after, change.barrier)


def early_barrier(entries, random):
    """An event of the old set comes behind it."""
    good, optional = _untold(entries), skippable(entries)
    change = random.choice([change for change in _changes(entries) if change.last and
                            change.last["stream"] in good and not change.end and
                            change.last["key"] not in optional])
    remove(entries, change.last)
    insert(entries, change.barrier, change.last)


def barrier_of_another_set(entries, random):
    change = random.choice(list(_changes(entries)))
    change.barrier["boards"] = [*change.barrier["boards"], "stranger"]


def barrier_untold(entries, random):
    """What was answered 200 is not told in the stream, which goes on."""
    positions = {(entry["stream"], entry["position"]) for entry in of(entries, "patched")}
    remove(entries, random.choice([
        change.barrier for change in _changes(entries) if not change.end and
        (change.barrier["stream"], change.barrier["position"]) in positions]))


def refused_and_changed(entries, random):
    """A change that was refused is told, and nobody else asked for it."""
    asked = of(entries, "patch")
    sure = {answer["request"] for answer in of(entries, "patched")}
    unsure = {patch["stream"] for patch in asked if patch["request"] not in sure and
              patch["request"] not in {answer["request"] for answer in of(entries, "unpatched")}}
    real = {(change.barrier["stream"], change.barrier["position"]) for change in _changes(entries)
            if change.before != change.barrier["boards"]}
    answer = random.choice([answer for answer in of(entries, "patched") if answer["stream"] not in
                            unsure and (answer["stream"], answer["position"]) in real])
    answer.update(what="unpatched", status=503)


def endless_backfill(entries, random):
    """The stream goes on without the second barrier."""
    remove(entries, random.choice([change.end for change in _changes(entries) if change.end]))


BUGS = {removed_goes_on: 5, added_is_missing: 4, hole_in_a_backfill: 4, repeat_in_a_backfill: 3,
        late_barrier: 1, early_barrier: 4, barrier_of_another_set: 5, barrier_untold: 2,
        refused_and_changed: 5, endless_backfill: 1}
