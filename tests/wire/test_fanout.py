# ctest: TIMEOUT 240
"""Many streams on few connections: each event once, in order, encoded once, gathered."""

import json
import subprocess
import time

import pytest

from support import h2
from support.process import SLOWNESS, fetch, wait_for


def open_streams(gateway, connections, streams, query):
    clients = [h2.Client(gateway.address()) for _ in range(connections)]
    for client in clients:
        for n in range(streams):
            client.subscribe(query(n), flush=False)
        client.flush()
    for client in clients:
        client.pump(lambda c=client: all(s.events for s in c.streams.values()), "opens")
    return clients


@pytest.mark.parametrize("workers", [1, 2])
def test_every_event_once_and_in_order(start, workers):
    gateway = start({"server": {"workers": workers}})
    clients = open_streams(gateway, 4, 50, lambda n: "boards=fan")
    ids = [gateway.publish("fan", f"event {n}") for n in range(20)]
    assert ids == sorted(ids) and len(set(ids)) == 20
    for client in clients:
        client.pump(lambda c=client: all(len(s.events) >= 21 for s in c.streams.values()), "events")
        for stream in client.streams.values():
            assert [event.last_event_id for event in stream.events[1:]] == ids
            assert [event.data for event in stream.events[1:]] == [f"event {n}" for n in range(20)]
    assert gateway.metric("boardcast_deliveries_total") == 4 * 50 * 20
    assert gateway.metric("boardcast_encodings_total") == 20
    for client in clients:
        client.close()


def test_an_event_is_encoded_once_for_each_form_in_use(start):
    gateway = start()
    queries = ["boards=a", "boards=a&format=json", "boards=b&format=json", "boards=*"]
    clients = open_streams(gateway, 4, 40, lambda n: queries[n % 4])
    body = json.dumps({"boards": ["a", "b"], "data": {"x": 1}}).encode()
    for _ in range(10):
        answer = clients[0].fetch("POST", "/events", [("content-type", "application/json")], body)
        assert answer.status == 200
    for client in clients:
        client.pump(lambda c=client: all(len(s.events) >= 11 for s in c.streams.values()
                                         if s.status == 200 and s.parser.last_event_id), "events")
    # plain, json through a, json through b
    assert gateway.metric("boardcast_encodings_total") == 30
    assert clients[1].publish("nobody", 1).status == 200
    client = clients[2]
    streams = [s for s in client.streams.values()]
    client.pump(lambda: len(streams[3].events) >= 12, "the event for *")
    assert gateway.metric("boardcast_encodings_total") == 31
    for one in clients:
        one.close()


def test_a_stream_of_two_boards_gets_an_event_of_both_once(start):
    gateway = start()
    client = h2.Client(gateway.address())
    stream = client.subscribe("boards=b,a,a*&format=json")
    client.pump(lambda: stream.events, "open")
    body = json.dumps({"boards": ["a", "b"], "data": "once"}).encode()
    client.fetch("POST", "/events", [("content-type", "application/json")], body)
    gateway.publish("a", "after")
    client.pump(lambda: len(stream.events) >= 3, "events")
    assert [json.loads(e.data)["data"] for e in stream.events[1:]] == ["once", "after"]
    assert json.loads(stream.events[1].data)["board"] == "a"
    client.close()


def test_one_event_for_a_hundred_streams_is_one_record(start):
    gateway = start({"server": {"workers": 1}})
    client, = open_streams(gateway, 1, 100, lambda n: "boards=record")
    before = gateway.metric("boardcast_records_sent_total")
    for n in range(10):
        gateway.publish("record", f"n{n}")
        client.pump(lambda: all(len(s.events) >= n + 2 for s in client.streams.values()), "event")
    # An event of 100 streams is about 6 KiB: one record. Publish answers and the scrape add theirs.
    assert gateway.metric("boardcast_records_sent_total") - before <= 10 + 10 * 5 + 5
    assert gateway.metric("boardcast_deliveries_total") == 1000
    client.close()


