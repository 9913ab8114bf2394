"""GET and DELETE /admin/streams: the laggard is found and ended, and nobody else is."""

import json
import time

import pytest

from support import h2
from support.process import fetch, wait_for


def streams(gateway, query=""):
    return fetch(gateway.admin(f"/admin/streams{query}")).json()


def end(gateway, id, query=""):
    return fetch(gateway.admin(f"/admin/streams/{id}{query}"), "-X", "DELETE").status


def publish(stream, numbers):
    """Over the stream's connection: at once, beside what a curl for each would take."""
    for n in numbers:
        answer = stream.client.publish("a", str(n).encode() * 200)
        assert answer.status == 200, answer.data


@pytest.fixture
def opened():
    """opened(gateway, boards) is a stream on a connection of its own, whose `opening` is what
    boardcast.open says; `window` bytes are all it takes unless it gives more."""
    clients = []

    def begin(gateway, boards, window=65535):
        clients.append(h2.Client(gateway.address()))
        client = clients[-1]
        client.h2.update_settings({4: window})  # of each stream
        client.flush()
        stream = client.subscribe(f"boards={boards}&format=json")
        client.pump(lambda: stream.events, "the opening")
        stream.opening = json.loads(stream.events[0].data)
        stream.client = client
        return stream

    yield begin
    for client in clients:
        client.close()


@pytest.fixture
def lagging(opened):
    """lagging(gateway): a stream that took its opening and little since, and one that keeps up."""

    def begin(gateway):
        laggard, healthy = opened(gateway, "a,b", window=600), opened(gateway, "a")
        publish(healthy, range(20))
        healthy.client.pump(lambda: len(healthy.of_type("message")) == 20, "the events")
        # The laggard's worker may be the other one, and yet to come to the last of them.
        newest = healthy.events[-1].last_event_id
        wait_for(lambda: all(one["position"] == newest for one in streams(gateway)["streams"]),
                 "both to be as far")
        return laggard, healthy

    return begin


def test_the_laggard_is_shown_first_with_its_lag(start, lagging):
    gateway = start()
    laggard, healthy = lagging(gateway)
    listed = streams(gateway)
    assert (listed["total"], listed["truncated"]) == (2, False)
    first, second = listed["streams"]
    assert [first["id"], second["id"]] == [laggard.opening["stream"], healthy.opening["stream"]]
    assert 15 <= first["lag"]["events"] <= 20
    assert first["lag"]["bytes"] > 200 * first["lag"]["events"]
    assert second["lag"] == {"events": 0, "bytes": 0}
    assert (first["boards"], first["format"], first["protocol"]) == (["a", "b"], "json", "h2")
    assert first["connection"] == laggard.opening["connection"]
    assert first["peer"].startswith("127.0.0.1:")
    assert (first["state"], second["state"], second["blocked"]) == ("live", "live", 0)
    assert first["position"] == second["position"] == healthy.events[-1].last_event_id


def test_the_order_and_the_number_are_chosen(start, lagging):
    gateway = start()
    laggard, healthy = (stream.opening["stream"] for stream in lagging(gateway))
    for query, ids in (("?limit=1", [laggard]), ("?sort=age", [laggard, healthy]),
                       ("?sort=boards&limit=1", [laggard])):
        shown = streams(gateway, query)
        assert [one["id"] for one in shown["streams"]] == ids, query
        assert shown["truncated"] == (len(ids) < 2)


def test_one_that_takes_nothing_becomes_stalled_and_says_since_when(start, lagging):
    gateway = start()
    laggard, _ = lagging(gateway)
    wait_for(lambda: streams(gateway)["streams"][0]["state"] == "stalled", "the state", 20)
    first = streams(gateway)["streams"][0]
    assert first["id"] == laggard.opening["stream"] and 5 <= first["blocked"] <= first["age"]


def test_one_that_catches_up_lags_by_what_is_behind_its_position(start, opened):
    gateway = start({"stream": {"pending_events": 4}})
    laggard = opened(gateway, "a", window=600)
    publish(opened(gateway, "b"), range(30))

    def caught():
        id = laggard.opening["stream"]
        one, = (one for one in streams(gateway)["streams"] if one["id"] == id)
        return one["state"] == "catching_up" and one
    first = wait_for(caught, "the state")
    assert 25 <= first["lag"]["events"] <= 30 and "bytes" not in first["lag"]


