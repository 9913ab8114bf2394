"""`deliver: latest`: boards whose newest event replaces those before it."""

import json

from support import h2, sse
from support.process import PATIENT, merged

TICKS = {"boards": [{"match": "ticks-*", "deliver": "latest"}], "stream": {"format": "json"}}
KILOBYTES = 30
TOTAL = 400


def publish(client, board, n):
    assert client.publish(board, [n, "x" * 1000 * KILOBYTES]).status == 200


def numbers(stream, board):
    data = [json.loads(event.data) for event in stream.of_type("message")]
    return [event["data"][0] for event in data if event["board"] == board]


def test_a_reader_that_is_behind_skips_to_the_newest_of_each_board(start):
    gateway = start(merged(PATIENT, {**TICKS, "history": {"events": 2 * TOTAL, "bytes": "64MiB"}}))
    stalled, healthy = h2.Client(gateway.address()), h2.Client(gateway.address())
    behind = stalled.subscribe("boards=ticks-a,ticks-b,news")
    stalled.pump(lambda: behind.events, "the opening")
    quick = healthy.subscribe("boards=ticks-*")
    healthy.pump(lambda: quick.events, "the opening")
    for n in range(TOTAL):
        publish(healthy, "ticks-a" if n % 2 else "ticks-b", n)
        if n % 100 == 0:
            publish(healthy, "news", n)
    healthy.pump(lambda: len(quick.of_type("message")) == TOTAL, "each, for it keeps up", 30)
    stalled.pump(lambda: numbers(behind, "ticks-a")[-1:] == [TOTAL - 1] and
                 numbers(behind, "ticks-b")[-1:] == [TOTAL - 2], "the newest", 30)
    seen = behind.of_type("message")
    assert len(seen) < TOTAL / 2, "most were skipped"
    assert [event.last_event_id for event in seen] == sorted(e.last_event_id for e in seen)
    assert numbers(behind, "news") == [0, 100, 200, 300], "of other boards nothing was"
    assert not behind.of_type("boardcast.gap")
    assert gateway.metric("boardcast_streams_conflated_total") >= 1
    assert gateway.metric("boardcast_streams_fallen_behind_total") == 0
    assert gateway.metric("boardcast_history_events") == 2 + 4


def test_who_joins_is_told_the_newest_of_each_before_it_is_open(start, curls):
    gateway = start(TICKS)
    for n in range(300):
        gateway.publish(f"ticks-{n % 150}", f"n{n}")
    gateway.publish("news", "old")
    for boards, newest in [("ticks-*", 150), ("ticks-7,ticks-70", 2), ("*", 150), ("news", 0)]:
        stream = curls(gateway.url(f"/events?boards={boards}"))
        text = stream.wait_for("boardcast.open")
        events = sse.events(text)
        told = [json.loads(event.data)["data"] for event in events if event.type == "message"]
        assert events[-1].type == "boardcast.open" and len(told) == newest, boards
        assert len(set(told)) == newest and all(int(data[1:]) >= 150 for data in told), boards
        assert text.count("\nid: ") == 1, "the opening's alone"


def test_with_a_position_what_is_newer_comes_in_its_place_and_nothing_is_missed(start, curls):
    gateway = start(TICKS)
    ids = [gateway.publish("ticks-a", f"n{n}") for n in range(4)]
    for after, newer in [(0, ["n3"]), (3, [])]:
        stream = curls(gateway.url("/events?boards=ticks-a"), "-H", f"last-event-id: {ids[after]}")
        gateway_end = stream.wait_for("n3" if newer else "boardcast.open")
        events = sse.events(gateway_end)
        assert events[0].type == "boardcast.open"
        assert json.loads(events[0].data)["resumed"]
        assert [json.loads(event.data)["data"] for event in events[1:]] == newer
        assert all(event.last_event_id == ids[3] for event in events[1:])


def test_a_board_added_to_a_stream_is_told_before_the_barrier(start):
    gateway = start(TICKS)
    gateway.publish("ticks-a", "now")
    client = h2.Client(gateway.address())
    stream = client.subscribe("boards=news")
    client.pump(lambda: stream.events, "the opening")
    name = json.loads(stream.events[0].data)["stream"]
    answer = client.fetch("PATCH", f"/events/{name}", [("content-type", "application/json")],
                          b'{"add":["ticks-a"]}')
    assert answer.status == 200
    client.pump(lambda: stream.of_type("boardcast.boards"), "the barrier")
    assert [event.type for event in stream.events] == ["boardcast.open", "message",
                                                       "boardcast.boards"]
    assert json.loads(stream.events[1].data)["data"] == "now"
    assert stream.events[1].last_event_id == stream.events[0].last_event_id
