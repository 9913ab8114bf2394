# ctest: PROCESSORS 1
"""The rights that a user of Redis needs, as gateway/backbone/README.md lists them: with these alone
all works that nodes do, none of them is idle, and what breaks for want of one is told.
"""

import collections
import json
import os
import re

import pytest

from support import resp, sse
from support.examples import blocks
from support.process import ROOT, fetch, wait_for

with open(os.path.join(ROOT, "gateway/backbone/README.md"), encoding="utf-8") as file:
    LINES = next(block.text for block in blocks(file.read())
                 if "+evalsha" in block.text).splitlines()
# The last line is for redis.ingest.
RIGHTS = {"off": " ".join(LINES[:-1]).split(), "both": " ".join(LINES).split()}
SECRET = "a-canary-of-a-password"
NAME = "0123456789abcdef"
REFUSED = "boardcast_redis_commands_refused"
LOST = "boardcast_node_notes_lost_total"


class Operator:
    """What the test itself asks of Redis; `asked` counts it by the command's name."""

    def __init__(self, server):
        self._client = resp.Client(server.socket)
        self.asked = collections.Counter()
        self("SELECT", 2)

    def __call__(self, *words):
        self.asked[words[0].lower()] += 1
        return self._client.command(*words)

    def user(self, *rules):
        self("ACL", "SETUSER", "boardcast", *rules)

    def refused(self):
        """Whose object ACL LOG names: a command, a key, a channel."""
        return {entry[entry.index(b"object") + 1].decode() for entry in self("ACL", "LOG")}

    def stats(self, section):
        return dict(re.findall(r"^\w+?stat_(.*?):\w+=(\d+)", self("INFO", section).decode(), re.M))

    def used(self):
        """The commands that others asked for, scripts included."""
        calls = self.stats("commandstats")
        return {name for name, count in calls.items() if int(count) > self.asked[name]}

    def close(self):
        self._client.close()


@pytest.fixture
def limited(redis, start):
    """limited(rights, ingest) starts a Redis whose user has these rights alone; what it returns are
    its operator, and node(), which starts a node that works as this user."""
    operators = []

    def begin(rights, ingest="off"):
        server = redis()
        operators.append(Operator(server))
        operators[0].user("on", f">{SECRET}", *rights)
        config = {"url": server.url + "/2", "username": "boardcast", "password": "${PW}",
                  "ingest": ingest, "events": 3, "latest_bytes": "1KiB"}

        def node():
            one = start({"backbone": {"type": "redis", "redis": config},
                         "boards": [{"match": "price-*", "deliver": "latest"}]},
                        environment={"PW": SECRET})
            wait_for(lambda: fetch(one.admin("/readyz")).json()["status"] == "ready",
                     lambda: "a ready node:\n" + "\n".join(one.lines[-8:]))
            return one
        return operators[0], node
    yield begin
    for operator in operators:
        operator.close()


def _read(curls, node, boards):
    curl = curls(node.url(f"/events?boards={boards}"))

    def opened():
        return [event for event in sse.events(curl.output.decode())
                if event.type == "boardcast.open"]
    return curl, json.loads(wait_for(opened, "the opening")[0].data)


def _post(node, what):
    return fetch(node.url("/events"), "-H", "content-type: application/json", "-d",
                 json.dumps(what)).status


def _patch(node, opened, change):
    return fetch(node.url(f"/events/{opened['stream']}"), "-X", "PATCH", "-H",
                 "content-type: application/json", "-d", json.dumps(change)).status


def _kick(node, opened):
    path = f"/admin/streams/{opened['stream']}?for=1m"
    assert fetch(node.admin(path), "-X", "DELETE").status == 204


def _refusals(node):
    return fetch(node.admin("/admin/refusals")).json()["refusals"]


def _count(node):
    return fetch(node.admin("/admin/connections?scope=cluster"))


def _publish(a, b, curls):
    first = a.publish("news", "one", key="k")
    assert b.publish("news", "one", key="k") == first
    assert _post(a, [{"board": "news", "data": str(n), "key": f"k{n}"} for n in range(5)]) == 200
    for n in range(20):
        a.publish(f"price-{n}", "x" * 50)
    reader, _ = _read(curls, b, "price-*")
    assert "x" * 50 in reader.output.decode()


