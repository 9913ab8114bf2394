"""What was published, as the log of a run tells it; promises 1 and 2 as far as publishers see."""

import bisect
import collections

from .nodes import Nodes

FOREVER = float("inf")

Violation = collections.namedtuple("Violation", "promise where text")


def reads(name, board):
    """Whether a name or pattern of a stream reads the board."""
    return board.startswith(name[:-1]) if name.endswith("*") else board == name


def parsed(id):
    epoch, _, seq = id.partition("-")
    return epoch, int(seq, 16)


def written(epoch, seq):
    return f"{epoch}-{seq:012x}"


class Book:
    def __init__(self):
        self.violations = []
        self.sent = {}  # key -> event
        self.requests, self.acks = {}, {}
        self.places = collections.defaultdict(dict)  # epoch -> seq -> key
        self.ids = {}  # key -> id; of a keyed event one in each epoch
        self.acknowledged = {}  # id -> when it was first
        self.kept, self.latest = [], []  # patterns of boards
        # Nodes with one Redis: what they hold outlives them.
        self.shared, self.nodes = False, Nodes()
        self._sorted, self._of_boards, self._unplaced = {}, {}, {}

    def wrong(self, promise, where, text):
        self.violations.append(Violation(promise, where, text))

    def on_kept(self, entry):
        self.kept += entry["boards"]

    def on_latest(self, entry):
        self.latest += entry["boards"]

    def on_shared(self, _):
        self.shared = True

    def is_latest(self, board):
        return any(reads(pattern, board) for pattern in self.latest)

    def on_send(self, entry):
        self.requests[entry["request"]] = entry
        for event in entry["events"]:
            sent = self.sent.setdefault(event["key"], {
                **event, "t": entry["t"], "keyed": entry["keyed"], "chances": 0, "unknown": 0})
            # What one answer refuses, another of the same event may have taken.
            sent["chances"] += 1
            sent["unknown"] += 1

    def on_ack(self, entry):
        events, ids = self.requests[entry["request"]]["events"], entry["ids"]
        if len(events) != len(ids):
            self.wrong(2, entry["request"], f"{len(ids)} ids for {len(events)} events")
            return
        self.acks[entry["request"]] = entry
        if ids != sorted(set(ids)):
            self.wrong(1, entry["request"], f"the ids of a batch do not grow: {ids}")
        for event, id in zip(events, ids):
            self.sent[event["key"]]["unknown"] -= 1
            self.place(event["key"], id, entry["request"])
            self.acknowledged.setdefault(id, entry["t"])

    def on_refused(self, entry):
        for event in self.requests[entry["request"]]["events"]:
            self.sent[event["key"]]["chances"] -= 1
            self.sent[event["key"]]["unknown"] -= 1

    def place(self, key, id, where):
        epoch, seq = parsed(id)
        other = self.places[epoch].setdefault(seq, key)
        once = self._once(key, epoch)
        if other != key:
            self.wrong(1, where, f"{id} names {other} and {key}")
        elif self.ids.setdefault(once, id) != id:
            self.wrong(2, where, f"{key} was published once and is {self.ids[once]} and {id}")

    def _once(self, key, epoch):
        # A restart forgets keys with the log: what is sent again then has a place in each.
        return key, epoch if self.sent[key]["keyed"] else None

    def seq_of(self, key, epoch):
        """Nothing where nobody has told it."""
        id = self.ids.get(self._once(key, epoch), "")
        return parsed(id)[1] if id.startswith(epoch) else None

    def at(self, epoch, seq):
        return self.sent[self.places[epoch][seq]]

    def between(self, epoch, after, upto):
        """(seq, event) of the places in (after, upto], in order; once all are known."""
        if epoch not in self._sorted:
            self._sorted[epoch] = sorted(self.places[epoch])
        seqs = self._sorted[epoch]
        for at in range(bisect.bisect_right(seqs, after), bisect.bisect_right(seqs, upto)):
            yield seqs[at], self.at(epoch, seqs[at])

    def first_sent(self, request):
        return min(self.sent[event["key"]]["t"] for event in self.requests[request]["events"])

    def of_board(self, epoch, board):
        """The seqs of a board's events, in order; once all are known."""
        return self._by_board(epoch).get(board, [])

    def unplaced(self, epoch, board):
        """When events of the board were sent that may have a place which nobody was told."""
        if (epoch, board) not in self._unplaced:
            self._unplaced[epoch, board] = [
                event["t"] for key, event in self.sent.items() if board in event["boards"] and
                event["unknown"] and self._once(key, epoch) not in self.ids]
        return self._unplaced[epoch, board]

    def boards(self, epoch):
        return self._by_board(epoch).keys()

    def _by_board(self, epoch):
        if epoch not in self._of_boards:
            found = self._of_boards[epoch] = {}
            for seq, event in self.between(epoch, 0, FOREVER):
                for board in event["boards"]:
                    found.setdefault(board, []).append(seq)
        return self._of_boards[epoch]

    def known_to(self, node, epoch, moment):
        """The highest seq of which the node knew by then; 0: none."""
        if self.shared:  # others may have learned of more
            return self.nodes.told(node, epoch, moment)
        return max((parsed(ack["ids"][-1])[1] for ack in self.acks.values()
                    if ack["t"] < moment and ack["ids"][-1].startswith(epoch)), default=0)

    def check_order(self):
        """What is sent, for the first time, after an acknowledgement comes behind what that
        acknowledged."""
        newest, floor = {}, {}  # epoch -> highest seq acknowledged so far; request -> it, then
        moments = [(ack["t"], True, request) for request, ack in self.acks.items()]
        moments += [(self.first_sent(request), False, request) for request in self.acks]
        for _, acknowledged, request in sorted(moments):
            ids = self.acks[request]["ids"]
            epoch, seq = parsed(ids[0])
            if not acknowledged:
                floor[request] = newest.get(epoch, 0)
                continue
            newest[epoch] = max(newest.get(epoch, 0), parsed(ids[-1])[1])
            if seq <= floor[request]:
                self.wrong(1, request, f"{ids[0]} is not behind what was acknowledged before")
