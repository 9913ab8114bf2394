# ctest: PROCESSORS 1
"""Whatever a server says that is to be Redis, the gateway lives: it says why, cuts the connection,
holds a bounded amount of it, and comes back to a server that has come to its senses."""

import itertools
import json

import pytest

from support.fake_redis import FakeRedis, message, note, value
from support.process import Gateway, fetch, wait_for

MIB = 1 << 20
LARGE = "more than 268435456 bytes"
CHANNEL = b"{boardcast}:events"
UNASKED = "an answer that nobody asked for"


class Endless:
    """A beginning, and more than anybody may hold."""

    def __init__(self, head, piece):
        self.head, self.piece = head, piece

    def __iter__(self):
        return itertools.chain([self.head], itertools.repeat(self.piece, 1024))


# What it says, and what the log has of it.
SAID = {
    "a status": (b"+OK\r\n", UNASKED),
    "a number": (b":1\r\n", UNASKED),
    "nil": (b"$-1\r\n", UNASKED),
    "a list that is nil": (b"*-1\r\n", UNASKED),
    "an empty list": (b"*0\r\n", UNASKED),
    "an error": (b"-ERR max number of clients reached\r\n", "ERR max number of clients"),
    "a list of lists": (b"*2\r\n*1\r\n:1\r\n*0\r\n", UNASKED),
    "nine lists deep": (b"*1\r\n" * 9 + b":1\r\n", "depth"),
    "lists for ever": (b"*1\r\n" * 100_000, "depth"),
    "a billion elements": (b"*1000000000\r\n", "more than"),
    "too many elements": (b"*2147483648\r\n", "out of range"),
    "a negative text": (b"$-2\r\n", "out of range"),
    "a negative list": (b"*-2\r\n", "out of range"),
    "a number that is none": (b":1x\r\n", "Bad integer"),
    "a size that overflows": (b"$99999999999999999999\r\n", "length"),
    "a text for ever": (Endless(b"$2147483647\r\n", b"x" * MIB), LARGE),
    "the largest text": (Endless(b"$9223372036854775807\r\n", b"x" * MIB), LARGE),
    "a line for ever": (Endless(b"+", b"x" * MIB), "a line of more than"),
    "numbers for ever": (Endless(b"*1000\r\n", b"*200000\r\n" + b":1\r\n" * 200_000),
                         "more than"),
    "bytes": (bytes(range(256)), "Protocol error"),
    "HTTP": (b"HTTP/1.1 400 Bad Request\r\n\r\n", "Protocol error"),
    "a push of RESP3": (b">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n", "Protocol error"),
    "a map of RESP3": (b"%1\r\n+a\r\n:1\r\n", "Protocol error"),
    "a push that nobody asked for": (message(b"invalidate", None), UNASKED),
    "an acknowledgement of something else": (message(b"unsubscribe", CHANNEL, 0), UNASKED),
    "half an acknowledgement": (message(b"unsubscribe", CHANNEL), UNASKED),
    "a message without text": (message(b"message", CHANNEL), UNASKED),
    "a message alone": (message(b"message"), UNASKED),
    "a message of nil": (message(b"message", None, None), UNASKED),
    "a message of numbers": (message(b"message", 1, 2), UNASKED),
    "a number that is a message": (message(1, 2, 3), UNASKED),
}
CASES = [(kind, name) for kind in ("commands", "channel") for name in SAID] + [
    ("commands", "a message")]
SAID["a message"] = (message(b"message", CHANNEL, b"events 00000007 1 1\n"), UNASKED)


@pytest.fixture(scope="module")
def server():
    fake = FakeRedis()
    yield fake
    fake.close()


@pytest.fixture(scope="module")
def node(server):
    gateway = Gateway({"backbone": {"type": "redis", "redis": {"url": server.url}}})
    yield gateway
    assert gateway.stop() == 0, "\n".join(gateway.lines[-40:])


@pytest.fixture
def fresh(start):
    """fresh(said) starts a server that says so, and a node that gets along with it."""
    servers = []

    def begin(**said):
        servers.append(FakeRedis())
        for name, what in said.items():
            setattr(servers[-1], name, what)
        gateway = start({"backbone": {"type": "redis", "redis": {"url": servers[-1].url}}})
        _quiet(gateway)
        return servers[-1], gateway
    yield begin
    for fake in servers:
        fake.close()


def _quiet(node):
    """Waits until it has read all that it wants to know at first, and waits for no answer."""
    wait_for(lambda: _complete(node), "a complete log")
    wait_for(lambda: fetch(node.admin("/readyz")).json()["status"] == "ready", "a ready node")


