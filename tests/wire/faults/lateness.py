"""Whether a stream was behind, by what its reader saw."""

from support.process import SLOWNESS

from .book import FOREVER

# Seconds by which an event comes late at most to who keeps up, on a busy machine.
LATE = 1.0 * SLOWNESS


class Lateness:
    """Since it had last caught up: a gap told that it was too slow, or its last event came late."""

    def __init__(self, book):
        self._book = book
        self._slow = self._late = self._since = -FOREVER

    @property
    def moment(self):
        """When it was seen to be behind last; long ago if it has caught up."""
        return max(self._slow, self._late)

    def caught_up(self, moment):
        """It opened, or was told to be at some place. Nothing that comes was due before."""
        self._slow, self._late, self._since = -FOREVER, -FOREVER, moment

    def was_slow(self, moment):
        self._slow = moment

    def came(self, id, moment):
        due = max(self._book.acknowledged.get(id, moment), self._since)
        self._late = moment if moment - due > LATE else -FOREVER
