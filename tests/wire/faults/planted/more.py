"""More bugs than the usual ones."""

import collections

from .tools import insert, neighbours, of, publications, remove


def other_data(entries, random):
    random.choice(of(entries, "event"))["hash"] = "0"


def nobodys_event(entries, random):
    random.choice(of(entries, "event"))["key"] = "nobody/1"


def published_twice(entries, random):
    """A batch is taken twice; readers of the second time see other ids."""
    newest = max(entry["id"] for entry in of(entries, "event"))
    event = [entry for entry in of(entries, "event") if entry["id"] == newest][-1]
    epoch, seq = newest.split("-")
    insert(entries, event, event, id=f"{epoch}-{int(seq, 16) + 1:012x}")


def refused_and_delivered(entries, random):
    came = {event["key"] for event in of(entries, "event")}
    sends = collections.Counter(send["events"][0]["key"] for send in of(entries, "send"))
    ack = random.choice([ack for ack, send in publications(entries)
                         if send["events"][0]["key"] in came and
                         sends[send["events"][0]["key"]] == 1])
    ack.update(what="refused", status=503)
    del ack["ids"]


def lost_at_the_end(entries, random):
    """The last event does not come to one reader, and nothing comes after it."""
    settled = of(entries, "settled")[-1]["id"]
    stream = random.choice([e for e in of(entries, "event") if e["id"] == settled])["stream"]
    entries[:] = [entry for entry in entries if not (
        entry.get("stream") == stream and entry["what"] in ("event", "position") and
        entry["id"] >= settled)]


def accepted_too_late(entries, random):
    """A publication is taken after SIGTERM, when streams have been ended."""
    end = max((end for end in of(entries, "end") if end["reason"] == "drain"),
              key=lambda end: end["t"])
    epoch = max(e["id"] for e in of(entries, "event", end["stream"]))[:8]
    ack, send = random.choice([(ack, send) for ack, send in publications(entries)
                               if ack["ids"][0][:8] == epoch])
    send["t"] = ack["t"] = end["t"] + 0.01


def a_bad_exit(entries, random):
    random.choice(of(entries, "exit"))["code"] = 1


def an_id_too_few(entries, random):
    random.choice(of(entries, "ack"))["ids"].pop()


def a_place_before(entries, random):
    """Somebody publishes after an acknowledgement and gets the earlier place; nobody reads it."""
    (one, _), (other, _) = random.sample(
        [pair for pair in publications(entries) if len(pair[0]["ids"]) == 1], 2)
    one["ids"], other["ids"] = other["ids"], one["ids"]
    unread = {*one["ids"], *other["ids"]}
    entries[:] = [e for e in entries if e["what"] != "event" or e["id"] not in unread]


def two_under_one_id(entries, random):
    """Of two events that two readers had, one reader has the second under the id of the first."""
    first, second = random.choice([(a, b) for a, b in neighbours(entries) if a["id"] < b["id"]])
    first.update({name: second[name] for name in ("type", "board", "key", "hash")})
    remove(entries, second)


def restart_untold(entries, random):
    opens = {entry["stream"]: entry["t"] for entry in of(entries, "open")}
    remove(entries, random.choice([gap for gap in of(entries, "gap") if gap["reason"] == "epoch" and
                                   gap["t"] < opens.get(gap["stream"], 0)]))


def another_log(entries, random):
    """An event of before a restart on a stream of after it."""
    event = random.choice(of(entries, "event"))
    event["id"] = "ffffffff" + event["id"][8:]


def another_type(entries, random):
    random.choice(of(entries, "event"))["type"] = "stranger"


def another_name(entries, random):
    """The envelope names a board that the event is not of."""
    random.choice([e for e in of(entries, "event") if e["board"]])["board"] = "stranger"


def backwards(entries, random):
    """The position that a heartbeat tells is one that the stream had left behind."""
    position = random.choice([e for e in of(entries, "position") if int(e["id"][9:], 16) > 1])
    position["id"] = position["id"][:9] + "0" * 12


def cut_by_stop(entries, random):
    term = random.choice(of(entries, "term"))
    slow = {ask["stream"] for ask in of(entries, "ask") if ask["slow"]}
    remove(entries, random.choice([end for end in of(entries, "end") if end["t"] > term["t"] and
                                    end["reason"] == "drain" and end["stream"] not in slow]))


def ended_too_early(entries, random):
    """A stop ends a stream before the last that was acknowledged, and no more was told."""
    settled = of(entries, "settled")[-1]["id"]
    slow = {ask["stream"] for ask in of(entries, "ask") if ask["slow"]}
    ended = {end["stream"] for end in of(entries, "end") if end["reason"] == "drain"} - slow
    stream = random.choice(sorted({e["stream"] for e in of(entries, "event")
                                   if e["id"] == settled} & ended))
    entries[:] = [e for e in entries if not (e.get("stream") == stream and e["what"] in (
        "event", "position") and e["id"] >= settled)]


BUGS = {other_data: 5, nobodys_event: 5, published_twice: 2, refused_and_delivered: 2,
        lost_at_the_end: 3, accepted_too_late: 7, a_bad_exit: 7, an_id_too_few: 2,
        a_place_before: 1, two_under_one_id: 1, restart_untold: 4, another_log: 1,
        another_type: 5, another_name: 5, backwards: 1, cut_by_stop: 7, ended_too_early: 7}
