"""What was asked of running streams, and what of it was told in them."""

from .book import FOREVER


class Changes:
    """The PATCHes of a run, by stream. One that was answered 200 leaves its barrier, one that was
    refused leaves none; of one without an answer only its barrier tells."""

    def __init__(self, entries):
        self._of, answers = {}, {}
        for entry in entries:
            if entry["what"] == "patch":
                self._of.setdefault(entry["stream"], []).append(dict(entry, told=None))
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
        best["told"] = barrier
        return best

    def left(self, stream, boards, by=FOREVER):
        """(the sets that the stream, which began with these boards, may have at its end; the last
        200 that was told by then, or nothing; the changes that got none)"""
        sets, answer, unsure = [boards], None, []
        for change in self._of.get(stream, ()):
            if change["answer"] is None or change["answer"]["t"] >= by and not _refused(change):
                unsure.append(change)
            elif not _refused(change):
                answer = change["answer"]
                sets = [answer["boards"]]
        return made(unsure, sets[0]), answer, unsure

    def had(self, stream):
        """The sets that the stream had for some time, as far as anybody was told."""
        return [told["boards"] for change in self._of.get(stream, ())
                for told in (change["told"], not _refused(change) and change["answer"]) if told]

    def untold(self, stream, upto):
        """The answers 200 whose position, in its last epoch, the stream has left behind, and that
        it did not tell."""
        return [change["answer"] for change in self._of.get(stream, ())
                if change["answer"] and change["answer"]["what"] == "patched" and
                not change["told"] and change["answer"]["position"] < upto and
                change["answer"]["position"][:8] == upto[:8]]


def made(changes, boards):
    """This set, and those that changes may make of it, each of which comes at any time, or not."""
    others = {}  # many changes make few sets
    for change in changes:
        others |= dict.fromkeys(tuple(_applied(change, one)) for one in [boards, *others])
    return [boards, *map(list, others)]


def _refused(change):
    return change["answer"] is not None and change["answer"]["what"] == "unpatched"


def _applied(change, boards):
    kept = [name for name in boards if name not in change["remove"]]
    return kept + [name for name in dict.fromkeys(change["add"]) if name not in kept]
