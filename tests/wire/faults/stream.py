"""One stream, as the log of a run tells it; promises 1, 3, 4 and 5, and the end of 7."""

from .begin import Begin
from .book import FOREVER, parsed, reads, written
from .lateness import Lateness
from .latest import Snapshots, looks_like_loss, replaced
from .span import Span


class Stream:
    def __init__(self, ask, book, changes, names):
        self.name, self.who, self.types = ask["stream"], ask["who"], set(ask["types"])
        self.node, self.slow, self.after = ask["node"], ask["slow"], ask["after"]
        self.book, self.changes, self.names = book, changes, names
        self._ask = ask
        self.begin = Begin(ask, book)
        self.opened = self.ended = self.over = None
        self.left = False
        self.behind = Lateness(book)
        # The stream's own order; what a change brings of the past, while it does; what is over.
        self.main, self.backfill, self._closed = Span(ask["boards"], None, 0), None, []
        self._gaps, self._early = [], []
        self._snapshots = Snapshots(book, ask["node"])

    @property
    def epoch(self):
        return self.main.epoch

    @property
    def last(self):
        return self.main.last

    def wrong(self, promise, text):
        self.book.wrong(promise, self.name, text)

    # --- What comes, in order ---

    def on_open(self, entry):
        self.opened = entry["t"]
        self.behind.caught_up(entry["t"])
        known = self.begin.open(entry["id"], entry["t"])
        if self.after and self.after != "earliest" and not known and not self._gaps:
            self.wrong(4, f"{self.after} is of another log, and no gap told it")
        possible = [self.main.names]
        if self._ask["name"]:
            possible = self.names.possible(self._ask, self.begin.epoch, entry)
        if entry["boards"] not in possible:
            self.wrong(5, f"opened with {entry['boards']}, restored: {entry['restored']}; "
                          f"possible are {possible}")
        self.main = Span(entry["boards"], self.begin.epoch, self.begin.seq)
        for gap in self._early:  # told of boards that may not be those of the URL
            self._check_all_named(gap)
        self._check_snapshots(self.main if self.begin.joins else None, self.begin.asked, entry)

    def on_event(self, entry):
        event, id = self.book.sent.get(entry["key"]), entry["id"]
        if self.ended:
            self.wrong(7, f"{id} after boardcast.end")
        if event is None:
            self.wrong(5, f"{id} has data that nobody published")
            return
        span = self.backfill or self.main
        self._check_content(entry, event, span)
        epoch, seq = parsed(id)
        if epoch != self.epoch:
            self.wrong(1, f"{id} on a stream of {self.epoch}")
        elif seq in span.seen:
            self.wrong(3, f"{id} ({entry['key']}) twice")
        elif seq <= span.after or not self._closed and not self.begin.allows(
                seq, span.boards_of(event, self.types)):
            self.wrong(3, f"{id} ({entry['key']}) again, or from before its beginning")
        elif seq <= span.last or self.backfill and seq > self.main.after:
            self.wrong(1, f"{id} after {written(epoch, span.last)}, up to "
                          f"{written(epoch, self.main.last)}")
        self._check_no_snapshots(id)
        self.behind.came(id, entry["t"])
        span.seen.add(seq)
        span.come(seq, entry["t"])

    def _check_content(self, entry, event, span):
        name = f"{entry['id']} ({entry['key']})"
        if event["chances"] == 0:
            self.wrong(2, f"{name} was refused")
        if entry["hash"] != event["hash" if entry["form"] == "json" else "folded"]:
            self.wrong(5, f"{name} has other data than was published")
        if entry["type"] != event["type"] or entry["t"] < event["t"]:
            self.wrong(5, f"{name} has another type, or came before it was sent")
        boards = span.boards_of(event, self.types)
        if not boards:
            self.wrong(5, f"{name} of {event['boards']}, {event['type']}, was not asked for")
        elif entry["board"] not in (None, boards[0]):
            self.wrong(5, f"{name} came as of {entry['board']}, not {boards[0]}")

    def on_snapshot(self, entry):
        event = self.book.sent.get(entry["key"])
        if event is None:
            self.wrong(5, "a snapshot has data that nobody published")
            return
        if entry["hash"] != event["hash" if entry["form"] == "json" else "folded"] or (
                entry["type"] != event["type"] or self.types and event["type"] not in self.types):
            self.wrong(5, f"the snapshot of {entry['key']} has another content or type")
        self._snapshots.waiting.append(entry)

    def _check_snapshots(self, span, since, entry):
        """`span`: what the stream comes to read, without a position; or nothing."""
        if span is None:
            self._check_no_snapshots(entry["id"])
            return
        for promise, text in self._snapshots.check(span, self.types, self.epoch, since,
                                                   entry["t"]):
            self.wrong(promise, text)

    def _check_no_snapshots(self, id):
        if self._snapshots.waiting:
            self.wrong(1, f"{self._snapshots.waiting} without an id before {id}")
            self._snapshots.waiting = []

    def on_position(self, entry):
        span = self.backfill or self.main
        epoch, seq = parsed(entry["id"])
        if epoch != self.epoch or seq < span.last:
            self.wrong(1, f"position {entry['id']} after {written(self.epoch, span.last)}")
        self._check_no_snapshots(entry["id"])
        self.behind.caught_up(entry["t"])
        span.come(seq, entry["t"])

    def on_barrier(self, entry):
        """All of the old set up to its position came before it; exactly the new set's follow."""
        (epoch, seq), (_, position) = parsed(entry["id"]), parsed(entry["position"])
        self.behind.caught_up(entry["t"])
        if epoch != self.epoch or position < self.last or seq > position:
            self.wrong(1, f"barrier {entry['id']} of {entry['position']} after "
                          f"{written(self.epoch, self.last)}")
        if self.backfill:
            self._end_backfill(entry, seq, position)
            return
        before, names = self.main.names, entry["boards"]
        change = self.changes.take(entry, before)
        if change is None:
            self.wrong(5, f"{before} became {names}, which nobody asked for")
        elif change["answer"] and any(change["answer"][name] != entry[name]
                                      for name in ("boards", "position")):
            self.wrong(2, f"barrier of {entry['position']}, answered {change['answer']}")
        self.main.come(position, entry["t"])
        self._closed.append(self.main)
        self.main = Span(names, epoch, position)
        added = [name for name in names if name not in before]
        past = seq < position or change and change["after"]
        if past and added:
            self.backfill = Span(added, epoch, seq, past=True)
        self._check_snapshots(None if past else Span(added, epoch, position),
                              change["t"] if change else entry["t"], entry)

    def _end_backfill(self, entry, seq, position):
        if entry["boards"] != self.main.names or not seq == position == self.main.after:
            self.wrong(1, f"barrier {entry['id']} of {entry['position']} and {entry['boards']} "
                          f"ends no backfill up to {written(self.epoch, self.main.after)}")
        self._check_no_snapshots(entry["id"])
        self.backfill.come(position, entry["t"])
        self._closed.append(self.backfill)
        self.backfill = None

    def on_gap(self, entry):
        epoch, upto = parsed(entry["upto"])
        before, after = parsed(entry["after"]) if "after" in entry else (None, 0)
        if self.opened and epoch != self.epoch:
            self._renew(entry, epoch, (before, after))
        self._gaps.append({"names": set(entry["boards"]), "more": "more" in entry, "upto": upto,
                           "epoch": epoch, "after": after if before == epoch else 0,
                           "at": (self.backfill or self.main).last})
        if self.opened:
            self._check_all_named(entry)
        else:
            self._early.append(entry)
        if entry["reason"] == "slow":
            self.behind.was_slow(entry["t"])
        if entry["reason"] in ("trimmed", "slow", "backbone"):
            for name in entry["boards"]:
                if looks_like_loss(self.book, name):
                    self.wrong(3, f"{name} is told as lost, and all of it is kept")

    def _check_all_named(self, gap):
        unnamed = set((self.backfill or self.main).names) - set(gap["boards"])
        if gap["reason"] in ("epoch", "unknown") and unnamed and "more" not in gap:
            self.wrong(4, f"the gap by {gap['reason']} leaves out {unnamed}")

    def _renew(self, entry, epoch, after):
        """The log has become another one: all of the old up to `after` came, and what follows is
        all that the new one holds."""
        if entry["reason"] != "epoch" or after[0] != self.epoch:
            self.wrong(4, f"{self.epoch} became {epoch}, told as {entry}")
        self.main.come(after[1], entry["t"])
        self._closed += [self.main] + [self.backfill] * bool(self.backfill)
        self.main, self.backfill = Span(self.main.names, epoch, 0), None

    def on_end(self, entry):
        self.ended = entry

    def on_cut(self, entry):
        self.over = entry["t"]

    def on_left(self, entry):
        self.left, self.over = True, entry["t"]

    # --- What should have come ---

    def check_complete(self):
        spans = [*self._closed, self.main, *([self.backfill] if self.backfill else [])]
        missing = [name for span in spans for name in self._missing(span, span.after, span.last)]
        if self.opened and missing:
            self.wrong(4, f"missing and not told: {', '.join(missing)}")
        for answer in self.changes.untold(self.name, written(self.epoch or "", self.last)):
            self.wrong(2, f"no barrier for what was answered: {answer}")

    def missing_at_end(self):
        """What the stream should have had if it had gone on to the last event of its log."""
        spans = [(self.main, self.last, FOREVER)]
        if self.backfill:
            spans.append((self.backfill, self.backfill.last, self.main.after))
        return [name for span in spans for name in self._missing(*span)]

    def _missing(self, span, after, upto):
        """The events in (after, upto] that were asked for and neither came nor were told."""
        for seq, event in self.book.between(span.epoch, after, upto):
            if seq in span.seen:
                continue
            boards = [board for board in span.boards_of(event, self.types)
                      if not replaced(self.book, span.epoch, board, seq, span.moment(seq))]
            if not boards or self._from_the_beginning(span) and (
                    not self.begin.owes(seq, event, boards)):
                continue  # how much of it was held at that moment, nobody knows
            if not self._told(span, seq, boards):
                yield f"{written(span.epoch, seq)} ({event['key']} of {event['boards']})"

    def _from_the_beginning(self, span):
        return not span.past and span.epoch == self.begin.epoch

    def _told(self, span, seq, boards):
        """Whether gaps that came before anything behind `seq` name all through which it would
        have come."""
        through = {name for name in span.names if any(reads(name, board) for board in boards)}
        told = set()
        for gap in self._gaps:
            if gap["epoch"] == span.epoch and gap["after"] < seq <= gap["upto"] and (
                    gap["at"] < seq):
                told |= through if gap["more"] else through & gap["names"]
        return told == through
