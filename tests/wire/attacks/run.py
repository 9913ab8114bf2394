"""The attacks at length, on this gateway and on Debian's servers: see `./dev help`."""

import argparse
import datetime
import os
import platform
import subprocess
import sys

from support.process import PROGRAM, ROOT

from . import crowd, report, servers, siege, smuggling, stage

RESULTS = os.path.join(ROOT, "tests", "wire", "attacks", "RESULTS.md")
SECONDS, BYTES_MAX = 1.0, 16 * 1024 * 1024


def said(*command):
    """The first line that a command writes."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return (done.stdout + done.stderr).strip().partition("\n")[0]


def attack(title, make, rows):
    """Each row on a server of its own, so that no memory is there already."""
    results = []
    for row in rows:
        server = make()
        try:
            results.append(lead(row, server))
        finally:
            server.stop()
        print(f"{title:10}", report.line(results[-1]), flush=True)
    return results


def lead(row, server):
    play = stage.Stage(server)
    result = play.lead(row, max(SECONDS, row.seconds), BYTES_MAX)
    complaint = play.close()
    if complaint and not result.fault:
        result.fault = f"the healthy client: {complaint}"
    return result


def smuggled():
    """How many of the requests were answered by one 400 and the connection's end."""
    server = servers.Boardcast()
    address = server.gateway.address("http")
    found = [smuggling.answers(address, request) == ([400], True)
             for request in smuggling.REQUESTS.values()]
    server.stop()
    return f"{sum(found)} of {len(found)} requests that smuggle: one 400, and the end"


def facts():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if "model name" in line), "?")
    yield f"- date: {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC"
    yield f"- machine: {os.cpu_count()} cores ({model}), Linux {platform.release()}"
    yield f"- load of the machine before: {os.getloadavg()[0]:.2f}"
    yield f"- commit: {said('git', 'describe', '--always', '--dirty', '--exclude=*')}"
    for command in ((PROGRAM, "--version"), ("nghttpd", "--version"), ("/usr/sbin/nginx", "-v"),
                    ("haproxy", "-v"), ("openssl", "version")):
        yield f"- {said(*command)}"


INTRODUCTION = """# Results of the attacks

Written by `./dev attack`. Each row has a server of its own, on one thread, and a healthy client
beside it, which asks every 10 ms. A cell says what became of the attacker, how much the server's
memory grew at most, its CPU time for each 16 KiB that were sent (TLS, TCP's own packets of
connections and the healthy client's share aside) and how long the healthy client waited (p99).

**The rule**: cut within a second or at most 1 MiB of memory for each connection, at most 10 ms of
CPU for each 16 KiB sent, a healthy p99 of at most 100 ms. What breaks it is in bold. nginx and
nghttpd serve files; HAProxy is in front of this gateway and answers short requests itself.
"""


def write(head, results, more):
    lines = [INTRODUCTION, *head, "", "## In short", "", *report.sums(results),
             *(f"- {line.strip()}" for line in more), "", "## Beside others", "",
             *report.comparison(results), "", "## This gateway", "",
             *report.ours(results["boardcast"]), ""]
    with open(RESULTS, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


def note(head, lines):
    """Puts the siege at the end of the results, in the place of an earlier one."""
    with open(RESULTS, encoding="utf-8") as file:
        text = file.read().split("\n## Many at once\n")[0].rstrip("\n")
    with open(RESULTS, "w", encoding="utf-8") as file:
        file.write("\n".join([text, "", "## Many at once", "", *head, "",
                              *(f"- {line}" for line in lines), ""]))


def main():
    parser = argparse.ArgumentParser(prog="./dev attack", description=__doc__)
    parser.add_argument("--row", default="", help="only rows with this text in their name")
    parser.add_argument("--only", default="boardcast,nghttpd,nginx,haproxy", metavar="SERVER,…")
    parser.add_argument("--plain", action="store_true",
                        help="those of HTTP/2 over h2c, and on this gateway alone")
    parser.add_argument("--long", type=float, metavar="MINUTES",
                        help=f"{siege.ATTACKERS} attackers at once for so long, and nothing else")
    parser.add_argument("--write", action="store_true", help="write tests/wire/attacks/RESULTS.md")
    wish = parser.parse_args()
    head = list(facts())
    if wish.long:
        lines = list(siege.lead(wish.long).lines())
        print(*lines, sep="\n")
        if wish.write:
            note(head, lines)
        return 0
    makers = {"boardcast": servers.Boardcast, **servers.PEERS}
    rows = [row for row in (stage.PLAIN if wish.plain else stage.ROWS) if wish.row in row.name]
    names = ["boardcast"] if wish.plain else wish.only.split(",")
    results = {name: attack(name, makers[name], rows) for name in names}
    more = [smuggled(), *crowd.lead(500).lines()] if not wish.row and not wish.plain else []
    print(*report.sums(results), *more, sep="\n")
    if wish.write and not wish.plain:
        write(head, results, more)
    return 0


if __name__ == "__main__":
    sys.exit(main())
