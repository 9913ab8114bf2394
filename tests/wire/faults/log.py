"""The log of a run: what every writer, reader and the nemesis did and saw, one JSON object a line.

Every entry has `t` (the machine's monotonic clock, seconds) and `what`:

    send       who, node, request, keyed, events: [{key, boards, type, hash, folded}]
                                                         before the first byte
    ack        who, request, ids                         a 200
    refused    who, request, status                      any other answer
    unknown    who, request                              no answer, or one that does not know
    ask        who, node, port, stream, boards, types, after, newest, slow, name
                                                         before the first byte; after: its position,
                                                         newest: last=N, where it has none
    open       stream, id, boards, restored              boardcast.open
    event      stream, id, type, board (of json) or None, key, hash, form
    snapshot   stream, type, board or None, key, hash, form
                                                         an event without an id
    position   stream, id                                an id: without an event
    barrier    stream, id, boards, position              boardcast.boards
    gap        stream, boards, reason, after, upto, more
    end        stream, reason                            boardcast.end
    left, cut  stream                                    the reader went; somebody else cut it
    patch      stream, node, request, add, remove, after before the first byte
    patched    stream, request, boards, position         a 200
    unpatched  stream, request, status                   any other answer; without one, or with one
                                                         that does not know: nobody knows
    kept       boards                                    patterns of which the history loses nothing
    latest     boards                                    patterns of those that deliver their latest
    shared                                               the nodes have one Redis
    kicked     stream, seconds                           another node than its own was asked to, and
                                                         to refuse its client for so long: 204
    fault      name, …                                   what the nemesis does
    healed     name                                      it is over, and had time to settle
    moved      ports                                     of clients that are cut now
    renewed    name                                      Redis is another, or forgets, from now on
    started    node                                      before it is
    term       node                                      SIGTERM
    exit       node, code                                the process is gone
    settled    id                                        of the last event; every reader had time

`node` is the address of the one behind the connection. `hash` is that of the data as published,
`folded` with CR and CRLF as LF. A `keyed` request gives each event its key as that of the gateway
too, and may be sent again.
"""

import hashlib
import json
import time


class Log:
    def __init__(self, path=None):
        self.entries = []
        self._file = open(path, "w", encoding="utf-8") if path else None

    def add(self, what, **fields):
        entry = {"t": time.monotonic(), "what": what, **fields}
        self.entries.append(entry)
        if self._file:
            self._file.write(json.dumps(entry) + "\n")

    def close(self):
        if self._file:
            self._file.close()


def read(*paths):
    """The entries of several logs of one machine, in the order of time."""
    entries = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            entries += map(json.loads, file)
    return sorted(entries, key=lambda entry: entry["t"])


def digest(text):
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def folded(text):
    """The data as `plain` carries it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
