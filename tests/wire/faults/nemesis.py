"""A plan of faults, drawn from a seed, and what carries it out."""

import asyncio
import random
import signal

from support.process import SLOWNESS, Gateway, merged

# What the proxy does to some of its connections, to those that come, and what the node meets.
LINKS = ("cut", "cut_mid_record", "half_close_client", "half_close_gateway", "stall", "dribble",
         "delay", "blackhole")
ENTRANCE = ("cut_on_connect", "slow_accept", "refuse")
NODE = ("delete", "pause", "kill", "stop")
FAULTS = LINKS + ENTRANCE + NODE
CALM = 0.4


def plan(seed, seconds):
    """[(fault, share of the connections, duration)]: each fault once, then any but restarts until
    the time is over."""
    choice = random.Random(f"plan {seed}")
    faults = list(FAULTS)
    choice.shuffle(faults)
    steps, time = [], 0.0
    while faults or time < seconds:
        fault = faults.pop() if faults else choice.choice(FAULTS[:-2])
        steps.append((fault, choice.choice([0.2, 0.5, 1]), round(choice.uniform(0.3, 1.2), 2)))
        time += steps[-1][2] + CALM
    return steps


class Node:
    """A gateway that can come back on the ports that it had."""

    def __init__(self, config, log):
        self.log = log
        self.gateway = Gateway(config)
        self.address = self.gateway.address()
        self.admin = self.gateway.address("http", "admin")
        listeners = {"server": {"listen": [self.gateway.url()]},
                     "admin": {"listen": self.gateway.admin()}}
        self._config = merged(config, listeners)

    async def _aside(self, work):
        return await asyncio.get_running_loop().run_in_executor(None, work)

    async def start(self):
        self.gateway = await self._aside(lambda: Gateway(self._config))

    async def kill(self):
        await self._aside(self.gateway.kill)

    async def stop(self):
        self.log.add("term")
        self.gateway.signal()
        self.log.add("exit", code=await self._aside(self.gateway.stop))

    async def pause(self, seconds):
        self.gateway.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self.gateway.process.send_signal(signal.SIGCONT)

    async def delete(self, connection):
        """DELETE /admin/connections/{id}: as a pulled cable."""
        reader, writer = await asyncio.open_connection(*self.admin)
        writer.write(f"DELETE /admin/connections/{connection} HTTP/1.1\r\nhost: localhost\r\n"
                     "connection: close\r\n\r\n".encode())
        await reader.read()
        writer.close()


class Nemesis:
    """`victims()`: the connections that streams were told, as DELETE names them."""

    def __init__(self, seed, node, proxy, victims):
        self.node, self.proxy, self.victims = node, proxy, victims
        self.random = random.Random(f"nemesis {seed}")

    async def run(self, steps):
        for fault, share, seconds in steps:
            self.node.log.add("fault", name=fault, share=share, seconds=seconds)
            if fault in LINKS:
                for link in self.proxy.some(share):
                    link.meet(fault)
                await asyncio.sleep(seconds)
            elif fault in ENTRANCE:
                await self._entrance(fault, share, seconds)
            else:
                await getattr(self, "_" + fault)(seconds)
            self.proxy.heal()
            await asyncio.sleep(CALM * SLOWNESS)

    async def _entrance(self, fault, share, seconds):
        """It meets those who come back from a cut."""
        setattr(self.proxy, fault, True)
        for link in self.proxy.some(share):
            link.meet("cut")
        await asyncio.sleep(seconds)

    async def _delete(self, seconds):
        victims = self.victims()
        for connection in self.random.sample(victims, (len(victims) + 1) // 2):
            await self.node.delete(connection)
        await asyncio.sleep(seconds)

    async def _pause(self, seconds):
        await self.node.pause(seconds)

    async def _kill(self, seconds):
        await self.node.kill()
        await asyncio.sleep(seconds / 2)
        await self.node.start()

    async def _stop(self, _):
        await self.node.stop()
        await self.node.start()
