# ctest: PROCESSORS 1 TIMEOUT 480
"""The delivery promises of three nodes with one Redis: clients come to any of them through a
balancer, names and their boards move along, changes are asked of any node; nodes are killed and
rolled, and Redis is cut, stopped, restarted empty, failed over by Sentinel, where the old primary
may live on, and set back. `./dev soak MINUTES SEED --nodes 3` goes on for longer, with more faults.

BOARDCAST_SEED=N draws the same faults again."""

import os

from faults import nemesis, planted, run, worth

SEED = int(os.environ.get("BOARDCAST_SEED", "2"))
# What one node does not meet. Between two faults clients are cut, too.
FAULTS = ("kill", "stop", "redis_cuts", "redis_pause", "redis_restart", "redis_failover",
          "redis_split", "redis_set_back", "kick")


def test_every_promise_is_kept_by_three_nodes_with_one_redis(tmp_path):
    entries = worth.insist(lambda n: _run(tmp_path / f"{n}.jsonl"), _the_run_was_worth_it,
                           worth.room_for(planted.SHARED, SEED))
    worth.find(planted.SHARED, SEED, entries)


def _run(path):
    violations, log = run.run(SEED, nemesis.plan(SEED, 0, FAULTS), path, nodes=3)
    print(run.summary(log.entries))
    run.report(violations)
    assert not violations, f"BOARDCAST_SEED={SEED} draws the same faults"
    return log.entries


def _the_run_was_worth_it(entries):
    asks = [entry for entry in entries if entry["what"] == "ask" and entry["after"]]
    nodes = {}
    for ask in asks:
        nodes.setdefault(ask["who"], set()).add(ask["node"])
    assert sum(len(seen) > 1 for seen in nodes.values()) > 10, "nobody moved"
    gaps = [entry for entry in entries if entry["what"] == "gap" and entry["reason"] == "epoch"]
    epochs = {id[:8] for entry in entries if entry["what"] == "ack" for id in entry["ids"]}
    assert len(gaps) > 20 and len(epochs) >= 3
    answers = [entry["what"] for entry in entries]
    assert answers.count("ack") > 100 and answers.count("event") > 1000
    assert answers.count("refused") > 3
