"""One run: a gateway or several with their Redis, readers and writers, and a seed's faults between
them; then the check."""

import asyncio
import collections
import itertools
import logging
import time

from support.process import SLOWNESS, merged

from . import checker, nemesis, redis, sentinel
from .changer import Changer
from .connections import Pool
from .log import Log
from .node import Node
from .proxy import Proxy
from .reader import Reader
from .writer import Writer

# Of deep boards all is kept; of tiny ones so little that readers miss some of it; of ticks the
# newest event alone.
DEEP = [f"deep-{n}" for n in range(5)]
TINY = [f"tiny-{n}" for n in range(4)]
TICKS = [f"ticks-{n}" for n in range(3)]
ALL = DEEP + TINY + TICKS
CONFIG = {
    "server": {"listen": ["https://127.0.0.1:0"], "workers": 2, "drain": "2s"},
    "stream": {"heartbeat": "500ms", "pending_events": 8},
    "history": {"events": 100000, "bytes": "256MiB", "total_bytes": "1GiB"},
    "boards": [{"match": "tiny-0", "history": {"events": 4}},
               {"match": "tiny-*", "history": {"events": 16}},
               {"match": "ticks-*", "deliver": "latest"}],
}

# What asyncio says of connections that are cut is no news here.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)


def _pools(proxy):
    """Two connections that streams share, and ways to have one's own."""
    return {"shared": Pool(proxy, "h2", shared=True),
            "shared too": Pool(proxy, "h2", shared=True),
            "h2": Pool(proxy, "h2"), "h1": Pool(proxy, "http/1.1"),
            "narrow h2": Pool(proxy, "h2", 8192), "narrow h1": Pool(proxy, "http/1.1", 8192)}


# Readers whose streams others change.
CHANGED = [
    ("shared", ["deep-0"], {"form": "json", "leaves": 500, "stream": "nobody-guesses-zero"}),
    ("h1", ["deep-1", "tiny-0"], {"stream": "nobody-guesses-one"}),
    ("h2", ["deep-2"], {"types": ["moved", "message"], "stream": "nobody-guesses-four"}),
    ("narrow h2", ["deep-3", "tiny-*"], {"pace": 0.05}),
    ("h2", ["deep-4"], {"form": "json", "leaves": 150, "stream": "nobody-guesses-two"}),
    ("shared too", ["ticks-0"], {"leaves": 100, "stream": "nobody-guesses-three"}),
]


def _readers(pools, log):
    """Boards, patterns and both, in both forms, over both protocols, quick and slow."""
    tastes = [
        ("shared", ["deep-0", "deep-1"], {}),
        ("shared", ["*"], {"form": "json"}),
        ("shared", ["tiny-0", "tiny-1", "deep-2"], {"leaves": 40}),
        ("shared too", ["deep-*"], {"limit": 25}),
        ("shared too", ["tiny-*"], {"form": "json", "pace": 0.15}),
        ("h2", ["deep-*"], {"after": "earliest", "form": "json"}),
        ("h2", ["tiny-*", "deep-3"], {"leaves": 25}),
        ("h1", ["deep-3", "tiny-2", "tiny-3"], {"form": "json", "leaves": 60}),
        ("h1", ["*"], {"types": ["moved", "message"]}),
        ("h1", ["deep-4", "no-such-board"], {"limit": 10, "form": "json"}),
        ("narrow h2", ["tiny-0", "tiny-1", "tiny-2"], {"pace": 0.5}),
        ("narrow h1", ["tiny-*", "deep-0"], {"pace": 0.5, "leaves": 150}),
        ("shared too", ["deep-1", "tiny-1"], {"newest": 3, "leaves": 300, "form": "json"}),
        ("h1", ["deep-*"], {"newest": 50}),
        ("shared", ["ticks-*", "deep-4"], {"leaves": 60, "form": "json"}),
        ("h1", ["ticks-0", "ticks-1"], {"leaves": 15, "fresh": True}),
        ("shared too", ["*"], {"leaves": 100, "fresh": True, "form": "json"}),
        ("narrow h2", ["ticks-*"], {"pace": 0.3}),
        *CHANGED,
    ]
    return [Reader(f"r{n}.{pool.replace(' ', '-')}", log, pools[pool], boards, **habits)
            for n, (pool, boards, habits) in enumerate(tastes)]


