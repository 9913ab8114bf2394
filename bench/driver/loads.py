"""What loads the servers, on the other core: boardcast-bench and h2load; and what is wrong then."""

import contextlib
import json
import os
import re
import subprocess
import tempfile

from driver.servers import CA, CORE_OF_LOAD, Boardcast, pinned


def load(connections, streams, rate, *more):
    """Options of boardcast-bench."""
    return ("--connections", str(connections), "--streams", str(streams), "--rate", str(rate),
            *more)


def _load_on(server, *options):
    program = os.path.join(server.build, "bench", "boardcast-bench")
    return pinned(CORE_OF_LOAD, [program, "--url", server.url, "--ca", CA, *options])


@contextlib.contextmanager
def holding(server, *options):
    """Streams that are open as long as the `with`."""
    command = _load_on(server, "--rate", "0", "--seconds", "3600", *options)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as holder:
        try:
            said = holder.stderr.readline()  # its first words, or its last
            if not said.startswith("holding"):
                raise RuntimeError(f"{server.name}: the streams do not open: {said.strip()}")
            yield
        finally:
            holder.terminate()


def bench(work, server, seconds):
    """What one run of boardcast-bench found; what was wrong with it, `wrong` says."""
    command = _load_on(server, "--json", "--pid", ",".join(map(str, server.pids())),
                       "--publish-path", server.publish_path, "--warmup",
                       str(min(work.warmup, seconds)), "--seconds", str(seconds), "--quiet", "20",
                       *work.options)
    with holding(server, *work.beside) if work.beside else contextlib.nullcontext():
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=300 + 10 * seconds)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{work.name}, {server.name}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)


def wrong(run):
    """What happened in a run that must not, {what: how often}; nothing where it was exact."""
    if run.get("exact", True):  # or none of boardcast-bench
        return {}
    counts = {"lost": run["lost"],
              "not accepted": max(run["requests"] - run["accepted"], run["refused"]),
              "replay lost": run["replay"]["expected"] - run["replay"]["delivered"]}
    for group in ("live", "slow", "replay"):
        for kind in ("repeated", "reordered", "strange", "refused", "ended"):
            if (group, kind) != ("slow", "ended"):
                counts[f"{group} {kind}"] = run[group][kind]
    return {what: count for what, count in counts.items() if count > 0} or {"not exact": 1}


def in_words(faults):
    return ", ".join(f"{what} {count}" for what, count in faults.items())


def h2load(server, path, body, content_type, seconds, at_once=32):
    """Requests a second over 4 connections, each with so many at once; all answers are good."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        command = ["h2load", "-D", str(seconds), "--warm-up-time", "1", "-c", "4", "-m",
                   str(at_once), "-d", file.name, "-H", f"content-type: {content_type}",
                   server.url + path]
        done = subprocess.run(pinned(CORE_OF_LOAD, command), capture_output=True, text=True,
                              check=False, timeout=60 + seconds)
    rate = re.search(r"finished in .*?, ([\d.]+) req/s", done.stdout)
    good = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", done.stdout)
    if not rate or not good or any(int(good[n]) for n in (2, 3, 4)):
        raise RuntimeError(f"h2load, {server.name}: {done.stdout[-800:]}")
    return float(rate[1])


def publish(_, server, seconds):
    """Requests a second with one event each; for boardcast also batches of 100."""
    data = b"x" * 256
    path = server.publish_path.replace("{board}", "h2load")
    found_here = {"requests_per_s": h2load(server, path, data, "text/plain", seconds),
                  "batched_per_s": None}
    if isinstance(server, Boardcast):
        batch = json.dumps([{"board": "h2load", "data": data.decode()}] * 100).encode()
        rate = h2load(server, "/events", batch, "application/json", seconds)
        found_here["batched_per_s"] = 100 * rate
    return found_here
