"""`boardcast publish`: what is tried again, and is published once; what is given up."""

import asyncio
import contextlib
import re
import threading
import time

import pytest

from faults.proxy import Proxy
from support.command import answer
from support.process import SLOWNESS, Gateway, fetch, wait_for

RESTING = '{"title":"Service Unavailable","status":503,"detail":"Resting; try again."}'
KEYS = re.compile('"key":"([^"]{24,})"')


def test_a_server_that_starts_later_is_waited_for(commands, free_port):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    publish = commands("publish", url, "--board", "late")
    publish.feed("one\ntwo\n")
    publish.wait_for_said("nothing was published, trying again")
    gateway = Gateway({"server": {"listen": [url]}})
    try:
        assert publish.end() == 0
        assert len(publish.lines) == 2 and len(publish.said) == 1
    finally:
        assert gateway.stop() == 0


def test_it_gives_up_in_time(commands, free_port):
    begun = time.monotonic()
    publish = commands("publish", f"http://127.0.0.1:{free_port()}", "--board", "a", "--data", "x",
                       "--retry-for", "1s")
    assert publish.end() == 4
    assert time.monotonic() - begun < 2 * SLOWNESS, "and not after the 30 s of the default"
    assert "the event not published" in publish.said[-1]


def test_503_is_tried_again_when_the_server_says_so(script, commands):
    server = script([answer(503, RESTING, "retry-after: 1"), answer(200, '{"id":"7-1"}')])
    begun = time.monotonic()
    publish = commands("publish", server.url, "--board", "a", "--data", "x")
    assert publish.end() == 0 and publish.lines == ["7-1"]
    assert time.monotonic() - begun >= 1
    assert server.connections == 1 and server.requests[0] == server.requests[1]
    assert server.requests[0][0].startswith("POST /events HTTP/1.1")
    assert publish.said == ["boardcast publish: Resting; try again; nothing was published, "
                            "trying again for 30.0 s"]


def test_503_for_too_long_is_given_up(script, commands):
    server = script([answer(503, RESTING, "retry-after: 600")] * 9)
    publish = commands("publish", server.url, "--board", "a", "--data", "x", "--retry-for", "60s")
    assert publish.end(20) == 4, "it knows at once that the server asks for more"
    assert "Resting" in publish.said[-1] and len(server.requests) == 1


def test_what_got_no_answer_is_sent_again_under_the_same_keys(script, commands):
    # The second request comes on a kept connection: HTTP clients like to send such a one again.
    server = script([answer(200, '{"id":"7-1"}'), None, answer(502, "<html>Bad Gateway"),
                     answer(200, '{"ids":["7-2","7-3"]}')])
    publish = commands("publish", server.url, "--board", "a")
    publish.feed("one\n")
    publish.wait_for_lines(1)
    publish.feed("two\nthree\n")
    assert publish.end() == 0 and publish.lines == ["7-1", "7-2", "7-3"]
    one, *again = [body for _, body in server.requests]
    assert len(again) == 3 and len(set(again)) == 1
    keys = KEYS.findall(one + again[0])
    assert len(set(keys)) == 3 and len({key.rpartition("-")[0] for key in keys}) == 1
    assert len(publish.said) == 1
    assert publish.said[0].endswith("; perhaps published, trying again for 30.0 s")


def test_two_runs_have_keys_of_their_own(script, commands):
    server = script([answer(200, '{"id":"7-1"}')] * 2)
    for _ in range(2):
        assert commands("publish", server.url, "--board", "a", "--data", "x").end() == 0
    first, second = (KEYS.findall(body) for _, body in server.requests)
    assert len(first) == len(second) == 1 and first != second


@pytest.mark.parametrize("answers, says", [
    ([None, None], "perhaps not: "),
    ([answer(502, "<html>Bad Gateway")] * 20, "the server answered 502"),
    # What came after the lost answer says nothing about what was sent before it.
    ([None, answer(503, RESTING, "retry-after: 9")], "Resting"),
    ([None, answer(403, '{"detail":"Go away."}')], "Go away"),
    ([None, answer(409, '{"detail":"Another event."}')], "Another event"),
])
def test_a_lost_answer_that_nothing_clears_up_ends_in_doubt(script, commands, answers, says):
    server = script([*answers, *[None] * 20])
    publish = commands("publish", server.url, "--board", "a", "--data", "x", "--retry-for", "3s")
    assert publish.end(20) == 5 and says in publish.said[-1]
    assert publish.said[-1].startswith("boardcast publish: no answer for the event, perhaps "
                                       "published, perhaps not: ")
    assert len(server.requests) >= 2


