"""What each node had told its streams by when, as the log of a run tells it."""

import bisect
import collections


class Nodes:
    """Entries come in the order of time."""

    def __init__(self):
        self._lives, self._of_streams = collections.Counter(), {}
        self._starts = collections.defaultdict(list)
        self._told = collections.defaultdict(lambda: ([], []))  # moments; the highest seq by then

    def on_started(self, entry):
        self._lives[entry["node"]] += 1
        self._starts[entry["node"]].append(entry["t"])

    def on_ask(self, entry):
        self._of_streams[entry["stream"]] = entry["node"]

    def on_event(self, entry):
        """Other ids may be those that a stream came with from another node."""
        node = self._of_streams[entry["stream"]]
        epoch, _, seq = entry["id"].partition("-")
        moments, highest = self._told[node, self._lives[node], epoch]
        moments.append(entry["t"])
        highest.append(max(int(seq, 16), highest[-1] if highest else 0))

    def told(self, node, epoch, moment):
        """The highest seq that a stream was told by then, in the node's life at that moment."""
        life = bisect.bisect(self._starts[node], moment)
        moments, highest = self._told[node, life, epoch]
        at = bisect.bisect_left(moments, moment)
        return highest[at - 1] if at else 0