def _complete(node):
    """How often the copy of the log has been complete."""
    assert node.process.poll() is None, "the gateway ended:\n" + "\n".join(node.lines[-20:])
    return len(node.messages("redis: the log is complete"))


def _why(node):
    """Why connections were lost, in their order."""
    told = ("redis: connection lost, trying again",
            "redis: it is there, but cannot be used; trying again")
    lines = [json.loads(line) for line in list(node.lines) if line.startswith("{")]
    return [line["why"] for line in lines if line["message"] in told]


def _peak(node):
    """Bytes of memory that it ever had."""
    with open(f"/proc/{node.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM"))


def _comes_back(server, node, kind, pieces):
    """Says that over a connection of that kind, and waits until there is another one, and the log
    complete; why the one was lost, first."""
    _quiet(node)
    before, connections, told = _complete(node), server.count(kind), len(_why(node))
    server.say(kind, pieces)
    wait_for(lambda: _complete(node) > before, lambda: f"another connection: {node.lines[-3:]}")
    assert server.count(kind) > connections
    return _why(node)[told]


@pytest.mark.parametrize("kind,name", CASES)
def test_what_nobody_asked_for_costs_the_connection(server, node, kind, name):
    said, log = SAID[name]
    why = _comes_back(server, node, kind, [said] if isinstance(said, bytes) else said)
    # It may have been taken for the answer to something that was asked at this very moment.
    assert log in why or why.startswith(("no answer within", "the script: ")), why


@pytest.mark.parametrize("greeting", [b"-ERR no\r\n", b":1\r\n", b"*0\r\n", b"$5\r\nhello\r\n",
                                      b"$-1\r\n", b"*1\r\n" * 9, b"\x16\x03\x01"])
def test_a_greeting_that_is_none_is_tried_again(server, node, greeting):
    server.greeting = greeting
    _comes_back(server, node, "commands", [b"+OK\r\n"])
    assert server.greeting is None


def test_all_that_took_no_more_memory_than_it_may(node):
    assert _peak(node) < 800 * MIB


def test_what_it_says_that_nodes_keep_may_be_anything(fresh):
    _, node = fresh(kept=b"1 2 3 4 5")
    assert node.messages("redis: what it keeps is as this node is configured from now on")


NOTED = [b"*1\r\n:-1\r\n", b"*1\r\n:-9223372036854775808\r\n", b"*1\r\n:9223372036854775807\r\n",
         b"*1\r\n:0\r\n", b"*1\r\n$2\r\n-1\r\n", b"*1\r\n*1\r\n:-1\r\n", b"*2\r\n:-1\r\n:-1\r\n",
         b":-1\r\n", b"$-1\r\n", b"-ERR no\r\n"]


def test_what_it_says_of_notes_may_be_anything(fresh, curls):
    server, node = fresh()
    for n, noted in enumerate(NOTED):
        server.noted = noted
        curls(node.url(f"/events?boards=a&stream=name-of-a-stream-{n}")).wait_for("boardcast.open")
    assert _complete(node) == 1 and not _why(node)


FEWER = [2, 4, 8, 16,
         2, 4, 8, 8,
         2, *[4] * 10]


def test_values_that_are_too_much_together_are_asked_for_by_fewer(fresh):
    """Of the large ones, which are behind the small ones, no more than four come through."""
    server, _ = fresh(standing=(10, 11), latest=[value(b"board-%d" % n, 1) for n in range(40)],
                      refuses=_no_more_than_four_behind_twelve)
    assert _portions(server, "latest") == FEWER


def test_notes_that_are_too_much_together_are_asked_for_by_fewer(fresh):
    server, _ = fresh(notes=[note(b"kick:client-%d" % n, b"1") for n in range(40)],
                      refuses=_no_more_than_four_behind_twelve)
    assert _portions(server, "notes") == FEWER


def test_large_notes_are_asked_for_by_few(fresh):
    """A portion is about a MiB, and no more than 250."""
    large = [note(b"name:n-%d" % n, b"x" * (256 << 10)) for n in range(20)]
    small = [note(b"kick:client-%d" % n, b"1") for n in range(500)]
    server, _ = fresh(notes=large + small)
    assert _portions(server, "notes") == [2, *[3] * 6, 3, 6, 12, 24, 48, 96, 192, 250]


def _no_more_than_four_behind_twelve(cursor, count):
    return cursor + count - max(cursor, 12) > 4


def _portions(server, name):
    return [count for _, count in server.scans[name]]
