"""Proves from the log of a run that one node with the memory backbone, or several with one Redis,
kept their promises.

A pure function of the entries (log.py says what they mean). Each violation names the promise by its
number in README.md, the stream or request, and the events.

1  One id names one event, one event has one id; ids grow within a stream and a batch; what is
   published after an acknowledgement gets a later place.
2  A 200 gives each event its place; a refused event has none, any other one at most, and one with a
   key too (in each epoch), however often it was sent. A change that was answered 200 has its
   barrier, where the answer says.
3  No event comes twice on a stream, none from before its start (of a backfill: within it); nothing
   that is kept, or was replaced, is told as lost; what is told as the newest of a board was that;
   once the faults are over, every reader gets to the last event.
4  Between where its reader was and where a stream was told to be, every event that was asked for
   came, or a gap told of it before anything that follows; from a barrier on that is the new set,
   and between two barriers what was added, from where it was to begin. Of a board that delivers
   its latest what was replaced by then may be left out; whoever comes to read it without a
   position is told the newest before the opening or barrier.
5  What comes was published, with this data and type, to a board that was asked for; a set changes
   as somebody asked, and under a name stays so.
7  After SIGTERM: what is sent once a stream has ended is refused; every stream that reads is ended
   by boardcast.end, after all that was acknowledged, unless it was behind: a gap told it so just
   before, or its last event came late; nothing follows that; exit 0.

What several nodes promise beyond that says shared.py.
"""

from support.process import SLOWNESS

from . import shared
from .book import FOREVER, Book, parsed
from .changes import Changes
from .names import Names
from .names_shared import SharedNames
from .stream import Stream

OF_A_STREAM = ("open", "event", "snapshot", "position", "barrier", "gap", "end", "cut", "left")
OF_THE_BOOK = ("shared", "kept", "latest", "send", "ack", "refused")
OF_THE_NODES = ("started", "ask", "event")
# Seconds that what one node was answered may be on its way to another.
BETWEEN_NODES = 1.0 * SLOWNESS
# Seconds for which a reader that was behind may still be.
BEHIND = 3.0 * SLOWNESS


def check(entries):
    """The violations."""
    book, streams, changes = Book(), {}, Changes(entries)
    shared_by = any(entry["what"] == "shared" for entry in entries)
    names = SharedNames(changes, entries) if shared_by else Names(changes)
    for entry in entries:
        if entry["what"] in OF_THE_BOOK:
            getattr(book, "on_" + entry["what"])(entry)
        elif entry["what"] == "event" and entry["key"] in book.sent:
            book.place(entry["key"], entry["id"], entry["stream"])
        if entry["what"] in OF_THE_NODES:
            getattr(book.nodes, "on_" + entry["what"])(entry)
    for entry in entries:
        if entry["what"] == "ask":
            streams[entry["stream"]] = Stream(entry, book, changes, names)
        elif entry["what"] in OF_A_STREAM:
            getattr(streams[entry["stream"]], "on_" + entry["what"])(entry)
    book.check_order()
    for stream in streams.values():
        stream.check_complete()
    for entry in entries:
        if entry["what"] == "settled":
            _check_settled(entry, book, streams.values())
    _check_stops(entries, book, streams.values())
    if book.shared:
        shared.check(entries, book)
    return book.violations


def _check_settled(settled, book, streams):
    epoch, seq = parsed(settled["id"])
    there = {stream.who for stream in streams if stream.epoch == epoch and stream.last >= seq}
    for who in sorted({stream.who for stream in streams} - there):
        book.wrong(3, who, f"never came to {settled['id']} although the faults were over")


def _check_stops(entries, book, streams):
    exits = [entry for entry in entries if entry["what"] == "exit"]
    for term in (entry for entry in entries if entry["what"] == "term"):
        node = term["node"]
        gone = next((e for e in exits if e["node"] == node and e["t"] > term["t"]), None)
        if gone is None or gone["code"] != 0:
            book.wrong(7, node, f"SIGTERM, and then {gone['code'] if gone else 'nothing'}, not 0")
        met = [stream for stream in streams if stream.node == node and stream.opened and
               stream.opened < term["t"] and (stream.over or FOREVER) > term["t"]]
        for stream in met:
            _check_last_words(stream, book)
        _check_refusals(book, met, node, gone["t"] if gone else FOREVER)


def _check_last_words(stream, book):
    if stream.slow or stream.left:
        return  # cannot be written, or was not there
    if not stream.ended:
        stream.wrong(7, "cut by a stop without boardcast.end")
        return
    if stream.ended["t"] - stream.behind.moment < BEHIND:
        return  # a drain's last moment: the rest comes to it where it connects next
    since = stream.ended["t"] - BETWEEN_NODES if book.shared else FOREVER
    missing = [name for name in stream.missing_at_end()
               if book.acknowledged.get(name.split(" ")[0], FOREVER) < since]
    if missing and stream.ended["reason"] == "drain":
        stream.wrong(7, f"ended before it had {', '.join(missing)}")


def _check_refusals(book, streams, node, gone):
    """What is sent to a node after one of its streams has ended for good has no place there."""
    ended = min((stream.ended["t"] for stream in streams
                 if stream.ended and stream.ended["reason"] == "drain"), default=FOREVER)
    for request, ack in book.acks.items():
        send = book.requests[request]
        if send["node"] == node and ended < send["t"] < gone:
            book.wrong(7, request, f"{ack['ids'][0]} was accepted after streams had been ended")
