"""What planted bugs need to find their places in a log."""


def of(entries, what, stream=None):
    return [entry for entry in entries
            if entry["what"] == what and stream in (None, entry.get("stream"))]


def acknowledged(entries):
    return {id for ack in of(entries, "ack") for id in ack["ids"]}


def neighbours(entries, next=("event",)):
    """(event, what comes next of such entries) on one stream, with no barrier between them."""
    last = {}
    for entry in entries:
        if entry["what"] == "barrier":
            last.pop(entry["stream"], None)
        if entry["what"] in next and entry["stream"] in last:
            yield last[entry["stream"]], entry
        if entry["what"] == "event":
            last[entry["stream"]] = entry


def insert(entries, behind, entry, **changes):
    at = next(i for i, other in enumerate(entries) if other is behind)
    entries.insert(at + 1, {**entry, "t": behind["t"], "stream": behind["stream"], **changes})


def remove(entries, entry):
    del entries[next(i for i, other in enumerate(entries) if other is entry)]


def publications(entries):
    sends = {send["request"]: send for send in of(entries, "send")}
    return [(ack, sends[ack["request"]]) for ack in of(entries, "ack")]


def boards_of(entries):
    """The boards of each event, by its key."""
    return {event["key"]: event["boards"] for send in of(entries, "send")
            for event in send["events"]}


def skippable(entries):
    """The keys of events that a newer one may replace."""
    starts = tuple(pattern.rstrip("*") for entry in of(entries, "latest")
                   for pattern in entry["boards"])
    return {key for key, boards in boards_of(entries).items()
            if any(board.startswith(starts) for board in boards)}


def changed(entries):
    """The streams whose sets of boards did not stay as they were."""
    return {entry["stream"] for entry in of(entries, "barrier")}


def from_the_past(entries):
    """Streams of which nobody knows exactly what was held when they began."""
    return {ask["stream"] for ask in of(entries, "ask")
            if ask["after"] == "earliest" or ask["newest"]}
