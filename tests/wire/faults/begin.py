"""Where a stream begins, and what of the time before it is owed."""

from .book import FOREVER, parsed, reads


class Begin:
    """After an id: all behind it. Without one, from `opened` on. With `earliest` what is held, with
    last=N the newest N of each board: of boards that lose nothing that is known, but for what was
    under way while the stream was opened."""

    def __init__(self, ask, book):
        self.after, self.newest, self.asked = ask["after"], ask["newest"], ask["t"]
        self.node = ask["node"]
        self._book = book
        self.opened = FOREVER
        self.epoch, self.seq = None, 0
        self._surely, self._perhaps = 0, FOREVER  # it was made between these seqs

    def open(self, id, moment):
        """True where the position that was asked for is of this log."""
        self.opened = moment
        self.epoch, self.seq = parsed(id)
        known = self.after and self.after != "earliest" and parsed(self.after)[0] == self.epoch
        if known:
            self.seq = parsed(self.after)[1]  # whatever the stream says itself
        if self.newest:
            self._surely = self._book.known_to(self.node, self.epoch, self.asked)
            self._perhaps = min((seq for seq, event in self._book.between(self.epoch, 0, FOREVER)
                                 if event["t"] > moment), default=FOREVER) - 1
        return known

    @property
    def joins(self):
        """It has no position, and wants nothing of the past."""
        return not self.after and not self.newest

    def owes(self, seq, event, boards):
        """Whether an event, through these boards, has to come or be told as missing."""
        if not (self.after == "earliest" or self.newest) or event["t"] > self.opened:
            return True
        kept = [board for board in boards if self._book.is_latest(board) or
                any(reads(one, board) for one in self._book.kept)]
        return any(not self.newest or self._newer(board, seq, self._perhaps) < self.newest
                   for board in kept)

    def allows(self, seq, boards):
        """Whether an event may come through these boards."""
        return not self.newest or any(
            self._newer(board, seq, self._surely) < self.newest for board in boards)

    def _newer(self, board, seq, upto):
        """How many events of the board lie in (seq, upto]."""
        return sum(seq < other <= upto for other in self._book.of_board(self.epoch, board))
