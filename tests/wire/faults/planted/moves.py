"""Bugs of what nodes tell each other of named streams and their changes."""

from ..changes import Changes
from ..names_shared import HEARD, deaf
from .tools import of


def moves(entries):
    """(ask, open, the opening before, its changes) of each name that went from one node to
    another, while all nodes could hear."""
    asks = {ask["stream"]: ask for ask in of(entries, "ask")}
    answers = {answer["request"]: answer for answer in of(entries, "patched")}
    windows, last = list(deaf(entries)), {}
    for opening in of(entries, "open"):
        ask = asks[opening["stream"]]
        before = last.get(ask["name"])
        if ask["name"]:
            last[ask["name"]] = opening
        if not ask["name"] or not before or asks[before["stream"]]["node"] == ask["node"]:
            continue
        if not any(begin < opening["t"] and before["t"] < end for begin, end in windows):
            yield ask, opening, before, [answers.get(patch["request"]) for patch in of(
                entries, "patch", before["stream"])]


def from_elsewhere(entries):
    """(ask, answer) of changes that came by another node than the stream's."""
    nodes = {ask["stream"]: ask["node"] for ask in of(entries, "ask")}
    answers = {answer["request"]: answer for answer in of(entries, "patched")}
    return [(patch, answers[patch["request"]]) for patch in of(entries, "patch")
            if patch["request"] in answers and patch["node"] != nodes[patch["stream"]]]


def _sets(entries):
    return [(ask, opening) for ask, opening, before, changes in moves(entries)
            if opening["restored"] and (before["restored"] or any(
                answer and answer["t"] < ask["t"] - HEARD for answer in changes))]


def set_stays_behind(entries, random):
    """The next node knows nothing of it."""
    ask, opening = random.choice(_sets(entries))
    opening.update(boards=ask["boards"], restored=False)


def _changed_sets(entries):
    found, changes = [], Changes(entries)
    for ask, opening, before, _ in moves(entries):
        sets, answer, _ = changes.left(before["stream"], before["boards"], ask["t"] - HEARD)
        if opening["restored"] and answer and before["boards"] not in sets:
            found.append((opening, before))
    return found


def change_stays_behind(entries, random):
    """The next node knows the name, and not what was changed last."""
    opening, before = random.choice(_changed_sets(entries))
    opening["boards"] = before["boards"]


def _changes(entries):
    told = {(barrier["stream"], barrier["position"]) for barrier in of(entries, "barrier")
            if barrier["id"] == barrier["position"]}
    last = {entry["stream"]: entry["id"] for entry in of(entries, "event")}
    return [(patch, answer) for patch, answer in from_elsewhere(entries)
            if (patch["stream"], answer["position"]) in told and
            last.get(patch["stream"], "") > answer["position"] and
            last[patch["stream"]][:8] == answer["position"][:8]]


def answered_elsewhere_and_not_made(entries, random):
    """A node answers for a stream of another one that has heard of nothing; so does the reader."""
    patch, answer = random.choice(_changes(entries))
    entries[:] = [entry for entry in entries if not (
        entry["what"] == "barrier" and entry["stream"] == patch["stream"] and
        entry["position"] == answer["position"])]


def _kicks(entries):
    return [kick for kick in of(entries, "kicked") if of(entries, "end", kick["stream"])]


def kicked_and_stays(entries, random):
    """It does not end."""
    kick = random.choice(_kicks(entries))
    entries[:] = [entry for entry in entries if entry.get("stream") != kick["stream"] or
                  entry["what"] not in ("end", "cut", "left")]


def _late_events(entries):
    """(kick, when an event was sent that came to the stream, which ended)"""
    sent = {}
    for send in of(entries, "send"):
        for event in send["events"]:
            sent.setdefault(event["key"], send["t"])
    over = {entry["stream"] for entry in of(entries, "cut") + of(entries, "left")}
    return [(kick, sent[event["key"]]) for kick in of(entries, "kicked") if kick["stream"] in over
            for event in of(entries, "event", kick["stream"])]


def kicked_and_reads_on(entries, random):
    """It ends much later, and until then goes on."""
    kick, sent = random.choice(_late_events(entries))
    kick.update(t=sent - 1.1 * HEARD, seconds=0)


def _refusals(entries):
    return [(kick, open) for kick in of(entries, "kicked") if kick["seconds"]
            for open in of(entries, "open") if open["t"] > kick["t"]]


def refused_at_one_node(entries, random):
    """Another lets its client in."""
    kick, opening = random.choice(_refusals(entries))
    ask = next(ask for ask in of(entries, "ask") if ask["stream"] == opening["stream"])
    ask["t"] = kick["t"] + 1.5 * HEARD


BUGS = {set_stays_behind: 5, change_stays_behind: 5, answered_elsewhere_and_not_made: 2,
        kicked_and_stays: 7, kicked_and_reads_on: 7, refused_at_one_node: 7}