def _change(a, b, curls):
    reader, opened = _read(curls, a, f"one&stream={NAME}")
    assert _patch(b, opened, {"add": ["two"]}) == 200
    b.publish("two", "x")
    reader.wait_for("data: x")
    reader.kill()
    _, opened = _read(curls, b, f"one&stream={NAME}")
    assert opened["restored"] and opened["boards"] == ["one", "two"]


def _kick_and_count(a, b, curls):
    reader, opened = _read(curls, a, "one")
    _kick(b, opened)
    reader.wait_for('"kicked"')
    wait_for(lambda: _refusals(a) and _refusals(b), "a refusal at both")
    assert [fetch(node.url("/events?boards=one")).status for node in (a, b)] == [204, 204]
    assert fetch(b.admin("/admin/refusals?address=127.0.0.1"), "-X", "DELETE").status == 204
    wait_for(lambda: not _refusals(a), "mercy at the other")
    wait_for(lambda: len(_count(a).json()["nodes"]) == 2, "the counts of both")


def _take_in(operator, a, b, curls):
    wait_for(lambda: a.metric("boardcast_redis_ingest_leads") +
             b.metric("boardcast_redis_ingest_leads") == 1, "a node that leads")
    wait_for(lambda: operator("PUBSUB", "NUMPAT") == 1, "its subscription")
    reader, _ = _read(curls, b, "news")
    operator("XADD", "boardcast:in", "*", "board", "news", "data", "from the stream")
    operator("PUBLISH", "boardcast:in:news", "from the channel")
    for which in ("stream", "channel"):
        reader.wait_for(f"data: from the {which}")
    wait_for(lambda: operator("XLEN", "boardcast:in") == 0, "an empty inbox")
    assert operator("XPENDING", "boardcast:in", "gateway")[0] == 0


@pytest.mark.parametrize("ingest", RIGHTS)
def test_they_are_enough_and_none_is_idle(limited, curls, ingest):
    operator, node = limited(RIGHTS[ingest], ingest)
    a, b = node(), node()
    for what in (_publish, _change, _kick_and_count):
        what(a, b, curls)
    node()  # one that reads what is there
    if ingest == "both":
        _take_in(operator, a, b, curls)
    assert 0 < operator("HLEN", "{boardcast}:latest") < 10  # of 20: 1 KiB
    assert operator("XLEN", "{boardcast}:log") == 3
    assert operator("ACL", "LOG") == [] and "NOPERM" not in operator.stats("errorstats")
    assert [one.metric(REFUSED) for one in (a, b)] == [0, 0]
    commands = {right[1:] for right in RIGHTS[ingest] if right[0] == "+"}
    assert commands - operator.used() == set()
    lines = "\n".join(a.lines + b.lines)
    assert "NOPERM" not in lines and "canary" not in lines


def _add(operator):
    operator("XADD", "boardcast:in", "*", "board", "news", "data", "x")


# A right, what the log says it is for, and what needs it, where that is not asked each second.
LACKING = [("zadd", "EVAL {boardcast}:nodes", None),
           ("zrangebyscore", "EVAL {boardcast}:notes", None),
           ("pubsub|numsub", "PUBSUB", None),
           ("mget", "MGET", lambda operator, a: _count(a)),
           ("xack", "XACK", lambda operator, a: _add(operator)),
           ("xadd", "publishing", lambda operator, a: _post(a, {"board": "news", "data": "x"}))]


def test_what_one_that_lacks_breaks_is_told(limited):
    operator, node = limited(RIGHTS["both"], "both")
    nodes = [node(), node()]
    wait_for(lambda: any(node.metric("boardcast_redis_ingest_leads") for node in nodes), "a leader")
    for right, what, need in LACKING:
        nodes.sort(key=lambda node: -node.metric("boardcast_redis_ingest_leads"))
        operator("ACL", "LOG", "RESET")
        operator.user(f"-{right}")

        def told(message):
            return [line for line in nodes[0].messages(message) if line["what"] == what]

        def asked(condition):
            if need:
                need(operator, nodes[0])
            return condition()
        line = wait_for(lambda: asked(lambda: told("redis: it refuses what this node needs")),
                        f"a line for {right}")[0]
        assert "permission" in line["why"].lower() or "can't run" in line["why"], line
        assert line["level"] == "warn" and nodes[0].metric(REFUSED) >= 1
        assert operator.refused() >= {right}
        operator.user(f"+{right}")
        wait_for(lambda: asked(lambda: told("redis: it takes again what it refused")), right)
        wait_for(lambda: asked(lambda: nodes[0].metric(REFUSED) == 0), right)


