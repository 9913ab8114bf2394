# ctest: RUN_SERIAL ON
"""./dev bench: it measures, and its report says what was found, met, lost and not had."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from support.process import CA, PROGRAM, ROOT, SLOWNESS, wait_for

sys.path.insert(0, os.path.join(ROOT, "bench"))

import cluster  # noqa: E402
from driver import cluster_report, loads, nodes, report  # noqa: E402

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
    cpu, p50, p99, lost, own = (float("".join(cell.split())) for cell in row.split("|")[2:7])
    assert cpu > 0 and own > 0 and 0 < p50 <= p99 and lost == 0
    assert "`./dev bench W1 --runs 1 --seconds 1 --only boardcast`" in text
    runs = json.loads((tmp_path / "runs.json").read_text(encoding="utf-8"))["runs"]
    assert runs["W1"]["boardcast"][0]["exact"]


def test_a_generator_that_is_late_at_its_end_still_counts_right(shared):
    load = subprocess.Popen(
        [f"{BUILD}/bench/boardcast-bench", "--url", shared.url(), "--ca", CA, "--connections", "1",
         "--streams", "5", "--rate", "20", "--warmup", "0", "--seconds", str(int(4 * SLOWNESS))],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        wait_for(lambda: shared.metric("boardcast_published_events_total") > 0, "the first event")
        load.send_signal(signal.SIGSTOP)
        time.sleep(5 * SLOWNESS)
        load.send_signal(signal.SIGCONT)
        said, _ = load.communicate(timeout=60 * SLOWNESS)
        assert load.returncode == 0, said
    finally:
        load.kill()
        load.wait(10)


@pytest.mark.parametrize("words, said", [(["W9"], "no work W9"), (["--only", "x"], "no server x")])
def test_it_refuses_what_it_does_not_know(words, said):
    done = run(*words)
    assert done.returncode == 2 and said in done.stderr


def tally(**counts):
    return {"expected": 10, "delivered": 10, "skipped": 0, "repeated": 0, "reordered": 0,
            "strange": 0, "refused": 0, "ended": 0, **counts}


def one(cpu, p50=1.0, p99=2.0, rate=100_000, **more):
    return {"exact": True, "server_us_per_delivery": cpu, "latency_ms": {"p50": p50, "p99": p99},
            "lost": 0, "requests": 5, "accepted": 5, "refused": 0, "own_us_per_delivery": 0.3,
            "deliveries_per_s": rate, "live": tally(), "slow": tally(), "replay": tally(), **more}


def inexact(cpu, **more):
    return one(cpu, exact=False, **more)


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
    text = written({"W4": {"boardcast": [inexact(0.4, rate=900_000, lost=3)],
                           "nchan": [{"failed": "no memory"}]}})
    assert "| W4: deliveries/s | 900 000 | ≥ 1 000 000 | **no** |" in text
    assert "| W4: not delivered exactly once | 3 | 0 | **no** |" in text
    assert "| nginx + Nchan | — | — | — | — |" in text and "Failed: nchan: no memory" in text


@pytest.mark.parametrize("faults, words", [
    ({"lost": 4}, "lost 4"),
    ({"accepted": 3}, "not accepted 2"),
    ({"refused": 1}, "not accepted 1"),
    ({"live": tally(repeated=1, ended=2)}, "live repeated 1, live ended 2"),
    ({"live": tally(refused=7, strange=1)}, "live strange 1, live refused 7"),
    ({"slow": tally(reordered=1, ended=5, skipped=9)}, "slow reordered 1"),
    ({"replay": tally(delivered=8)}, "replay lost 2"),
])
def test_a_run_that_was_not_exact_is_never_silent(written, faults, words):
    count = sum(int(word) for word in words.replace(",", "").split() if word.isdigit())
    assert loads.wrong(one(1.0, **faults)) == {}, "boardcast-bench decides"
    bad = inexact(1.0, **faults)
    assert sum(loads.wrong(bad).values()) == count and loads.in_words(loads.wrong(bad)) == words
    text = written({"W1": {"boardcast": [one(0.5), bad, one(0.5)], "nchan": [bad]}})
    assert f"A run of boardcast was not exact: {words}." in text
    assert f"A run of nginx + Nchan was not exact: {words}." in text
    assert "| runs of boardcast that were exact | 2 of 3 | all | **no** |" in text
    assert f"| **boardcast** | 0.50 (0.50–1.00) | 1.00 | 2.00 | 0 (0–{count}) |" in text


def test_runs_that_were_exact_are_counted(written):
    assert "| runs of boardcast that were exact | 1 of 1 | all | yes |" in written(
        {"W1": {"boardcast": [one(0.5)]}})


class Mute(nodes.Node):
    """Starts, and is never ready."""
    patience = 0.3

    def command(self):
        return ["sleep", "60"]


class Interrupted(Mute):
    def ask(self):
        raise KeyboardInterrupt


@pytest.mark.parametrize("kind, raised", [(Mute, RuntimeError), (Interrupted, KeyboardInterrupt)])
def test_a_node_that_does_not_become_ready_is_not_left_behind(kind, raised):
    node = kind(BUILD, None)
    with pytest.raises(raised):
        node.__enter__()
    assert node.process.poll() is not None and not os.path.exists(node.folder)


def test_the_cluster_is_measured_into_a_file(tmp_path):
    file = tmp_path / "cluster.md"
    done = subprocess.run(
        ["/usr/bin/python3", "-B", f"{ROOT}/bench/cluster.py", "latency", "--seconds", "1",
         "--build", BUILD, "--out", str(file)],
        capture_output=True, text=True, timeout=90 * SLOWNESS, check=False)
    assert done.returncode == 0, done.stderr
    text = file.read_text(encoding="utf-8")
    assert "`./dev bench cluster --seconds 1 latency`" in text and "- redis: Redis server" in text
    assert "| from publishing to a stream of another node, p50, ms |" in text
    rows = [line for line in text.splitlines() if line.startswith("| redis, another node | p50 ")]
    assert len(rows) == 1 and rows[0] in done.stdout.splitlines()


def storm(seconds, lost):
    return cluster_report.Part("storm", "A storm.", [
        cluster_report.Row(cluster_report.STORM, f"{seconds} s", seconds),
        cluster_report.Row(cluster_report.STORM_LOST, str(lost), lost)])


def test_a_cluster_that_loses_events_fails_and_one_that_is_slow_is_told():
    good, slow, lossy = storm(2.5, 0), storm(12, 0), storm(2.5, 3)
    failed = cluster_report.Part("latency", "How late.", [], "lost 1")
    assert [list(cluster_report.missed([part])) for part in (good, slow, lossy, failed)] == [
        [], [], ["not delivered exactly once to these and the live ones: 3"],
        ["latency failed: lost 1"]]
    text = cluster_report.text(ABOUT, [slow, failed])
    goals = text.split("## storm")[0]
    assert "streams are back after their node's death, s | 12.00 | ≤ 10 | **no** |" in goals
    assert "once to these and the live ones | 0 | 0 | yes |" in goals
    assert "| from publishing to a stream of another node, p50, ms | — | ≤ 2 | **no** |" in goals
    assert "Failed: lost 1" in text


def test_what_a_work_costs_with_redis_is_compared():
    work = cluster_report.USUAL[0]
    cpu = work.figures[0]
    rows = [cluster.beside(f"{work.name}: {figure.title}", figure, [one(0.5)], [one(0.6)])
            for figure in work.figures if figure.judged]
    text = cluster_report.text(ABOUT, [cluster_report.Part("works", "Works.", rows)])
    assert f"| W1: {cpu.title} | memory 0.50, redis 0.60 (1.20 ×) |" in text
    assert f"| W1: {cpu.title}, with Redis / without | 1.20 | ≤ 1.1 | **no** |" in text


def test_a_million_is_told_where_it_was_measured(written, tmp_path):
    (tmp_path / "million.txt").write_text("streams 1000000 open\n")
    assert "```\nstreams 1000000 open\n```" in written({"W1": {"boardcast": [one(0.5)]}})


def test_nothing_lost_is_said(written):
    assert "Nowhere above." in written({"W1": {"boardcast": [one(0.5)]}})
