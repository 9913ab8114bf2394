# ctest: PROCESSORS 1
"""Two gateways with one Redis are one gateway, whatever Redis meets: a client goes on at the other
node after its last id, what is missed is told, and nobody waits for a Redis that does not answer.
"""

import json
import signal
import time

import pytest

from support import sse
from support.process import SLOWNESS, fetch, wait_for


@pytest.fixture
def pair(start, redis):
    """pair(config) starts a Redis and two nodes that are ready; the Redis and the nodes."""
    def begin(config=None, by="url"):
        server = redis()
        url = {"url": server.url, "socket": f"unix://{server.socket}?db=3",
               "name": f"redis://localhost:{server.port}"}[by]
        nodes = [start({"backbone": {"type": "redis", "redis": {"url": url}}, **(config or {})})
                 for _ in range(2)]
        for node in nodes:
            _ready(node)
        return server, *nodes
    return begin


def _status(node):
    return fetch(node.admin("/readyz")).json()["status"]


def _ready(node):
    wait_for(lambda: _status(node) == "ready", "a node that is ready")


def _publish(node, board, data, **more):
    body = json.dumps({"board": board, "data": data, **more})
    return fetch(node.url("/events"), "-H", "content-type: application/json", "-d", body)


def _read(curls, node, boards, after=None):
    options = ["-H", f"last-event-id: {after}"] if after else []
    curl = curls(node.url(f"/events?boards={boards}"), *options)
    curl.wait_for("boardcast.open")
    return curl


@pytest.mark.parametrize("by", ["url", "socket", "name"])
def test_what_one_node_takes_the_other_delivers(pair, curls, by):
    _, a, b = pair(by=by)
    readers = [_read(curls, node, "news,other-*") for node in (a, b)]
    ids = [a.publish("news", "1"), b.publish("other-1", "2"), a.publish("news", "3")]
    assert ids == sorted(ids) and len(set(ids)) == 3
    for reader in readers:
        text = reader.wait_for("data: 3")
        assert sse.data(text) == ["1", "2", "3"]
        assert [e.last_event_id for e in sse.events(text) if e.type == "message"] == ids


def test_a_client_goes_on_at_the_other_node(pair, curls, start):
    server, a, b = pair()
    ids = [(a, b)[n % 2].publish("news", f"n{n}") for n in range(6)]
    text = _read(curls, b, "news", ids[2]).wait_for("data: n5")
    assert sse.data(text) == ["n3", "n4", "n5"] and not sse.gaps(text)
    # At one that has just started, too.
    new = start({"backbone": {"type": "redis", "redis": {"url": server.url}}})
    _ready(new)
    text = _read(curls, new, "news", ids[3]).wait_for("data: n5")
    assert sse.data(text) == ["n4", "n5"] and not sse.gaps(text)


def test_a_key_holds_at_all_nodes(pair):
    _, a, b = pair()
    first = _publish(a, "news", "x", key="k")
    again = _publish(b, "news", "x", key="k")
    assert first.status == again.status == 200 and first.json() == again.json()
    assert _publish(b, "news", "y", key="k").status == 409
    batch = json.dumps([{"board": "news", "data": data, "key": key}
                        for data, key in (("z", "l"), ("x", "k"), ("z", "l"))])
    ids = fetch(a.url("/events"), "-H", "content-type: application/json", "-d", batch).json()["ids"]
    assert ids[1] == first.json()["id"] and ids[0] == ids[2] > ids[1]
    assert b.metric("boardcast_publish_deduplicated_total") == 1


def test_nodes_of_different_configurations_say_so_once(redis, start):
    server = redis()

    def begin(age):
        node = start({"backbone": {"type": "redis", "redis": {"url": server.url, "age": age}}})
        _ready(node)
        return node

    def said(node, what):
        return [line["difference"] for line in node.messages(f"redis: what it keeps is as {what}")]

    def warned(node):
        return said(node, "another node is configured, which was started or reloaded later")

    def changed(node):
        return said(node, "this node is configured from now on")

    def kept():
        return server.command("HGET", "{boardcast}:head", "keep").split()[2]
    a, b = begin("60s"), begin("120s")
    wait_for(lambda: warned(a), "a warning")
    there = ["redis.age (ms): 60000 here, 120000 there"]
    wait_for(lambda: changed(b), "the other's log to say so")
    assert warned(a) == there and changed(b) == ["redis.age (ms): 120000 here, 60000 there"]
    # Whoever connects again says nothing new.
    server.kill_clients()
    a.wait_for_messages("redis: connected", 2)
    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        assert kept() == b"120000"
        time.sleep(0.05)
    assert a.reload({"backbone": {"redis": {"age": "180s"}}})
    wait_for(lambda: warned(b), "the other one to warn")
    assert warned(b) == ["redis.age (ms): 120000 here, 180000 there"] and kept() == b"180000"
    wait_for(lambda: changed(a), "its own log to say so")
    assert warned(a) == there and changed(a) == ["redis.age (ms): 180000 here, 120000 there"]
    assert len(changed(b)) == 1