def test_what_the_ingest_lacks_is_told(limited):
    operator, node = limited(RIGHTS["both"], "both")
    operator.user("-xreadgroup")
    one = node()
    line = one.wait_for_messages("redis: it refuses what the ingest needs")[0]
    assert line["what"] == "XREADGROUP" and line["level"] == "warn" and "NOPERM" in line["why"]
    operator.user("+xreadgroup")
    wait_for(lambda: one.metric("boardcast_redis_ingest_leads") == 1, "the next turn", 20)


def test_what_only_a_leader_needs_is_not_said_of_one_that_leads_no_more(limited):
    operator, node = limited(RIGHTS["both"], "both")
    one = node()
    wait_for(lambda: one.metric("boardcast_redis_ingest_leads") == 1, "its turn")
    operator.user("-xack")
    _add(operator)
    wait_for(lambda: one.metric(REFUSED) == 1, "the refusal")
    operator("SET", "{boardcast}:ingest", "another's")
    wait_for(lambda: one.metric("boardcast_redis_ingest_leads") == 0, "the end of its turn")
    wait_for(lambda: one.metric(REFUSED) == 0, "that it is over")
    assert not one.messages("redis: it takes again what it refused")


def test_what_giving_the_lease_back_lacks_is_told_and_over(limited):
    operator, node = limited(RIGHTS["both"], "both")
    one = node()
    wait_for(lambda: one.metric("boardcast_redis_ingest_leads") == 1, "its turn")
    operator.user("-get")
    line = one.wait_for_messages("redis: it refuses what this node needs")[0]
    assert line["what"] == "EVAL {boardcast}:ingest"
    wait_for(lambda: one.metric(REFUSED) == 0, "that it is over")


def test_nodes_that_may_not_tell_each_other_anything_say_so(limited, curls):
    """They have the rights to the log alone, at first."""
    keys = [f"~{{boardcast}}:{name}" for name in ("head", "log", "latest", "ingest", "key:*")]
    operator, node = limited([*keys, *(one for one in RIGHTS["off"] if one[0] != "~")])
    a, b = node(), node()
    for one in (a, b):
        line, = one.wait_for_messages("redis: nodes cannot tell each other anything")
        assert "NOPERM" in line["why"]
        wait_for(lambda: one.metric(REFUSED) == 3, "notes that are not read, two scripts")
    b.publish("news", "goes on")
    _, named = _read(curls, a, f"one&stream={NAME}")
    _, other = _read(curls, a, "one")
    wait_for(lambda: a.metric(LOST) == 1, "the claim")
    assert [_patch(one, named, {"add": ["two"]}) for one in (a, b)] == [503, 503]
    _kick(a, other)
    wait_for(lambda: a.metric(LOST) == 2, "the refusal")
    assert _refusals(a) and not _refusals(b) and b.metric(LOST) == 0
    # Without another connection.
    operator.user("~{boardcast}:*")
    wait_for(lambda: _refusals(b), "the refusal at the other")
    assert fetch(b.admin("/admin/refusals?address=127.0.0.1"), "-X", "DELETE").status == 204
    wait_for(lambda: not _refusals(a), "mercy at the first")
    wait_for(lambda: _patch(b, named, {"add": ["two"]}) == 200, "a change")
    wait_for(lambda: a.metric(REFUSED) + b.metric(REFUSED) == 0, "all that was refused")
    assert a.metric(LOST) == 2
    assert len(a.wait_for_messages("redis: it takes again what it refused", 3)) == 3
    assert len(a.messages("redis: connected")) == 1
