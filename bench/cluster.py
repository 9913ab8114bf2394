#!/usr/bin/env python3
"""Measures several gateways with one Redis; `./dev bench cluster` builds and calls it.

Nodes are pinned to one core, Redis and what loads them to another. Prints tables, and writes them
with what they mean for the goals into --out. Exits with 1 when something failed or was lost.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from driver import report  # noqa: E402
from driver.cluster_report import (  # noqa: E402
    ANOTHER, STORM, STORM_LOST, USUAL, Part, Row, line, missed, opening, text)
from driver.loads import bench, h2load, holding, in_words, load, wrong  # noqa: E402
from driver.nodes import Node, Redis, cluster, cpu_seconds  # noqa: E402
from driver.servers import ROOT, Boardcast  # noqa: E402
from driver.works import Work  # noqa: E402


def run(name, node, options, seconds, publishing=None):
    """One run of boardcast-bench; `publishing`: the node that is published to, if another."""
    more = ("--publish-url", publishing.url) if publishing else ()
    return bench(Work(name, name, [], (*options, *more)), node, seconds)


def exact(found):
    """What a run found, if nothing in it was wrong."""
    if faults := wrong(found):
        raise RuntimeError(in_words(faults))
    return found


# --- What is measured: each yields rows -----------------------------------------------------------

def latency(given):
    """From one event's due time to its reading."""
    options = load(10, 10, 100)
    with Node(given.build, None) as node:
        yield late("memory, one node", exact(run("memory", node, options, given.seconds)))
    with cluster(given.build, 3) as (_, nodes):
        yield late("redis, the same node", exact(run("same", nodes[0], options, given.seconds)))
        yield late(ANOTHER, exact(run("another", nodes[0], options, given.seconds, nodes[1])))


def late(what, found, key="latency_ms"):
    return Row(what, "p50 {p50:.2f} ms, p99 {p99:.2f} ms".format(**found[key]), found[key]["p50"])


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
                yield rate(f"{who} {title}", request, redis, nodes, given.seconds)


def rate(what, request, redis, nodes, seconds):
    events, words, at_once = request
    with metered(redis) as taken, concurrent.futures.ThreadPoolExecutor(len(nodes)) as pool:
        found = list(pool.map(lambda node: h2load(node, *words, seconds, at_once), nodes))
    share = taken["cpu"] / taken["seconds"]
    each_second = events * sum(found)
    return Row(what, f"{each_second:.0f}/s; Redis took {100 * share:.0f} % of a core", each_second)


@contextlib.contextmanager
def metered(server):
    """What a server takes within: `cpu`, of all `seconds`."""
    taken = {}
    before, begun = cpu_seconds(server), time.monotonic()
    yield taken
    taken.update(cpu=cpu_seconds(server) - before, seconds=time.monotonic() - begun)


def cost(given):
    """Server CPU of a node for each delivery: 1 000 streams, 100 events/s; and of one that has no
    streams, for each event, what it takes at rest apart."""
    options = load(10, 100, 100)
    with Node(given.build, None) as node:
        found = exact(run("memory", node, options, given.seconds))
        yield Row("memory", f"{found['server_us_per_delivery']:.3f} µs")
    with cluster(given.build, 2) as (_, (node, idle)):
        with metered(idle) as rest:
            time.sleep(given.seconds)
        with metered(idle) as taken:
            found = exact(run("redis", node, options, given.seconds))
        yield Row("redis", f"{found['server_us_per_delivery']:.3f} µs")
        at_rest = rest["cpu"] / rest["seconds"] * taken["seconds"]
        each = 1e6 * (taken["cpu"] - at_rest) / found["events"]
        yield Row("redis, a node without streams", f"{each:.0f} µs for each event")


def storm(given):
    """A node with 10 000 streams dies, and these come to another with the ids that they had, 100
    events ago; 100 live streams of that one get 100 events/s from a third."""
    seconds = max(given.seconds, 10)
    options = load(10, 10, 100, "--replay-connections", "100", "--replay-streams", "100",
                   "--replay-events", "100")
    with cluster(given.build, 3, history=2000) as (_, (node, other, dying)):
        with holding(dying, "--connections", "100", "--streams", "100"), \
                concurrent.futures.ThreadPoolExecutor(1) as pool:
            job = pool.submit(run, "storm", node, options, seconds, other)
            time.sleep(seconds / 2)
            dying.process.kill()
            found = job.result()
    faults = wrong(found)
    yield Row(STORM, f"{found['replay_seconds']:.2f} s", found["replay_seconds"] or None)
    yield Row(STORM_LOST, in_words(faults) or "0", sum(faults.values()))
    yield late("live events before", found)
    yield late("live events meanwhile", found, "replay_latency_ms")


TURNS = 3


def works(given):
    """W1 to W5 of `./dev bench` on one gateway, with the memory backbone and with Redis in turns:
    medians of three runs."""
    for work in USUAL:
        memory, redis = [], []
        for _ in range(TURNS):
            with Node(given.build, None) as node:
                memory.append(exact(work.measure(node, given.seconds)))
            with cluster(given.build, 1) as (_, (node,)):
                redis.append(exact(work.measure(node, given.seconds)))
        for figure in work.figures:
            if figure.judged:
                yield beside(f"{work.name}: {figure.title}", figure, memory, redis)


def beside(what, figure, memory, redis):
    without, with_it = (statistics.median(found) if found else None for found in
                        (report.values(figure, runs) for runs in (memory, redis)))
    if without is None or with_it is None:
        return Row(what, "—")
    ratio = with_it / without if without else None
    words = f"memory {without:.{figure.digits}f}, redis {with_it:.{figure.digits}f}"
    return Row(what, words + (f" ({ratio:.2f} ×)" if ratio else ""), ratio)


PARTS = {part.__name__: part for part in (latency, rates, cost, storm, works)}


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench cluster", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (all)")
    parser.add_argument("--seconds", type=int, default=10, help="of each run (10)")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--out", metavar="FILE", help="of the results: bench/cluster.md")
    given = parser.parse_args()
    for name in given.parts:
        if name not in PARTS:
            parser.error(f"no part {name}; there are: {', '.join(PARTS)}")
    return given


def measured(name, given):
    """A part, its rows printed as they come."""
    part = Part(name, " ".join(PARTS[name].__doc__.split()))
    print(*opening(f"{name}: {part.title}"), sep="\n", flush=True)
    try:
        for row in PARTS[name](given):
            part.rows.append(row)
            print(line(row), flush=True)
    except (RuntimeError, subprocess.TimeoutExpired) as failure:
        part.failed = " ".join(str(failure).split())
    return part


def main():
    given = arguments()
    words = ["cluster", "--seconds", str(given.seconds), *given.parts]
    about = report.circumstances(words, [kind(given.build) for kind in (Boardcast, Redis)])
    parts = [measured(name, given) for name in given.parts or PARTS]
    if given.out:
        with open(given.out, "w", encoding="utf-8") as file:
            file.write(text(about, parts))
    faults = list(missed(parts))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
