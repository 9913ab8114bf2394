# ctest: PROCESSORS 1
"""The Redis that nodes share as operators have it: behind Sentinels that fail over, with users and
passwords, as a replica by mistake; and what boards hold that deliver their latest.
"""

import json

import pytest

from support import redis_server, sse
from support.process import fetch, wait_for


def _config(redis, **more):
    return {"backbone": {"type": "redis", "redis": redis}, **more}


def _status(node):
    return fetch(node.admin("/readyz")).json()["status"]


def _ready(node):
    wait_for(lambda: _status(node) == "ready", lambda: "a node that is ready:\n" +
             "\n".join(node.lines[-8:]), 15)
    return node


def _publish(node, what):
    answer = fetch(node.url("/events"), "-H", "content-type: application/json", "-d",
                   json.dumps(what))
    assert answer.status == 200, answer


def _read(curls, node, boards, after=None):
    options = ["-H", f"last-event-id: {after}"] if after else []
    curl = curls(node.url(f"/events?boards={boards}"), *options)
    curl.wait_for("boardcast.open")
    return curl


@pytest.fixture
def watched(redis):
    """A primary, its replica, and a Sentinel that knows both, and is patient until it is told
    otherwise: nobody is to be taken for dead because the machine is busy."""
    primary = redis()
    replica = redis(of=primary)
    sentinel = redis(primary, kind=redis_server.Sentinel, down_ms=60_000)
    sentinel.knows(1)
    return primary, replica, sentinel


def _sentinels(*some):
    return {"sentinels": [f"127.0.0.1:{one.port}" for one in some], "sentinel_name": "boardcast"}


def test_sentinel_fails_over_to_a_replica_that_lags(watched, redis, start, curls):
    primary, replica, sentinel = watched
    gone = redis()  # a Sentinel that is no more
    gone.kill()
    a, b = (start(_config(_sentinels(gone, sentinel))) for _ in range(2))
    reader = _read(curls, _ready(b), "news")
    _ready(a).publish("news", "kept")
    wait_for(lambda: replica.command("XLEN", "{boardcast}:log") == 1, "the replica")
    replica.pause()
    lost = a.publish("news", "lost")
    reader.wait_for("data: lost")
    primary.kill()
    replica.resume()
    sentinel.has_patience(300)
    sentinel.failed_over(primary.address)
    wait_for(lambda: a.messages("redis: connected")[-1]["url"].endswith(f":{replica.port}/0"),
             "the new primary", 15)
    after = _ready(a).publish("news", "after")
    text = reader.wait_for("data: after")
    assert after[:8] != lost[:8] and sse.data(text) == ["kept", "lost", "after"]
    assert [gap["reason"] for gap in sse.gaps(text)] == ["epoch"]
    assert replica.command("XLEN", "{boardcast}:log") == 1


def test_sentinels_and_what_they_name_may_be_names(redis, start):
    primary = redis()
    sentinel = redis(primary, kind=redis_server.Sentinel, host="localhost")
    assert sentinel.primary() == ("localhost", primary.port)
    node = _ready(start(_config({"sentinels": [f"no..name:{sentinel.port}",
                                               f"localhost:{sentinel.port}"],
                                 "sentinel_name": "boardcast"})))
    node.publish("news", "by name")
    assert node.messages("redis: connected")[0]["url"] == f"redis://localhost:{primary.port}/0"


def test_a_name_that_is_none_is_told_and_tried_again(start):
    """By its form, so that no server of names is asked."""
    node = start(_config({"url": "redis://no..name"}))
    said = node.wait_for_messages("redis: connection lost, trying again")
    assert "no..name" in said[0]["why"]
    body = '{"board":"news","data":"x"}'
    answer = fetch(node.url("/events"), "-H", "content-type: application/json", "-d", body)
    assert answer.status == 503 and answer.fields["retry-after"]


def test_a_failover_is_noticed_though_the_old_primary_answers(watched, start):
    primary, replica, sentinel = watched
    node = _ready(start(_config(_sentinels(sentinel))))
    before = node.publish("news", "before")
    sentinel.fail_over()
    sentinel.failed_over(primary.address)
    body = '{"board":"news","data":"after"}'

    def is_of_another_epoch():
        answer = fetch(node.url("/events"), "-H", "content-type: application/json", "-d", body)
        return answer.status == 200 and answer.json()["id"][:8] != before[:8]
    wait_for(is_of_another_epoch, "a publish by the new primary", 15)
    assert replica.command("XLEN", "{boardcast}:log") == 1


