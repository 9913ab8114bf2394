"""The Redis of a run behind a Sentinel, by which the nodes find it."""

import asyncio

from support.redis_server import Sentinel

from .proxy import Proxy
from .redis import Redis

FAULTS = ("redis_sentinel_pause",)
# Milliseconds; what other faults do to the primary is no reason for a failover.
PATIENT, HASTY = 120_000, 500


def watches(seed):
    """Every other seed has one."""
    return seed % 2 == 0


class WatchedRedis(Redis):
    """Each server is known by the address of a proxy of its own. Whatever fails over, Sentinel
    does: when the primary is dead, and when it is told to though the primary lives."""

    def __init__(self, seed, log):
        super().__init__(seed, log)
        try:
            self.sentinel = Sentinel(self.proxy, down_ms=PATIENT)
        except BaseException:
            self.stop()
            raise
        self._next, self._old = None, []  # proxies: of a replica, and of those that are gone

    def config(self):
        return {"sentinels": [f"127.0.0.1:{self.sentinel.port}"],
                "sentinel_name": self.sentinel.name}

    async def close(self):
        await self._aside(self.sentinel.stop)
        await super().close()
        for proxy in self._old:
            await proxy.close()

    async def _redis_sentinel_pause(self, seconds):
        """Whoever has the primary needs no Sentinel."""
        self.sentinel.pause()
        await asyncio.sleep(2.5 * seconds)
        self.sentinel.resume()

    def _settings(self):
        return {**super()._settings(), "replica-announce-ip": "127.0.0.1",
                "replica-announce-port": self._next.address[1]}

    async def _lagging(self, seconds):
        self._next = Proxy([], f"redis {len(self._old)}", window=1 << 20)
        self._old.append(self._next)
        self._next.start()
        replica = await super()._lagging(seconds)
        self._next.upstreams = [replica.address]
        await self._aside(self.sentinel.look_again)
        await self._aside(self.sentinel.knows, 1)
        return replica

    async def _promote(self, replica):
        if self.server.running():
            await self._aside(self.sentinel.fail_over)
        else:
            await self._aside(self.sentinel.has_patience, HASTY)
        await self._aside(self.sentinel.failed_over, self.proxy.address)
        await self._aside(self.sentinel.has_patience, PATIENT)
        self._old.remove(self._next)
        self._old.append(self.proxy)
        self.proxy = self._next
        await super()._promote(replica)
