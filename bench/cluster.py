#!/usr/bin/env python3
"""Measures several gateways with one Redis; `./dev bench cluster` builds and calls it.

Nodes are pinned to one core, Redis and what loads them to another. Prints a table.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import ssl
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from driver.servers import CA, CORE_OF_LOAD, ROOT, Boardcast, Server, first_line  # noqa: E402
from driver.works import WORKS, Work, bench, h2load, load  # noqa: E402


class Redis(Server):
    name = title = "redis"

    def command(self):
        return ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "",
                "--dir", self.folder]

    def core(self):
        return CORE_OF_LOAD

    def version(self):
        return first_line("redis-server", "--version")


class Node(Boardcast):
    """A gateway of the cluster; a `with` of it waits until it is ready."""

    def __init__(self, build, redis, history=None):
        super().__init__(build)
        self.settings = {"boards": [{"match": "bench-*", "history": {"events": history or 1000}}]}
        if redis:
            self.settings["backbone"] = {"type": "redis",
                                         "redis": {"url": f"redis://127.0.0.1:{redis.port}"}}

    def __enter__(self):
        super().__enter__()
        trust = ssl.create_default_context(cafile=CA)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.url + "/readyz", timeout=2, context=trust).close()
                return self
            except urllib.error.HTTPError:
                time.sleep(0.05)
        self.__exit__()
        raise RuntimeError(f"a node does not become ready: {self.log_text}")


@contextlib.contextmanager
def cluster(build, nodes, history=None):
    """(redis, its nodes)"""
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(Redis(build))
        yield redis, [stack.enter_context(Node(build, redis, history)) for _ in range(nodes)]


def run(name, node, options, seconds, publishing=None):
    """One run of boardcast-bench; `publishing`: the node that is published to, if another."""
    more = ("--publish-url", publishing.url) if publishing else ()
    found = bench(Work(name, name, [], (*options, *more)), node, seconds)
    wrong = [group[what] for group in (found["live"], found["replay"])
             for what in ("skipped", "repeated", "reordered", "strange", "ended")]
    if found["lost"] or found["refused"] or any(wrong):
        raise RuntimeError(f"{name}: {found}")
    return found


def cpu_seconds(server):
    """User and system time of a server so far."""
    with open(f"/proc/{server.process.pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- What is measured: each yields (what, figure) -------------------------------------------------

def latency(given):
    """From one event's due time to its reading."""
    options = load(10, 10, 100)
    with Node(given.build, None) as node:
        yield "memory, one node", milliseconds(run("memory", node, options, given.seconds))
    with cluster(given.build, 3) as (_, nodes):
        yield "redis, the same node", milliseconds(run("same", nodes[0], options, given.seconds))
        yield "redis, another node", milliseconds(
            run("another", nodes[0], options, given.seconds, nodes[1]))


def milliseconds(found):
    return "p50 {p50:.2f} ms, p99 {p99:.2f} ms".format(**found["latency_ms"])


# (events, path, body and type of a request, how many at once on each of four connections)
DATA = b"x" * 256
REQUESTS = {
    "one a request": (1, ("/events?board=bench", DATA, "text/plain"), 32),
    "batches of 100": (100, ("/events", json.dumps(
        [{"board": "bench", "data": DATA.decode()}] * 100).encode(), "application/json"), 4),
}


def rates(given):
    """Events of 256 bytes accepted a second, without readers."""
    for count, who in ((1, "one node takes"), (3, "three nodes take")):
        for title, request in REQUESTS.items():
            with cluster(given.build, count) as (redis, nodes):
                yield f"{who} {title}", rate(request, redis, nodes, given.seconds)


def rate(request, redis, nodes, seconds):
    events, words, at_once = request
    before, begun = cpu_seconds(redis), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(len(nodes)) as pool:
        found = list(pool.map(lambda node: h2load(node, *words, seconds, at_once), nodes))
    share = (cpu_seconds(redis) - before) / (time.monotonic() - begun)
    return f"{events * sum(found):.0f}/s; Redis took {100 * share:.0f} % of a core"


