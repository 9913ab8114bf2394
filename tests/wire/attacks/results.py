"""RESULTS.md: its head and its sections, each of which is written by a run of its own."""

import datetime
import os
import platform
import re
import subprocess

from support.process import PROGRAM, ROOT

from . import report

RESULTS = os.path.join(ROOT, "tests", "wire", "attacks", "RESULTS.md")

INTRODUCTION = """# Results of the attacks

Written by `./dev attack`. Each row has a server of its own, on one thread, and a healthy client
beside it, which asks every 10 ms. A cell says what became of the attacker, how much the server's
memory grew at most, its CPU time for each 16 KiB that were sent (TLS, TCP's own packets of
connections and the healthy client's share aside) and how long the healthy client waited (p99).
*Served*: no limit is met, and every connection that is held is still answered in the end.

**The rule**: cut within a second or at most 1 MiB of memory for each connection (96 KiB before its
handshake has ended), at most 10 ms of CPU for each 16 KiB sent (20 of ClientHellos), a healthy p99
of at most 100 ms. Who breaks it is attacked once more, on a new server, and the second time counts;
what breaks it then is in bold. This gateway also has to do what the row says and to keep to the
memory where it cuts, or `./dev attack` fails. nginx and nghttpd serve files; HAProxy is in front of
this gateway and answers short requests itself.
"""


def said(*command):
    """The first line that a command writes."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return (done.stdout + done.stderr).strip().partition("\n")[0]


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


def write(head, results, more):
    """All but the sections of other runs."""
    put("In short", [*head, "", *report.sums(results), *(f"- {line.strip()}" for line in more)])
    put("Beside others", report.comparison(results))
    put("This gateway", report.ours(results["boardcast"]))


def put(title, lines):
    """Puts a section in the place of the one that has its title, or else at the end."""
    found = _sections()
    found[title] = "\n".join(lines)
    with open(RESULTS, "w", encoding="utf-8") as file:
        file.write("\n".join([INTRODUCTION, *(f"## {title}\n\n{text}\n"
                                              for title, text in found.items())]))


def _sections():
    """Title: text."""
    with open(RESULTS, encoding="utf-8") as file:
        parts = re.split(r"^## (.*)\n", file.read(), flags=re.MULTILINE)
    return {title: text.strip() for title, text in zip(parts[1::2], parts[2::2])}


def worst_of_many():
    """The p99 of a healthy client beside the siege, in ms, as it is written there."""
    return re.search(r"p99 ([\d.]+)", _sections()["Many at once"]).group(1)
