# ctest: PROCESSORS 1
"""What two or three gateways with one Redis know of each other's streams: names and what PATCH has
given them move with the client, and whoever asks the wrong node is answered by the right one.
"""

import json
import os
import signal
import time

import pytest

from support import sse
from support.process import ROOT, SLOWNESS, fetch, wait_for

NAME = "0123456789abcdef"


@pytest.fixture
def cluster(start, redis):
    """cluster(n, config) starts a Redis and n nodes that are ready; the Redis and the nodes."""
    def begin(count=2, config=None):
        server = redis()
        nodes = [_node(start, server, config) for _ in range(count)]
        for node in nodes:
            _ready(node)
        return server, *nodes
    return begin


def _node(start, server, config=None):
    return start({"backbone": {"type": "redis", "redis": {"url": server.url}}, **(config or {})})


def _ready(node):
    wait_for(lambda: fetch(node.admin("/readyz")).json()["status"] == "ready", "a ready node")


def _read(curls, node, boards, name=None, *options):
    curl = curls(node.url(f"/events?boards={boards}" + (f"&stream={name}" if name else "")),
                 *options)
    return curl, _said(curl, "boardcast.open")


def _said(curl, type):
    """What the first event of this type has for data, once it is there."""
    def first():
        return [json.loads(event.data) for event in sse.events(curl.output.decode())
                if event.type == type]
    return wait_for(first, lambda: f"{type} in {curl.output!r}")[0]


def _end(curl):
    return _said(curl, "boardcast.end")["reason"]


def _patch(node, stream, change, *options):
    return fetch(node.url(f"/events/{stream}"), "-X", "PATCH", "-H",
                 "content-type: application/json", "-d", json.dumps(change), *options)


def _delete(node, path):
    return fetch(node.admin(path), "-X", "DELETE")


def test_a_changed_set_moves_with_the_client(cluster, curls):
    _, a, b = cluster()
    curl, opened = _read(curls, a, "one", NAME)
    assert opened["restored"] is False and opened["boards"] == ["one"]
    assert _patch(a, opened["stream"], {"add": ["two"], "remove": ["one"]}).status == 200
    curl.kill()
    curl, opened = _read(curls, b, "one", NAME)
    assert opened["restored"] is True and opened["boards"] == ["two"]
    a.publish("two", "x")
    curl.wait_for("data: x")
    # And back, with what the other has changed meanwhile.
    assert _patch(b, opened["stream"], {"add": ["three"]}).status == 200
    curl.kill()
    _, opened = _read(curls, a, "one", NAME)
    assert opened["restored"] is True and opened["boards"] == ["two", "three"]
    _, opened = _read(curls, b, "one", "another-name-of-it")
    assert opened["restored"] is False and opened["boards"] == ["one"]


def test_it_outlives_the_node_that_was_told(cluster, start, curls):
    server, a, b = cluster()
    _, opened = _read(curls, a, "one", NAME)
    assert _patch(a, opened["stream"], {"add": ["two"]}).status == 200
    a.kill()
    _, opened = _read(curls, b, "one", NAME)
    assert opened["restored"] is True and opened["boards"] == ["one", "two"]
    c = _node(start, server)  # one that was not there
    _ready(c)
    _, opened = _read(curls, c, "one", NAME)
    assert opened["restored"] is True and opened["boards"] == ["one", "two"]


def test_a_name_is_forgotten_everywhere(cluster, curls):
    _, a, b = cluster(config={"stream": {"linger": "4s"}})
    curl, opened = _read(curls, a, "one", NAME)
    assert _patch(a, opened["stream"], {"add": ["two"]}).status == 200
    curl.kill()
    wait_for(lambda: a.metric("boardcast_stream_names_lingering") == 1, "the stream's end")
    wait_for(lambda: b.metric("boardcast_stream_names_lingering") == 0, "the set's end")
    _, opened = _read(curls, b, "one", NAME)
    assert opened["restored"] is False and opened["boards"] == ["one"]


def test_a_name_is_taken_over(cluster, curls):
    _, a, b = cluster()
    first, opened = _read(curls, a, "one", NAME)
    second, _ = _read(curls, b, "one", NAME)
    assert _end(first) == "replaced"
    assert _patch(b, opened["stream"], {"add": ["two"]}).status in (404, 503)
    third, _ = _read(curls, a, "one", NAME)
    assert _end(second) == "replaced"
    assert b"boardcast.end" not in third.output


