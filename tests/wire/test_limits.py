"""What one client may take: connections, handshakes, streams and publishes, of an address and of a
subject; what it is told beyond that, and that nobody else notices."""

import contextlib
import json
import re
import socket
import ssl
import struct
import subprocess
import time

import pytest

from attacks.tls import client_hello
from support import h2, process
from support.process import SLOWNESS, wait_for
from support.tokens import Issuer

OFF = "${NONE:-off}"  # in JSON words have quotes, with which only a variable may stand for a number
NOT_EXEMPT = {"exempt": []}  # the clients of these tests come from loopback
BOTH = {"listen": ["https://127.0.0.1:0", "http://127.0.0.1:0", "h2c://127.0.0.1:0"]}
ACCEPT = [("accept", "text/event-stream")]


def limits(**more):
    return {"limits": {**NOT_EXEMPT, **more}}


def refused(gateway, limit, of="client"):
    return gateway.metric('boardcast_%s_refused_total{limit="%s"}' % (of, limit))


def lines(gateway, limit):
    """What the log says of this limit, once it says something."""
    def said():
        return [entry for entry in gateway.messages("refusing a client")
                + gateway.messages("refusing connections of one address")
                if entry["limit"] == "limits." + limit]
    return wait_for(said, f"a line about {limit}")


