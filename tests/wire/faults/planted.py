"""Bugs of a gateway, planted into the log of a good run: each changes what was seen, as little as
such a bug would. `random` picks the place among all that there are."""

import copy


def _of(entries, what, stream=None):
    return [entry for entry in entries
            if entry["what"] == what and stream in (None, entry.get("stream"))]


def _acknowledged(entries):
    return {id for ack in _of(entries, "ack") for id in ack["ids"]}


def _neighbours(entries):
    """(event, the next event) on one stream."""
    last = {}
    for entry in entries:
        if entry["what"] == "event":
            if entry["stream"] in last:
                yield last[entry["stream"]], entry
            last[entry["stream"]] = entry


def _insert(entries, behind, entry, **changes):
    at = next(i for i, other in enumerate(entries) if other is behind)
    entries.insert(at + 1, {**entry, "t": behind["t"], "stream": behind["stream"], **changes})


def _remove(entries, entry):
    del entries[next(i for i, other in enumerate(entries) if other is entry)]


def drop(entries, random):
    """Of an acknowledged event, on a stream without gaps that could tell of it."""
    places = _acknowledged(entries)
    unsure = {gap["stream"] for gap in _of(entries, "gap")} | {
        ask["stream"] for ask in _of(entries, "ask") if ask["after"] == "earliest"}
    _remove(entries, random.choice([event for event, _ in _neighbours(entries) if
                                    event["id"] in places and event["stream"] not in unsure]))


def repeat(entries, random):
    event, later = random.choice(list(_neighbours(entries)))
    _insert(entries, random.choice([event, later]), event)


def swap(entries, random):
    first, second = random.choice(list(_neighbours(entries)))
    one, other = dict(first), dict(second)
    first.update(other, t=first["t"])
    second.update(one, t=second["t"])


def silent_gap(entries, random):
    """A gap that told of something is not told."""
    seen, boards = {}, {}
    for entry in _of(entries, "event"):
        seen.setdefault(entry["stream"], set()).add(entry["id"])
    for ack, send in _publications(entries):
        boards.update({id: event["boards"] for id, event in zip(ack["ids"], send["events"])})

    def tells(gap):
        came = seen.get(gap["stream"], set())
        lost = {id for id in boards.keys() - came if gap["after"] < id <= gap["upto"] and
                set(boards[id]) & set(gap["boards"]) and id[:8] == gap["after"][:8]}
        return lost and max(came, default="") > max(lost)

    _remove(entries, random.choice([gap for gap in _of(entries, "gap")
                                    if gap["reason"] in ("trimmed", "slow") and tells(gap)]))


def _publications(entries):
    sends = {send["request"]: send for send in _of(entries, "send")}
    return [(ack, sends[ack["request"]]) for ack in _of(entries, "ack")]


def reused_seq(entries, random):
    """Two events get one place; readers and publishers see it alike."""
    ids = sorted({entry["id"] for entry in _of(entries, "event")} & _acknowledged(entries))
    at = random.randrange(len(ids) - 1)
    for entry in entries:
        if entry.get("id") == ids[at + 1]:
            entry["id"] = ids[at]
        elif entry["what"] == "ack":
            entry["ids"] = [ids[at] if id == ids[at + 1] else id for id in entry["ids"]]


def wrong_board(entries, random):
    """An event comes, at its place, to one who did not ask for its board."""
    plain = {ask["stream"]: ask["boards"] for ask in _of(entries, "ask")
             if not any("*" in name for name in ask["boards"])}
    strangers = {}
    for _, send in _publications(entries):
        strangers.update({event["key"]: event["boards"] for event in send["events"]})
    foreign = [entry for entry in _of(entries, "event") if entry["key"] in strangers]
    pairs = [(a, b) for a, b in _neighbours(entries) if a["stream"] in plain]
    random.shuffle(pairs)
    for a, b in pairs:
        for event in foreign:
            if a["id"] < event["id"] < b["id"] and not (
                    set(strangers[event["key"]]) & set(plain[a["stream"]])):
                return _insert(entries, a, event)
    raise LookupError("no event for a stranger")


def stale_replay(entries, random):
    """A stream that continues brings once more what its reader had on the one before."""
    opens = {entry["stream"]: entry for entry in _of(entries, "open")}
    had, choices = {}, []
    for entry in entries:
        if entry["what"] == "event":
            had[entry["stream"].rpartition(".")[0]] = entry
        elif entry["what"] == "ask" and entry["after"][:8] not in ("", "earliest"):
            event, opened = had.get(entry["who"]), opens.get(entry["stream"])
            if event and opened and event["id"][:8] == entry["after"][:8] == opened["id"][:8]:
                choices.append((opened, event))
    _insert(entries, *random.choice(choices))


def late_event(entries, random):
    """An event comes behind boardcast.end."""
    last = {entry["stream"]: entry for entry in _of(entries, "event")}
    end = random.choice([end for end in _of(entries, "end") if end["stream"] in last])
    event = last[end["stream"]]
    _remove(entries, event)
    _insert(entries, end, event)


# --- More than the usual ---

def other_data(entries, random):
    random.choice(_of(entries, "event"))["hash"] = "0"


def nobodys_event(entries, random):
    random.choice(_of(entries, "event"))["key"] = "nobody/1"