def test_a_change_finds_its_stream(cluster, curls):
    server, a, b, c = cluster(3)
    curl, opened = _read(curls, a, "one")
    answer = _patch(b, opened["stream"], {"add": ["two"]})
    assert answer.status == 200 and answer.json()["boards"] == ["one", "two"]
    assert answer.fields["content-type"] == "application/json"
    c.publish("two", "x")
    curl.wait_for("data: x")
    assert _patch(c, opened["stream"], {"add": ["a*b"]}).status == 400
    assert _patch(c, "A" * 22, {"add": ["two"]}).status == 404
    # One that hangs may have it.
    a.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        answer = _patch(b, "A" * 22, {"add": ["two"]})
        assert answer.status == 503 and answer.fields["retry-after"]
        assert 1 < time.monotonic() - began < 3 * SLOWNESS
    finally:
        a.process.send_signal(signal.SIGCONT)
    assert b.metric("boardcast_node_silences_total") == 1


def test_without_redis_a_named_set_is_not_changed(cluster, curls):
    server, a, b = cluster()
    _, named = _read(curls, a, "one", NAME)
    _, other = _read(curls, a, "one")
    server.kill()
    wait_for(lambda: _patch(a, named["stream"], {"add": ["two"]}).status == 503, "a refusal")
    assert _patch(a, other["stream"], {"add": ["two"]}).status == 200
    assert _patch(b, named["stream"], {"add": ["two"]}).status == 503
    assert fetch(a.admin("/admin/connections?scope=cluster")).status == 503
    server.start()
    for node in (a, b):
        _ready(node)
    # The claim that the new Redis has not heard of is told again.
    answer = _patch(a, named["stream"], {"add": ["three"]})
    assert answer.status == 200 and answer.json()["boards"] == ["one", "three"]
    _, opened = _read(curls, b, "one", NAME)
    assert opened["restored"] is True and opened["boards"] == ["one", "three"]


def test_a_redis_that_forgot_its_nodes(cluster, curls):
    """They are asked all the same: a change that is made is not answered 404."""
    server, a, b = cluster()
    _, opened = _read(curls, a, "one")
    for n in range(10):
        # It has met the other one a moment ago, whom it remembers for two seconds.
        wait_for(lambda: b.metric("boardcast_nodes") == 2, "the other node")
        server.command("FLUSHALL")
        answer = _patch(b, opened["stream"], {"add": [f"n{n}"]})
        assert answer.status == 200 and f"n{n}" in answer.json()["boards"], answer


def test_who_has_just_come_asks_those_that_redis_forgot(cluster, start, curls):
    server, a, _ = cluster()
    _, opened = _read(curls, a, "one")
    for n in range(3):
        new = _node(start, server)
        _ready(new)
        # It knows nobody but from the list, which is empty now for up to a second.
        server.command("FLUSHALL")
        answer = _patch(new, opened["stream"], {"add": [f"n{n}"]})
        assert answer.status == 200 and f"n{n}" in answer.json()["boards"], answer
        new.stop()


def test_who_only_listens_is_not_waited_for(cluster):
    """An operator at a terminal, or a node that died and whose connection Redis still has."""
    server, a, _ = cluster()
    with server.client() as listener:
        listener.command("SUBSCRIBE", "{boardcast}:talk")

        def is_told():
            answer = _patch(a, "0" * 32, {"add": ["one"]})
            assert answer.status in (404, 503), answer
            return answer.status == 404
        wait_for(is_told, "nobody has it")


def test_a_claim_that_knows_less_than_there_is_takes_nothing(cluster):
    """One that Redis has held up: its stream may have ended, and its client be elsewhere."""
    server, _, _ = cluster()
    with open(os.path.join(ROOT, "gateway/backbone/redis_note.lua"), encoding="utf-8") as file:
        script = file.read()

    def put(owner, how, version):
        return server.command("EVAL", script, "2", "{boardcast}:notes", "{boardcast}:notes:end",
                              "{boardcast}:talk", "node", "1000000", "name:x", owner, how, "",
                              "10000", str(version))

    def stored():
        return server.command("HGET", "{boardcast}:notes", "name:x").decode().split()

    assert put("0" * 32, "take", 0) == [1]
    version = int(stored()[0])
    for known in (0, version - 1):
        assert put("1" * 32, "take", known) == [-version]
    for known in (0, version - 1, version):
        assert put("1" * 32, "keep", known) == [-version]
    assert put("0" * 32, "take", 0) == [1], "its own"
    version = int(stored()[0])
    assert put("1" * 32, "take", version) == [1]
    assert stored()[2].endswith("1" * 32)


