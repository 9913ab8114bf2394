"""`boardcast tail`: prints, comes back by itself, and says what it lost."""

import json
import os
import re
import signal
import time

import pytest

from support.command import answer
from support.process import SLOWNESS, Gateway, fetch, wait_for

STREAM = "content-type: text/event-stream"
QUICK = {"stream": {"retry": "200ms"}}


def read_by(gateway, board):
    wait_for(lambda: board in gateway.connections()["boards"], f"a reader of {board}")


def on_port(port, **more):
    """A gateway on this port, in the clear: one that can be started again."""
    return Gateway({"server": {"listen": [f"http://127.0.0.1:{port}"]}, **QUICK, **more})


def stream(*events):
    """The head and the beginning of a stream that its end ends."""
    head = f"HTTP/1.1 200 OK\r\n{STREAM}\r\nconnection: close\r\n\r\n"
    return (head + "".join(event + "\n\n" for event in events)).encode()


def test_plain_prints_the_data_alone_and_json_an_envelope(shared, commands):
    plain = commands("tail", shared.url(), "--boards", "p")
    pattern = commands("tail", shared.url(), "--boards", "p*")
    chosen = commands("tail", shared.url(), "--boards", "p,q", "--format", "plain")
    read_by(shared, "p*")
    wait_for(lambda: shared.connections()["boards"].get("p") == 2, "the readers")
    first = shared.publish("p", "two\nlines", event="moved")
    assert plain.wait_for_lines(2) == chosen.wait_for_lines(2) == ["two", "lines"]
    event = json.loads(pattern.wait_for_lines(1)[0])
    assert (event["id"], event["board"], event["event"], event["data"]) == (
        first, "p", "moved", "two\nlines")
    for command in (plain, pattern, chosen):
        assert command.said == []
        command.process.send_signal(signal.SIGINT)
        assert command.end() == 0


def test_events_keeps_types_and_limit_ends(shared, commands):
    tail = commands("tail", shared.url(), "--boards", "types", "--events", "a,b", "--limit", "2")
    read_by(shared, "types")
    for type in ("a", "c", "b", "a"):
        shared.publish("types", type, event=type)
    assert tail.end() == 0 and tail.lines == ["a", "b"] and tail.said == []


def test_a_refusal_is_said_once_and_ends_it(shared, commands):
    tail = commands("tail", shared.url(), "--boards", "a*b")
    assert tail.end() == 1
    own = fetch(shared.url("/events?boards=a*b")).json()["detail"]
    assert tail.said == [f"boardcast tail: {own}"]
    assert commands("tail", shared.url(), "--boards", "a", "--after", "1234").end() == 1
    assert commands("tail", shared.url("/nothing"), "--boards", "a").end() == 1
    other = commands("tail", shared.url("/healthz"), "--boards", "a")
    assert other.end() == 1 and "no event stream" in other.said[0]
    other = "/etc/ssl/certs/ca-certificates.crt"
    untrusted = commands("tail", shared.url(), "--boards", "a", ca=other)
    assert untrusted.end() == 1 and "certificate" in untrusted.said[0]


def test_it_begins_where_it_is_told(start, commands):
    gateway = start()
    ids = [gateway.publish("known", number) for number in range(4)]
    for words, begin in (("--after", ids[1]), 2), (("--earliest",), 0), (("--last", "1"), 3):
        tail = commands("tail", gateway.url(), "--boards", "known", "--format", "json",
                        "--limit", str(4 - begin), *words)
        assert tail.end() == 0 and ids_of(tail) == ids[begin:]
        assert tail.said == []


def ids_of(tail):
    return [json.loads(line)["id"] for line in tail.lines]


def test_it_survives_a_killed_server_and_says_that_the_log_is_new(commands, free_port):
    port = free_port()
    gateway = on_port(port)
    tail = commands("tail", f"http://127.0.0.1:{port}", "--boards", "k", "--format", "json")
    published = []
    try:
        for round in range(3):
            read_by(gateway, "k")
            published += [gateway_publish(gateway, "k", f"{round}.{n}") for n in range(5)]
            tail.wait_for_lines(len(published))
            gateway.kill()
            tail.wait_for_said("lost the connection", times=round + 1)
            gateway = on_port(port)
            published += [gateway_publish(gateway, "k", f"between {round}.{n}") for n in range(2)]
            tail.wait_for_said("resumed after", times=round + 1)
        read_by(gateway, "k")
        published.append(gateway_publish(gateway, "k", "last"))
        wait_for(lambda: published[-1] in tail.output.decode(), "the last event")
    finally:
        gateway.kill()
    assert ids_of(tail) == published, (published, tail.said)
    assert sum("gap (epoch)" in line for line in tail.said) == 3
    assert sum(bool(re.search(r"resumed after [0-9.]+ s, from [0-9a-f]{8}-[0-9a-f]{12}$", line))
               for line in tail.said) == 3


