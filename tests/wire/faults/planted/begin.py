"""Bugs of streams that begin with `earliest` or last=N."""

from .tools import boards_of, insert, of, remove, skippable


def _began(entries, wish):
    """(opening, the events of the stream)"""
    streams = {ask["stream"] for ask in of(entries, "ask") if wish(ask)}
    optional = skippable(entries)
    return [(open, [event for event in of(entries, "event", open["stream"])
                    if event["key"] not in optional])
            for open in of(entries, "open") if open["stream"] in streams]


def hole_in_the_earliest(entries, random):
    _, events = random.choice(_began(entries, lambda ask: ask["after"] == "earliest"))
    remove(entries, random.choice(events[:-1]))


def newest_too_few(entries, random):
    """One of the newest that were held is missing."""
    open, events = random.choice(_began(entries, lambda ask: ask["newest"]))
    known = {id for ack in of(entries, "ack") if ack["t"] < open["t"] for id in ack["ids"]}
    remove(entries, random.choice([event for event in events[:-1] if event["id"] in known]))


def newest_too_many(entries, random):
    """One more comes than was asked for."""
    open, events = random.choice(_began(entries, lambda ask: ask["newest"]))
    boards = boards_of(entries)
    older = [event for event in of(entries, "event") if event["id"][:8] == open["id"][:8] and
             event["id"] < events[0]["id"] and set(boards[event["key"]]) & set(open["boards"])]
    insert(entries, open, max(older, key=lambda event: event["id"]))


BUGS = {hole_in_the_earliest: 4, newest_too_few: 4, newest_too_many: 3}