def test_a_stream_is_ended_in_band_behind_what_is_queued_and_alone(start, lagging):
    gateway = start()
    laggard, healthy = lagging(gateway)
    id = laggard.opening["stream"]
    assert end(gateway, id) == 204
    assert streams(gateway)["streams"][0]["state"] == "ending"
    laggard.client.h2.increment_flow_control_window(100_000, laggard.number)
    laggard.client.flush()
    laggard.client.pump(lambda: laggard.ended, "the end")
    assert len(laggard.of_type("message")) == 20
    last = laggard.events[-1]
    assert (last.type, json.loads(last.data)) == ("boardcast.end", {"reason": "kicked"})
    assert laggard.parser.retry is not None
    assert gateway.metric('boardcast_streams_ended_total{reason="kicked"}') == 1
    wait_for(lambda: end(gateway, id) == 404, "that it is gone")
    gateway.publish("a", "still here")
    healthy.client.pump(lambda: len(healthy.of_type("message")) == 21, "the next event")
    assert fetch(gateway.url("/events?boards=a&limit=1&last=1")).status == 200


def test_for_a_time_its_address_gets_no_stream_and_others_do(start, opened):
    gateway = start()
    kicked, healthy = opened(gateway, "a"), opened(gateway, "a")
    gateway.publish("a", "before")
    assert end(gateway, kicked.opening["stream"], "?for=10m") == 204
    url = gateway.url("/events?boards=a&limit=1&last=1")
    refusals = [fetch(url), fetch(url, "-H", "accept: text/event-stream"),
                fetch(gateway.url("/events?boards=a*b", "http"))]
    assert [answer.status for answer in refusals] == [204, 204, 204]
    assert [answer.body for answer in refusals] == [b"", b"", b""]
    gateway.publish("a", "for those who are here")
    healthy.client.pump(lambda: len(healthy.of_type("message")) == 2, "the event")
    assert fetch(url, "--interface", "127.0.0.2").status == 200
    taken = gateway.admin("/admin/refusals?address=127.0.0.1")
    assert fetch(taken, "-X", "DELETE").status == 204
    again, asked_at = opened(gateway, "a"), time.monotonic()
    assert end(gateway, again.opening["stream"], "?for=3s") == 204
    wait_for(lambda: fetch(url).status == 200, "the end of the time")
    assert time.monotonic() >= asked_at + 3
    assert gateway.metric('boardcast_streams_refused_total{reason="kicked"}') >= 3


def test_a_refusal_is_logged_listed_and_taken_back(start, opened):
    gateway = start()
    kicked, other = opened(gateway, "a"), opened(gateway, "a")
    refusals = gateway.admin("/admin/refusals")
    url = gateway.url("/events?boards=a&limit=1&last=1")
    gateway.publish("a", "1")
    assert fetch(refusals).json() == {"refusals": []}
    assert end(gateway, kicked.opening["stream"], "?for=10m") == 204
    assert end(gateway, other.opening["stream"], "?for=1s&prefix=64") == 204
    said = gateway.wait_for_messages("an operator ended a stream", 2)
    assert [line["stream"] for line in said] == [
        stream.opening["stream"] for stream in (kicked, other)]
    assert [line["refused_for_s"] for line in said] == [600, 1]
    assert [line["subject"] for line in said] == ["", ""]
    assert [line["prefix"] for line in said] == ["", "64"]
    for line in said:
        assert line["peer"].startswith("127.0.0.1:") and line["operator"].startswith("127.0.0.1:")

    refused, = fetch(refusals).json()["refusals"]
    assert refused["address"] == "127.0.0.1" and 590 < refused["left"] <= 600
    assert fetch(url).status == 204
    assert fetch(refusals, "-X", "DELETE").status == 400
    assert fetch(f"{refusals}?subject=ann&subject=bob", "-X", "DELETE").status == 400
    assert fetch(f"{refusals}?address=127.0.0.2", "-X", "DELETE").status == 404
    assert fetch(f"{refusals}?address=127.0.0.1", "-X", "DELETE").status == 204
    assert fetch(url).status == 200
    assert fetch(refusals).json() == {"refusals": []}
    gateway.wait_for_messages("an operator took a refusal back")


def test_what_is_asked_wrongly_is_refused(start):
    gateway = start({"admin": {"public": "open"}})
    for query in ("limit=0", "limit=1001", "sort=peer"):
        assert fetch(gateway.admin(f"/admin/streams?{query}")).status == 400
    assert end(gateway, "AAECAwQFBgcICQoLDA0ODw") == 404
    assert end(gateway, "AAECAwQFBgcICQoLDA0ODw", "?for=10") == 400
    foreign = fetch(gateway.url("/admin/streams/AAECAwQFBgcICQoLDA0ODw"), "-X", "DELETE",
                    "-H", "origin: https://elsewhere.example")
    assert foreign.status == 403
    assert fetch(start().url("/admin/streams")).status == 404
