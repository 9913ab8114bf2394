"""A plan of faults, drawn from a seed, and what carries it out."""

import asyncio
import math
import random

from support.process import SLOWNESS

# What the proxy does to some of its connections, to those that come, and what a node meets; what
# the nodes' Redis meets says redis.py.
LINKS = ("cut", "cut_mid_record", "half_close_client", "half_close_gateway", "stall", "dribble",
         "delay", "blackhole")
ENTRANCE = ("cut_on_connect", "slow_accept", "refuse")
NODE = ("delete", "pause", "kill", "stop")
# What an operator asks one node of several to do to streams of another.
OPERATOR = ("kick",)
FAULTS = LINKS + ENTRANCE + NODE
CALM = 0.4
REFUSED = math.ceil(4 * SLOWNESS)  # and more than twice HEARD (names_shared.py)


def plan(seed, seconds, faults=FAULTS, again=FAULTS[:-2]):
    """[(fault, share of the connections, duration)]: each of `faults` once, then any of `again`
    until the time is over. One node has its restarts once, since each is another log."""
    choice = random.Random(f"plan {seed}")
    faults = list(faults)
    choice.shuffle(faults)
    steps, time = [], 0.0
    while faults or time < seconds:
        fault = faults.pop() if faults else choice.choice(again)
        steps.append((fault, choice.choice([0.2, 0.5, 1]), round(choice.uniform(0.3, 1.2), 2)))
        time += steps[-1][2] + CALM
    return steps


class Nemesis:
    """`victims()`: the readers that have a stream now. `redis`: that of the nodes, if they have
    one."""

    def __init__(self, seed, nodes, proxy, victims, redis=None):
        self.nodes, self.proxy, self.victims, self.redis = nodes, proxy, victims, redis
        self.log = nodes[0].log
        self.random = random.Random(f"nemesis {seed}")

    async def run(self, steps):
        for fault, share, seconds in steps:
            self.log.add("fault", name=fault, share=share, seconds=seconds)
            if fault in LINKS:
                for link in self.proxy.some(share):
                    link.meet(fault)
                await asyncio.sleep(seconds)
            elif fault in ENTRANCE:
                await self._entrance(fault, share, seconds)
            elif fault in OPERATOR:
                await self._kick()
            elif fault in NODE:
                await getattr(self, "_" + fault)(self.random.choice(self.nodes), seconds)
            else:
                await self.redis.meet(fault, share, seconds)
            self.proxy.heal()
            await asyncio.sleep(CALM * SLOWNESS)
            if len(self.nodes) > 1:
                await asyncio.gather(*(node.hears(len(self.nodes)) for node in self.nodes))
            self.log.add("healed", name=fault)
            if len(self.nodes) > 1:
                await self._move()
        for _ in range(6 * (len(self.nodes) > 1)):  # where nothing excuses a node that knows less
            await asyncio.sleep(2 * CALM * SLOWNESS)
            await self._move()

    async def _move(self):
        """Between two faults some clients are cut, and come to other nodes."""
        links = self.proxy.some(0.4)
        self.log.add("moved", ports=[link.port for link in links])
        for link in links:
            link.meet("cut")
        for _ in range(20):  # turns of the loop, so that all have noticed, however busy it is
            await asyncio.sleep(0.01)

    async def _entrance(self, fault, share, seconds):
        """It meets those who come back from a cut."""
        setattr(self.proxy, fault, True)
        for link in self.proxy.some(share):
            link.meet("cut")
        await asyncio.sleep(seconds)

    async def _delete(self, _, seconds):
        victims = sorted({(reader.node, reader.connection) for reader in self.victims()})
        nodes = {node.name: node for node in self.nodes}
        for name, connection in self.random.sample(victims, (len(victims) + 1) // 2):
            await nodes[name].delete(f"connections/{connection}")
        await asyncio.sleep(seconds)

    async def _kick(self):
        """Each by another node than the stream's; from the fourth on with its client, who is
        everybody here, for a time, until one is found."""
        victims = [reader for reader in self.victims() if reader.id]
        self.random.shuffle(victims)
        for turn, reader in enumerate(victims):
            if not reader.id:
                continue  # it has gone since
            stream, seconds = reader.stream, REFUSED if turn >= min(3, len(victims) - 1) else 0
            other = self.random.choice([one for one in self.nodes if one.name != reader.node])
            query = f"?for={seconds}s" if seconds else ""
            if await other.delete(f"streams/{reader.id}{query}") == 204:
                self.log.add("kicked", stream=stream, seconds=seconds)
                if seconds:
                    await asyncio.sleep(REFUSED)
                    break

    async def _pause(self, node, seconds):
        await node.pause(seconds)

    async def _kill(self, node, seconds):
        await node.kill()
        await asyncio.sleep(seconds / 2)
        await node.start()

    async def _stop(self, node, _):
        await node.stop()
        await node.start()
