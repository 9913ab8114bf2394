"""A TCP proxy that does to its connections what networks do, and a balancer where it has several
servers behind it. It never looks into the bytes."""

import asyncio
import itertools
import random
import socket
import struct

CHUNK = 16384


def named(address):
    """What logs call a server."""
    return f"{address[0]}:{address[1]}"


def reset(sock):
    """Closes with RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Link:
    """One client and its connection to the gateway; faults are its fields."""

    def __init__(self, client, server):
        self.client, self.server = client, server
        self.port = client.getpeername()[1]  # of the client
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.dribble = 0  # bytes that still go one by one
        self.delay = 0.0
        self.blackhole = False
        self.mid_record = False  # half of the next piece goes through, then the connection is cut
        self.finished = set()  # sides that were told that no more comes
        self._pumps = []

    async def run(self):
        self._pumps = [asyncio.ensure_future(self._pump(self.client, self.server)),
                       asyncio.ensure_future(self._pump(self.server, self.client))]
        await asyncio.wait(self._pumps)
        reset(self.client)
        reset(self.server)

    async def _pump(self, source, sink):
        loop = asyncio.get_running_loop()
        try:
            while True:
                await self.flowing.wait()
                piece = await loop.sock_recv(source, CHUNK)
                await self.flowing.wait()
                if not piece:
                    sink.shutdown(socket.SHUT_WR)
                    return
                if self.delay:
                    await asyncio.sleep(self.delay)
                if not self.blackhole and sink not in self.finished:
                    await self._forward(sink, piece)
        except OSError:
            self.cut()
        except asyncio.CancelledError:
            pass

    async def _forward(self, sink, piece):
        loop = asyncio.get_running_loop()
        if self.mid_record and sink is self.client:
            await loop.sock_sendall(sink, piece[:(len(piece) + 1) // 2])
            raise ConnectionAbortedError
        while self.dribble > 0 and piece:
            self.dribble -= 1
            await loop.sock_sendall(sink, piece[:1])
            piece = piece[1:]
            await asyncio.sleep(0.0005)
        await loop.sock_sendall(sink, piece)

    def cut(self):
        for pump in self._pumps:
            pump.cancel()

    def meet(self, fault):
        if fault == "cut":
            self.cut()
        elif fault == "stall":
            self.flowing.clear()
        elif fault == "dribble":
            self.dribble = 400
        elif fault == "delay":
            self.delay = 0.05
        elif fault == "cut_mid_record":
            self.mid_record = True
        elif fault == "blackhole":
            self.blackhole = True
        else:
            self._half_close(self.client if fault == "half_close_client" else self.server)

    def _half_close(self, towards):
        self.finished.add(towards)
        try:
            towards.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it is gone already

    def heal(self):
        self.delay, self.dribble, self.mid_record = 0.0, 0, False
        self.flowing.set()
        if self.blackhole:  # bytes are missing: nothing can be mended
            self.cut()


class Proxy:
    """Listens on a port of its own. `upstreams`: addresses, which take turns; who refuses is passed
    over. `window`: bytes that the kernel takes from the gateway."""

    def __init__(self, upstreams, seed, window=32768):
        self.upstreams, self.window = upstreams, window
        self._turn, self._nodes = itertools.count(), {}
        self.random = random.Random(f"proxy {seed}")
        self.links = set()
        self.slow_accept = self.cut_on_connect = self.refuse = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._listener.setblocking(False)
        self.address = self._listener.getsockname()
        self._tasks = set()

    def start(self):
        self._spawn(self._accept())

    def _spawn(self, work):
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self):
        while True:
            client, _ = await asyncio.get_running_loop().sock_accept(self._listener)
            self._spawn(self._serve(client))

    async def _serve(self, client):
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.sleep(0.3 if self.slow_accept else 0)
        server = None if self.refuse else await self._connected(client)
        if server is None or self.cut_on_connect:
            reset(client)
            if server:
                reset(server)
            return
        link = Link(client, server)
        self.links.add(link)
        await link.run()
        self.links.discard(link)

    async def _connected(self, client):
        """The socket of the next server that takes the client; or nothing."""
        first, count = next(self._turn), len(self.upstreams)
        for address in [self.upstreams[(first + n) % count] for n in range(count)]:
            server = socket.socket()
            server.setblocking(False)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.window)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                await asyncio.get_running_loop().sock_connect(server, address)
                self._nodes[client.getpeername()] = named(address)
                return server
            except OSError:
                reset(server)
        return None

    def node_of(self, client):
        """The server behind a client's connection, by the client's own address."""
        return self._nodes.get(client, "")

    def some(self, share):
        """Each link with this probability, one at least."""
        links = list(self.links)
        found = [link for link in links if self.random.random() < share]
        return found or links[:1]

    def heal(self):
        self.slow_accept = self.cut_on_connect = self.refuse = False
        for link in list(self.links):
            link.heal()

    async def close(self):
        for link in list(self.links):
            link.cut()
        await asyncio.sleep(0.05)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._listener.close()