async def end(tasks):
    """Until all are gone: asyncio.wait_for loses a cancellation that meets its result."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=1)


async def _settle(log, writer, readers):
    """One more event for everybody, and time for all to come to it."""
    ids, deadline = None, time.monotonic() + 40 * SLOWNESS

    def arrived(reader):
        return reader.last[:8] == ids[0][:8] and reader.last >= ids[0]

    for reader in readers:
        reader.hurried = True
    while not ids and time.monotonic() < deadline:
        ids = await writer.last_words(ALL)
        await asyncio.sleep(0.2)
    assert ids, "nothing could be published although all faults were over"
    while time.monotonic() < deadline and not all(map(arrived, readers)):
        await asyncio.sleep(0.05)
    log.add("settled", id=ids[0])


async def _under_way(readers):
    """Until each has had a stream, so that already the first fault meets somebody."""
    deadline = time.monotonic() + 30 * SLOWNESS
    while not all(reader.connection or reader.streams > 1 for reader in readers):
        assert time.monotonic() < deadline, "there are readers without a stream"
        await asyncio.sleep(0.01)


class Setting:
    """The nodes, the proxy in front of them and, where they are several, the Redis behind them."""

    def __init__(self, seed, count, log):
        self.seed, self.count, self.log = seed, count, log
        self.nodes, self.proxy, self.redis = [], None, None

    async def start(self):
        config = CONFIG
        if self.count > 1:
            kind = sentinel.WatchedRedis if sentinel.watches(self.seed) else redis.Redis
            self.redis = kind(self.seed, self.log)
            self.redis.start()
            self.log.add("shared")
            config = merged(CONFIG, {"backbone": {"type": "redis", "redis": self.redis.config()}})
        aside = asyncio.get_running_loop().run_in_executor
        for _ in range(self.count):
            self.nodes.append(await aside(None, Node, config, self.log))
        deadline = time.monotonic() + 30 * SLOWNESS
        while not all([await node.ready() for node in self.nodes]):
            assert time.monotonic() < deadline, "the nodes do not become ready"
        self.proxy = Proxy([node.address for node in self.nodes], self.seed)
        self.proxy.start()

    def nemesis(self, readers):
        return nemesis.Nemesis(self.seed, self.nodes, self.proxy, lambda: [
            reader for reader in readers if reader.connection], self.redis)

    async def stop(self):
        await asyncio.gather(*(node.stop() for node in self.nodes))

    async def close(self):
        if self.proxy:
            await self.proxy.close()
        for node in self.nodes:
            if node.running():
                node.gateway.kill()
        if self.redis:
            await self.redis.close()


async def _scene(setting, steps, log):
    await setting.start()
    log.add("kept", boards=["deep-*"])
    log.add("latest", boards=["ticks-*"])
    pools = _pools(setting.proxy)
    readers = _readers(pools, log)
    moves = 0.0 if setting.count == 1 else 0.1
    writers = [Writer(f"w{n}", log, pools[pool], ALL, keyed=n % 2 == 0, moves=moves)
               for n, pool in enumerate(["h2", "h2", "h1", "shared"])]
    changers = [Changer(reader, log, pools[pool], ALL + ["deep-*", "tiny-*", "ticks-*"],
                        moves=3 * moves)
                for reader, pool in zip(readers[-len(CHANGED):],
                                        itertools.cycle(["h2", "h2", "h1", "shared"]))]
    stopped = asyncio.Event()
    reading = [asyncio.ensure_future(reader.run()) for reader in readers]
    writing = [asyncio.ensure_future(one.run(stopped)) for one in writers + changers]
    try:
        await _under_way(readers)
        await setting.nemesis(readers).run(steps)
        stopped.set()
        await asyncio.gather(*writing)
        await _settle(log, writers[0], readers)
        await setting.stop()
        failed = [task.exception() for task in reading + writing if task.done()]
        assert not any(failed), failed
    finally:
        await end(reading + writing)
        for pool in pools.values():
            pool.close()


async def _run(seed, steps, nodes, log):
    setting = Setting(seed, nodes, log)
    try:
        await _scene(setting, steps, log)
    finally:
        await setting.close()


def plan(seed, seconds, nodes=1):
    """Every fault that so many nodes can meet."""
    if nodes == 1:
        return nemesis.plan(seed, seconds)
    faults = nemesis.FAULTS + nemesis.OPERATOR + redis.FAULTS
    faults += sentinel.FAULTS * sentinel.watches(seed)
    return nemesis.plan(seed, seconds, faults, faults)


def run(seed, steps, path=None, nodes=1):
    """(violations, log); `steps`: what plan() draws."""
    log = Log(path)
    try:
        asyncio.run(_run(seed, steps, nodes, log))
    finally:
        log.close()
    return checker.check(log.entries), log


def summary(entries):
    """What a run consisted of, in a few words."""
    counts = collections.Counter(entry["what"] for entry in entries)
    faults = {entry["name"] for entry in entries if entry["what"] == "fault"}
    return (f"{counts['fault']} faults of {len(faults)} kinds, {counts['ack']} publishes "
            f"acknowledged, {counts['refused']} refused, {counts['unknown']} unknown; "
            f"{counts['open']} streams, {counts['event']} deliveries, {counts['gap']} gaps, "
            f"{counts['barrier']} barriers")


def report(violations, most=20):
    for violation in violations[:most]:
        print(f"  promise {violation.promise}, {violation.where}: {violation.text[:2000]}")
    if len(violations) > most:
        print(f"  and {len(violations) - most} more")
