"""What several nodes with one Redis promise beyond what one does.

3   The epoch changes only when Redis became another one or forgot, and nobody comes back to one
    that he had left.
4   A Redis that is away ends no stream.
7   Who is sent away at one node is so at all: his stream ends, and no other one opens in that time.
2   While it is away publishers are answered within 2 s. A 200 names a place in the log that is, not
    in one that was lost with another Redis.
"""

from support.process import SLOWNESS

from .book import FOREVER
from .names_shared import HEARD

ANSWER = 2.0
SLACK = 0.5  # what a busy client may be late to see the answer


def check(entries, book):
    _check_epochs(entries, book)
    _check_places(entries, book)
    _check_kicks(entries, book)
    for fault, healed in _away(entries):
        _check_streams_stay(entries, book, fault, healed)
        _check_answers(entries, book, fault, healed)


def _check_epochs(entries, book):
    """Each renewal makes one; so many can be, and not more."""
    renewals, begun = 0, _begun(entries)  # epoch -> when it was first told of
    for entry in entries:
        renewals += entry["what"] == "renewed"
        if sum(moment <= entry["t"] for moment in begun.values()) > renewals + 1:
            book.wrong(3, "Redis", f"epochs {sorted(begun)} after {renewals} renewals")
            return
    _check_nobody_goes_back(entries, book, begun)


def _begun(entries):
    begun = {}
    for entry in entries:
        for id in _ids(entry):
            begun.setdefault(id[:8], entry["t"])
    return begun


def _check_nobody_goes_back(entries, book, begun):
    """While an old primary lives on, a reader may meet a node that has not noticed."""
    last, renewing = {}, False
    readers = {entry["stream"]: entry["who"] for entry in entries if entry["what"] == "ask"}
    for entry in entries:
        if entry["what"] in ("renewed", "healed"):
            renewing = entry["what"] == "renewed"
        elif entry["what"] == "ask" and not entry["after"]:
            last.pop(entry["who"], None)  # he has forgotten, too
        elif entry["what"] in ("open", "event", "position"):
            who, epoch = readers[entry["stream"]], entry["id"][:8]
            if not renewing and begun[epoch] < begun[last.get(who, epoch)]:
                book.wrong(3, entry["stream"], f"back to {epoch} after {last[who]}")
            last[who] = epoch


def _check_places(entries, book):
    """While an old primary lives on, it may answer as well; once that is over, nobody may."""
    begun, settled = _begun(entries), {}  # settled: when the fault behind it was over
    for entry in entries:
        if entry["what"] == "healed":
            settled.update({epoch: entry["t"] for epoch, moment in begun.items()
                            if moment <= entry["t"] and epoch not in settled})
    for request, ack in book.acks.items():
        epoch, sent = ack["ids"][0][:8], book.requests[request]["t"]
        if any(begun[epoch] < begun[newer] and over < sent for newer, over in settled.items()):
            book.wrong(2, request, f"{ack['ids'][0]} is a place in a log that is gone")


def _check_kicks(entries, book):
    asked = {entry["stream"]: entry["t"] for entry in entries if entry["what"] == "ask"}
    over = {entry["stream"] for entry in entries if entry["what"] in ("cut", "left")}
    newest = {}  # by stream, when the newest event was sent that came: it may come late
    for entry in entries:
        if entry["what"] == "event" and entry["key"] in book.sent:
            sent = book.sent[entry["key"]]["t"]
            newest[entry["stream"]] = max(sent, newest.get(entry["stream"], sent))
    for kick in (entry for entry in entries if entry["what"] == "kicked"):
        stream, since = kick["stream"], kick["t"] + HEARD
        until = kick["t"] + 0.5 * kick["seconds"]  # the answer took its time
        if stream not in over or newest.get(stream, 0) > since:
            book.wrong(7, stream, "was sent away, and stayed")
        for entry in entries:
            if entry["what"] == "open" and since < asked[entry["stream"]] < until:
                book.wrong(7, entry["stream"], "was let in, and its client had been sent away")


def _ids(entry):
    if entry["what"] == "ack":
        return entry["ids"]
    name = {"open": "id", "event": "id", "position": "id", "gap": "upto"}.get(entry["what"])
    return [entry[name]] if name else []


def _away(entries):
    """(begin, end) of what Redis alone met."""
    begin = None
    for entry in entries:
        if entry["what"] == "fault":
            begin = entry["t"] if entry["name"].startswith("redis_") else None
        elif entry["what"] == "healed" and begin is not None:
            yield begin, entry["t"]


def _check_streams_stay(entries, book, begin, end):
    """But for slow readers, who learn late of what befell their node before, and those who were
    cut and, on a busy machine, learn it now."""
    running, ports = set(), {}
    quick = {entry["stream"] for entry in entries if entry["what"] == "ask" and not entry["slow"]}
    for entry in entries:
        if entry["t"] >= end:
            return
        if entry["what"] == "ask":
            ports[entry["stream"]] = entry.get("port")
        elif entry["what"] == "moved":
            running -= {stream for stream in running if ports[stream] in entry["ports"]}
        if entry["what"] == "open" and entry["stream"] in quick:
            running.add(entry["stream"])
        elif entry["what"] in ("end", "left", "cut"):
            told = entry["what"] == "left" or entry.get("reason") == "limit"
            if entry["t"] > begin and entry["stream"] in running and not told:
                book.wrong(4, entry["stream"], f"{entry} while Redis alone had trouble")
            running.discard(entry["stream"])


def _check_answers(entries, book, begin, end):
    answers = {entry["request"]: entry["t"] for entry in entries
               if entry["what"] in ("ack", "refused", "unknown")}
    for entry in entries:
        if entry["what"] == "send" and begin < entry["t"] < end:
            took = answers.get(entry["request"], FOREVER) - entry["t"]
            if took > (ANSWER + SLACK) * SLOWNESS:
                book.wrong(2, entry["request"], f"answered after {took:.1f} s while Redis was away")
