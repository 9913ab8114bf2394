"""The log of three nodes with one Redis that keep their promises, also when Redis fails over."""

from .book import written
from .names_shared import HEARD
from .perfect import EPOCHS, Perfect

NODES = ["a", "b", "c"]
BEFORE, LAST = 60, 100  # the last event of each epoch
AWAY = 1.0
READERS = [("r0", ["deep-0"]), ("r1", ["deep-*"]), ("r2", ["*"])]


class PerfectShared(Perfect):
    def _tell(self):
        self.add("shared")
        for node in NODES:
            self.add("started", node=node)
        old, new = EPOCHS
        events = [self._at(NODES[seq % 3], self._publish, old, seq) for seq in range(1, BEFORE)]
        streams = {who: self._at(node, self._read, who, boards, old, events)
                   for node, (who, boards) in zip(NODES, READERS)}
        self._move(old, events)
        self._wander(old, events)
        events.append(self._away(old, streams))
        self._fail_over(streams)
        later = self._again(new, events[-10:])
        later += [self._at(NODES[seq % 3], self._publish, new, seq)
                  for seq in range(len(later) + 1, LAST + 1)]
        for who, boards in READERS:
            self._deliver(streams[who], boards, later, new)
            self._position(streams[who], written(new, LAST))
        self._at("a", self._read, "m", ["deep-0", "deep-1"], new, later)
        self._at("b", self._read, "c", ["deep-0"], new, later, restored=["deep-1"])
        self._roll(new, later)

    def _at(self, node, work, *words, **more):
        self.node = node
        return work(*words, **more)

    def _move(self, epoch, events):
        """A reader of all nodes, one after the other."""
        for node, part in zip(NODES, (events[:20], events[20:40], events[40:45])):
            stream = self._at(node, self._read, "m", ["deep-0", "deep-1"], epoch, part)
            self.add("cut", stream=stream)

    def _wander(self, epoch, events):
        """One with a name: what it was given at a, by way of b, goes along to c."""
        at = written(epoch, 20)
        stream = self._at("a", self._read, "c", ["deep-0"], epoch, events[:20])
        self._at("b", self._patch, stream, 0, ["deep-1"], ["deep-0"], "")
        self._barrier(stream, ["deep-1"], at)
        self.add("patched", stream=stream, request=f"{stream}/0", boards=["deep-1"], position=at)
        self._deliver(stream, ["deep-1"], events[20:40], epoch)
        self._position(stream, written(epoch, 40))
        self.add("cut", stream=stream)
        self.time += 2 * HEARD
        stream = self._at("c", self._read, "c", ["deep-0"], epoch, events[40:45],
                          restored=["deep-1"])
        self.add("kicked", stream=stream, seconds=4 * HEARD)
        self.add("end", stream=stream, reason="kicked")
        self.add("cut", stream=stream)
        self.time += 5 * HEARD

    def _away(self, epoch, streams):
        """Redis is stopped: the streams stay, a publisher is refused and asks another node."""
        self.add("fault", name="redis_pause", share=1, seconds=1)
        self.number += 1
        facts = {"key": f"w/{self.number}", "boards": ["deep-0"], "type": "message",
                 "hash": f"h{self.number}", "folded": f"f{self.number}"}
        self._at("b", self._send, f"w.{self.number}.1", True, facts)
        self.time += AWAY
        self.add("refused", who="w", request=f"w.{self.number}.1", status=503)
        self._at("c", self._send, f"w.{self.number}.2", True, facts)
        self.add("ack", who="w", request=f"w.{self.number}.2", ids=[written(epoch, BEFORE)])
        for who, boards in READERS:
            self._deliver(streams[who], boards, [(BEFORE, facts)], epoch)
        self.add("healed", name="redis_pause")
        return BEFORE, facts

    def _fail_over(self, streams):
        """To a replica that lags; nobody knows by how much, so it begins anew."""
        self.add("fault", name="redis_failover", share=1, seconds=1)
        self.add("renewed", name="redis_failover")
        for who, boards in READERS:
            self._gap(streams[who], boards, "epoch", written(EPOCHS[0], BEFORE),
                      written(EPOCHS[1], 0))
        self.add("healed", name="redis_failover")

    def _again(self, epoch, lost):
        """Publishers that do not know what became of theirs send it again, by its key."""
        places, seq = [], 0
        for _, facts in lost:
            keyed = [send["keyed"] for send in self.entries if send["what"] == "send" and
                     send["events"] == [facts]]
            if any(keyed):
                seq += 1
                self._at("a", self._send, f"{facts['key']}.again", True, facts)
                self.add("ack", who="w", request=f"{facts['key']}.again", ids=[written(epoch, seq)])
                places.append((seq, facts))
        return places

    def _roll(self, epoch, later):
        """a stops; its readers go on at b."""
        self.add("settled", id=written(epoch, LAST))
        self.add("term", node="a")
        for who in ("r0", "m"):
            self.add("end", stream=self.open[who], reason="drain")
            self.add("cut", stream=self.open[who])
        self.add("exit", node="a", code=0)
        self._at("b", self._read, "r0", ["deep-0"], epoch, [later[-1]])
