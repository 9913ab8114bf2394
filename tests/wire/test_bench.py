# ctest: RUN_SERIAL ON
"""./dev bench: it measures, and its report says what was found, met, lost and not had."""

import json
import os
import subprocess
import sys

import pytest

from support.process import PROGRAM, ROOT, SLOWNESS

sys.path.insert(0, os.path.join(ROOT, "bench"))

from driver import report  # noqa: E402

BUILD = os.environ.get("BOARDCAST_BUILD", os.path.dirname(PROGRAM))
ABOUT = {"date": "today", "machine": "this", "commit": "abc", "openssl": "3", "command": "x",
         "load": "0.1", "versions": {"boardcast": "1"}}


def run(*words):
    return subprocess.run(["/usr/bin/python3", "-B", f"{ROOT}/bench/run.py", *words],
                          capture_output=True, text=True, timeout=60 * SLOWNESS, check=False)


def test_a_quick_pass(tmp_path):
    done = run("--quick", "--seconds", "1", "W1", "--only", "boardcast", "--build", BUILD,
               "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| **boardcast** |"))
    cpu, p50, p99, lost, own = (float(cell) for cell in row.split("|")[2:7])
    assert cpu > 0 and own > 0 and 0 < p50 <= p99 and lost == 0
    assert "`./dev bench W1 --runs 1 --seconds 1 --only boardcast`" in text
    runs = json.loads((tmp_path / "runs.json").read_text(encoding="utf-8"))["runs"]
    assert runs["W1"]["boardcast"][0]["exact"]


@pytest.mark.parametrize("words, said", [(["W9"], "no work W9"), (["--only", "x"], "no server x")])
def test_it_refuses_what_it_does_not_know(words, said):
    done = run(*words)
    assert done.returncode == 2 and said in done.stderr


def one(cpu, p50=1.0, p99=2.0, rate=100_000, **more):
    return {"server_us_per_delivery": cpu, "latency_ms": {"p50": p50, "p99": p99}, "lost": 0,
            "live": {"repeated": 0, "reordered": 0}, "own_us_per_delivery": 0.3,
            "deliveries_per_s": rate, **more}


@pytest.fixture(name="written")
def fixture_written(tmp_path):
    def write(runs):
        (tmp_path / "runs.json").write_text(json.dumps({"about": ABOUT, "runs": runs}))
        report.write(str(tmp_path))
        return (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    return write


def test_medians_ratios_and_losses(written, tmp_path):
    text = written({"W1": {
        "boardcast": [one(0.7), one(0.5, p50=0.4), one(0.6, p50=3)],
        "nchan": [one(5, rate=60_000), one(7), one(6.6, rate=50_000)],
        "floor": [one(0.3, p99=1.9)],
        "node": [one(2.0, p50=0.5)]}})
    assert "| **boardcast** | 0.60 (0.50–0.70) | 1.00 (0.40–3.00) |" in text
    assert "nginx + Nchan did not keep up: 60 000 of 100 000 deliveries/s." in text
    assert "Node http2 by hand did not" not in text
    assert "| 0.60 µs | nginx + Nchan 11.0 ×, *floor* 0.5 ×, Node http2 by hand 3.3 × |" in text
    assert "| W1: server CPU, µs per delivery | 0.60 (0.50–0.70) | ≤ 1.0 | yes |" in text
    assert "boardcast / floor | 2.00 | ≤ 2 | yes |" in text
    assert "boardcast / nchan | 0.09 | ≤ 0.1 | yes |" in text
    assert text.split("## Where others are better")[1].strip() == \
        "- W1, p50, ms: Node http2 by hand 0.50, boardcast 1.00."
    plot = (tmp_path / "results" / "w1-server-cpu.svg").read_text(encoding="utf-8")
    assert plot.startswith("<svg") and plot.count("<rect") == 5


def test_goals_missed_and_runs_that_failed(written):
    text = written({"W4": {"boardcast": [one(0.4, rate=900_000, lost=3)],
                           "nchan": [{"failed": "no memory"}]}})
    assert "| W4: deliveries/s | 900 000 | ≥ 1 000 000 | **no** |" in text
    assert "| W4: lost, repeated or reordered | 3 | 0 | **no** |" in text
    assert "| nginx + Nchan | — | — | — | — |" in text and "Failed: nchan: no memory" in text


def test_a_million_is_told_where_it_was_measured(written, tmp_path):
    (tmp_path / "million.txt").write_text("streams 1000000 open\n")
    assert "```\nstreams 1000000 open\n```" in written({"W1": {"boardcast": [one(0.5)]}})


def test_nothing_lost_is_said(written):
    assert "Nowhere above." in written({"W1": {"boardcast": [one(0.5)]}})
