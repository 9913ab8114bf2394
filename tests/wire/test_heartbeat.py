# ctest: TIMEOUT 240 PROCESSORS 1
"""Heartbeats: a comment after each period of silence, with the moved position, in few writes."""

import re
import time

from support import h2, sse
from support.process import SLOWNESS

SLACK = 0.5 * SLOWNESS  # seconds


def beats(curl):
    return [at for at, piece in curl.times if b": heartbeat" in piece]


def test_every_fifteen_seconds_by_default(shared, curls):
    """Exercise 1: `curl -N` on a silent stream."""
    both = [curls(shared.url("/events?boards=silent"), option) for option in
            ("--http2", "--http1.1")]
    for curl in both:
        curl.wait_for("boardcast.open")
    opened = [curl.times[-1][0] for curl in both]
    off = []
    for curl, start in zip(both, opened):
        curl.wait_for(": heartbeat\n\n: heartbeat\n\n", 40)
        first, second = beats(curl)[:2]
        off += [abs(first - start - 15), abs(second - first - 15)]
    assert max(off) <= SLACK, off


def test_an_event_is_no_silence(start, curls):
    """Together they take longer than its period, none of them alone; where a busy machine made one
    take so long, there was a silence."""
    gateway = start({"stream": {"heartbeat": "2s"}})
    curl = curls(gateway.url("/events?boards=busy"))
    moments = [time.monotonic()]
    curl.wait_for("boardcast.open")
    for n in range(12):
        gateway.publish("busy", f"n{n}")
        curl.wait_for(f"n{n}\n")
        moments.append(time.monotonic())
        time.sleep(0.2)
    assert moments[-1] - moments[0] > 2
    longest = max(after - before for before, after in zip(moments, moments[2:]))
    assert b": heartbeat" not in curl.output or longest > 2
    curl.wait_for(": heartbeat")


def test_the_position_moves_with_events_of_others(start, curls):
    gateway = start({"stream": {"heartbeat": "500ms"}})
    curl = curls(gateway.url("/events?boards=mine"))
    curl.wait_for(": heartbeat\n\n")
    id = gateway.publish("other", "x")
    text = curl.wait_for(f": heartbeat\nid: {id}\n\n")
    parser = sse.Parser()
    events = parser.feed(text)
    assert [event.type for event in events] == ["boardcast.open"]
    assert parser.last_event_id == id
    curl.wait_for(f"id: {id}\n\n: heartbeat\n\n")  # said once


def test_all_due_streams_of_a_connection_in_one_write(start):
    gateway = start({"stream": {"heartbeat": "1s"}, "server": {"workers": 1}})
    client = h2.Client(gateway.address())
    streams = [client.subscribe("boards=s", flush=False) for _ in range(100)]
    client.flush()
    client.pump(lambda: all(stream.events for stream in streams), "opens")
    before = gateway.metric("boardcast_records_sent_total")
    client.pump(lambda: all(len(stream.parser.comments) >= 2 for stream in streams), "heartbeats")
    # Two beats of 100 streams, and the two scrapes of /metrics.
    assert gateway.metric("boardcast_records_sent_total") - before <= 12
    assert gateway.metric("boardcast_heartbeats_total") >= 200
    assert all(re.fullmatch("heartbeat", c) for s in streams for c in s.parser.comments)
    client.close()
