# ctest: PROCESSORS 1
"""What becomes of entries of the stream that other programs fill, when they were read and not
appended, or cannot be read: none is lost, and none stands in the way of others.
"""

import contextlib
import socket
import socketserver
import threading

import pytest

from support import sse
from support.process import fetch, wait_for


def _read(curls, node, boards):
    curl = curls(node.url(f"/events?boards={boards}"))
    curl.wait_for("boardcast.open")
    return curl


class Relay(socketserver.ThreadingTCPServer):
    """In front of a Redis. Where an entry of the stream is asked for by its id, `meet(relay)` says
    what becomes of that: cut, the connection; keep, no answer; pass. `times`: that one was asked
    for; `sent`: all that was asked. `third`: where the third connection leads, which is the first
    that reads the stream."""

    daemon_threads = True

    def __init__(self, server, meet, third=None):
        super().__init__(("127.0.0.1", 0), _Relayed)
        self.server, self.meet, self.third = server, meet, third or server
        self.connections, self.times, self.sent = 0, 0, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.server_address[1]}"


class _Relayed(socketserver.BaseRequestHandler):
    def handle(self):
        relay = self.server
        relay.connections += 1
        behind = relay.third if relay.connections == 3 else relay.server
        with socket.socket(socket.AF_UNIX) as redis:
            redis.connect(behind.socket)
            threading.Thread(target=self._answer, args=(redis,), daemon=True).start()
            while data := self.request.recv(1 << 16):
                relay.sent.append(data)
                what = "pass"
                if b"XRANGE" in data and b"boardcast:in\r\n" in data:
                    relay.times += 1
                    what = relay.meet(relay)
                if what == "cut":
                    break
                if what == "pass":
                    redis.sendall(data)
            redis.shutdown(socket.SHUT_RDWR)

    def _answer(self, redis):
        with contextlib.suppress(OSError):
            while data := redis.recv(1 << 16):
                self.request.sendall(data)
            self.request.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def relays(start):
    """relays(…) starts a Relay, and a node that comes to take what is behind it."""
    running = []

    def begin(*words, **options):
        running.append(Relay(*words, **options))
        node = start({"backbone": {"type": "redis",
                                   "redis": {"url": running[-1].url, "ingest": "stream"}}})
        wait_for(lambda: fetch(node.admin("/readyz")).json()["status"] == "ready", "ready")
        return running[-1], node
    yield begin
    for relay in running:
        relay.shutdown()
        relay.server_close()


@pytest.fixture
def relayed(redis, relays):
    """relayed(meet) starts a Redis with an entry that somebody read and did not acknowledge, a
    relay in front of it, and a node that comes to take that; the id of the entry."""
    def begin(meet):
        server = redis()
        server.command("XGROUP", "CREATE", "boardcast:in", "gateway", "0", "MKSTREAM")
        id = server.command("XADD", "boardcast:in", "*", "board", "news", "data", "read")
        server.command("XREADGROUP", "GROUP", "gateway", "gateway", "STREAMS", "boardcast:in", ">")
        return server, *relays(server, meet), id
    return begin


def test_what_a_node_read_and_did_not_append_is_claimed(redis, start, curls):
    server = redis()
    server.command("XGROUP", "CREATE", "boardcast:in", "gateway", "0", "MKSTREAM")
    for n in range(100):
        server.command("XADD", "boardcast:in", "*", "board", "news", "data", f"n{n}")
    read = server.command("XREADGROUP", "GROUP", "gateway", "gateway", "COUNT", 90, "STREAMS",
                          "boardcast:in", ">")
    assert len(read[0][1]) == 90
    node = start({"backbone": {"type": "redis", "redis": {"url": server.url, "ingest": "both"}}})
    wait_for(lambda: server.command("XLEN", "boardcast:in") == 0, "an empty inbox")
    reader = curls(node.url("/events?boards=news&lastEventId=earliest"))
    assert sse.data(reader.wait_for("data: n99")) == [f"n{n}" for n in range(100)]


