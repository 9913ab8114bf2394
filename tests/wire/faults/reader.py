"""A reader that logs what it asked for and what came, and nothing that did not."""

import asyncio
import collections
import json
import random
import re
import urllib.parse

from support import sse
from support.process import SLOWNESS

from .connections import BREAKS, Broken
from .log import digest

KEY = re.compile(r"[\w.]+/\d+")


class Reader:
    """Reads boards and comes back with the id it had last, as an EventSource does.

    `habits`: form (plain, json), types, limit (of a stream), pace (seconds a piece), leaves (the
    mean number of events after which it goes by itself), after (where it begins), newest (last=N of
    its URL), fresh (it forgets its position each time), stream (their name), retry (seconds).
    """

    def __init__(self, name, log, pool, boards, **habits):
        self.name, self.log, self.pool, self.boards = name, log, pool, boards
        self.habits = {"form": "plain", "types": [], "limit": 0, "pace": 0, "leaves": 0,
                       "after": "", "newest": 0, "fresh": False, "stream": "",
                       "retry": 0.2, **habits}
        self.last = self.habits["after"]
        self.random = random.Random(name)
        self.streams = self.seen = 0
        self.hurried = False  # from now on even a slow one reads at once
        self.stream = self.connection = self.node = ""
        # What the gateway calls the stream, what it reads now, and ids that the reader has had.
        self.id, self.names, self.past = "", boards, collections.deque(maxlen=300)

    async def run(self):
        while True:
            try:
                await self._once()
            except BREAKS:
                if self.stream:
                    self.log.add("cut", stream=self.stream)
            except asyncio.CancelledError:
                if self.stream:
                    self.log.add("left", stream=self.stream)
                raise
            self.stream = self.connection = self.node = self.id = ""
            await asyncio.sleep(self.habits["retry"] * self.random.uniform(0.5, 1.5))

    def _query(self):
        habits = self.habits
        query = {"boards": ",".join(self.boards), "format": habits["form"]}
        if habits["types"]:
            query["events"] = ",".join(habits["types"])
        if habits["limit"]:
            query["limit"] = habits["limit"]
        if habits["newest"]:
            query["last"] = habits["newest"]
        if habits["stream"]:
            query["stream"] = habits["stream"]
        fields = [("accept", "text/event-stream")]
        if self.last == "earliest" or self.last and self.random.random() < 0.3:
            query["lastEventId"] = self.last
        elif self.last:
            fields.append(("last-event-id", self.last))
        return "/events?" + urllib.parse.urlencode(query), fields

    async def _once(self):
        connection = await self.pool.get()
        self.streams += 1
        stream = self.stream = f"{self.name}.{self.streams}"
        self.node = self.pool.node(connection)
        if self.habits["fresh"]:
            self.last = ""
        path, fields = self._query()
        _, port = connection.writer.get_extra_info("sockname") or ("", 0)  # it may be gone
        self.log.add("ask", who=self.name, node=self.node, port=port, stream=stream,
                     boards=self.boards, types=self.habits["types"], after=self.last,
                     slow=bool(self.habits["pace"]), name=self.habits["stream"],
                     newest=0 if self.last else self.habits["newest"])
        try:
            exchange = await asyncio.wait_for(connection.request("GET", path, fields), 6 * SLOWNESS)
            if exchange.status != 200:
                raise Broken(f"status {exchange.status}")
            await self._read(exchange)
        finally:
            self.pool.leave(connection)

    async def _read(self, exchange):
        parser = sse.Parser()
        leaves = self.habits["leaves"]
        left = self.random.expovariate(1 / leaves) if leaves else float("inf")
        rest = b""
        # The gateway is never silent for longer than its heartbeat.
        while piece := await asyncio.wait_for(exchange.read(), 8 * SLOWNESS):
            text, rest = _whole(rest + piece)
            left -= self._note(parser.feed(text), parser)
            if left < 0 and not self.hurried:
                self.log.add("left", stream=self.stream)
                exchange.leave()
                return
            if self.habits["pace"] and not self.hurried:
                await asyncio.sleep(self.habits["pace"])
        self.log.add("cut", stream=self.stream)

    def _note(self, events, parser):
        count = 0
        for one in events:
            if one.last_event_id:
                self.last = one.last_event_id
                self.past.append(self.last)
            if one.type == "boardcast.open":
                said = json.loads(one.data)
                self.connection, self.id, self.names = (
                    said["connection"], said["stream"], said["boards"])
                self.log.add("open", stream=self.stream, id=self.last, boards=self.names,
                             restored=said.get("restored", False))
            elif one.type == "boardcast.boards":
                said = json.loads(one.data)
                self.names = said["boards"]
                self.log.add("barrier", stream=self.stream, id=self.last, **said)
            elif one.type == "boardcast.gap":
                self.log.add("gap", stream=self.stream, **json.loads(one.data))
            elif one.type == "boardcast.end":
                self.log.add("end", stream=self.stream, **json.loads(one.data))
            elif one.has_id:
                count += 1
                self.log.add("event", stream=self.stream, id=self._id(one), **self._facts(one))
            else:
                count += 1
                self.log.add("snapshot", stream=self.stream, **self._facts(one))
        if parser.last_event_id and parser.last_event_id != self.last:
            self.last = parser.last_event_id
            self.log.add("position", stream=self.stream, id=self.last)
        self.seen += count
        return count

    def _id(self, one):
        """An id that is not that of its line is an event of nobody."""
        told = json.loads(one.data)["id"] if self.habits["form"] == "json" else one.last_event_id
        return told if told == one.last_event_id else f"{one.last_event_id} {told}"

    def _facts(self, one):
        type, board, data = one.type, None, one.data
        if self.habits["form"] == "json":
            envelope = json.loads(data)
            type, board = envelope["event"], envelope["board"]
            raw = data.split(',"data":', 1)[1][:-1]
            data = envelope["data"] if isinstance(envelope["data"], str) else raw
        key = KEY.search(data)
        return {"type": type, "board": board, "form": self.habits["form"],
                "key": key and key.group(), "hash": digest(data)}


def _whole(data):
    """(text, the bytes of an unfinished character)"""
    for size in range(min(4, len(data) + 1)):
        try:
            return data[:len(data) - size].decode(), data[len(data) - size:]
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace"), b""
