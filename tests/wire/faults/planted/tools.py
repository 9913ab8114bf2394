"""What planted bugs need to find their places in a log."""


def of(entries, what, stream=None):
    return [entry for entry in entries
            if entry["what"] == what and stream in (None, entry.get("stream"))]


def acknowledged(entries):
    return {id for ack in of(entries, "ack") for id in ack["ids"]}


def neighbours(entries):
    """(event, the next event) on one stream, with no barrier between them."""
    last = {}
    for entry in entries:
        if entry["what"] == "barrier":
            last.pop(entry["stream"], None)
        if entry["what"] == "event":
            if entry["stream"] in last:
                yield last[entry["stream"]], entry
            last[entry["stream"]] = entry


def insert(entries, behind, entry, **changes):
    at = next(i for i, other in enumerate(entries) if other is behind)
    entries.insert(at + 1, {**entry, "t": behind["t"], "stream": behind["stream"], **changes})


def remove(entries, entry):
    del entries[next(i for i, other in enumerate(entries) if other is entry)]


def publications(entries):
    sends = {send["request"]: send for send in of(entries, "send")}
    return [(ack, sends[ack["request"]]) for ack in of(entries, "ack")]


def changed(entries):
    """The streams whose sets of boards did not stay as they were."""
    return {entry["stream"] for entry in of(entries, "barrier")}