def test_a_full_queue_ends_the_stream_and_says_so(start):
    gateway = start({"stream": {"pending_events": 8, "slow": "close"}})
    client = h2.Client(gateway.address())
    # The stream's window is used up by its first large events; the connection's stays open.
    client.h2.update_settings({4: 2000})
    client.flush()
    slow = client.subscribe("boards=slow")
    client.pump(lambda: slow.events, "open")
    client.h2.acknowledge_received_data = lambda *a: None
    quick = h2.Client(gateway.address())
    good = quick.subscribe("boards=slow")
    quick.pump(lambda: good.events, "open")
    for n in range(30):
        gateway.publish("slow", "x" * 500)
        quick.pump(lambda: len(good.events) >= n + 2, "the neighbour's event")
    wait_for(lambda: gateway.metric('boardcast_streams_ended_total{reason="slow"}') == 1,
             "what its worker makes of it, which may be the other one")
    assert not good.ended
    client.h2.increment_flow_control_window(100_000, slow.number)
    client.flush()
    client.pump(lambda: slow.ended, "the end")
    assert slow.events[-1].type == "boardcast.end"
    assert json.loads(slow.events[-1].data) == {"reason": "slow"}
    got = [event for event in slow.events if event.type == "message"]
    assert 8 <= len(got) < 30  # what was queued before still came
    assert slow.parser.retry >= 1000
    assert gateway.metric('boardcast_streams_ended_total{reason="slow"}') == 1, "still"
    client.close()
    quick.close()


def publish_bulk(gateway, folder, data):
    """One request, one batch."""
    file = folder / "batch"
    file.write_text("\n".join(json.dumps({"board": "bulk", "data": one}) for one in data))
    answer = fetch(gateway.url("/events"), "-H", "content-type: application/x-ndjson",
                   "--data-binary", f"@{file}")
    assert answer.status == 200, answer


def bulk_readers(gateway, count, events):
    """h2load as a quick reader: `count` streams of one connection, each ends after `events`."""
    before = gateway.connections()["total"]
    url = gateway.url(f"/events?boards=bulk&limit={events}")
    running = subprocess.Popen(
        ["h2load", "-n", str(count), "-c", "1", "-m", str(count), url],
        stdout=subprocess.DEVNULL)
    wait_for(lambda: gateway.connections()["boards"].get("bulk", 0) >= before + count,
             "the readers")
    return running


def ended(gateway, reason):
    return gateway.metric('boardcast_streams_ended_total{reason="%s"}' % reason)


def test_a_large_batch_reaches_readers_that_keep_up(start, tmp_path):
    """A batch is larger than every queue (256) and than what a socket takes at once."""
    gateway = start({"server": {"workers": 1}})
    readers = bulk_readers(gateway, 50, 2000)
    publish_bulk(gateway, tmp_path, [f"n{n}" for n in range(2000)])
    assert readers.wait(60 * SLOWNESS) == 0
    assert (ended(gateway, "limit"), ended(gateway, "slow")) == (50, 0)
    assert gateway.metric("boardcast_deliveries_total") == 50 * 2000


def batch_seconds(gateway, folder):
    """How long a batch takes to five readers that keep up."""
    readers = bulk_readers(gateway, 5, 2000)
    begun = time.monotonic()
    publish_bulk(gateway, folder, ["x" * 400] * 2000)
    assert readers.wait(60 * SLOWNESS) == 0
    return time.monotonic() - begun


def test_peers_that_read_nothing_hold_up_no_batch(start, tmp_path):
    """Beside them it takes a few portions' pauses of 25 ms longer, not until they are cut."""
    gateway = start({"server": {"workers": 1}})
    alone = batch_seconds(gateway, tmp_path)
    stalled = h2.Client(gateway.address())
    for _ in range(50):
        stalled.subscribe("boards=bulk", flush=False)
    stalled.flush()
    wait_for(lambda: gateway.connections()["total"] == 50, "the stalled streams")
    beside = batch_seconds(gateway, tmp_path)
    assert ended(gateway, "limit") == 10
    assert beside < 10 * alone + 3, (alone, beside)
    stalled.close()
