"""Seed after seed until the time is over, or the first violation: see `./dev help`."""

import argparse
import os
import shutil
import sys
import time

from support.process import ROOT

from . import run, stalled, storm

SECONDS = 20


def one(seed, nodes):
    """Whether the seed keeps every promise. The logs stay where it does not."""
    folder = os.path.join(ROOT, "build", "soak", str(seed))
    os.makedirs(folder, exist_ok=True)
    begun = time.monotonic()
    try:
        violations, log = run.run(seed, run.plan(seed, SECONDS * nodes, nodes),
                                  os.path.join(folder, "log.jsonl"), nodes)
    except BaseException:
        print(f"seed {seed}: the run did not come to its end; build/soak/{seed}/ has its log")
        raise
    print(f"seed {seed}: {run.summary(log.entries)}; {len(violations)} violations in "
          f"{time.monotonic() - begun:.0f} s", flush=True)
    run.report(violations)
    if not violations:
        shutil.rmtree(folder)
    return not violations


def soak(minutes, seed, nodes):
    deadline, first = time.monotonic() + 60 * minutes, seed
    while True:
        if not one(seed, nodes):
            print(f"build/soak/{seed}/ has the log; "
                  f"./dev soak 0 {seed} --nodes {nodes} draws the same plan")
            return 1
        seed += 1
        if time.monotonic() >= deadline:
            print(f"{seed - first} seeds from {first} on, 0 violations")
            return 0


def main():
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=1)
    parser.add_argument("seed", nargs="?", type=int, default=int(time.time()))
    parser.add_argument("--nodes", type=int, default=1,
                        help="so many gateways with one Redis, behind a balancer")
    parser.add_argument("--storm", nargs=2, type=int, metavar=("CLIENTS", "CUTS"),
                        help="each client is cut so often, and misses nothing")
    parser.add_argument("--stalled", nargs=2, type=int, metavar=("STALLED", "HEALTHY"),
                        help="what readers that take nothing cost those who do")
    wish = parser.parse_args()
    if wish.storm:
        return storm.main(*wish.storm, wish.seed)
    if wish.stalled:
        return stalled.main(*wish.stalled)
    return soak(wish.minutes, wish.seed, wish.nodes)


if __name__ == "__main__":
    sys.exit(main())
