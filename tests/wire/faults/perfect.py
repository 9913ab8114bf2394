"""The log of a gateway that keeps its promises: two lives of it, with readers of every kind."""

from .book import written

EPOCHS = ["0000000a", "0000000b"]
BOARDS = ["deep-0", "deep-1", "tiny-0"]
LAST = 110


class Perfect:
    """Each life has 100 events, one after the other, then ten of a board that delivers its latest,
    and those who read them."""

    def __init__(self):
        self.entries, self.time, self.number, self.streams = [], 0.0, 0, 0
        self.positions, self.open, self.node = {}, {}, "a"
        self.add("kept", boards=["deep-*"])
        self.add("latest", boards=["ticks-*"])
        self._tell()

    def _tell(self):
        for epoch in EPOCHS:
            self._life(epoch)

    def add(self, what, **fields):
        self.time += 0.01
        self.entries.append({"t": self.time, "what": what, **fields})

    def _life(self, epoch):
        self.time += 60
        events = [self._publish(epoch, seq) for seq in range(1, 101)]
        for n, boards in enumerate([["deep-0"], ["deep-*"], ["tiny-0", "deep-1"], ["*"]]):
            stream = self._read(f"r{n}", boards, epoch, events[:40])
            self.add("cut", stream=stream)
            self._read(f"r{n}", boards, epoch, events[40:])
        self._change(epoch, events)
        self._begin(epoch, events)
        self._latest(epoch, events)
        for stream in list(self.open.values()):
            self._position(stream, written(epoch, LAST))
        self._stop(epoch)

    # --- Writers ---

    def _publish(self, epoch, seq):
        """Some have keys; of some of these the first answer is lost."""
        self.number += 1
        boards = [BOARDS[seq % 3] if seq <= 100 else "ticks-0"]
        facts = {"key": f"w/{self.number}", "boards": boards, "type": "message",
                 "hash": f"h{self.number}", "folded": f"f{self.number}"}
        keyed = seq % 4 == 0
        if seq % 8 == 0:
            self._send(f"w.{self.number}.lost", keyed, facts)
            self.add("unknown", who="w", request=f"w.{self.number}.lost")
        self._send(f"w.{self.number}", keyed, facts)
        self.add("ack", who="w", request=f"w.{self.number}", ids=[written(epoch, seq)])
        return seq, facts

    def _send(self, request, keyed, facts):
        self.add("send", who="w", node=self.node, request=request, keyed=keyed, events=[facts])

    # --- Readers ---

    def _read(self, who, boards, epoch, events, newest=0, earliest=False, restored=()):
        """One stream: it begins where the last one of this reader ended."""
        self.streams += 1
        stream, after = f"{who}.{self.streams}", self.positions.get(who, "")
        first, last = (written(epoch, seq) for seq in (events[0][0] - 1, events[-1][0]))
        if newest or earliest:
            first, after = written(epoch, 0), "earliest" if earliest else ""
        self.add("ask", who=who, node=self.node, stream=stream, boards=boards, types=[],
                 after=after, newest=newest, slow=False,
                 name=f"name of {who}" if who == "c" else "")
        boards = restored or boards
        if after and after < first:
            self._gap(stream, boards, "epoch", after, first)
        self.add("open", stream=stream, id=first, boards=boards, restored=bool(restored))
        self._deliver(stream, boards, events, epoch)
        self._position(stream, last)
        return stream

    def _position(self, stream, id):
        self.add("position", stream=stream, id=id)
        who = stream.rpartition(".")[0]
        self.positions[who], self.open[who] = id, stream

    def _gap(self, stream, boards, reason, after, upto):
        self.add("gap", stream=stream, boards=boards, reason=reason, after=after, upto=upto)

    def _deliver(self, stream, boards, events, epoch):
        for seq, facts in events:
            board = facts["boards"][0]
            if "tiny-0" in boards and board == "tiny-0" and 50 <= seq <= 60:
                if seq == 50:
                    self._gap(stream, ["tiny-0"], "slow", written(epoch, 49), written(epoch, 60))
            elif any(board.startswith(name.rstrip("*")) for name in boards):
                self.add("event", id=written(epoch, seq), **self._told(stream, boards, facts))

    def _told(self, stream, boards, facts):
        json = boards == ["*"]
        return {"stream": stream, "type": "message", "board": facts["boards"][0] if json else None,
                "key": facts["key"], "hash": facts["hash" if json else "folded"],
                "form": "json" if json else "plain"}

    def _change(self, epoch, events):
        """deep-0, then deep-1 too, from 10 on, then that alone, and still after a cut; of another
        stream a change without an answer."""
        stream = self._read("c", ["deep-0"], epoch, events[:30])
        both, at = ["deep-0", "deep-1"], written(epoch, 30)
        self._patch(stream, 0, ["deep-1"], [], written(epoch, 10))
        self.add("barrier", stream=stream, id=written(epoch, 10), boards=both, position=at)
        self._deliver(stream, ["deep-1"], events[10:30], epoch)
        self.add("barrier", stream=stream, id=at, boards=both, position=at)
        self.add("patched", stream=stream, request=f"{stream}/0", boards=both, position=at)
        self._deliver(stream, both, events[30:62], epoch)
        self._patch(stream, 1, ["deep-*"], ["deep-0"], "")
        self.add("unpatched", stream=stream, request=f"{stream}/1", status=503)
        self._exchange(stream, epoch, events[62:80], ["deep-0"], ["deep-1"])
        self.add("cut", stream=stream)
        self._read("c", ["deep-0"], epoch, events[80:], restored=["deep-1"])
        other = self._read("d", both, epoch, events[:62])
        self._patch(other, 1, [], ["deep-0"], "")
        self._barrier(other, ["deep-1"], written(epoch, 62))
        self._deliver(other, ["deep-1"], events[62:], epoch)
        self._position(other, written(epoch, 100))

    def _exchange(self, stream, epoch, events, old, new):
        at = written(epoch, 62)
        self._patch(stream, 2, [], old, "")
        self._barrier(stream, new, at)
        self.add("patched", stream=stream, request=f"{stream}/2", boards=new, position=at)
        self._deliver(stream, new, events, epoch)
        self._position(stream, written(epoch, 80))

    def _patch(self, stream, number, add, remove, after):
        self.add("patch", stream=stream, node=self.node, request=f"{stream}/{number}", add=add,
                 remove=remove, after=after)

    def _barrier(self, stream, boards, id):
        self.add("barrier", stream=stream, id=id, boards=boards, position=id)

    def _begin(self, epoch, events):
        """The newest five of deep-0 (every third event), and all that is held of deep-1."""
        self._read("n", ["deep-0"], epoch, events[86:], newest=5)
        self._read("e", ["deep-1"], epoch, events, earliest=True)

    def _latest(self, epoch, events):
        """One joins ticks-0, one adds it, one reads all: 105 is the newest then, later 110."""
        old = [self._publish(epoch, seq) for seq in range(101, 106)]
        at = written(epoch, 105)
        joined = self._join(["ticks-0"], at, old[4][1])
        added = self._read("u", ["deep-0"], epoch, events)
        self._position(added, at)
        self._patch(added, 0, ["ticks-0"], [], "")
        self.add("snapshot", **self._told(added, ["ticks-0"], old[4][1]))
        self._barrier(added, ["deep-0", "ticks-0"], at)
        self._deliver(self.open["r3"], ["*"], [old[0], old[4]], epoch)
        new = [self._publish(epoch, seq) for seq in range(106, LAST + 1)]
        self._deliver(joined, ["ticks-0"], [new[1], new[4]], epoch)
        self._deliver(added, ["ticks-0"], [new[4]], epoch)
        self._deliver(self.open["r3"], ["*"], [new[0], new[4]], epoch)

    def _join(self, boards, id, newest):
        self.streams += 1
        stream = self.open["t"] = f"t.{self.streams}"
        self.add("ask", who="t", node=self.node, stream=stream, boards=boards, types=[], after="",
                 newest=0, slow=False, name="")
        self.add("snapshot", **self._told(stream, boards, newest))
        self.add("open", stream=stream, id=id, boards=boards, restored=False)
        return stream

    def _stop(self, epoch):
        if epoch == EPOCHS[1]:
            self.add("settled", id=written(epoch, LAST))
        self.add("term", node=self.node)
        for stream in self.open.values():
            self.add("end", stream=stream, reason="drain")
            self.add("cut", stream=stream)
        self.add("exit", node=self.node, code=0)
