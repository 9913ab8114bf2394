# ctest: TIMEOUT 240 RUN_SERIAL ON
"""A thousand streams on ten connections: the load generator finds every event once, in order."""

import json
import os
import subprocess

import pytest

from support import process

PROGRAM = os.path.join(os.environ.get("BOARDCAST_BUILD", os.path.dirname(process.PROGRAM)),
                       "bench", "boardcast-bench")


def load(gateway, *options, scheme="https"):
    """(exit code, what it found) of boardcast-bench against the gateway."""
    done = subprocess.run(
        [PROGRAM, "--json", "--settle", "0", "--quiet", "2", "--url", gateway.url(scheme=scheme),
         "--ca", process.CA, "--pid", str(gateway.process.pid), *map(str, options)],
        capture_output=True, text=True, timeout=100 * process.SLOWNESS, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_delivery_is_exact(start, workers):
    gateway = start({"server": {"workers": workers}})
    rate = 100 if process.SLOWNESS == 1 else 20
    code, found = load(gateway, "--connections", 10, "--streams", 100, "--rate", rate,
                       "--seconds", 3)
    assert code == 0 and found["exact"], found
    assert found["live"]["delivered"] == found["live"]["expected"] == 3000 * rate
    assert found["server_us_per_delivery"] > 0 and found["latency_ms"]["p50"] > 0
    assert gateway.metric("boardcast_encodings_total") == 3 * rate
    assert gateway.metric("boardcast_deliveries_total") == 3000 * rate


def test_many_boards_as_chrome_opens_them(start):
    code, found = load(start(), "--connections", 5, "--streams", 100, "--boards", 50, "--rate",
                       200, "--seconds", 2, "--chrome")
    assert code == 0 and found["live"]["delivered"] == 400 * 10, found


@pytest.mark.parametrize("options, scheme", [(["--http1"], "https"), ([], "http"), ([], "h2c")])
def test_other_protocols_and_pieces(start, options, scheme):
    """Events larger than a frame, in the JSON envelope, published in batches."""
    gateway = start({"server": {"listen": ["https://127.0.0.1:0", f"{scheme}://127.0.0.1:0"]}})
    code, found = load(gateway, *options, "--connections", 5, "--streams", 1, "--rate", 20,
                       "--seconds", 2, "--bytes", 20000, "--batch", 2, "--before", "[", "--after",
                       "]", "--item", '{"board": "{board}", "data": "{data}"}', "--publish-path",
                       "/events", "--publish-header", "content-type: application/json", "--path",
                       "/events?boards={board}&format=json", scheme=scheme)
    assert code == 0 and found["live"]["delivered"] == 200 and found["requests"] == 20, found


def test_several_processes_make_one_load(start):
    gateway = start()
    words = [PROGRAM, "--json", "--settle", "0", "--url", gateway.url(), "--ca", process.CA,
             "--boards", "2", "--connections", "2", "--streams", "10"]
    reader = subprocess.Popen([*words, "--rate", "0", "--seconds", "3", "--expect", "10"],
                              stdout=subprocess.PIPE, text=True)
    process.wait_for(lambda: gateway.connections()["total"] == 20, "the reader's streams")
    code, found = load(gateway, "--boards", 2, "--connections", 1, "--streams", 2, "--rate", 20,
                       "--seconds", 1)
    output, _ = reader.communicate(timeout=20 * process.SLOWNESS)
    assert code == 0 and found["events"] == 20
    heard = json.loads(output)
    assert reader.returncode == 0 and heard["live"]["delivered"] == 20 * 10, heard
    assert 0 < heard["latency_ms"]["p50"] < 1000


def test_saturation_leaves_nobody_behind(start):
    code, found = load(start(), "--connections", 2, "--streams", 50, "--saturate", 32, "--seconds",
                       2, "--warmup", 1)
    assert code == 0 and found["lost"] == 0, found
    assert found["events"] > 320 / process.SLOWNESS


def test_streams_return_into_a_live_load(start):
    code, found = load(start(), "--connections", 2, "--streams", 5, "--rate", 50, "--seconds", 2,
                       "--boards", 2, "--replay-connections", 2, "--replay-streams", 5,
                       "--replay-events", 100)
    assert code == 0, found
    # 100 of each board that they missed, and some that came meanwhile.
    assert 10 * 100 < found["replay"]["delivered"] == found["replay"]["expected"] < 10 * 150


def test_the_checker_sees_a_gap(start):
    """Streams return to more than the history holds."""
    gateway = start({"history": {"events": 50}})
    code, found = load(gateway, "--connections", 1, "--streams", 2, "--rate", 20, "--seconds", 1,
                       "--replay-connections", 1, "--replay-streams", 10, "--replay-events", 100)
    back = found["replay"]
    assert code == 1 and not found["exact"] and found["live"]["skipped"] == 0
    assert 10 * 40 <= back["skipped"] <= 10 * 70
    assert back["delivered"] + back["skipped"] == back["expected"]


def test_the_checker_sees_what_is_missing(start):
    code, found = load(start(), "--connections", 1, "--streams", 10, "--rate", 20, "--seconds", 1,
                       "--path", "/events?boards={board}&limit=5")
    assert code == 1 and not found["exact"]
    assert found["live"]["delivered"] == 50 and found["lost"] == 150
    assert found["live"]["ended"] == 10


@pytest.mark.parametrize("words, said", [
    (["--rate", "x"], "--rate wants a number"),
    (["--http1"], "HTTP/1.1 carries --streams 1"),
    (["--path", "/nowhere"], "only 0 of 10 streams opened, 10 were refused"),
    (["--ca", "certs/dev.crt"], "only 0 of 10 connections could be opened"),
])
def test_it_says_at_once_why_it_cannot_run(shared, words, said):
    command = [PROGRAM, "--ca", process.CA, "--settle", "0", *words, "--url", shared.url()]
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          timeout=10 * process.SLOWNESS)
    assert done.returncode == 2 and said in done.stderr
