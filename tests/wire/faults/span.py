"""A part of a stream: what came while one set of boards held, in one epoch."""

import bisect

from .book import FOREVER, reads


class Span:
    """(after, last] so far, and when it came."""

    def __init__(self, names, epoch, after, past=False):
        self.names, self.epoch, self.after, self.last = names, epoch, after, after
        self.past = past  # it lies between two barriers
        self.seen = set()
        self._lasts, self._moments, self._reads = [], [], {}

    def come(self, seq, moment):
        """The stream was told to be at `seq`."""
        if seq > self.last or not self._lasts:
            self.last = max(self.last, seq)
            self._lasts.append(self.last)
            self._moments.append(moment)

    def moment(self, seq):
        """When the stream was first told to be there or behind it."""
        at = bisect.bisect_left(self._lasts, seq)
        return self._moments[at] if at < len(self._moments) else FOREVER

    def reads(self, board):
        if board not in self._reads:
            self._reads[board] = any(reads(name, board) for name in self.names)
        return self._reads[board]

    def boards_of(self, event, types):
        """The boards through which the event was asked for."""
        return [board for board in event["boards"] if self.reads(board)] if (
            not types or event["type"] in types) else []