@contextlib.contextmanager
def sockets(address, count):
    """So many connections that say nothing."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection(address, timeout=10 * SLOWNESS))
               for _ in range(count)]


def is_closed(raw):
    raw.settimeout(10 * SLOWNESS)
    try:
        return raw.recv(1) == b""
    except ConnectionError:
        return True


def shakes_hands(address):
    """Whether a new connection gets as far as TLS."""
    try:
        with socket.create_connection(address, timeout=10 * SLOWNESS) as raw:
            h2.tls().wrap_socket(raw, server_hostname="localhost").close()
        return True
    except (ConnectionError, ssl.SSLError):
        return False


def test_connections_of_an_address(start):
    gateway = start(limits(connections_per_ip=3, header_timeout="60s"))
    with sockets(gateway.address("http"), 3) as held:
        wait_for(lambda: gateway.connections()["connections"] == 3, "the connections")
        assert all(not shakes_hands(gateway.address()) for _ in range(20))
        assert refused(gateway, "connections_per_ip", "connections") == 20
        assert gateway.metric("boardcast_tls_handshake_failures_total") == 0
        told = [line["refused"] for line in lines(gateway, "connections_per_ip")]
        assert told in ([1], [1, 1]), "one for each worker"
        held[0].close()
        wait_for(lambda: shakes_hands(gateway.address()), "the place that is free")
        assert gateway.reload(limits(connections_per_ip=OFF))
        assert shakes_hands(gateway.address())
    assert gateway.reload({"limits": {"connections_per_ip": 1, "exempt": ["127.0.0.0/8"]}})
    with sockets(gateway.address("http"), 5):
        assert shakes_hands(gateway.address()), "exempt"


def test_new_connections_of_an_address(start):
    gateway = start(limits(connection_rate_per_ip=2, rate_burst="2s"))
    began = time.monotonic()
    got = [shakes_hands(gateway.address()) for _ in range(30)]
    allowed = 4 + 2 * (time.monotonic() - began) + 1
    assert 4 <= got.count(True) <= allowed
    assert refused(gateway, "connection_rate_per_ip", "connections") == got.count(False) > 0
    assert 1 <= len(lines(gateway, "connection_rate_per_ip")) <= 2, "one for each worker"
    time.sleep(0.7)
    assert shakes_hands(gateway.address())
    assert gateway.reload(limits(connection_rate_per_ip=OFF))
    assert all(shakes_hands(gateway.address()) for _ in range(20))


def header(source):
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    body = socket.inet_pton(family, source) * 2 + struct.pack("!HH", 5, 443)
    kind = 0x21 if family == socket.AF_INET6 else 0x11
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", 0x21, kind, len(body)) + body


def test_behind_a_proxy_the_client_is_limited(start):
    gateway = start({"server": {**BOTH, "proxy_protocol": "on", "proxy_trusted": ["127.0.0.0/8"]},
                     "limits": {"connections_per_ip": 2, "streams_per_ip": 3}})

    clients = []

    def client(source):
        clients.append(h2.Client(gateway.address(), before=header(source)))
        return clients[-1]

    def streams(one, count):
        asked = [one.subscribe("boards=a") for _ in range(count)]
        one.pump(lambda: all(stream.events for stream in asked), "the openings")
        return [stream.events[0].type for stream in asked]

    first = client("2001:db8:1:2::1")
    assert streams(first, 2) == ["boardcast.open"] * 2
    second = client("2001:db8:1:2:aaaa::")
    assert streams(second, 2) == ["boardcast.open", "boardcast.end"], "the same /64"
    with pytest.raises((ConnectionError, ssl.SSLError, AssertionError)):
        streams(client("2001:db8:1:2:bbbb::"), 1)
    assert refused(gateway, "connections_per_ip", "connections") == 1
    assert refused(gateway, "streams_per_ip") == 1
    for source in ("2001:db8:1:3::1", "203.0.113.1", "::ffff:203.0.113.1", "10.0.0.1"):
        assert streams(client(source), 1) == ["boardcast.open"], source
    with pytest.raises((ConnectionError, ssl.SSLError, AssertionError)):
        streams(client("203.0.113.1"), 1)
    for _ in range(5):
        assert streams(client("10.0.0.1"), 1) == ["boardcast.open"], "private: exempt"
    for one in clients:
        one.close()


def come_back(gateway, clients):
    """So many at once, each with a request: how many were answered."""
    done = subprocess.run(["h2load", "-c", str(clients), "-n", str(clients), "-t", "1",
                           gateway.url("/healthz")],
                          capture_output=True, text=True, timeout=60 * SLOWNESS, check=True)
    return int(re.search(r"(\d+) succeeded", done.stdout).group(1))


@pytest.mark.parametrize("workers, attempts, median, least", [(1, 1, 250, 250), (2, 5, 240, 200)])
def test_silent_handshakes_do_not_take_the_places_of_others(start, workers, attempts, median,
                                                            least):
    """A herd that comes back while a flood holds all places: the flood goes, at most one for one
    (who of the herd comes late takes the place of one that is done). What two workers tell of who
    has been silent longest is as old as their last turn: where they wait for a core, one may get
    more of the herd than it has of the flood, and then some of the herd give way: six at most were
    seen to, in three runs of forty, beside six busy loops on two cores."""
    answered = []
    for _ in range(attempts):
        gateway = start({"server": {"workers": workers},
                         "limits": {"connections": 300, "handshake_timeout": "60s"}})
        with sockets(gateway.address(), 300) as held:
            wait_for(lambda: gateway.metric("boardcast_connections_half_open") >= 290, "the flood")
            answered.append(come_back(gateway, 250))
            gave_way = refused(gateway, "half_open", "connections")
            assert 100 / SLOWNESS <= gave_way <= 250, "a herd's worth, in the place of one each"
            assert gateway.metric("boardcast_accept_refused_total") == 0
            assert is_closed(held[0])
    assert sorted(answered)[attempts // 2] >= median and min(answered) >= least, answered
    assert max(answered) == 250, answered


def test_who_says_a_whole_message_keeps_his_place(start):
    gateway = start({"limits": {"connections": 20, "handshake_timeout": "60s"}})
    def half_open():
        return gateway.metric("boardcast_connections_half_open")

    with contextlib.ExitStack() as stack:
        first = stack.enter_context(sockets(gateway.address(), 1))
        wait_for(lambda: half_open() == 1, "the first of all")
        held = first + stack.enter_context(sockets(gateway.address(), 19))
        wait_for(lambda: half_open() >= 19, "the flood")
        hello = client_hello()
        for at in range(0, 8 * 6, 6):
            held[0].sendall(hello[at:at + 6])
            time.sleep(0.1)
        held[1].sendall(hello)
        assert held[1].recv(1) == b"\x16", "a ServerHello"
        with sockets(gateway.address(), 5):
            wait_for(lambda: refused(gateway, "half_open", "connections") >= 5, "their places")
            assert is_closed(held[0]), "bytes of a message are none"
            held[1].setblocking(False)
            with pytest.raises(BlockingIOError):
                while held[1].recv(1 << 16):
                    pass


def test_half_open_ones_are_left_alone_where_there_are_places(start):
    """A herd of slow ones, more than limits.half_open: nobody else needs what they have."""
    gateway = start({"limits": {"connections": 400, "half_open": 10, "handshake_timeout": "2s"}})
    with sockets(gateway.address(), 100):
        time.sleep(1.5)
    assert refused(gateway, "half_open", "connections") == 0


@pytest.mark.parametrize("scheme", ["https", "http", "h2c"])
def test_what_never_asks_is_closed(start, scheme):
    gateway = start({"server": BOTH, "limits": {"handshake_timeout": "500ms",
                                                "header_timeout": "500ms"}})
    began = time.monotonic()
    with sockets(gateway.address(scheme), 1) as held:
        while not held[0].recv(4096) == b"":
            pass
        assert 0.4 < time.monotonic() - began < 3 * SLOWNESS
    if scheme == "https":
        assert gateway.metric("boardcast_tls_handshake_timeouts_total") == 1
    else:
        assert gateway.metric('boardcast_http_timeouts_total{kind="header"}') == 1


def test_streams_of_an_address(start):
    gateway = start(limits(streams_per_ip=4))
    one, other = h2.Client(gateway.address()), h2.Client(gateway.address())
    opened = [client.subscribe("boards=a") for client in (one, other) for _ in range(2)]
    for client, streams in ((one, opened[:2]), (other, opened[2:])):
        client.pump(lambda streams=streams: all(stream.events for stream in streams), "openings")
    for _ in range(10):
        told = other.subscribe("boards=a")
        other.pump(lambda told=told: told.ended, "the end")
        assert told.status == 200
        assert told.fields["content-type"] == "text/event-stream"
        assert re.fullmatch(rb"retry: [12]\d{4}\n\nevent: boardcast.end\n"
                            rb'data: {"reason":"too_many"}\n\n', told.data)
    status = other.fetch("GET", "/events?boards=a")
    assert status.status == 429
    assert status.fields["content-type"] == "application/problem+json"
    assert 10 <= int(status.fields["retry-after"]) <= 30
    assert "from this address" in json.loads(status.data)["detail"]
    assert refused(gateway, "streams_per_ip") == 11
    assert len(lines(gateway, "streams_per_ip")) == 1
    gateway.publish("a", "all go on")
    one.pump(lambda: opened[0].of_type("message"), "the event")
    one.reset(opened[0])
    wait_for(lambda: gateway.connections()["total"] == 3, "the end of one")
    again = other.subscribe("boards=a")
    other.pump(lambda: again.of_type("boardcast.open"), "a stream in its place")
    assert gateway.reload(limits(streams_per_ip=5))
    more = one.subscribe("boards=a")
    one.pump(lambda: more.of_type("boardcast.open"), "one more after the reload")
    one.close()
    other.close()


def test_streams_that_an_address_opens_in_a_second(start):
    gateway = start({"stream": {"refuse": "status"},
                     **limits(stream_rate_per_ip=2, rate_burst="1s")})
    client = h2.Client(gateway.address())
    began = time.monotonic()
    got, waits = [], []
    for _ in range(20):
        stream = client.subscribe("boards=a")
        client.pump(lambda stream=stream: stream.fields, "the answer")
        got.append(stream.status)
        if stream.status == 200:
            client.reset(stream)
        else:
            waits.append(int(stream.fields["retry-after"]))
    assert 2 <= got.count(200) <= 3 + 2 * (time.monotonic() - began)
    assert set(got) == {200, 429}
    assert 1 <= min(waits) and max(waits) <= 5
    assert refused(gateway, "stream_rate_per_ip") == got.count(429)
    assert gateway.reload(limits(stream_rate_per_ip=OFF))
    assert client.subscribe("boards=a") and client.fetch("HEAD", "/events?boards=a").status == 200
    client.close()


def test_streams_of_a_subject(start, tmp_path):
    issuer = Issuer(tmp_path)
    gateway = start({"auth": issuer.config(), "limits": {
        "streams_per_subject": 2, "stream_rate_per_subject": 1, "rate_burst": "3s"}})
    ann, bob = ([("authorization", "Bearer " + issuer.token(["*"], subject=name))]
                for name in ("ann", "bob"))
    one, other = h2.Client(gateway.address()), h2.Client(gateway.address())
    for client in (one, other):
        stream = client.subscribe("boards=a", ann)
        client.pump(lambda stream=stream: stream.of_type("boardcast.open"), "a stream of ann's")
    third = other.subscribe("boards=a", ann)
    other.pump(lambda: third.ended, "the end")
    assert b'{"reason":"too_many"}' in third.data
    answers = [other.fetch("GET", "/events?boards=a&limit=1", ann) for _ in range(2)]
    assert [answer.status for answer in answers] == [429, 429]
    assert "for this subject" in json.loads(answers[0].data)["detail"]
    assert refused(gateway, "streams_per_subject") == 3
    assert lines(gateway, "streams_per_subject")[0]["subject"] == "ann"
    good = other.subscribe("boards=a", bob)
    other.pump(lambda: good.of_type("boardcast.open"), "a stream of bob's")
    one.close()
    other.close()
    third = h2.Client(gateway.address())
    got = []
    while "boardcast.end" not in got and len(got) < 60:  # quicker than one a second
        stream = third.subscribe("boards=a", ann)
        third.pump(lambda stream=stream: stream.events, "the answer")
        got.append(stream.events[0].type)
        third.reset(stream) if not stream.ended else None
        wait_for(lambda: gateway.connections()["total"] == 0, "its end")
    assert "boardcast.end" in got and refused(gateway, "stream_rate_per_subject") > 0
    third.close()


def test_events_that_an_address_publishes_in_a_second(start):
    gateway = start(limits(publish_rate_per_ip=5, rate_burst="1s"))
    client = h2.Client(gateway.address())
    reader = client.subscribe("boards=a")
    client.pump(lambda: reader.events, "the opening")

    def post(events):
        return client.fetch("POST", "/events", [("content-type", "application/json")],
                            json.dumps(events).encode())
    event = {"board": "a", "data": 1}
    began = time.monotonic()
    got = [post(event).status for _ in range(20)]
    accepted = got.count(200)
    assert 5 <= accepted <= 6 + 5 * (time.monotonic() - began)
    assert set(got) == {200, 429}
    assert refused(gateway, "publish_rate_per_ip") == got.count(429)
    assert len(lines(gateway, "publish_rate_per_ip")) == 1
    time.sleep(1.2)
    began = time.monotonic()
    assert post([event] * 20).status == 200, "a batch passes whole"
    over = post(event)
    took = time.monotonic() - began
    assert over.status == 429
    assert over.fields["content-type"] == "application/problem+json"
    assert 3 - took <= int(over.fields["retry-after"]) <= 4, "and is paid for afterwards"
    assert "nothing of this was published" in json.loads(over.data)["detail"]
    client.pump(lambda: len(reader.of_type("message")) == accepted + 20, "what was accepted")
    assert gateway.reload(limits(publish_rate_per_ip=OFF))
    assert post(event).status == 200
    client.close()


def test_events_that_a_subject_publishes_in_a_second(start, tmp_path):
    issuer = Issuer(tmp_path)
    gateway = start({"auth": issuer.config(),
                     "limits": {"publish_rate_per_subject": 2, "rate_burst": "1s"}})

    client = h2.Client(gateway.address())

    def post(name):
        token = issuer.token(publish=["*"], subject=name)
        return client.publish("a", b"x", [("authorization", f"Bearer {token}")]).status
    assert 429 in [post("ann") for _ in range(30)]
    assert post("bob") == 200
    assert refused(gateway, "publish_rate_per_subject") > 0
    assert lines(gateway, "publish_rate_per_subject")[0]["subject"] == "ann"
    client.close()


def test_on_loopback_nothing_is_limited_by_default(start):
    gateway = start()
    clients = [h2.Client(gateway.address()) for _ in range(3)]
    for client in clients:
        for _ in range(100):
            assert client.publish("a", b"x").status == 200
    with sockets(gateway.address("http"), 300):
        assert shakes_hands(gateway.address())
    assert process.fetch(gateway.url("/healthz")).status == 200
    for client in clients:
        client.close()
