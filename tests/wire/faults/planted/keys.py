"""Bugs of keys: of events that are sent again."""

from .tools import of


def _again(entries):
    """The acknowledgements of what was sent before, and its first event."""
    seen = set()
    acks = {ack["request"]: ack for ack in of(entries, "ack")}
    for send in of(entries, "send"):
        key = send["events"][0]["key"]
        if send["keyed"] and key in seen and send["request"] in acks:
            yield acks[send["request"]], key
        seen.add(key)


def key_forgotten(entries, random):
    """What was sent again gets a second place, which is told; readers had the first."""
    came = {(event["key"], event["id"]) for event in of(entries, "event")}
    ack, _ = random.choice([(ack, key) for ack, key in _again(entries)
                            if (key, ack["ids"][0]) in came])
    newest = max(id for other in of(entries, "ack") for id in other["ids"]
                 if id[:8] == ack["ids"][0][:8])
    ack["ids"] = [f"{id[:8]}-{int(newest[9:], 16) + 1 + n:012x}"
                  for n, id in enumerate(ack["ids"])]


def key_of_another(entries, random):
    """What was sent again is answered the place of another event, and swallowed."""
    ack, _ = random.choice(list(_again(entries)))
    others = [other for other in of(entries, "ack") if other is not ack and
              other["ids"][0][:8] == ack["ids"][0][:8] and len(other["ids"]) == len(ack["ids"])]
    ack["ids"] = random.choice(others)["ids"]


BUGS = {key_forgotten: 2, key_of_another: 1}
