# ctest: PROCESSORS 1
"""What other programs publish in Redis itself: plain PUBLISH at most once, XADD at least once, the
script, and `boardcast publish --redis`; whichever node takes it, and when that one is no more.
"""

import json
import os
import secrets
import signal
import time

import pytest

from support import sse
from support.process import ROOT, SLOWNESS, fetch, wait_for
from support.resp import RedisError

# What the script wants in front of its keys.
TAG = "{boardcast}:"
KEYS = TAG + "head", TAG + "log", TAG + "latest", TAG + "ingest"


@pytest.fixture
def nodes(start, redis):
    """nodes(ingest, count) starts a Redis and nodes that are ready, of which one leads."""
    def begin(ingest, count=2):
        server = redis()
        config = {"backbone": {"type": "redis", "redis": {"url": server.url, "ingest": ingest}}}
        started = [start(config) for _ in range(count)]
        for node in started:
            wait_for(lambda: fetch(node.admin("/readyz")).json()["status"] == "ready", "ready")
        if ingest != "off":
            wait_for(lambda: len(_leaders(started)) == 1, "a node that leads")
        if ingest in ("channel", "both"):
            wait_for(lambda: server.command("PUBSUB", "NUMPAT") == 1, "its subscription")
        return server, *started
    return begin


def _leaders(nodes):
    return [node for node in nodes if node.metric("boardcast_redis_ingest_leads") == 1]


def _read(curls, node, boards):
    curl = curls(node.url(f"/events?boards={boards}"))
    curl.wait_for("boardcast.open")
    return curl


def test_what_is_published_to_a_channel_enters_once(nodes, curls):
    server, a, b = nodes("channel")
    readers = [_read(curls, node, "news,*") for node in (a, b)]
    with server.client() as client:
        for n in range(200):
            client.send("PUBLISH", "boardcast:in:news", f"n{n}")
        for board, data in (("a*", "x"), ("", "x"), ("news", b"\xff"), ("news", "canary\0")):
            client.send("PUBLISH", f"boardcast:in:{board}", data)
        client.send("PUBLISH", "boardcast:in:more", '{"a":\n1}')
        assert [client.answer() for _ in range(205)] == [1] * 205
    all_of_them = [f"n{n}" for n in range(200)] + ['{"a":\n1}']
    for reader in readers:
        assert sse.data(reader.wait_for("data: 1}")) == all_of_them
    leader, = _leaders((a, b))
    assert leader.metric("boardcast_redis_ingest_rejected_total") == 4
    assert leader.metric('boardcast_redis_ingested_events_total{from="channel"}') == 201
    assert any("is no event" in line for line in leader.lines)
    assert not any("canary" in line for line in leader.lines)


def test_another_node_takes_over(nodes, curls):
    server, a, b = nodes("channel")
    leader, = _leaders((a, b))
    other = b if leader is a else a
    reader = _read(curls, other, "news")
    server.command("PUBLISH", "boardcast:in:news", "first")
    reader.wait_for("data: first")
    # One that is stopped for so long that the lease lapses, and wakes with what it got meanwhile.
    leader.process.send_signal(signal.SIGSTOP)
    try:
        sent = []
        deadline = time.monotonic() + 30 * SLOWNESS
        while time.monotonic() < deadline and "data: both" not in reader.output.decode():
            # Two connections hear of it: that of the one that sleeps is there still.
            data = "both" if server.command("PUBSUB", "NUMPAT") and len(_leaders([other])) else "m"
            server.command("PUBLISH", "boardcast:in:news", data)
            sent.append(data)
            time.sleep(0.1)
        assert sent[-1] == "both"
    finally:
        leader.process.send_signal(signal.SIGCONT)
    wait_for(lambda: not _leaders([leader]), "one that sees that it leads no more")
    wait_for(lambda: leader.metric("boardcast_redis_ingest_lost_total") >= 1, "what it lost")
    server.command("PUBLISH", "boardcast:in:news", "last")
    said = sse.data(reader.wait_for("data: last"))
    assert said[0] == "first" and said[-1] == "last"
    assert 1 <= said.count("both") <= sent.count("both") and "m" not in said[:1]
    # One that stops properly hands over at once: it does not wait until its lease lapses.
    assert _seconds_left_when_given_back(server, other) > 0.5
    assert other.stop() == 0
    wait_for(lambda: _leaders([leader]), "the one that is left", 20)