def cost(given):
    """Server CPU of a node for each delivery: 1 000 streams, 100 events/s; and of one that has no
    streams, for each event."""
    options = load(10, 100, 100)
    with Node(given.build, None) as node:
        found = run("memory", node, options, given.seconds)
        yield "memory", f"{found['server_us_per_delivery']:.3f} µs"
    with cluster(given.build, 2) as (_, (node, idle)):
        before = cpu_seconds(idle)
        found = run("redis", node, options, given.seconds)
        yield "redis", f"{found['server_us_per_delivery']:.3f} µs"
        yield "redis, a node without streams", (
            f"{1e6 * (cpu_seconds(idle) - before) / found['events']:.0f} µs for each event")


def storm(given):
    """A node with 10 000 streams dies, and these come to another with the ids that they had, 100
    events ago; 100 live streams of that one get 100 events/s from a third."""
    seconds = max(given.seconds, 10)
    options = load(10, 10, 100, "--replay-connections", "100", "--replay-streams", "100",
                   "--replay-events", "100")
    with cluster(given.build, 3, history=2000) as (_, (node, other, dying)):
        with holding(dying, given.build), concurrent.futures.ThreadPoolExecutor(1) as pool:
            job = pool.submit(run, "storm", node, options, seconds, other)
            time.sleep(seconds / 2)
            dying.process.kill()
            found = job.result()
    yield "until all 10 000 streams have what they missed", f"{found['replay_seconds']:.2f} s"
    yield "live events before", milliseconds(found)
    yield "live events meanwhile", milliseconds({"latency_ms": found["replay_latency_ms"]})


@contextlib.contextmanager
def holding(node, build):
    """10 000 streams that are there."""
    command = [os.path.join(build, "bench", "boardcast-bench"), "--url", node.url, "--ca", CA,
               "--connections", "100", "--streams", "100", "--rate", "0", "--seconds", "3600"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as holder:
        try:
            said = holder.stderr.readline()
            if not said.startswith("holding"):
                raise RuntimeError(f"the streams do not open: {said}")
            yield
        finally:
            holder.terminate()


USUAL = ("W1", "W2", "W3", "W4", "W5-streams", "W5-connections")
TURNS = 3


def works(given):
    """W1 to W5 of `./dev bench` on one gateway, with the memory backbone and with Redis in turns:
    medians of three runs."""
    for work in WORKS:
        if work.name not in USUAL:
            continue
        memory, redis = [], []
        for _ in range(TURNS):
            with Node(given.build, None) as node:
                memory.append(work.measure(node, given.seconds))
            with cluster(given.build, 1) as (_, (node,)):
                redis.append(work.measure(node, given.seconds))
        for figure in work.figures:
            if figure.judged:
                yield f"{work.name}: {figure.title}", beside(figure, memory, redis)


def beside(figure, memory, redis):
    ours, theirs = (statistics.median(values) if values else None for values in (
        [value for value in map(figure.of, runs) if value is not None] for runs in (memory, redis)))
    if ours is None or theirs is None:
        return "—"
    ratio = f" ({theirs / ours:.2f} ×)" if ours else ""
    return f"memory {ours:.{figure.digits}f}, redis {theirs:.{figure.digits}f}{ratio}"


PARTS = {part.__name__: part for part in (latency, rates, cost, storm, works)}


def main():
    parser = argparse.ArgumentParser(prog="./dev bench cluster", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (all)")
    parser.add_argument("--seconds", type=int, default=10, help="of each run (10)")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    given = parser.parse_args()
    for name in given.parts or PARTS:
        if name not in PARTS:
            parser.error(f"no part {name}; there are: {', '.join(PARTS)}")
        print(f"\n{name}: {' '.join(PARTS[name].__doc__.split())}\n\n| | |\n|---|---|")
        for what, figure in PARTS[name](given):
            print(f"| {what} | {figure} |", flush=True)


if __name__ == "__main__":
    main()
