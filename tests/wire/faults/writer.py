"""A writer that logs what it sends, before it does, and what it was answered."""

import asyncio
import json
import random
import urllib.parse

from support.process import SLOWNESS

from .connections import BREAKS
from .log import digest, folded

TYPES = [None, None, "moved", "said"]
# What the two formats have to carry each in its way.
ODD = ["", "\n", "\r", "\r\n", "two\r\rlines\n", "\u00fc\u20ac", '"quoted"\\']

# What a gateway says that does not know either.
IN_DOUBT = b"may be published or not"
ATTEMPTS = 40  # of one publication, until somebody answers


class Writer:
    """Publishes one by one, in batches and as text, each event under a key of its own, once. With
    `keyed` the gateway is told the keys, what got no answer or 503 is sent again, and now and then
    it does not wait for the answer. `moves`: how often (0 to 1) it leaves its connection, after an
    answer."""

    def __init__(self, name, log, pool, boards, pause=0.04, keyed=False, moves=0.0):
        self.name, self.log, self.pool, self.boards, self.pause = name, log, pool, boards, pause
        self.keyed, self.moves = keyed, moves
        self.random = random.Random(name)
        self._events, self._requests = 0, 0
        self._connection = None

    async def run(self, stopped):
        while not stopped.is_set():
            await self.publish(*self._anything())
            if self.moves and self.random.random() < self.moves:
                self._leave()
            await asyncio.sleep(self.random.random() * 2 * self.pause)
        self._leave()

    def _leave(self):
        if self._connection:
            self.pool.leave(self._connection)
        self._connection = None

    async def last_words(self, boards):
        """One more event for all of the boards; its ids, or nothing."""
        self._events += 1
        return await self.publish("json", [event(f"{self.name}/{self._events}", boards, None, {
            "key": f"{self.name}/{self._events}"})])

    def _anything(self):
        kind = self.random.choice(["text", "json", "batch", "lines"])
        count = 1 if kind in ("text", "json") else self.random.randrange(1, 8)
        return kind, [self._event(kind) for _ in range(count)]

    def _event(self, kind):
        self._events += 1
        key = f"{self.name}/{self._events}"
        boards = self.random.sample(self.boards, self.random.choice([1, 1, 2, 3]))
        filling = "x" * self.random.choice([0, 10, 100, 100, 1000, 8000])
        text = f"{key} {self.random.choice(ODD)}{filling}"
        if kind == "text":
            boards = boards[:1]
        elif self.random.random() < 0.5:
            return event(key, boards, self.random.choice(TYPES), {"key": key, "fill": filling})
        return event(key, boards, self.random.choice(TYPES), text)

    async def publish(self, kind, events):
        """The ids, or nothing."""
        query, media, body = _body(kind, events, self.keyed)
        hasty = self.keyed and self.random.random() < 0.1
        for attempt in range(ATTEMPTS if self.keyed else 1):
            await asyncio.sleep(attempt * self.pause)
            patience = 0.02 * self.random.random() if hasty and attempt == 0 else 4.0
            ids = await self._attempt(events, (query, media, body), patience)
            if ids:
                return ids
        return None

    async def _attempt(self, events, content, patience):
        self._requests += 1
        request = f"{self.name}.{self._requests}"
        try:
            if self._connection is None or self._connection.closed:
                self._connection = await self.pool.get()
        except BREAKS:
            return None  # nothing was sent
        self.log.add("send", who=self.name, node=self.pool.node(self._connection),
                     request=request, keyed=self.keyed, events=[facts for facts, _ in events])
        try:
            status, answer = await asyncio.wait_for(self._post(*content), patience * SLOWNESS)
        except BREAKS:
            self._leave()
            self.log.add("unknown", who=self.name, request=request)
            return None
        if status == 503 and IN_DOUBT in answer:
            self.log.add("unknown", who=self.name, request=request)
            return None
        if status != 200:
            self.log.add("refused", who=self.name, request=request, status=status)
            return None
        said = json.loads(answer)
        ids = said["ids"] if "ids" in said else [said["id"]]
        self.log.add("ack", who=self.name, request=request, ids=ids)
        return ids

    async def _post(self, query, media, body):
        exchange = await self._connection.request(
            "POST", "/events" + query, [("content-type", media)], body)
        answer = b""
        while piece := await exchange.read():
            answer += piece
        return exchange.status, answer


def event(key, boards, type, data):
    """(what the log says of it, the publication)"""
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    facts = {"key": key, "boards": boards, "type": type or "message", "hash": digest(text),
             "folded": digest(folded(text))}
    publication = {"boards": boards, "data": data}
    return facts, {**publication, "event": type} if type else publication


def _body(kind, events, keyed):
    publications = [{**publication, "key": facts["key"]} if keyed else publication
                    for facts, publication in events]
    if kind == "text":
        (one,) = publications
        query = {"board": one["boards"][0], **{n: one[n] for n in ("event", "key") if n in one}}
        return "?" + urllib.parse.urlencode(query), "text/plain", one["data"].encode()
    texts = [json.dumps(one, separators=(",", ":")) for one in publications]
    if kind == "lines":
        return "", "application/x-ndjson", "\n".join(texts).encode()
    body = texts[0] if kind == "json" else "[" + ",".join(texts) + "]"
    return "", "application/json", body.encode()
