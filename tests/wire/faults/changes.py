"""What was asked of running streams, and what of it was told in them."""


class Changes:
    """The PATCHes of a run, by stream. One that was answered 200 leaves its barrier, one that was
    refused leaves none; of one without an answer only its barrier tells."""

    def __init__(self, entries):
        self._of, answers = {}, {}
        for entry in entries:
            if entry["what"] == "patch":
                self._of.setdefault(entry["stream"], []).append(dict(entry, told=False))
            elif entry["what"] in ("patched", "unpatched"):
                answers[entry["request"]] = entry
        for change in self.all():
            change["answer"] = answers.get(change["request"])

    def all(self):
        return [change for changes in self._of.values() for change in changes]

    def take(self, barrier, before):
        """The change that makes the barrier's set of the set before, and was not told yet; or
        nothing. Of several the one that was answered so, or else one without an answer."""
        fits = [change for change in self._of.get(barrier["stream"], ())
                if not change["told"] and change["t"] <= barrier["t"] and not _refused(change) and
                _applied(change, before) == barrier["boards"]]
        if not fits:
            return None

        def doubt(change):
            answer = change["answer"]
            return 1 if answer is None else 2 * (answer["position"] != barrier["position"])

        best = min(fits, key=doubt)
        best["told"] = True
        return best

    def sets(self, stream, boards):
        """(the sets that the stream, which began with these boards, may have at its end; whether
        it was surely changed, and whether perhaps)"""
        sets, sure, unsure = [boards], False, []
        for change in self._of.get(stream, ()):
            if change["answer"] is None:
                unsure.append(change)
            elif not _refused(change):
                sets, sure = [change["answer"]["boards"]], True
        for change in unsure:  # it came at any time, or not
            sets = sets + [_applied(change, one) for one in sets]
        return sets, sure or any(change["told"] for change in unsure), bool(unsure)

    def untold(self, stream, upto):
        """The answers 200 whose position, in its last epoch, the stream has left behind, and that
        it did not tell."""
        return [change["answer"] for change in self._of.get(stream, ())
                if change["answer"] and change["answer"]["what"] == "patched" and
                not change["told"] and change["answer"]["position"] < upto and
                change["answer"]["position"][:8] == upto[:8]]


def _refused(change):
    return change["answer"] is not None and change["answer"]["what"] == "unpatched"


def _applied(change, boards):
    kept = [name for name in boards if name not in change["remove"]]
    return kept + [name for name in dict.fromkeys(change["add"]) if name not in kept]
