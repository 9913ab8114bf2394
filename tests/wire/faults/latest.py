"""Boards with `deliver: latest`: what was replaced may be left out, the newest may not."""

import bisect

from support.process import SLOWNESS

from .book import reads

# Seconds that a publication may be on its way.
UNDER_WAY = 10.0 * SLOWNESS


def replaced(book, epoch, board, seq, moment):
    """Whether by then a newer event than `seq` was on its way to the board, which delivers its
    latest: one that is known to be newer, or of which nobody learned where it went."""
    if not book.is_latest(board):
        return False
    seqs, sent = book.of_board(epoch, board), book.at(epoch, seq)["t"]
    return any(book.at(epoch, newer)["t"] < moment
               for newer in seqs[bisect.bisect(seqs, seq):]) or any(
        sent - UNDER_WAY < other < moment for other in book.unplaced(epoch, board))


class Snapshots:
    """What a stream was told without ids since its last opening or barrier: of each such board that
    it comes to read the event that the board holds."""

    def __init__(self, book, node):
        self.waiting = []
        self._book, self._node = book, node

    def check(self, span, types, epoch, since, moment):
        """(promise, text) of what is wrong with them, for what `span` comes to read at its start:
        asked for at `since`, and all told at `moment`."""
        told, self.waiting = self.waiting, []
        keys = [entry["key"] for entry in told]
        unplaced = {board for key in keys if self._book.seq_of(key, epoch) is None
                    for board in self._book.sent[key]["boards"]}
        for entry in told:
            yield from self._check(entry, span, epoch, since)
        for key in {key for key in keys if keys.count(key) > 1}:
            yield 3, f"{key} is told twice as the newest"
        for board in self._book.boards(epoch):
            older = [seq for seq in self._book.of_board(epoch, board) if seq <= span.after]
            if not older or not self._book.is_latest(board) or not span.reads(board):
                continue
            if board in unplaced:
                continue  # it was told one that may be newer
            event = self._book.at(epoch, older[-1])
            if event["key"] not in keys and (not types or event["type"] in types) and (
                    not replaced(self._book, epoch, board, older[-1], moment)):
                yield 4, f"{event['key']}, the newest of {board}, is not told"

    def _check(self, entry, span, epoch, since):
        event = self._book.sent[entry["key"]]
        boards = [board for board in event["boards"]
                  if self._book.is_latest(board) and span.reads(board)]
        if not boards or entry["board"] not in (None, *boards):
            yield 5, f"{entry['key']} of {event['boards']} told as the newest of {entry['board']}"
        seq = self._book.seq_of(entry["key"], epoch)
        if seq is None:
            return
        if seq > span.after:
            yield 1, f"{entry['key']} told in front of the position that it lies behind"
        if boards and all(self._known_newer(epoch, board, seq, since) for board in boards):
            yield 3, f"{entry['key']} told as the newest, and it was not when that was asked"

    def _known_newer(self, epoch, board, seq, moment):
        known = self._book.known_to(self._node, epoch, moment)
        return any(seq < newer <= known for newer in self._book.of_board(epoch, board))


def looks_like_loss(book, name):
    """Whether a gap of this name tells of boards that lose nothing."""
    return any(reads(one, name.rstrip("*")) for one in (*book.kept, *book.latest))