def _seconds_left_when_given_back(server, node):
    """The last that is seen of the lease of a node that is told to stop; one that lapses comes down
    to nothing."""
    look = "return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}"
    lease, left = server.command("EVAL", look, 1, KEYS[3])
    assert lease
    node.signal()
    deadline = time.monotonic() + 30 * SLOWNESS
    with server.client() as client:
        while (now := client.command("EVAL", look, 1, KEYS[3]))[0] == lease:
            assert time.monotonic() < deadline
            left = now[1]
            time.sleep(0.02)
    return left / 1000


def test_what_is_added_to_the_stream_enters(nodes, curls):
    server, a, b = nodes("stream")
    reader = _read(curls, b, "news,more")
    add = ("XADD", "boardcast:in", "*")
    server.command(*add, "board", "news", "data", "1")
    server.command(*add, "board", "news", "board", "more", "data", "2", "event", "t", "key", "k")
    server.command(*add, "board", "news", "board", "more", "data", "2", "event", "t", "key", "k")
    for wrong in (("board", "news"), ("data", "x"), ("board", "news", "data", "x", "evnt", "t"),
                  ("board", "news", "data", "x", "event", "boardcast.open"),
                  ("board", "news", "data", "x", "key", "k")):
        server.command(*add, *wrong)
    server.command(*add, "board", "news", "data", "3")
    text = reader.wait_for("data: 3")
    assert [(e.type, e.data) for e in sse.events(text) if e.data in "123"] == [
        ("message", "1"), ("t", "2"), ("message", "3")]
    wait_for(lambda: server.command("XLEN", "boardcast:in") == 0, "an empty inbox")
    assert server.command("XPENDING", "boardcast:in", "gateway")[0] == 0
    leader, = _leaders((a, b))
    assert leader.metric("boardcast_redis_ingest_rejected_total") == 5
    assert leader.metric('boardcast_redis_ingested_events_total{from="stream"}') == 3
    # Whoever deletes the stream deletes the group.
    server.command("DEL", "boardcast:in")
    server.command(*add, "board", "news", "data", "4")
    reader.wait_for("data: 4")


def test_redis_that_comes_back_is_listened_to_again(nodes, curls):
    server, a, _ = nodes("both")
    server.restart()
    wait_for(lambda: server.command("PUBSUB", "NUMPAT") == 1, "a subscription", 15)
    wait_for(lambda: fetch(a.admin("/readyz")).json()["status"] == "ready", "ready")
    reader = _read(curls, a, "news")
    server.command("PUBLISH", "boardcast:in:news", "again")
    reader.wait_for("data: again")


def test_the_command_publishes_in_redis(nodes, curls, commands, redis):
    server, a, _ = nodes("off")
    server.command("ACL", "SETUSER", "writer", "on", ">hush", "~{boardcast}:*", "&{boardcast}:*",
                   "+@all")
    reader = _read(curls, a, "news,more")
    words = ("publish", "--redis", f"unix://{server.socket}")
    command = commands(*words, "--board", "news", "--board", "more", "--event", "t",
                       "--redis-user", "writer", ca=None, environment={"REDISCLI_AUTH": "hush"})
    command.feed("one\ntwo\n")
    ids = command.wait_for_lines(2)
    assert command.end() == 0
    command = commands(*words, "--board", "news", "--json", "--data", '{"a": 1}', ca=None)
    assert command.end() == 0
    text = reader.wait_for('{"a":1}')
    events = [e for e in sse.events(text) if not e.type.startswith("boardcast.")]
    assert [(e.type, e.data) for e in events] == [("t", "one"), ("t", "two"),
                                                  ("message", '{"a":1}')]
    assert [e.last_event_id for e in events] == ids + command.lines
    refused = commands(*words, "--board", "new*", "--data", "x", ca=None)
    assert refused.end() == 1 and "new*" in refused.said[0]
    gone = redis()
    gone.kill()
    away = commands("publish", "--redis", gone.url, "--board", "b", "--data", "x",
                    "--retry-for", "300ms", ca=None)
    assert away.end() == 4 and "refused" in "\n".join(away.said).lower()


