"""admin.metrics_per_board: series of the boards that most streams read, of all workers together."""

import re

from support import h2
from support.process import fetch

STREAMS, EVENTS = "boardcast_board_streams", "boardcast_board_events_total"


def series(gateway, name):
    """Label text → value, in the order of the exposition."""
    text = fetch(gateway.admin("/metrics")).body.decode()
    found = re.findall(rf'^{name}\{{board="((?:[^"\\\n]|\\["\\n])*)"\}} (\d+)$', text, re.M)
    assert len(found) == text.count(f"\n{name}{{"), text
    return {board: int(value) for board, value in found}


def readers(gateway, *queries):
    """Each on a connection of its own, so on any worker."""
    clients = []
    for query in queries:
        client = h2.Client(gateway.address())
        stream = client.subscribe(query)
        client.pump(lambda stream=stream: stream.events, "the opening")
        clients.append(client)
    return clients


def test_the_boards_that_most_streams_read(start):
    gateway = start({"admin": {"metrics_per_board": 3}})
    assert series(gateway, STREAMS) == series(gateway, EVENTS) == {}
    quoted = "board=say%20%22a%5Cb%22"
    clients = readers(gateway, *["boards=hot"] * 4, *[quoted] * 3, *["boards=team-*,cold"] * 2,
                      "boards=cold", "boards=nobody-else")
    for data in "12":
        gateway.publish("hot", data)
    gateway.publish("cold", "x")
    gateway.publish("nobody-else", "x")
    assert list(series(gateway, STREAMS).items()) == [
        ("cold", 3), ("hot", 4), (r"say \"a\\b\"", 3)]
    assert series(gateway, EVENTS) == {"cold": 1, "hot": 2}
    for client in clients:
        client.close()


def test_a_reload_changes_how_many(start):
    gateway = start()
    clients = readers(gateway, "boards=a,b,c", "boards=c")
    assert series(gateway, STREAMS) == {}
    assert gateway.reload({"admin": {"metrics_per_board": 1}})
    assert series(gateway, STREAMS) == {"c": 2}
    assert gateway.reload({"admin": {"metrics_per_board": 10_000}})
    assert series(gateway, STREAMS) == {"a": 1, "b": 1, "c": 2}
    for client in clients:
        client.close()


def test_made_up_boards_do_not_crowd_it(start):
    gateway = start({"admin": {"metrics_per_board": 20}})
    clients = readers(gateway, *["boards=real"] * 6)  # some at each worker
    hostile = h2.Client(gateway.address())
    streams = [hostile.subscribe("boards=" + ",".join(f"!{n}-{m}" for m in range(200)))
               for n in range(50)]
    hostile.pump(lambda: all(stream.events for stream in streams), "the openings")
    told = series(gateway, STREAMS)
    assert len(told) == 20 and told["real"] == 6
    for client in [*clients, hostile]:
        client.close()
