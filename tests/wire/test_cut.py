"""DELETE /admin/connections/{id}: a connection is gone as by a pulled cable."""

import json

from support import sse
from support.process import fetch, wait_for


def opened(curl):
    return json.loads(sse.events(curl.wait_for("boardcast.open"))[0].data)


def test_a_cut_connection_ends_without_a_goodbye_and_alone(start, curls):
    gateway = start()
    victims = [curls(gateway.url("/events?boards=a"), option)
               for option in ("--http2", "--http1.1")]
    neighbours = [curls(gateway.url("/events?boards=a")) for _ in range(3)]
    for victim in victims:
        id = opened(victim)["connection"]
        assert fetch(gateway.admin(f"/admin/connections/{id}"), "-X", "DELETE").status == 204
        assert victim.wait() == 56, "curl: failure in receiving network data"
        assert "boardcast.end" not in victim.output.decode()
        again = fetch(gateway.admin(f"/admin/connections/{id}"), "-X", "DELETE")
        assert again.status == 404 and id in again.json()["detail"]
        line, = wait_for(lambda: [line for line in gateway.messages("an operator cut a connection")
                                  if line["connection"] == id], "the line")
        assert line["operator"].startswith("127.0.0.1:")
    for neighbour in neighbours:
        opened(neighbour)
    gateway.publish("a", "still here")
    for neighbour in neighbours:
        neighbour.wait_for("still here")
    wait_for(lambda: gateway.connections()["connections"] == 3, "the count")


def test_the_public_listener_cuts_only_when_open(start):
    assert fetch(start().url("/admin/connections/c1"), "-X", "DELETE").status == 404
    gateway = start({"admin": {"public": "open"}})
    assert fetch(gateway.url("/admin/connections/c9999"), "-X", "DELETE").status == 404
    foreign = fetch(gateway.url("/admin/connections/c1"), "-X", "DELETE",
                    "-H", "origin: https://elsewhere.example")
    assert foreign.status == 403


def test_the_process_tells_its_cpu_and_memory(start):
    gateway = start()
    assert gateway.metric("process_cpu_seconds_total") > 0
    assert gateway.metric("process_resident_memory_bytes") > 1_000_000
