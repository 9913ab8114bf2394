"""/admin/connections: true before, during and right after clients come and go."""

import json
import socket
import struct

from support import h2
from support.process import fetch, wait_for

NOTICED = 1  # seconds after which who has gone is counted no more
EMPTY = {"total": 0, "boards": {}, "connections": 0}


def test_three_clients_on_two_boards(start, curls):
    gateway = start()
    assert gateway.connections() == EMPTY
    one = curls(gateway.url("/events?boards=board-1"))
    both = curls(gateway.url("/events?boards=board-1,board-2"), "--http1.1")
    three = curls(gateway.url("/events?boards=board-1", "http"))
    for curl in (one, both, three):
        curl.wait_for("boardcast.open")
    assert gateway.connections() == {"total": 3, "boards": {"board-1": 3, "board-2": 1},
                                     "connections": 3}
    three.kill()  # kill -9
    wait_for(lambda: gateway.connections() == {
        "total": 2, "boards": {"board-1": 2, "board-2": 1}, "connections": 2}, "the count", NOTICED)
    one.kill()
    both.kill()
    wait_for(lambda: gateway.connections() == EMPTY, "the count", NOTICED)


def test_field_order_is_the_contract(shared):
    answer = fetch(shared.admin("/admin/connections"))
    assert answer.status == 200
    assert answer.fields["content-type"] == "application/json"
    assert list(answer.json()) == ["total", "boards", "connections"]


def test_streams_of_one_connection(start):
    gateway = start()
    client = h2.Client(gateway.address())
    streams = [client.subscribe("boards=b-%d,every-*" % (n % 2)) for n in range(100)]
    client.pump(lambda: all(stream.of_type("boardcast.open") for stream in streams), "opens")
    assert gateway.connections() == {
        "total": 100, "boards": {"b-0": 50, "b-1": 50, "every-*": 100}, "connections": 1}
    assert len({json.loads(s.events[0].data)["connection"] for s in streams}) == 1
    for stream in streams[:40]:
        client.reset(stream)
    wait_for(lambda: gateway.connections()["total"] == 60, "resets", NOTICED)
    client.close()  # FIN
    wait_for(lambda: gateway.connections() == EMPTY, "the close", NOTICED)


def test_reset_of_the_socket(start):
    gateway = start()
    raw = socket.create_connection(gateway.address("http"), timeout=10)
    raw.sendall(b"GET /events?boards=x HTTP/1.1\r\nhost: localhost\r\n\r\n")
    wait_for(lambda: gateway.connections()["total"] == 1, "the stream")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()  # RST
    wait_for(lambda: gateway.connections() == EMPTY, "the reset", NOTICED)


def test_prefix_and_limit(start):
    gateway = start()
    client = h2.Client(gateway.address())
    streams = [client.subscribe(f"boards=a-{n},z") for n in range(5)]
    client.pump(lambda: all(stream.events for stream in streams), "opens")
    only = fetch(gateway.admin("/admin/connections?prefix=a-&limit=2")).json()
    assert only == {"total": 5, "boards": {"a-0": 1, "a-1": 1}, "connections": 1,
                    "truncated": True}
    client.close()


def test_vanished_peer_is_noticed(start):
    """A peer that answers nothing any more is cut by PING; the count follows."""
    gateway = start({"http2": {"ping_interval": "1s", "ping_timeout": "1s"}})
    client = h2.Client(gateway.address())
    stream = client.subscribe("boards=gone")
    client.pump(lambda: stream.events, "open")
    assert gateway.connections()["total"] == 1
    # Nothing is read from here on: PINGs stay unanswered.
    wait_for(lambda: gateway.connections() == EMPTY, "the cut", 15)
    assert gateway.metric('boardcast_http_timeouts_total{kind="ping"}') == 1
    client.close()


def test_placement_is_even(start):
    """Connections opened before any request spread evenly over the workers."""
    gateway = start({"server": {"workers": 2, "listen": ["h2c://127.0.0.1:0"]}})
    sockets = [socket.create_connection(gateway.address("h2c"), timeout=10) for _ in range(1000)]
    wait_for(lambda: gateway.metric("boardcast_connections") >= 1001, "the connections")
    by_worker = [gateway.metric('boardcast_worker_connections{worker="%d"}' % n) for n in (0, 1)]
    assert all(475 <= count <= 527 for count in by_worker), by_worker
    for one in sockets:
        one.close()
