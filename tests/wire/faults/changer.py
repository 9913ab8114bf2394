"""Changes the boards of a reader's stream while it runs; logs what it asked and was answered."""

import asyncio
import json
import random

from support.process import SLOWNESS

from .connections import BREAKS

# What a gateway says that does not know either.
IN_DOUBT = (b"not known", b"cannot be asked")


class Changer:
    """Adds boards, from now on or from an id that its reader had, and removes them; over another
    connection than the reader's, to any of several nodes. Of the reader's own boards one stays.
    `moves`: how often (0 to 1) it leaves its connection, after an answer."""

    def __init__(self, reader, log, pool, boards, pause=0.4, moves=0.0):
        self.reader, self.log, self.pool = reader, log, pool
        self.boards, self.pause, self.moves = boards, pause, moves
        self.random = random.Random(f"changes of {reader.name}")
        self._requests = 0
        self._connection = None

    async def run(self, stopped):
        while not stopped.is_set():
            await asyncio.sleep(self.random.random() * 2 * self.pause)
            if self.reader.id:
                await self._change(self.reader.stream, self.reader.id, self._anything())
        if self._connection:
            self._leave()

    def _leave(self):
        self.pool.leave(self._connection)
        self._connection = None

    def _anything(self):
        names = self.reader.names
        others = [board for board in self.boards if board not in names]
        loose = [name for name in names if name != self.reader.boards[0]]
        change = {"add": self.random.sample(others, min(len(others), self.random.randrange(3))),
                  "remove": self.random.sample(loose, min(len(loose), self.random.randrange(3)))}
        if change["add"] and self.reader.past and self.random.random() < 0.6:
            change["after"] = self.random.choice([*self.reader.past, "earliest"])
        return change

    async def _change(self, stream, id, change):
        try:
            if self._connection is None or self._connection.closed:
                self._connection = await self.pool.get()
        except BREAKS:
            return  # nothing was sent
        self._requests += 1
        request = f"{stream}/change-{self._requests}"
        self.log.add("patch", stream=stream, node=self.pool.node(self._connection), request=request,
                     add=change["add"], remove=change["remove"], after=change.get("after", ""))
        try:
            status, answer = await asyncio.wait_for(self._patch(id, change), 4 * SLOWNESS)
        except BREAKS:
            return self._leave()
        if status == 200:
            self.log.add("patched", stream=stream, request=request, **json.loads(answer))
        elif not any(words in answer for words in IN_DOUBT):
            self.log.add("unpatched", stream=stream, request=request, status=status)
        if not self.pool.shared and self.random.random() < self.moves:
            self._leave()

    async def _patch(self, id, change):
        exchange = await self._connection.request(
            "PATCH", f"/events/{id}", [("content-type", "application/json")],
            json.dumps(change).encode())
        answer = b""
        while piece := await exchange.read():
            answer += piece
        return exchange.status, answer
