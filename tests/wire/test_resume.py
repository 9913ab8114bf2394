"""Resume over real connections: exact, over both protocols, and what is lost told in the stream."""

import json
import random
import threading

import pytest

from support import h2, sse
from support.process import PATIENT, SLOWNESS, merged, wait_for

PROTOCOLS = [("--http2", "https"), ("--http1.1", "https"), ("--http1.1", "http")]


def data_of(text):
    return [event.data for event in sse.events(text) if event.type == "message"]


def gaps_of(text):
    return [json.loads(event.data) for event in sse.events(text) if event.type == "boardcast.gap"]


@pytest.mark.parametrize("option,scheme", PROTOCOLS)
def test_a_stream_continues_after_its_last_event(shared, curls, option, scheme):
    ids = [shared.publish(f"resume-{n % 2}", f"n{n}") for n in range(6)]
    for where in (["-H", f"last-event-id: {ids[2]}"], []):
        query = "boards=resume-0,resume-1" + ("" if where else f"&lastEventId={ids[2]}")
        curl = curls(shared.url("/events?" + query, scheme), option, *where)
        text = curl.wait_for("data: n5")
        assert data_of(text) == ["n3", "n4", "n5"]
        opened = sse.events(text)[0]
        assert opened.last_event_id == ids[2] and json.loads(opened.data)["resumed"] is True
        assert not gaps_of(text)


def test_earliest_and_last(shared, curls):
    for n in range(5):
        shared.publish("from-start", f"n{n}")
    curl = curls(shared.url("/events?boards=from-start&lastEventId=earliest"))
    assert data_of(curl.wait_for("data: n4")) == ["n0", "n1", "n2", "n3", "n4"]
    curl = curls(shared.url("/events?boards=from-sta*,other&last=2"))
    assert data_of(curl.wait_for("data: n4")) == ["n3", "n4"]


def test_what_was_trimmed_is_told_first(start, curls):
    gateway = start({"history": {"events": 2}})
    ids = [gateway.publish("short", f"n{n}") for n in range(5)]
    curl = curls(gateway.url(f"/events?boards=short,other&lastEventId={ids[0]}"))
    text = curl.wait_for("data: n4")
    assert data_of(text) == ["n3", "n4"]
    assert gaps_of(text) == [{"boards": ["short"], "reason": "trimmed",
                              "after": ids[0], "upto": ids[2]}]
    assert [event.type for event in sse.events(text)][:2] == ["boardcast.gap", "boardcast.open"]
    assert gateway.metric('boardcast_gaps_total{reason="trimmed"}') == 1


def test_another_epoch_is_told_and_gets_all_that_is_held(start, curls):
    old = start().publish("board", "before")
    gateway = start()
    gateway.publish("board", "after")
    curl = curls(gateway.url("/events?boards=board"), "-H", f"last-event-id: {old}")
    text = curl.wait_for("data: after")
    assert data_of(text) == ["after"]
    (gap,) = gaps_of(text)
    assert (gap["reason"], gap["after"], gap["boards"]) == ("epoch", old, ["board"])
    curl = curls(gateway.url("/events?boards=board"), "-H", "last-event-id: 4711")
    text = curl.wait_for("data: after")
    assert gaps_of(text)[0]["reason"] == "unknown" and data_of(text) == ["after"]


def test_readers_that_come_and_go_see_each_event_once(start):
    """One writer without pause; readers that cut their stream or connection at any moment."""
    gateway = start({"stream": {"pending_events": 16}, "history": {"events": 10000}})
    total = 1500
    failures = []

    def write():
        writer = h2.Client(gateway.address())
        for n in range(0, total, 5):
            batch = [{"board": f"b{k % 4}", "data": k} for k in range(n, n + 5)]
            answer = writer.fetch("POST", "/events", [("content-type", "application/json")],
                                  json.dumps(batch).encode())
            assert answer.status == 200, answer.data

    def read(seed):
        choice = random.Random(seed)
        boards = {choice.randrange(4) for _ in range(3)}
        wanted = [n for n in range(total) if n % 4 in boards]
        query = "boards=" + ",".join(f"b{board}" for board in boards)
        seen, last = [], "earliest"
        client = h2.Client(gateway.address())
        while len(seen) < len(wanted):
            stream = client.subscribe(query, [("last-event-id", last)])
            enough = choice.randrange(1, 200)
            client.pump(lambda: len(stream.of_type("message")) >= min(
                enough, len(wanted) - len(seen)), f"{enough} of {len(wanted) - len(seen)}", 30)
            seen += [int(event.data) for event in stream.of_type("message")]
            assert not stream.of_type("boardcast.gap")
            last = stream.events[-1].last_event_id
            if choice.random() < 0.5:
                client.close()
                client = h2.Client(gateway.address())
            else:
                client.reset(stream)
        assert seen == wanted, f"seed {seed}"

    def guarded(job, *arguments):
        try:
            job(*arguments)
        except BaseException as failure:  # a thread's failure is the test's
            failures.append(failure)

    jobs = [threading.Thread(target=guarded, args=(read, seed)) for seed in range(8)]
    jobs.append(threading.Thread(target=guarded, args=(write,)))
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(90)
    assert not failures and not any(job.is_alive() for job in jobs), failures