def published_twice(entries, random):
    """A batch is taken twice; readers of the second time see other ids."""
    newest = max(entry["id"] for entry in _of(entries, "event"))
    event = [entry for entry in _of(entries, "event") if entry["id"] == newest][-1]
    epoch, seq = newest.split("-")
    _insert(entries, event, event, id=f"{epoch}-{int(seq, 16) + 1:012x}")


def refused_and_delivered(entries, random):
    came = {event["key"] for event in _of(entries, "event")}
    ack = random.choice([ack for ack, send in _publications(entries)
                         if send["events"][0]["key"] in came])
    ack.update(what="refused", status=503)
    del ack["ids"]


def lost_at_the_end(entries, random):
    """The last event does not come to one reader, and nothing comes after it."""
    settled = _of(entries, "settled")[-1]["id"]
    stream = random.choice([e for e in _of(entries, "event") if e["id"] == settled])["stream"]
    entries[:] = [entry for entry in entries if not (
        entry.get("stream") == stream and entry["what"] in ("event", "position") and
        entry["id"] >= settled)]


def accepted_too_late(entries, random):
    """A publication is taken after SIGTERM, when streams have been ended."""
    end = max((end for end in _of(entries, "end") if end["reason"] == "drain"),
              key=lambda end: end["t"])
    epoch = max(e["id"] for e in _of(entries, "event", end["stream"]))[:8]
    ack, send = random.choice([(ack, send) for ack, send in _publications(entries)
                               if ack["ids"][0][:8] == epoch])
    send["t"] = ack["t"] = end["t"] + 0.01


def a_bad_exit(entries, random):
    random.choice(_of(entries, "exit"))["code"] = 1


def an_id_too_few(entries, random):
    random.choice(_of(entries, "ack"))["ids"].pop()


def a_place_before(entries, random):
    """Somebody publishes after an acknowledgement and gets the earlier place; nobody reads it."""
    (one, _), (other, _) = random.sample(
        [pair for pair in _publications(entries) if len(pair[0]["ids"]) == 1], 2)
    one["ids"], other["ids"] = other["ids"], one["ids"]
    unread = {*one["ids"], *other["ids"]}
    entries[:] = [e for e in entries if e["what"] != "event" or e["id"] not in unread]


def two_under_one_id(entries, random):
    """Of two events that two readers had, one reader has the second under the id of the first."""
    first, second = random.choice([(a, b) for a, b in _neighbours(entries) if a["id"] < b["id"]])
    first.update({name: second[name] for name in ("type", "board", "key", "hash")})
    _remove(entries, second)


def restart_untold(entries, random):
    _remove(entries, random.choice([gap for gap in _of(entries, "gap")
                                    if gap["reason"] == "epoch"]))


def another_log(entries, random):
    """An event of before a restart on a stream of after it."""
    event = random.choice(_of(entries, "event"))
    event["id"] = "ffffffff" + event["id"][8:]


def another_type(entries, random):
    random.choice(_of(entries, "event"))["type"] = "stranger"


def another_name(entries, random):
    """The envelope names a board that the event is not of."""
    random.choice([e for e in _of(entries, "event") if e["board"]])["board"] = "stranger"


def backwards(entries, random):
    """The position that a heartbeat tells is one that the stream had left behind."""
    position = random.choice([e for e in _of(entries, "position") if int(e["id"][9:], 16) > 1])
    position["id"] = position["id"][:9] + "0" * 12


def cut_by_stop(entries, random):
    term = random.choice(_of(entries, "term"))
    slow = {ask["stream"] for ask in _of(entries, "ask") if ask["slow"]}
    _remove(entries, random.choice([end for end in _of(entries, "end") if end["t"] > term["t"] and
                                    end["reason"] == "drain" and end["stream"] not in slow]))


def ended_too_early(entries, random):
    """A stop ends a stream before the last that was acknowledged, and no more was told."""
    settled = _of(entries, "settled")[-1]["id"]
    slow = {ask["stream"] for ask in _of(entries, "ask") if ask["slow"]}
    ended = {end["stream"] for end in _of(entries, "end") if end["reason"] == "drain"} - slow
    stream = random.choice(sorted({e["stream"] for e in _of(entries, "event")
                                   if e["id"] == settled} & ended))
    entries[:] = [e for e in entries if not (e.get("stream") == stream and e["what"] in (
        "event", "position") and e["id"] >= settled)]


# bug -> the promise that it breaks
USUAL = {drop: 4, repeat: 3, swap: 1, silent_gap: 4, reused_seq: 1, wrong_board: 5,
         stale_replay: 3, late_event: 7}
BUGS = {**USUAL, other_data: 5, nobodys_event: 5, published_twice: 2, refused_and_delivered: 2,
        lost_at_the_end: 3, accepted_too_late: 7, a_bad_exit: 7, an_id_too_few: 2,
        a_place_before: 1, two_under_one_id: 1, restart_untold: 4, another_log: 1,
        another_type: 5, another_name: 5, backwards: 1, cut_by_stop: 7, ended_too_early: 7}


def planted(bug, entries, random):
    """A copy of the log with the bug in it."""
    out = copy.deepcopy(entries)
    bug(out, random)
    return out
