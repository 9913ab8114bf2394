"""Many clients, each cut many times at random moments, in several processes; every one resumes."""

import asyncio
import multiprocessing
import os
import random
import shutil
import time

from support.process import ROOT

from . import checker, log, run
from .changer import Changer
from .connections import Pool
from .node import Node
from .proxy import Proxy
from .reader import Reader
from .writer import Writer

PROCESSES = 4
BOARDS = [f"deep-{n}" for n in range(20)]
TICKS = [f"ticks-{n}" for n in range(5)]
# The mean time between two cuts of one client, and what it waits before it comes back.
CALM, RETRY = 4.0, 0.3


# Some of the readers; the others begin with what is new, and nobody changes their boards.
TASTES = [{"newest": 5}, {"after": "earliest"}, *[{}] * 8]


class Seat:
    """A reader behind a proxy of its own, so that it can be cut alone. Of some the boards are
    changed meanwhile, of half of these under a name."""

    def __init__(self, name, journal, address, seed):
        self.random = random.Random(f"{seed} {name}")
        self.proxy = Proxy([address], f"{seed} {name}")
        boards = self.random.choice([["deep-1*"], ["ticks-*", "deep-0"], *[
            self.random.sample(BOARDS + TICKS, 2) for _ in range(8)]])
        pool = Pool(self.proxy, self.random.choice(["h2", "http/1.1"]))
        self.reader = Reader(name, journal, pool, boards, retry=RETRY,
                             form=self.random.choice(["plain", "json"]),
                             stream=self.random.choice(["", f"nobody-guesses-{name}"]),
                             **self.random.choice(TASTES))
        self.changers = [Changer(self.reader, journal, pool, BOARDS + TICKS, CALM)] * (
            self.random.random() < 0.2)
        self.cuts = 0

    async def live(self, cuts):
        """Until it was cut so often; the task that goes on reading."""
        self.proxy.start()
        stopped = asyncio.Event()
        reading = asyncio.ensure_future(self.reader.run())
        changing = [asyncio.ensure_future(one.run(stopped)) for one in self.changers]
        while self.cuts < cuts:
            await asyncio.sleep(self.random.expovariate(1 / CALM))
            assert not reading.done(), reading.exception()
            stream = self.reader.stream
            if not self.reader.connection:
                continue  # it is on its way back: a cut would not be one of a stream
            for link in list(self.proxy.links):
                link.meet(self.random.choice(["cut", "cut_mid_record"]))
            while self.reader.stream == stream:
                await asyncio.sleep(0.02)
            self.cuts += 1
        stopped.set()
        await asyncio.gather(*changing)
        return reading


async def _sit(names, wish, address, path, wires):
    """The share of one process: all of its clients, until they have come to the last event."""
    seed, cuts = wish
    journal = log.Log(path)
    seats = [Seat(name, journal, address, seed) for name in names]
    reading = await asyncio.gather(*(seat.live(cuts) for seat in seats))
    for seat in seats:
        seat.proxy.heal()
    wires.send(sum(seat.cuts for seat in seats))
    id = await asyncio.get_running_loop().run_in_executor(None, wires.recv)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and any(seat.reader.last < id for seat in seats):
        await asyncio.sleep(0.1)
    await run.end(reading)
    for seat in seats:
        await seat.proxy.close()
    journal.close()


def _process(*arguments):
    asyncio.run(_sit(*arguments))


async def _publish(node, journal, wires):
    """Writers write until every process has cut enough; then the last event goes out."""
    stopped = asyncio.Event()
    writers = [Writer(f"w{n}", journal, Pool(node, "h2"), BOARDS + TICKS, 1.2, keyed=True)
               for n in range(4)]
    writing = [asyncio.ensure_future(writer.run(stopped)) for writer in writers]
    loop = asyncio.get_running_loop()
    cuts = sum(await asyncio.gather(*(loop.run_in_executor(None, w.recv) for w in wires)))
    stopped.set()
    await asyncio.gather(*writing)
    (id,) = await Writer("last", journal, Pool(node, "h2"), []).last_words(BOARDS + TICKS)
    for wire in wires:
        wire.send(id)
    return cuts, id


def _storm(clients, wish, folder):
    """(cuts, the paths of the logs)"""
    spawn = multiprocessing.get_context("spawn")
    paths = [os.path.join(folder, f"{n}.jsonl") for n in range(PROCESSES + 1)]
    journal = log.Log(paths[-1])
    node = Node(run.CONFIG, journal)
    journal.add("kept", boards=["deep-*"])
    journal.add("latest", boards=["ticks-*"])
    pairs = [spawn.Pipe() for _ in range(PROCESSES)]
    jobs = [spawn.Process(target=_process, args=(
        [f"c{c}" for c in range(n, clients, PROCESSES)], wish, node.address, paths[n],
        pairs[n][1])) for n in range(PROCESSES)]
    for job, (_, theirs) in zip(jobs, pairs):
        job.start()
        theirs.close()
    try:
        cuts, id = asyncio.run(_publish(node, journal, [pair[0] for pair in pairs]))
        for job in jobs:
            job.join(120)
        journal.add("settled", id=id)
        asyncio.run(node.stop())
    finally:
        for job in jobs:
            job.kill()
        if node.gateway.process.poll() is None:
            node.gateway.kill()
        journal.close()
    return cuts, paths


def main(clients, cuts, seed):
    folder = os.path.join(ROOT, "build", "soak", f"storm-{seed}")
    os.makedirs(folder, exist_ok=True)
    begun = time.monotonic()
    made, paths = _storm(clients, (seed, cuts), folder)
    over = time.monotonic()
    entries = log.read(*paths)
    violations = checker.check(entries)
    print(f"storm {seed}: {clients} clients in {PROCESSES} processes, {made} cuts in "
          f"{over - begun:.0f} s; {run.summary(entries)}; {len(violations)} violations, checked in "
          f"{time.monotonic() - over:.0f} s")
    run.report(violations)
    if violations:
        return 1
    shutil.rmtree(folder)
    return 0