def test_a_redis_that_was_set_back_gives_way(cluster, redis, curls):
    """What it has of a name is older than what the nodes have heard."""
    server, a, b = cluster()
    curl, _ = _read(curls, a, "one", NAME)
    replica = redis(of=server)
    replica.promote()
    _, opened = _read(curls, b, "one", NAME)
    assert _end(curl) == "replaced"
    server.follow(replica)
    server.synchronised()
    server.promote()

    def changed():
        answer = _patch(b, opened["stream"], {"add": ["two"]})
        assert answer.status in (200, 503), answer
        return answer.status == 200
    wait_for(changed, "a change")
    _, opened = _read(curls, a, "one", NAME)
    assert opened["restored"] is True and opened["boards"] == ["one", "two"]


def test_a_kick_holds_at_every_node(cluster, start, curls):
    server, a, b = cluster()
    curl, opened = _read(curls, a, "one")
    assert _delete(b, f"/admin/streams/{opened['stream']}?for=1m").status == 204
    assert _end(curl) == "kicked"
    for node in (a, b):
        wait_for(lambda: fetch(node.url("/events?boards=one")).status == 204, "a refusal")
    c = _node(start, server)
    _ready(c)
    assert fetch(c.url("/events?boards=one")).status == 204
    refusals = fetch(c.admin("/admin/refusals")).json()["refusals"]
    assert [one["address"] for one in refusals] == ["127.0.0.1"] and 20 < refusals[0]["left"] <= 60
    assert _delete(c, "/admin/refusals?address=127.0.0.1").status == 204
    for node in (a, b, c):
        wait_for(lambda: not fetch(node.admin("/admin/refusals")).json()["refusals"], "mercy")
    _read(curls, a, "one")
    assert _delete(b, f"/admin/streams/{'A' * 22}").status == 404


def test_the_nodes_are_counted_together(cluster, curls):
    server, a, b, c = cluster(3)
    for node, boards in ((a, "one,two"), (b, "one"), (b, "three-*")):
        _read(curls, node, boards)

    def count(node, query=""):
        """After its own they come as they have answered."""
        counts = fetch(node.admin(f"/admin/connections?scope=cluster{query}")).json()
        counts["nodes"][1:] = sorted(counts["nodes"][1:], key=lambda one: one["total"])
        return counts
    for node in (a, c):
        wait_for(lambda: count(node)["total"] == 3, "the counts of all")
        counts = count(node)
        assert counts["boards"] == {"one": 2, "three-*": 1, "two": 1}
        assert counts["connections"] == 3
        assert sorted(one["total"] for one in counts["nodes"]) == [0, 1, 2]
        assert counts["node"] == counts["nodes"][0]["node"]
    assert count(c, "&prefix=t&limit=1") == {**count(c), "boards": {"three-*": 1},
                                             "truncated": True}
    assert a.messages("one of several nodes")[0]["node"] == count(a)["node"]
    assert fetch(a.admin("/admin/connections")).json()["total"] == 1
    assert fetch(a.admin("/admin/connections?scope=all")).status == 400
    assert c.metric("boardcast_nodes") == 3
    b.kill()
    wait_for(lambda: len(count(c)["nodes"]) == 2, "the end of its counts")
    assert count(c)["total"] == 1


def test_what_others_write_is_not_believed(cluster, curls):
    server, a, _ = cluster()
    curl, opened = _read(curls, a, "one", NAME)
    before = a.metric("boardcast_node_malformed_total")
    rubbish = ["", "x", "4:note", "4:note99999999999999999999:", "3:ask1:x1:y0:",
               "4:note1:n5:kick:0:1:10:1:1", "4:note1:n8:name:abc1:x0:2:101:1",
               "4:note1:n7:other:x0:0:2:101:1", "6:answer1:n1:m1:10:"]
    for text in rubbish:
        server.command("PUBLISH", "{boardcast}:talk", text)
    server.command("HSET", "{boardcast}:notes", "name:x", "rubbish", "kick:y",
                   "1 99999999999999 0:")
    wait_for(lambda: a.metric("boardcast_node_malformed_total") - before >= 8, "the counter")
    server.kill_clients("pubsub")
    wait_for(lambda: a.metric("boardcast_redis_reconciles_total") >= 2, "the way back")
    assert _patch(a, opened["stream"], {"add": ["two"]}).status == 200