def test_what_is_refused_for_what_it_is_was_never_published(script, commands):
    server = script([None, answer(400, '{"detail":"No."}')])
    publish = commands("publish", server.url, "--board", "a", "--data", "x")
    assert publish.end() == 1 and publish.said[-1].endswith("the event not published: No.")


def test_another_event_under_the_same_key_is_refused(script, commands):
    server = script([answer(409, '{"detail":"Another event."}')])
    publish = commands("publish", server.url, "--board", "a", "--data", "x")
    assert publish.end() == 1 and "the event not published: Another event" in publish.said[0]


def test_no_time_to_try_means_once(script, commands):
    server = script([None, answer(200, '{"id":"7-1"}')])
    publish = commands("publish", server.url, "--board", "a", "--data", "x", "--retry-for", "0s")
    assert publish.end() == 5 and len(server.requests) == 1


@contextlib.contextmanager
def through_a_proxy(upstream):
    """A fault proxy with a thread of its own; do(work) runs work(proxy) there."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(10 * SLOWNESS)

    async def call(work):
        return work(proxy)

    proxy = Proxy([upstream], 1)
    try:
        run(call(Proxy.start))
        try:
            yield lambda work: run(call(work))
        finally:
            run(proxy.close())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10 * SLOWNESS)
        loop.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_answer_cut_off_costs_nothing_and_doubles_nothing(start, commands, scheme):
    """The body goes through, of the answer one half; by TLS, of the record that it is in."""
    gateway = start()
    tail = commands("tail", gateway.url(), "--boards", "cut", "--format", "plain")
    wait_for(lambda: "cut" in gateway.connections()["boards"], "the reader")
    with through_a_proxy(gateway.address(scheme)) as do:
        host, port = do(lambda proxy: proxy.address)
        publish = commands("publish", f"{scheme}://{host}:{port}", "--board", "cut")
        lines = [f"line {n}" for n in range(60)]
        publish.feed(lines[0] + "\n")
        publish.wait_for_lines(1)
        for at in range(1, 60, 10):
            do(lambda proxy: [link.meet("cut_mid_record") for link in proxy.links])
            publish.feed("\n".join(lines[at:at + 10]) + "\n")
            publish.wait_for_lines(min(at + 10, 60))
        assert publish.end() == 0
    assert len(publish.lines) == 60 and publish.lines == sorted(set(publish.lines))
    assert tail.wait_for_lines(60) == lines
    gateway.publish("cut", "end")
    assert tail.wait_for_lines(61)[60:] == ["end"]
    assert gateway.metric("boardcast_publish_deduplicated_total") >= 59
    assert gateway.metric("boardcast_published_events_total") == 61


def test_a_restart_in_between_publishes_into_the_new_log(script, commands, free_port):
    """The old log has it too, perhaps; whoever reads both is told a gap in between."""
    port = free_port()
    config = {"server": {"listen": [f"http://127.0.0.1:{port}"]}}
    old = Gateway(config)
    with through_a_proxy(old.address("http")) as do:
        host, proxied = do(lambda proxy: proxy.address)
        tail = commands("tail", f"http://127.0.0.1:{port}", "--boards", "a", "--format", "plain")
        wait_for(lambda: "a" in old.connections()["boards"], "the reader")
        publish = commands("publish", f"http://{host}:{proxied}", "--board", "a")
        publish.feed("first\n")
        publish.wait_for_lines(1)
        do(lambda proxy: [link.meet("cut_mid_record") for link in proxy.links])
        do(lambda proxy: setattr(proxy, "refuse", True))
        publish.feed("second\n")
        publish.wait_for_said("perhaps published")
        tail.wait_for_lines(2)
        old.kill()
        new = Gateway(config)
        try:
            do(lambda proxy: proxy.heal())
            assert publish.end() == 0 and len(publish.lines) == 2
            fresh = fetch(new.url("/events?boards=a&lastEventId=earliest&limit=1", "http"))
            assert fresh.body.decode().count("data: second") == 1
            assert tail.wait_for_lines(3) == ["first", "second", "second"]
            assert any("gap (epoch)" in line for line in tail.said)
        finally:
            tail.kill()
            assert new.stop() == 0
