"""Streams with a name: the boards that PATCH gave them outlive the cut."""


class Names:
    """Of each name and life of the gateway the stream that was opened last: whoever opens the name
    next reads what that one read, as its changes have left it, in place of the boards of the URL;
    these where nothing was changed."""

    def __init__(self, changes):
        self._changes = changes
        self._last = {}

    def possible(self, ask, epoch, opening):
        """The sets that an opening may have."""
        sets, sure, perhaps = [ask["boards"]], False, False
        last = self._last.get((ask["name"], epoch))
        if last:
            sets, answer, unsure = self._changes.left(last["stream"], last["boards"])
            perhaps = bool(unsure)
            sure = answer is not None or last["restored"] or any(one["told"] for one in unsure)
        self._last[ask["name"], epoch] = opening
        if opening["restored"]:
            return sets if sure or perhaps else []
        return [] if sure else [ask["boards"]]