def test_a_primary_that_was_set_back_begins_another_epoch(redis, start, curls):
    """It was made a replica of one that lagged, which nobody had written to, and then the primary
    again: the same run_id, the same epoch, and fewer events."""
    primary = redis()
    replica = redis(of=primary)
    node = _ready(start(_config({"url": primary.url})))
    reader = _read(curls, node, "news")
    node.publish("news", "kept")
    wait_for(lambda: replica.command("XLEN", "{boardcast}:log") == 1, "the replica")
    replica.promote()
    lost = node.publish("news", "lost")
    reader.wait_for("data: lost")
    primary.follow(replica)
    primary.synchronised()
    primary.promote()
    assert primary.command("XLEN", "{boardcast}:log") == 1
    after = _ready(node).publish("news", "after")
    text = reader.wait_for("data: after")
    assert after[:8] != lost[:8] and sse.data(text) == ["kept", "lost", "after"]
    assert [gap["reason"] for gap in sse.gaps(text)] == ["epoch"]


def test_no_sentinel_that_knows_it_is_told(redis, start):
    server = redis()
    node = start(_config({"sentinels": [f"127.0.0.1:{server.port}"], "sentinel_name": "other"}))
    wait_for(lambda: any("Sentinel" in line for line in node.lines), "a log line")
    assert _status(node) == "disconnected"


def test_a_replica_is_not_written_to(redis, start):
    primary = redis()
    replica = redis({"replica-read-only": "no"}, of=primary)
    node = start(_config({"url": replica.url}))
    wait_for(lambda: any("it is a replica" in line for line in node.lines), "a log line")
    assert _status(node) == "disconnected"
    assert replica.command("KEYS", "*") == []
    replica.promote()
    _ready(node)


def test_a_password_that_is_wrong_is_told_and_not_shown(redis, start):
    server = redis()
    server.command("ACL", "SETUSER", "boardcast", "on", ">right", "+@all", "~*", "&*")
    node = start(_config({"url": server.url, "username": "boardcast", "password": "a-canary"}))
    wait_for(lambda: any("WRONGPASS" in line for line in node.lines), "a log line")
    assert _status(node) == "disconnected" and "canary" not in "\n".join(node.lines)


def test_a_redis_that_may_evict_the_log_is_told(redis, start):
    server = redis({"maxmemory-policy": "allkeys-lru"})
    node = _ready(start(_config({"url": server.url})))
    wait_for(lambda: any("maxmemory-policy noeviction" in line for line in node.lines), "the line")


def test_the_latest_outlives_the_log_and_the_nodes(redis, start, curls):
    server = redis()
    config = _config({"url": server.url, "events": 5},
                     boards=[{"match": "price-all", "deliver": "all"},
                             {"match": "price-*", "deliver": "latest"}])
    node = _ready(start(config))
    node.publish("price-1", "old")
    newest = node.publish("price-1", "1")
    _publish(node, {"boards": ["price-2", "news"], "data": {"of": 2}})
    node.publish("price-all", "trimmed")
    for n in range(10):
        node.publish("news", f"n{n}")
    assert server.command("XLEN", "{boardcast}:log") == 5
    assert node.stop() == 0
    new = _ready(start(config))
    text = _read(curls, new, "price-1,price-2").wait_for('{"of":2}')
    assert sse.data(text) == ["1", '{"of":2}'] and not sse.gaps(text)
    # Who had it already is told nothing, and misses nothing.
    reader = _read(curls, new, "price-1", newest)
    last = new.publish("price-1", "2")
    text = reader.wait_for("data: 2")
    assert sse.data(text) == ["2"] and not sse.gaps(text) and last in text
    assert server.command("HLEN", "{boardcast}:latest") == 2


def test_reading_the_latest_costs_little(redis, start):
    """A thousand boards are there when a node says that it is ready."""
    server = redis()
    config = _config({"url": server.url, "events": 1},
                     boards=[{"match": "price-*", "deliver": "latest"}])
    node = _ready(start(config))
    _publish(node, [{"board": f"price-{n}", "data": "x" * 10} for n in range(1000)])
    new = _ready(start(config))
    assert new.metric("boardcast_history_boards") == 1000
