"""The Redis of a run, and what it meets. Its nodes come to it through a proxy."""

import asyncio
import random

from support.process import SLOWNESS
from support.redis_server import RedisServer

from .proxy import Proxy

LINKS = {"redis_cut": "cut", "redis_cut_mid_reply": "cut_mid_record", "redis_stall": "stall",
         "redis_delay": "delay", "redis_dribble": "dribble", "redis_blackhole": "blackhole"}
SERVER = ("redis_cuts", "redis_refuse", "redis_pause", "redis_kick", "redis_full")
# After these it is another Redis, or one that has forgotten: another epoch.
RENEWING = ("redis_restart", "redis_flush", "redis_failover", "redis_split", "redis_set_back")
FAULTS = (*LINKS, *SERVER, *RENEWING)


class Redis:
    """One at a time is the primary; the nodes know only the proxy's address."""

    def __init__(self, seed, log):
        self.log = log
        self.random = random.Random(f"redis {seed}")
        self.servers = []  # all that were made
        self.server = self._made()
        self.proxy = Proxy([self.server.address], f"redis {seed}", window=1 << 20)
        self.replication = Proxy([self.server.address], f"replication {seed}")

    def _made(self, *words):
        self.servers.append(RedisServer(*words))
        return self.servers[-1]

    def start(self):
        self.proxy.start()
        self.replication.start()

    def config(self):
        """How nodes find it."""
        return {"url": f"redis://127.0.0.1:{self.proxy.address[1]}"}

    async def close(self):
        # One may be in the making, for somebody who does not wait for it any more.
        await asyncio.get_running_loop().shutdown_default_executor()
        await self.proxy.close()
        await self.replication.close()
        self.stop()

    def stop(self):
        for server in self.servers:
            server.stop()

    async def _aside(self, work, *words):
        return await asyncio.get_running_loop().run_in_executor(None, work, *words)

    async def meet(self, fault, share, seconds):
        """Begins and ends it; what is said by seconds is longer on a slow machine."""
        if fault in RENEWING:
            self.log.add("renewed", name=fault)
        if fault in LINKS:
            for link in self.proxy.some(share):
                link.meet(LINKS[fault])
            await asyncio.sleep(seconds)
        else:
            await getattr(self, "_" + fault)(seconds * SLOWNESS)
        self.proxy.heal()

    async def _redis_cuts(self, seconds):
        """Every 50 ms whatever comes from it next is cut in its middle."""
        for _ in range(int(2 * seconds / 0.05)):
            for link in list(self.proxy.links):
                link.meet("cut_mid_record")
            await asyncio.sleep(0.05)

    async def _redis_refuse(self, seconds):
        self.proxy.refuse = True
        for link in list(self.proxy.links):
            link.meet("cut")
        await asyncio.sleep(seconds)

    async def _redis_pause(self, seconds):
        """SIGSTOP, for longer than a node waits for an answer in half of the cases."""
        self.server.pause()
        await asyncio.sleep(2.5 * seconds)
        self.server.resume()

    async def _redis_kick(self, seconds):
        """As Redis does to those who read too slowly."""
        for _ in range(3):
            await self._aside(self.server.kill_clients, "pubsub")
            await asyncio.sleep(seconds / 3)

    async def _redis_full(self, seconds):
        """It takes nothing more."""
        await self._aside(self.server.command, "CONFIG", "SET", "maxmemory", "1")
        await asyncio.sleep(seconds)
        await self._aside(self.server.command, "CONFIG", "SET", "maxmemory", "0")

    async def _redis_restart(self, seconds):
        """Killed, and back with nothing in it."""
        await self._aside(self.server.kill)
        await asyncio.sleep(seconds)
        await self._aside(self.server.start)

    async def _redis_flush(self, seconds):
        await self._aside(self.server.command, "FLUSHALL")
        await asyncio.sleep(seconds)

    async def _redis_failover(self, seconds):
        """A replica that has not heard of the last events becomes the primary."""
        old, new = self.server, await self._lagging(seconds)
        await self._aside(old.kill)
        await self._promote(new)
        await self._aside(old.stop)

    async def _redis_split(self, seconds):
        """The same, and the old primary lives on for some time: nodes that have not noticed use it
        still."""
        old, new = self.server, await self._lagging(seconds)
        links = list(self.proxy.links)
        await self._promote(new)
        for link in links[:len(links) // 2]:
            link.meet("cut")
        await asyncio.sleep(seconds)
        for link in links:
            link.meet("cut")
        await self._aside(old.stop)

    async def _redis_set_back(self, seconds):
        """The primary becomes the replica of one that lags, to which nobody has written, and then
        the primary again."""
        replica = await self._lagging(seconds)
        await self._aside(replica.promote)
        await self._aside(self.server.follow, replica)
        await self._aside(self.server.synchronised)
        await self._aside(self.server.promote)
        await self._aside(replica.stop)

    def _settings(self):
        """Of a replica."""
        return {"repl-timeout": 60}

    async def _lagging(self, seconds):
        """A replica of the primary as it was so many seconds ago."""
        self.replication.upstreams = [self.server.address]
        replica = await self._aside(self._made, self._settings(), self.replication)
        for link in list(self.replication.links):
            link.meet("stall")
        await asyncio.sleep(seconds)
        return replica

    async def _promote(self, replica):
        await self._aside(replica.promote)
        for link in list(self.replication.links):
            link.meet("cut")
        self.server, self.proxy.upstreams = replica, [replica.address]
