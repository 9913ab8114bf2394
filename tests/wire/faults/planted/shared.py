"""Bugs of several nodes with one Redis."""

from .tools import from_the_past, insert, neighbours, of, publications, remove, skippable


def _renewals(entries):
    """The gaps by which streams that ran learned of another epoch."""
    epochs, found = {}, []
    for entry in entries:
        if entry["what"] in ("open", "event", "position"):
            epochs[entry["stream"]] = entry["id"][:8]
        elif entry["what"] == "gap" and entry["reason"] == "epoch" and (
                epochs.get(entry["stream"], entry["upto"][:8]) != entry["upto"][:8]):
            found.append(entry)
    return found


def _nodes(entries):
    return {ask["stream"]: ask["node"] for ask in of(entries, "ask")}


def _windows(entries):
    """(fault, healed) of what Redis met."""
    for begin in of(entries, "fault"):
        if begin["name"].startswith("redis_"):
            yield begin, next(entry for entry in of(entries, "healed") if entry["t"] > begin["t"])


def epoch_untold(entries, random):
    """A running stream goes on with the ids of another epoch."""
    choices, last = [], {}
    renewals = _renewals(entries)
    for entry in entries:
        if entry["what"] in ("gap", "barrier", "event", "position"):
            before = last.get(entry["stream"])
            if entry["what"] in ("event", "position") and before in renewals:
                choices.append(before)
            last[entry["stream"]] = entry
    remove(entries, random.choice(choices))


def epoch_not_changed(entries, random):
    """A replica that lags becomes the primary and gives the same places again."""
    old, new = sorted({id[:8] for ack in of(entries, "ack") for id in ack["ids"]})[:2]
    for entry in entries:
        for name in ("id", "after", "upto"):
            if str(entry.get(name, "")).startswith(new):
                entry[name] = old + entry[name][8:]
        if entry["what"] == "ack":
            entry["ids"] = [id.replace(new + "-", old + "-") for id in entry["ids"]]


def epoch_for_nothing(entries, random):
    """Redis stayed the same."""
    entries[:] = [entry for entry in entries if entry["what"] != "renewed"]


def back_to_the_old(entries, random):
    """Long after a failover a node lets a reader into the log that is gone."""
    choices, old, renewing = [], {}, False
    for entry in entries:
        if entry["what"] in ("renewed", "healed"):
            renewing = entry["what"] == "renewed"
        elif entry["what"] == "gap" and entry["reason"] == "epoch":
            old[entry["stream"]] = entry["after"]
        elif entry["what"] == "event" and entry["stream"] in old and not renewing:
            choices.append((entry, old[entry["stream"]]))
    event, id = random.choice(choices)
    insert(entries, event, {**event, "what": "position"}, id=id)


def lost_between_nodes(entries, random):
    """What one node took does not come to any stream of another, which goes on."""
    nodes, optional = _nodes(entries), skippable(entries)
    unsure = {gap["stream"] for gap in of(entries, "gap")} | from_the_past(entries)
    takers = {ack["ids"][0]: send["node"] for ack, send in publications(entries)}
    event = random.choice([event for event, _ in neighbours(entries)
                           if takers.get(event["id"], nodes[event["stream"]]) !=
                           nodes[event["stream"]] and event["stream"] not in unsure and
                           event["key"] not in optional])
    node = nodes[event["stream"]]
    entries[:] = [entry for entry in entries if not (
        entry["what"] == "event" and entry["id"] == event["id"] and
        nodes[entry["stream"]] == node)]


def another_order_there(entries, random):
    """The streams of one node have two events in the other order."""
    nodes = _nodes(entries)
    one, other = random.choice([(a, b) for a, b in neighbours(entries) if a["id"] < b["id"]])
    node, told = nodes[one["stream"]], {one["id"]: dict(other), other["id"]: dict(one)}
    for entry in of(entries, "event"):
        if nodes[entry["stream"]] == node and entry["id"] in told:
            entry.update({name: told[entry["id"]][name]
                          for name in ("type", "board", "key", "hash")})


def old_epoch_acknowledged(entries, random):
    """A key that was known before a failover is answered its place in the log that is gone."""
    old = of(entries, "ack")[0]["ids"][0][:8]
    healed = of(entries, "healed")[-1]["t"]
    ack = random.choice([ack for ack, send in publications(entries) if send["t"] > healed])
    ack["ids"] = [old + "-0000000fffff" for _ in ack["ids"]]


def loss_of_what_redis_keeps(entries, random):
    gap = random.choice([gap for gap in of(entries, "gap") if any(
        name.startswith("deep-") for name in gap["boards"])])
    gap["reason"] = "backbone"
    if gap["after"][:8] != gap["upto"][:8]:
        gap["after"] = gap["upto"][:9] + "0" * 12


def stream_ended(entries, random):
    """A node without Redis gives up its streams."""
    begin, end = random.choice(list(_windows(entries)))
    slow = {ask["stream"] for ask in of(entries, "ask") if ask["slow"]}
    opened = {open["stream"] for open in of(entries, "open") if open["t"] < begin["t"]}
    over = {entry["stream"] for entry in entries if entry["what"] in ("cut", "left", "end") and
            entry["t"] < end["t"]}
    at = entries.index(end)
    entries.insert(at, {"t": end["t"] - 0.001, "what": "cut",
                        "stream": random.choice(sorted(opened - over - slow))})


def publisher_waits(entries, random):
    """A publish hangs as long as Redis does."""
    send = random.choice([send for begin, end in _windows(entries)
                          for send in of(entries, "send") if begin["t"] < send["t"] < end["t"]])
    answer = next(entry for entry in entries if entry["what"] in ("ack", "refused", "unknown") and
                  entry["request"] == send["request"])
    answer["t"] += 60


BUGS = {epoch_untold: 1, epoch_not_changed: 1, epoch_for_nothing: 3, back_to_the_old: 3,
        lost_between_nodes: 4, another_order_there: 1, old_epoch_acknowledged: 2,
        loss_of_what_redis_keeps: 3, stream_ended: 4, publisher_waits: 2}
