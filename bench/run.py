#!/usr/bin/env python3
"""Measures boardcast and its peers on the same work, in turns; `./dev bench` builds and calls it.

Writes RESULTS.md, runs.json and plots into --out. --quick: one run of three seconds.
"""

import argparse
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from driver import report  # noqa: E402
from driver.servers import CERT, ROOT, SERVERS  # noqa: E402
from driver.works import WORKS  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    names = [work.name for work in WORKS]
    parser.add_argument("works", nargs="*", metavar="WORK", help=f"{', '.join(names)} (all)")
    parser.add_argument("--only", metavar="SERVER,…", default=",".join(SERVERS),
                        help=f"of {', '.join(SERVERS)}")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, help="of each run, instead of the work's own")
    parser.add_argument("--quick", action="store_true", help="--runs 1 --seconds 3")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--out", default=os.path.join(ROOT, "build", "bench"),
                        help="folder of the results (build/bench)")
    given = parser.parse_args()
    for name in given.works:
        if name not in names:
            parser.error(f"no work {name}; there are: {', '.join(names)}")
    for name in given.only.split(","):
        if name not in SERVERS:
            parser.error(f"no server {name}; there are: {', '.join(SERVERS)}")
    if given.quick:
        given.runs, given.seconds = 1, given.seconds or 3
    return given


def prepare(kinds):
    """Everything that is not measured: certificates and packages."""
    subprocess.run([os.path.join(ROOT, "certs", "make-dev-certs.sh")], check=True,
                   stdout=sys.stderr)
    assert os.path.exists(CERT)
    better_sse = os.path.join(ROOT, "bench", "peers", "better-sse")
    if "better-sse" in kinds and not os.path.isdir(os.path.join(better_sse, "node_modules")):
        subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=better_sse, check=True,
                       stdout=sys.stderr)


def measure(work, name, given):
    """What one run found, or {"failed": why}."""
    server = SERVERS[name](given.build)
    if work.settings and name == "boardcast":
        server.settings = work.settings
    begun = time.monotonic()
    try:
        with server:
            found = work.measure(server, given.seconds or work.seconds)
    except (RuntimeError, subprocess.TimeoutExpired) as failure:
        found = {"failed": str(failure)}
    print(f"{work.name:15} {name:12} {report.one_line(work, found)}"
          f"  [{time.monotonic() - begun:.0f} s]", file=sys.stderr, flush=True)
    return found


def main():
    given = arguments()
    works = [work for work in WORKS if not given.works or work.name in given.works]
    names = given.only.split(",")
    prepare(names)
    about = report.about(given, names)  # before the machine is busy, and the tree full of plots
    runs = {work.name: {name: [] for name in names if work.is_for(SERVERS[name])}
            for work in works}
    for turn in range(given.runs):
        print(f"turn {turn + 1} of {given.runs}", file=sys.stderr)
        for work in works:
            for name, found in runs[work.name].items():
                found.append(measure(work, name, given))
    os.makedirs(given.out, exist_ok=True)
    with open(os.path.join(given.out, "runs.json"), "w", encoding="utf-8") as file:
        json.dump({"about": about, "runs": runs}, file, indent=1)
        file.write("\n")
    report.write(given.out)
    print(os.path.relpath(os.path.join(given.out, "RESULTS.md"), os.getcwd()))


if __name__ == "__main__":
    main()
