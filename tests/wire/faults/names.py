"""Streams with a name: the boards that PATCH gave them outlive the cut."""


class Names:
    """Of each name and life of the gateway the stream that was opened last: whoever opens the name
    next reads what that one read, as its changes have left it, in place of the boards of the URL;
    these where nothing was changed."""

    def __init__(self, changes):
        self._changes = changes
        self._last = {}

    def possible(self, name, epoch, opening, asked):
        """The sets that an opening may have; `asked`: the boards of its URL."""
        sets, sure, perhaps = [asked], False, False
        last = self._last.get((name, epoch))
        if last:
            sets, sure, perhaps = self._changes.sets(last["stream"], last["boards"])
            sure = sure or last["restored"]
        self._last[name, epoch] = opening
        if opening["restored"]:
            return sets if sure or perhaps else []
        return [] if sure else [asked]
