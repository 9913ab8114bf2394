# ctest: TIMEOUT 240 RUN_SERIAL ON
"""A thousand streams on ten connections: the load generator finds every event once, in order."""

import os
import subprocess

import pytest

from support import process

PROGRAM = os.path.join(os.environ.get("BOARDCAST_BUILD", os.path.dirname(process.PROGRAM)),
                       "bench", "deliveries")


def deliveries(gateway, *options):
    return subprocess.run(
        [PROGRAM, "--url", gateway.url().rstrip("/"), "--ca", process.CA,
         "--pid", str(gateway.process.pid), *map(str, options)],
        capture_output=True, text=True, timeout=100 * process.SLOWNESS)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_delivery_is_exact(start, workers):
    gateway = start({"server": {"workers": workers}})
    rate = 100 if process.SLOWNESS == 1 else 20
    done = deliveries(gateway, "--connections", 10, "--streams", 100, "--rate", rate,
                      "--seconds", 3)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"deliveries {3000 * rate} of {3000 * rate} " in done.stdout
    assert gateway.metric("boardcast_encodings_total") == 3 * rate
    assert gateway.metric("boardcast_deliveries_total") == 3000 * rate


def test_many_boards(start):
    gateway = start()
    done = deliveries(gateway, "--connections", 5, "--streams", 100, "--boards", 50, "--rate", 200,
                      "--seconds", 2)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_checker_sees_what_is_missing(start):
    gateway = start()
    done = deliveries(gateway, "--connections", 1, "--streams", 10, "--rate", 20, "--seconds", 1,
                      "--query", "&limit=5")
    assert done.returncode == 1
    assert "deliveries 50 of 200 " in done.stdout and "NOT EXACT" in done.stdout