def test_what_is_cut_off_time_and_again_is_not_lost(relayed, curls):
    """At least once: that a connection ends while an entry is read says nothing of the entry."""
    _, relay, node, _ = relayed(lambda relay: "cut" if relay.times <= 2 else "pass")
    _read(curls, node, "news").wait_for("data: read", 20)
    assert relay.times == 3
    assert node.metric("boardcast_redis_ingest_rejected_total") == 0


def test_what_is_late_three_times_is_given_up(relayed, curls):
    """And not before: three terms of 5 s end with it."""
    server, relay, node, _ = relayed(lambda relay: "keep")
    server.command("XADD", "boardcast:in", "*", "board", "news", "data", "behind it")
    reader = _read(curls, node, "news")
    assert sse.data(reader.wait_for("data: behind it", 40)) == ["behind it"]
    assert relay.times == 3
    assert node.metric("boardcast_redis_ingest_rejected_total") == 1
    wait_for(lambda: server.command("XLEN", "boardcast:in") == 0, "an empty inbox")
    assert server.command("XPENDING", "boardcast:in", "gateway")[0] == 0


def test_what_somebody_deleted_is_claimed_no_more(relayed):
    """Redis 6.2 gives such an entry again and again; a newer one only when it is deleted just now,
    between the claim and the reading."""
    def delete(relay):
        for id, _ in relay.server.command("XRANGE", "boardcast:in", "-", "+"):
            relay.server.command("XDEL", "boardcast:in", id)
        return "pass"

    _, relay, node, id = relayed(delete)
    wait_for(lambda: any(b"XACK" in data and id in data for data in relay.sent), "that it is said")
    assert node.metric("boardcast_redis_ingest_rejected_total") == 0


def test_what_another_redis_has_is_not_taken_for_this_one(redis, relays, curls):
    """The address has moved, say: what is read there would be acknowledged here, and an entry of
    the same id, which is a time, would be lost."""
    one, another = redis(), redis()
    for server, data in ((one, "here"), (another, "there")):
        server.command("XADD", "boardcast:in", "1-1", "board", "news", "data", data)
    relay, node = relays(one, lambda relay: "pass", third=another)
    reader = curls(node.url("/events?boards=news&lastEventId=earliest"))
    assert sse.data(reader.wait_for("data: here", 20)) == ["here"]
    assert relay.connections >= 4 and another.command("XLEN", "boardcast:in") == 1
    line, = node.messages("redis: this node takes no more of what others publish there")
    assert line["why"] == "the stream: there is another Redis"


def test_what_no_answer_can_hold_stops_nothing(redis, start, curls):
    """256 MiB are the bound of one: together they have more, and at last one alone, which ends
    two terms of 5 s. On a slow machine it is not late, too."""
    server = redis()
    add = ("XADD", "boardcast:in", "*", "board", "news", "data")
    for _ in range(64):
        server.command(*add, b"x" * (4_300 << 10))
    server.command(*add, "behind them")
    node = start({"backbone": {"type": "redis", "redis": {"url": server.url, "ingest": "stream",
                                                          "timeout": "60s"}}})
    reader = curls(node.url("/events?boards=news&lastEventId=earliest"))
    reader.wait_for("data: behind them", 60)
    ended = "redis: this node takes no more of what others publish there"
    assert node.metric("boardcast_redis_ingest_rejected_total") == 64
    assert len(node.messages(ended)) == 0
    server.command(*add, b"x" * (257 << 20), seconds=60)
    server.command(*add, "behind it")
    reader.wait_for("data: behind it", 60)
    assert node.metric("boardcast_redis_ingest_rejected_total") == 65
    assert len(node.messages(ended)) == 2
    wait_for(lambda: server.command("XLEN", "boardcast:in") == 0, "an empty inbox")
    assert server.command("XPENDING", "boardcast:in", "gateway")[0] == 0