@pytest.mark.parametrize("slow", ["gap", "close"])
def test_a_slow_reader_harms_nobody_and_gets_all_or_is_told(start, slow):
    gateway = start(merged(PATIENT, {"stream": {"pending_events": 8, "slow": slow},
                                     "history": {"events": 50, "bytes": "64MiB"}}))
    stalled = h2.Client(gateway.address())
    reader = stalled.subscribe("boards=big")
    stalled.pump(lambda: reader.events, "the opening")
    healthy = h2.Client(gateway.address())
    quick = healthy.subscribe("boards=big")
    healthy.pump(lambda: quick.events, "the opening")
    total = 150
    for n in range(total):
        assert healthy.publish("big", f"{n} ".encode() + b"x" * 60_000).status == 200
        # Nobody is healthy who publishes faster than he reads.
        healthy.pump(lambda: len(quick.of_type("message")) > n, f"event {n}")
    assert len(quick.of_type("message")) == total
    assert not quick.of_type("boardcast.gap")
    wait_for(lambda: gateway.metric("boardcast_streams_fallen_behind_total") >= 1, "the other one")

    def numbers():
        return [int(event.data.split(" ")[0]) for event in reader.of_type("message")]
    if slow == "close":
        stalled.pump(lambda: reader.ended, "the end", 30)
        assert json.loads(reader.of_type("boardcast.end")[0].data) == {"reason": "slow"}
        assert numbers() == list(range(len(numbers())))
        return
    stalled.pump(lambda: numbers() and numbers()[-1] == total - 1, "the newest", 30)
    told = [json.loads(event.data) for event in reader.of_type("boardcast.gap")]
    assert told and all(gap["reason"] == "slow" and gap["boards"] == ["big"] for gap in told)
    missing = set(range(total)) - set(numbers())
    assert numbers() == sorted(numbers()) and missing
    place = {n: int(gap["after"].split("-")[1], 16) for n, gap in enumerate(told)}
    upto = {n: int(gap["upto"].split("-")[1], 16) for n, gap in enumerate(told)}
    for n in missing:  # event n has seq n + 1
        assert any(place[i] < n + 1 <= upto[i] for i in place), f"{n} is missing and no gap told it"


def test_a_long_replay_costs_no_memory(start):
    gateway = start({"history": {"events": 200000, "bytes": "256MiB", "total_bytes": "1GiB"}})
    batch = (json.dumps({"board": "long", "data": "x" * 100}) + "\n").encode() * 5000
    client = h2.Client(gateway.address())
    for _ in range(20):
        answer = client.fetch("POST", "/events", [("content-type", "application/x-ndjson")], batch)
        assert answer.status == 200
    small = client.subscribe("boards=long&lastEventId=earliest&limit=10")
    client.pump(lambda: small.ended, "ten events")
    before = gateway.metric("process_resident_memory_bytes")
    stream = client.subscribe("boards=long&lastEventId=earliest")
    client.pump(lambda: stream.events, "the first")
    peak = 0
    while len(stream.events) < 100_001:
        have = len(stream.events)
        client.pump(lambda: len(stream.events) >= min(have + 20_000, 100_001), "more", 60)
        peak = max(peak, gateway.metric("process_resident_memory_bytes"))
    # The forms of the events are built on first need and belong to the history.
    forms = 100_000 * 250
    # A sanitizer keeps what was freed for a while, or several bytes beside each.
    most = (forms + 8_000_000) * (1 if SLOWNESS == 1 else 10)
    assert peak - before < most, f"{(peak - before) / 1e6:.1f} MB"
    wait_for(lambda: gateway.metric("boardcast_streams_catching_up") == 0, "the head")