def gateway_publish(gateway, board, data):
    body = json.dumps({"board": board, "data": data})
    return fetch(gateway.url("/events", "http"), "-H", "content-type: application/json",
                 "-d", body).json()["id"]


def test_a_cut_connection_goes_on_where_it_was(start, commands):
    gateway = start({"stream": {"retry": "1s"}})
    tail = commands("tail", gateway.url(), "--boards", "cut", "--format", "json")
    ids, number = [], 0
    for round in range(4):
        read_by(gateway, "cut")
        ids.append(gateway.publish("cut", round))
        tail.wait_for_lines(len(ids))
        number = cut_next(gateway, number)
        if round % 2:  # while nobody reads
            tail.wait_for_said("lost the connection", times=round + 1)
            ids.append(gateway.publish("cut", "meanwhile"))
        tail.wait_for_said("resumed after", times=round + 1)
        assert tail.said[-1].endswith(f"from {ids[-1 - round % 2]}")
    wait_for(lambda: ids_of(tail) == ids, lambda: (ids, tail.lines, tail.said))
    assert not any("gap" in line for line in tail.said), tail.said


def cut_next(gateway, number):
    """The oldest connection behind this number is gone as by a pulled cable; its number."""
    while True:
        number += 1
        cut = fetch(gateway.admin(f"/admin/connections/c{number}"), "-X", "DELETE")
        if cut.status == 204:
            return number
        assert number < 1000


def test_a_drain_sends_it_away_and_it_comes_back(commands, free_port):
    port = free_port()
    gateway = on_port(port)
    tail = commands("tail", f"http://127.0.0.1:{port}", "--boards", "d")
    read_by(gateway, "d")
    assert gateway.stop() == 0
    tail.wait_for_said("lost the connection: the gateway ended the stream (drain)")
    tail.wait_for_said("no stream: ")  # nobody listens
    gateway = on_port(port)
    tail.wait_for_said("resumed after", 20)
    gateway_publish(gateway, "d", "again")
    assert tail.wait_for_lines(1) == ["again"]
    tail.process.send_signal(signal.SIGTERM)
    assert tail.end() == 0
    assert gateway.stop() == 0


def test_a_stalled_server_is_dead_after_the_idle_timeout(start, commands):
    # Heartbeats keep it awake until then, however long the test takes to look.
    gateway = start({"stream": {"retry": "200ms", "heartbeat": "200ms"}})
    tail = commands("tail", gateway.url(), "--boards", "s", "--idle-timeout", "3s")
    read_by(gateway, "s")
    gateway.process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    try:
        tail.wait_for_said("lost the connection: not a byte for 3 s")
        assert time.monotonic() - begun > 1
    finally:
        gateway.process.send_signal(signal.SIGCONT)
    tail.wait_for_said("resumed after")


def test_heartbeats_keep_a_quiet_stream(start, commands):
    gateway = start({"stream": {"heartbeat": "300ms"}})
    tail = commands("tail", gateway.url(), "--boards", "q", "--idle-timeout", "3s")
    read_by(gateway, "q")
    time.sleep(4 * SLOWNESS)
    assert tail.said == [] and tail.process.poll() is None


def test_a_gap_ends_it_where_that_was_asked(start, commands):
    gateway = start()
    tail = commands("tail", gateway.url(), "--boards", "g", "--after", "00000001-000000000007",
                    "--fail-on-gap")
    assert tail.end() == 3
    assert len(tail.said) == 1 and tail.said[0].startswith(
        "boardcast tail: gap (epoch): events of g after 00000001-000000000007 up to ")


def test_it_gives_up_when_told_to(commands, free_port):
    begun = time.monotonic()
    tail = commands("tail", f"http://127.0.0.1:{free_port()}", "--boards", "a",
                    "--give-up-after", "2s")
    assert tail.end() == 4 and tail.said[-1].endswith("giving up")
    assert time.monotonic() - begun < 3 * SLOWNESS


