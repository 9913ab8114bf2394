# ctest: PROCESSORS 1 TIMEOUT 120
"""The delivery promises under faults: real readers and writers through a proxy that does what
networks do, to a gateway that is killed, stopped, paused and cut; what they logged is checked.

BOARDCAST_SEED=N draws the same faults again."""

import os
import random

from faults import planted, run
from faults.checker import check
from faults.nemesis import FAULTS

SEEDS = [int(os.environ["BOARDCAST_SEED"])] if "BOARDCAST_SEED" in os.environ else [4]


def test_every_promise_is_kept_under_every_fault(tmp_path):
    for seed in SEEDS:
        print("seed", seed)
        violations, log = run.run(seed, 18, tmp_path / f"{seed}.jsonl")
        run.report(violations)
        assert not violations, f"BOARDCAST_SEED={seed} draws the same faults"
        met = {entry["name"] for entry in log.entries if entry["what"] == "fault"}
        assert met == set(FAULTS) and len(met) >= 12
        _the_run_was_worth_it(log.entries)
        _bugs_in_it_would_have_been_found(seed, log.entries)


def _the_run_was_worth_it(entries):
    told = {entry["reason"] for entry in entries if entry["what"] == "gap"}
    assert {"epoch", "slow", "trimmed"} <= told
    ends = {entry["reason"] for entry in entries if entry["what"] == "end"}
    assert {"limit", "drain"} <= ends
    answers = [entry["what"] for entry in entries]
    assert answers.count("ack") > 100 and answers.count("event") > 1000


def _bugs_in_it_would_have_been_found(seed, entries):
    for bug, promise in planted.USUAL.items():
        found = check(planted.planted(bug, entries, random.Random(seed)))
        assert promise in {violation.promise for violation in found}, bug.__name__
