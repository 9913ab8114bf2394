"""The event-stream parser of WHATWG HTML §9.2.6, for what tests read back."""

import json
import re


class Event:
    """`has_id`: the id is its own, not that of an event before it."""

    def __init__(self, type, data, last_event_id, has_id=True):
        self.type, self.data, self.last_event_id = type, data, last_event_id
        self.has_id = has_id

    def __repr__(self):
        return f"Event({self.type!r}, {self.data!r}, {self.last_event_id!r})"

    def __eq__(self, other):
        return repr(self) == repr(other)


class Parser:
    """Feed it text; it gives events. Also keeps comments, `retry` and the last id."""

    def __init__(self):
        self.last_event_id = ""
        self.retry = None
        self.comments = []
        self._rest = ""
        self._started = False
        self._clear()

    def _clear(self):
        self._id, self._type, self._data = None, "", ""

    def feed(self, text):
        self._rest += text
        if not self._started and self._rest:
            self._started = True
            self._rest = self._rest.removeprefix("\ufeff")
        events = []
        # A lone CR at the end may be half of a CRLF.
        while match := re.match(r"([^\r\n]*)(\r\n|\n|\r(?!$))", self._rest):
            self._rest = self._rest[match.end():]
            event = self._line(match.group(1))
            if event:
                events.append(event)
        return events

    def _line(self, line):
        if line == "":
            return self._dispatch()
        if line.startswith(":"):
            self.comments.append(line[1:].removeprefix(" "))
            return None
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._type = value
        elif name == "data":
            self._data += value + "\n"
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and re.fullmatch("[0-9]+", value):
            self.retry = int(value)
        return None

    def _dispatch(self):
        if self._id is not None:
            self.last_event_id = self._id
        event = None
        if self._data:
            event = Event(self._type or "message", self._data[:-1], self.last_event_id,
                          self._id is not None)
        self._clear()
        return event


def events(text):
    return Parser().feed(text)


def data(text):
    """The data of a stream's untyped events."""
    return [event.data for event in events(text) if event.type == "message"]


def gaps(text):
    """What a stream is told that it misses."""
    return [json.loads(event.data) for event in events(text) if event.type == "boardcast.gap"]