def test_204_stops_it_and_5xx_does_not(script, commands):
    server = script([answer(503, '{"detail":"Full."}', "retry-after: 1"), answer(204, "")])
    begun = time.monotonic()
    tail = commands("tail", server.url, "--boards", "a")
    assert tail.end() == 0
    assert time.monotonic() - begun >= 1
    assert "no stream: Full; trying again in" in tail.said[0]
    assert "(204)" in tail.said[1]


def test_what_it_asks_for(script, commands):
    server = script([
        stream("retry: 10\nid: 7-1\nevent: boardcast.open\ndata: {}", "id: 7-2\ndata: a"),
        stream("id: 7-2\nevent: boardcast.open\ndata: {}", "id: 7-3\ndata: b", "id: 7-4\ndata: c"),
        stream('retry: 20\n\nevent: boardcast.end\ndata: {"reason":"slow"}'),
        stream('event: boardcast.end\ndata: {"reason":"limit"}')])
    tail = commands("tail", server.url, "--boards", "a,b", "--boards", "c d", "--last", "3",
                    "--limit", "9", "--events", "x", "--events", "y")
    assert tail.end() == 0 and tail.lines == ["a", "b", "c"]
    asked = [request[0].split(" ")[1] for request in server.requests]
    same = "/events?boards=a,b&boards=c%20d&format=json&events=x,y&limit="
    assert asked == [f"{same}9&last=3", f"{same}8", f"{same}6", f"{same}6"]
    heads = [request[0].lower() for request in server.requests]
    assert all("accept: text/event-stream" in head for head in heads)
    assert "last-event-id" not in heads[0]
    assert ["last-event-id: " + id in head for id, head in
            zip(("7-2", "7-4", "7-4"), heads[1:])] == [True] * 3
    assert [re.sub(r"[0-9.]+ s", "T", line) for line in tail.said] == [
        f"boardcast tail: {text}" for text in (
            "lost the connection: the stream ended; trying again in T",
            "resumed after T, from 7-2",
            "lost the connection: the stream ended; trying again in T",
            "no stream: the gateway ended the stream (slow); trying again in T")]


def test_earliest_and_after_stand_in_the_first_request_alone(script, commands):
    opened = "retry: 10\nid: 7-1\nevent: boardcast.open\ndata: {}"
    for words, query in (("--earliest",), "earliest"), (("--after", "7-0"), "7-0"):
        server = script([None, stream(opened), answer(204, "")])
        tail = commands("tail", server.url, "--boards", "a", *words)
        assert tail.end() == 0
        asked = [request[0].split(" ")[1] for request in server.requests]
        same = "/events?boards=a&format=plain"
        assert asked == [f"{same}&lastEventId={query}"] * 2 + [same]


def test_closed_output_ends_it_quietly(shared, commands):
    ours, its = os.pipe()
    tail = commands("tail", shared.url(), "--boards", "o", output=its)
    os.close(its)
    read_by(shared, "o")
    shared.publish("o", "one")
    assert os.read(ours, 100) == b"one\n"
    os.close(ours)  # nothing is published: it must notice by itself
    assert tail.end() == 0 and tail.said == []


@pytest.mark.parametrize("words", [(), ("--limit", "1")])
def test_a_full_disk_ends_it_with_an_error(shared, commands, words):
    board = f"full-{len(words)}"
    with open("/dev/full", "wb") as full:
        tail = commands("tail", shared.url(), "--boards", board, *words, output=full)
    read_by(shared, board)
    shared.publish(board, "one")
    assert tail.end() == 1
    assert tail.said == ["boardcast tail: standard output cannot be written: No space left on "
                         "device"]


def test_a_reader_that_stands_still_does_not_make_it_deaf(start, commands):
    gateway = start()
    ours, its = os.pipe()
    tail = commands("tail", gateway.url(), "--boards", "o", output=its)
    os.close(its)
    read_by(gateway, "o")
    for _ in range(10):
        gateway.publish("o", "x" * 50_000)
    time.sleep(0.3)  # the pipe is full and tail waits for it
    assert tail.process.poll() is None
    tail.process.send_signal(signal.SIGTERM)
    assert tail.end() == 0
    os.close(ours)