def test_the_command_waits_for_nothing_between_two_lines(nodes, commands):
    server, _, _ = nodes("off")
    command = commands("publish", "--redis", f"unix://{server.socket}", "--board", "news", ca=None)
    waits = []
    for number in range(1, 8):
        begun = time.monotonic()
        command.feed(f"{number}\n")
        command.wait_for_lines(number)
        waits.append(time.monotonic() - begun)
    assert command.end() == 0
    assert sorted(waits)[3] < 0.5 * SLOWNESS, waits


def _load_script(server):
    with open(os.path.join(ROOT, "gateway/backbone/redis_publish.lua"), encoding="utf-8") as file:
        return server.command("SCRIPT", "LOAD", file.read())


def test_any_program_can_call_the_script(nodes, curls):
    """As gateway/backbone/README.md shows it."""
    server, a, b = nodes("off")
    reader = _read(curls, b, "news")
    sha = _load_script(server)

    def publish(*front):
        return server.command("EVALSHA", sha, 5, *KEYS, TAG + "key:order-17", *front,
                              "news\nmore", "", "json", json.dumps({"price": 3}), "1")

    for front in (("another", secrets.token_hex(4), TAG + "events", "", ""), ()):
        with pytest.raises(RedisError, match="number of words"):
            publish(*front)
    answer = publish(server.info()["run_id"], secrets.token_hex(4), TAG + "events", "", "", "")
    assert a.publish("news", "after")[:8].encode() == answer[0] and answer[4] == 0
    text = reader.wait_for("data: after")
    assert sse.data(text) == ['{"price": 3}', "after"] and answer[5].decode() in text


def test_the_script_lets_nothing_in_that_no_node_could_read(redis):
    """64 names of 256 bytes, a type of as many, 64 MiB of data; else nothing of the batch."""
    server = redis()
    sha, run_id = _load_script(server), server.info()["run_id"]

    def publish(*events):
        words = [word for event in events for word in (*event, "")]
        return server.command("EVALSHA", sha, 4, *KEYS, run_id, "0000002a", TAG + "events", "", "",
                              "", *words, seconds=60)

    good = "news", "", "text", "x"
    most = "\n".join(f"{n:0256}" for n in range(64)), "t" * 256, "json", b"x" * (64 << 20)
    for part, text in enumerate(most):
        wrong = (*good[:part], text + text[:1], *good[part + 1:])
        with pytest.raises(RedisError, match="^TOOLARGE 1$"):
            publish(good, wrong)
    assert server.command("KEYS", "*") == []
    assert publish(most, good)[5:] == [b"0000002a-000000000001", b"0000002a-000000000002"]
    assert server.command("XLEN", TAG + "log") == 2


def test_an_entry_that_somebody_added_by_hand_ends_with_its_log(nodes, curls):
    """As gateway/backbone/README.md says."""
    server, a, b = nodes("off")
    reader = _read(curls, b, "news")
    first = a.publish("news", "before")
    server.command("XADD", TAG + "log", "2-0", "any", "thing")
    assert fetch(a.url("/events?board=news"), "-d", "refused").status == 503
    server.command("DEL", TAG + "head")
    wait_for(lambda: fetch(a.url("/events?board=news"), "-d", "after").status == 200, "a new log")
    text = reader.wait_for("data: after")
    assert first in text and [gap["reason"] for gap in sse.gaps(text)] == ["epoch"]
