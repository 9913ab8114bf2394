"""The bugs that gateways have: each changes what was seen as little as such a bug would."""

from .tools import (
    acknowledged, boards_of, changed, from_the_past, insert, neighbours, of, publications, remove,
    skippable)


def drop(entries, random):
    """Of an acknowledged event, on a stream without gaps that could tell of it."""
    places, optional = acknowledged(entries), skippable(entries)
    unsure = {gap["stream"] for gap in of(entries, "gap")} | from_the_past(entries)
    remove(entries, random.choice([event for event, _ in neighbours(entries) if
                                   event["id"] in places and event["stream"] not in unsure and
                                   event["key"] not in optional]))


def repeat(entries, random):
    event, later = random.choice(list(neighbours(entries)))
    insert(entries, random.choice([event, later]), event)


def swap(entries, random):
    first, second = random.choice(list(neighbours(entries)))
    one, other = dict(first), dict(second)
    first.update(other, t=first["t"])
    second.update(one, t=second["t"])


def silent_gap(entries, random):
    """A gap that told of something is not told."""
    seen, boards = {}, {}
    unsure = changed(entries) | from_the_past(entries)
    for entry in of(entries, "event"):
        seen.setdefault(entry["stream"], set()).add(entry["id"])
    for ack, send in publications(entries):
        boards.update({id: event["boards"] for id, event in zip(ack["ids"], send["events"])})

    def told(gap):
        return {id for id in boards.keys() - seen.get(gap["stream"], set())
                if gap["after"] < id <= gap["upto"] and set(boards[id]) & set(gap["boards"]) and
                id[:8] == gap["after"][:8]}

    def tells(gap):
        lost = told(gap)
        for other in of(entries, "gap", gap["stream"]):
            lost -= told(other) if other is not gap and other["reason"] != "epoch" else set()
        return lost and max(seen.get(gap["stream"], ()), default="") > max(lost)

    remove(entries, random.choice([gap for gap in of(entries, "gap") if gap["reason"] in (
        "trimmed", "slow") and gap["stream"] not in unsure and tells(gap)]))


def reused_seq(entries, random):
    """Two events get one place; readers and publishers see it alike."""
    ids = sorted({entry["id"] for entry in of(entries, "event")} & acknowledged(entries))
    at = random.randrange(len(ids) - 1)
    for entry in entries:
        if entry.get("id") == ids[at + 1]:
            entry["id"] = ids[at]
        elif entry["what"] == "ack":
            entry["ids"] = [ids[at] if id == ids[at + 1] else id for id in entry["ids"]]


def wrong_board(entries, random):
    """An event comes, at its place, to one who did not ask for its board."""
    plain = {open["stream"]: open["boards"] for open in of(entries, "open")
             if not any("*" in name for name in open["boards"])}
    plain = {stream: plain[stream] for stream in plain.keys() - changed(entries)}
    strangers = boards_of(entries)
    foreign = [entry for entry in of(entries, "event") if entry["key"] in strangers]
    pairs = [(a, b) for a, b in neighbours(entries) if a["stream"] in plain]
    random.shuffle(pairs)
    for a, b in pairs:
        for event in foreign:
            if a["id"] < event["id"] < b["id"] and not (
                    set(strangers[event["key"]]) & set(plain[a["stream"]])):
                return insert(entries, a, event)
    raise LookupError("no event for a stranger")


def stale_replay(entries, random):
    """A stream that continues brings once more what its reader had on the one before."""
    opens = {entry["stream"]: entry for entry in of(entries, "open")}
    had, choices = {}, []
    for entry in entries:
        if entry["what"] == "event":
            had[entry["stream"].rpartition(".")[0]] = entry
        elif entry["what"] == "ask" and entry["after"][:8] not in ("", "earliest"):
            event, opened = had.get(entry["who"]), opens.get(entry["stream"])
            if event and opened and event["id"][:8] == entry["after"][:8] == opened["id"][:8]:
                choices.append((opened, event))
    insert(entries, *random.choice(choices))


def late_event(entries, random):
    """An event comes behind boardcast.end."""
    last = {entry["stream"]: entry for entry in of(entries, "event")}
    end = random.choice([end for end in of(entries, "end") if end["stream"] in last])
    event = last[end["stream"]]
    remove(entries, event)
    insert(entries, end, event)


BUGS = {drop: 4, repeat: 3, swap: 1, silent_gap: 4, reused_seq: 1, wrong_board: 5,
        stale_replay: 3, late_event: 7}
