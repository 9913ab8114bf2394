"""One gateway of a run."""

import asyncio
import signal

from support.ports import reserve
from support.process import Gateway, fetch, merged, wait_for

from .proxy import named


class Node:
    """A gateway that can come back on its ports, which nobody else is given meanwhile; the log
    tells its lives."""

    def __init__(self, config, log):
        self.log = log
        self._reserved = reserve(), reserve()
        self.address, self.admin = (one.getsockname() for one in self._reserved)
        listeners = {"server": {"listen": ["https://%s:%d" % self.address]},
                     "admin": {"listen": "http://%s:%d" % self.admin}}
        self._config = merged(config, listeners)
        self.name = named(self.address)
        self.gateway = Gateway(self._config)
        self.log.add("started", node=self.name)

    def node_of(self, _):
        """Of whoever comes without a proxy."""
        return self.name

    async def _aside(self, work, *words):
        return await asyncio.get_running_loop().run_in_executor(None, work, *words)

    async def start(self):
        self.log.add("started", node=self.name)
        self.gateway = await self._aside(lambda: Gateway(self._config))

    def running(self):
        return self.gateway.process.poll() is None

    async def ready(self):
        """What /readyz says."""
        return await self._aside(lambda: fetch(self.gateway.admin("/readyz")).status == 200)

    async def hears(self, nodes):
        """Waits until it has what the others tell it, who are so many with it (one that died counts
        for some seconds more). Notes are asked for when it is connected, the counts after that, and
        Redis answers in order."""
        def heard():
            if not (self.gateway.metric("boardcast_redis_live") and
                    self.gateway.metric("boardcast_nodes")):
                return False
            counts = fetch(self.gateway.admin("/admin/connections?scope=cluster"))
            return counts.status == 200 and len(counts.json()["nodes"]) >= nodes
        await self._aside(wait_for, heard, "a node that hears the others", 30)

    async def kill(self):
        await self._aside(self.gateway.kill)

    async def stop(self):
        self.log.add("term", node=self.name)
        self.gateway.signal()
        self.log.add("exit", node=self.name, code=await self._aside(self.gateway.stop))

    async def pause(self, seconds):
        self.gateway.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self.gateway.process.send_signal(signal.SIGCONT)

    async def delete(self, path):
        """DELETE /admin/…; the status."""
        reader, writer = await asyncio.open_connection(*self.admin)
        writer.write(f"DELETE /admin/{path} HTTP/1.1\r\nhost: localhost\r\n"
                     "connection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        return int(answer.split(b" ")[1])