def test_a_redis_that_hangs_holds_nobody_up(pair, curls):
    server, a, b = pair()
    reader = _read(curls, b, "news")
    began = time.monotonic()
    a.publish("news", "before")
    usual = time.monotonic() - began  # curl's own time, on a machine that may be busy
    reader.wait_for("data: before")
    server.pause()
    took = []
    for _ in range(3):
        began = time.monotonic()
        answer = _publish(a, "news", "meanwhile")
        assert answer.status == 503 and answer.fields["retry-after"]
        took.append(time.monotonic() - began)
    assert max(took) < 4 * SLOWNESS + 2 * usual, took
    assert min(took) < 2 * SLOWNESS + 2 * usual, "within two seconds, but for curl's own"
    wait_for(lambda: _status(b) == "disconnected", "a node that says so")
    server.resume()
    for node in (a, b):
        _ready(node)
    after = a.publish("news", "after")
    text = reader.wait_for("data: after")
    assert not sse.gaps(text) and after in text
    said = sse.data(text)
    assert said[0] == "before" and said[-1] == "after" and set(said[1:-1]) <= {"meanwhile"}


def test_a_redis_that_comes_back_empty_is_told(pair, curls):
    server, a, b = pair()
    reader = _read(curls, b, "news,more")
    old = a.publish("news", "before")
    reader.wait_for("data: before")
    server.kill()
    wait_for(lambda: _status(a) == "disconnected", "a node that says so")
    assert _publish(a, "news", "lost").status == 503
    server.start()
    for node in (a, b):
        _ready(node)
    new = a.publish("news", "after")
    text = reader.wait_for("data: after")
    assert new[:8] != old[:8] and sse.data(text) == ["before", "after"]
    assert sse.gaps(text) == [{"boards": ["news", "more"], "reason": "epoch", "after": old,
                            "upto": new[:8] + "-000000000000"}]
    text = _read(curls, a, "news", old).wait_for("data: after")
    assert [gap["reason"] for gap in sse.gaps(text)] == ["epoch"]


def test_a_key_of_a_log_that_is_gone_is_unknown(pair, curls):
    """A replica that takes over has the keys of the old primary, and another run_id."""
    server, a, b = pair()
    old = a.publish("news", "again", key="k")
    server.command("HSET", "{boardcast}:head", "run_id", "of the old primary")
    wait_for(lambda: b.metric("boardcast_redis_epochs_total") == 2, "another epoch")
    reader = _read(curls, b, "news")
    new = a.publish("news", "again", key="k")
    assert new[:8] != old[:8] and b.publish("news", "again", key="k") == new
    assert sse.data(reader.wait_for("data: again")) == ["again"]


def test_a_lost_channel_loses_no_event(pair, curls):
    server, a, b = pair()
    reader = _read(curls, b, "news")
    for n in range(60):
        if n % 20 == 10:
            assert server.kill_clients("pubsub") >= 1
        assert _publish(a, "news", f"n{n}").status == 200
    text = reader.wait_for("data: n59")
    assert sse.data(text) == [f"n{n}" for n in range(60)] and not sse.gaps(text)
    assert b.metric("boardcast_redis_losses_total") >= 1
    assert b.metric("boardcast_redis_reconciles_total") >= 2
    assert server.command("SCRIPT", "FLUSH") == "OK"
    assert _publish(a, "news", "with a script that was forgotten").status == 200


def test_what_redis_forgot_while_a_node_was_cut_off_is_told(start, redis, curls):
    server = redis()
    config = {"backbone": {"type": "redis", "redis": {"url": server.url, "events": 5}}}
    a, b = start(config), start(config)
    for node in (a, b):
        _ready(node)
    reader = _read(curls, b, "news")
    first = a.publish("news", "first")
    reader.wait_for("data: first")
    b.process.send_signal(signal.SIGSTOP)
    try:
        server.kill_clients("pubsub")
        ids = [a.publish("news", f"n{n}") for n in range(30)]
    finally:
        b.process.send_signal(signal.SIGCONT)
    text = reader.wait_for("data: n29")
    assert sse.data(text) == ["first"] + [f"n{n}" for n in range(25, 30)]
    assert sse.gaps(text) == [{"boards": ["news"], "reason": "backbone", "after": first,
                            "upto": ids[24]}]
    assert b.metric('boardcast_gaps_total{reason="backbone"}') == 1
    assert b.metric("boardcast_redis_events_skipped_total") == 25
    assert server.command("XLEN", "{boardcast}:log") == 5


def test_a_node_that_stops_answers_what_it_took(pair, curls):
    _, a, b = pair()
    reader = _read(curls, b, "news")
    assert _publish(a, "news", "last").status == 200
    assert a.stop() == 0
    assert sse.data(reader.wait_for("data: last")) == ["last"]


def test_without_redis_a_node_starts_and_waits(start, redis):
    server = redis()
    server.kill()
    node = start({"backbone": {"type": "redis", "redis": {"url": server.url}}})
    assert _status(node) == "disconnected"
    assert _publish(node, "news", "x").status == 503
    answer = fetch(node.url("/events?boards=a"), "-H", "accept: text/event-stream")
    assert answer.status == 200 and b'{"reason":"backbone"}' in answer.body
    server.start()
    _ready(node)
    assert _publish(node, "news", "x").status == 200
