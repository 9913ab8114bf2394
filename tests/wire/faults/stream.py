"""One stream, as the log of a run tells it; promises 1, 3, 4 and 5, and the end of 7."""

from .book import parsed, reads, written

FOREVER = float("inf")


class Stream:
    def __init__(self, ask, book):
        self.name, self.who, self.names = ask["stream"], ask["who"], ask["boards"]
        self.types, self.after, self.slow = set(ask["types"]), ask["after"], ask["slow"]
        self.book = book
        self.epoch, self.start, self.last = None, 0, 0
        self.opened = self.ended = self.over = None
        self.left = False
        self._seen, self._gaps = set(), []

    def wrong(self, promise, text):
        self.book.wrong(promise, self.name, text)

    def reads(self, board):
        return any(reads(name, board) for name in self.names)

    def board_of(self, event):
        """The board through which the event was asked for."""
        if not self.types or event["type"] in self.types:
            for board in event["boards"]:
                if self.reads(board):
                    return board
        return None

    # --- What comes, in order ---

    def on_open(self, entry):
        self.opened = entry["t"]
        self.epoch, self.start = parsed(entry["id"])
        if self.after and self.after != "earliest":
            epoch, asked = parsed(self.after)
            if epoch == self.epoch:
                self.start = asked  # whatever the stream says itself
            elif not self._gaps:
                self.wrong(4, f"{self.after} is of another log, and no gap told it")
        self.last = self.start

    def on_event(self, entry):
        event, id = self.book.sent.get(entry["key"]), entry["id"]
        if self.ended:
            self.wrong(7, f"{id} after boardcast.end")
        if event is None:
            self.wrong(5, f"{id} has data that nobody published")
            return
        self._check_content(entry, event)
        epoch, seq = parsed(id)
        if epoch != self.epoch:
            self.wrong(1, f"{id} on a stream of {self.epoch}")
        elif seq in self._seen:
            self.wrong(3, f"{id} ({entry['key']}) twice")
        elif seq <= self.start:
            self.wrong(3, f"{id} ({entry['key']}) again: the stream began behind it")
        elif seq <= self.last:
            self.wrong(1, f"{id} after {written(epoch, self.last)}")
        self._seen.add(seq)
        self.last = max(self.last, seq)

    def _check_content(self, entry, event):
        name = f"{entry['id']} ({entry['key']})"
        if "refused" in event:
            self.wrong(2, f"{name} was refused with {event['refused']}")
        if entry["hash"] != event["hash" if entry["form"] == "json" else "folded"]:
            self.wrong(5, f"{name} has other data than was published")
        if entry["type"] != event["type"] or entry["t"] < event["t"]:
            self.wrong(5, f"{name} has another type, or came before it was sent")
        board = self.board_of(event)
        if board is None:
            self.wrong(5, f"{name} of {event['boards']}, {event['type']}, was not asked for")
        elif entry["board"] not in (None, board):
            self.wrong(5, f"{name} came as of {entry['board']}, not {board}")

    def on_position(self, entry):
        epoch, seq = parsed(entry["id"])
        if epoch != self.epoch or seq < self.last:
            self.wrong(1, f"position {entry['id']} after {written(self.epoch, self.last)}")
        self.last = max(self.last, seq)

    def on_gap(self, entry):
        epoch, upto = parsed(entry["upto"])
        before, after = parsed(entry["after"]) if "after" in entry else (None, 0)
        self._gaps.append({"names": set(entry["boards"]), "more": "more" in entry, "upto": upto,
                           "after": after if before == epoch else 0, "at": self.last})
        if entry["reason"] in ("trimmed", "slow"):
            for name in entry["boards"]:
                if any(reads(kept, name.rstrip("*")) for kept in self.book.kept):
                    self.wrong(3, f"{name} is told as lost, and all of it is kept")

    def on_end(self, entry):
        self.ended = entry

    def on_cut(self, entry):
        self.over = entry["t"]

    def on_left(self, entry):
        self.left, self.over = True, entry["t"]

    # --- What should have come ---

    def check_complete(self):
        missing = list(self.missing(self.start, self.last)) if self.opened else []
        if missing:
            self.wrong(4, f"missing and not told: {', '.join(missing)}")

    def missing(self, after, upto):
        """The events in (after, upto] that were asked for and neither came nor were told."""
        for seq, event in self.book.between(self.epoch, after, upto):
            if seq in self._seen or self.board_of(event) is None:
                continue
            if self.after == "earliest" and not self._kept(event):
                continue  # how much of it was held at that moment, nobody knows
            if not self._told(seq, event):
                yield f"{written(self.epoch, seq)} ({event['key']} of {event['boards']})"

    def _kept(self, event):
        return any(self.reads(board) and any(reads(kept, board) for kept in self.book.kept)
                   for board in event["boards"])

    def _told(self, seq, event):
        """Whether gaps that came before anything behind `seq` name all through which it would
        have come."""
        through = {name for name in self.names if any(reads(name, b) for b in event["boards"])}
        told = set()
        for gap in self._gaps:
            if gap["after"] < seq <= gap["upto"] and gap["at"] < seq:
                told |= through if gap["more"] else through & gap["names"]
        return told == through
