"""`boardcast publish`: one event, lines, refusals; test_client_again.py has what is tried again."""

import json
import os
import time

from support.command import answer
from support.process import SLOWNESS, fetch, wait_for


def test_one_event_arrives_and_its_id_is_printed(shared, commands):
    tail = commands("tail", shared.url(), "--boards", "one,two", "--limit", "1")
    wait_for(lambda: "one" in shared.connections()["boards"], "the reader")
    publish = commands("publish", shared.url(), "--board", "one", "--board", "two",
                       "--event", "moved", "--data", "hello\nworld")
    assert publish.end() == 0 and publish.said == []
    assert tail.end() == 0
    event = json.loads(tail.lines[0])
    assert publish.output.decode() == event["id"] + "\n"
    assert (event["board"], event["event"], event["data"]) == ("one", "moved", "hello\nworld")


def test_http_2_over_tls_and_http_1_in_the_clear(start, commands):
    gateway = start()
    opened = 'boardcast_connections_opened_total{{protocol="{}"}}'
    assert commands("publish", gateway.url(), "--board", "a", "--data", "x").end() == 0
    assert gateway.metric(opened.format("h2")) == 1
    before = gateway.metric(opened.format("http/1.1"))
    plain = gateway.url(scheme="http")
    assert commands("publish", plain, "--board", "a", "--data", "x").end() == 0
    assert gateway.metric(opened.format("http/1.1")) == before + 2  # and the asking itself


def test_json_goes_out_as_json_and_text_as_text(shared, commands):
    tail = commands("tail", shared.url(), "--boards", "json", "--limit", "3", "--format", "json")
    wait_for(lambda: "json" in shared.connections()["boards"], "the reader")
    publish = commands("publish", shared.url(), "--board", "json", "--json")
    publish.feed('{"card": 7}\n\n[1.50]\n')
    assert publish.end() == 0
    assert commands("publish", shared.url(), "--board", "json", "--data", "[1]").end() == 0
    assert tail.end() == 0
    assert [json.loads(line)["data"] for line in tail.lines] == [{"card": 7}, [1.5], "[1]"]
    broken = commands("publish", shared.url(), "--board", "json", "--json")
    broken.feed('1\n1,"event":"x"\n2\n')
    assert broken.end() == 1 and len(broken.lines) == 1
    assert broken.said == ["boardcast publish: line 2 is no JSON"]


def test_many_lines_keep_their_order_over_one_connection(start, commands):
    gateway = start({"stream": {"pending_events": 65536}})
    count = 5000
    tail = commands("tail", gateway.url(), "--boards", "many", "--limit", str(count))
    wait_for(lambda: "many" in gateway.connections()["boards"], "the reader")
    opened = 'boardcast_connections_opened_total{protocol="h2"}'
    before = gateway.metric(opened)
    publish = commands("publish", gateway.url(), "--board", "many", "--data", "-")
    lines = [f"line {number} é" for number in range(count)]
    publish.feed("\n".join(lines))  # the last one has no end
    assert publish.end(20) == 0
    assert len(publish.lines) == count and publish.lines == sorted(set(publish.lines))
    assert tail.end(20) == 0
    assert tail.lines == lines
    assert gateway.metric(opened) == before + 1
    requests = gateway.metric('boardcast_http_requests_total{protocol="h2"}')
    assert requests < 500, "lines that come fast go together"


def test_a_slow_line_waits_for_no_other(shared, commands):
    publish = commands("publish", shared.url(), "--board", "slow")
    publish.feed("first\n")
    publish.wait_for_lines(1)
    waits = []
    for number in range(2, 22):
        begun = time.monotonic()
        publish.feed(f"line {number}\n")
        publish.wait_for_lines(number)
        waits.append(time.monotonic() - begun)
    assert sorted(waits)[10] < 0.03 * SLOWNESS, waits  # polled every 10 ms
    publish.feed("half a line")
    time.sleep(0.1)
    assert len(publish.lines) == 21
    assert publish.end() == 0 and len(publish.lines) == 22


def test_quiet_prints_nothing(shared, commands):
    publish = commands("publish", shared.url(), "--board", "a", "--data", "x", "--quiet")
    assert publish.end() == 0 and publish.output == b"" and publish.errors == b""


def test_a_refusal_is_one_line_with_the_servers_own_words(shared, commands):
    publish = commands("publish", shared.url(), "--board", "team-*", "--data", "x")
    assert publish.end() == 1 and publish.output == b""
    body = json.dumps({"board": "team-*", "data": "x"})
    own = fetch(shared.url("/events"), "-H", "content-type: application/json", "-d", body).json()
    assert publish.said == [f"boardcast publish: the event not published: {own['detail']}"]


def test_lines_before_a_refused_one_are_published_and_it_is_named(start, commands):
    gateway = start({"stream": {"pending_events": 4096}})
    tail = commands("tail", gateway.url(), "--boards", "bad")
    wait_for(lambda: "bad" in gateway.connections()["boards"], "the reader")
    publish = commands("publish", gateway.url(), "--board", "bad")
    lines = [f"{number}".encode() for number in range(1, 1001)]
    lines[776] = b"a\0b"
    publish.feed(b"\n".join(lines))
    assert publish.end() == 1
    assert len(publish.lines) == 776
    assert publish.said[0].startswith("boardcast publish: line 777 not published: The data has a "
                                      "NUL character")
    assert len(publish.said) == 1
    tail.wait_for_lines(776)
    gateway.publish("bad", "end")
    assert tail.wait_for_lines(777) == [str(number) for number in range(1, 777)] + ["end"]


def test_other_bytes_than_utf_8_are_refused_here(shared, commands):
    publish = commands("publish", shared.url(), "--board", "a")
    publish.feed(b"good\nb\xffd\ngood\n")
    assert publish.end() == 1 and len(publish.lines) == 1
    assert publish.said == ["boardcast publish: line 2 is not valid UTF-8; encode other bytes, in "
                            "base64 for example"]


def test_a_server_that_takes_little_gets_little(start, commands):
    gateway = start({"limits": {"body_bytes": "1KiB", "batch_events": 7}})
    publish = commands("publish", gateway.url(), "--board", "small")
    publish.feed("".join(f"{number} {'x' * 300}\n" for number in range(200)))
    assert publish.end() == 0 and publish.said == []
    assert len(publish.lines) == 200
    large = commands("publish", gateway.url(), "--board", "small", "--data", "x" * 2000)
    assert large.end() == 1 and "too large" in large.said[0]


def test_a_server_that_is_no_gateway_is_noticed(script, commands):
    server = script([answer(200, "<html>Welcome")])
    publish = commands("publish", server.url, "--board", "a", "--data", "x")
    assert publish.end() == 5 and "none of a gateway" in publish.said[0]


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(shared, commands):
    other = "/etc/ssl/certs/ca-certificates.crt"
    publish = commands("publish", shared.url(), "--board", "a", "--data", "x", ca=other)
    assert publish.end() == 1 and "certificate" in publish.said[0]
    assert "(--cacert FILE names its CA)" in publish.said[0]


def test_certs_ca_crt_is_trusted_for_this_machine(shared, commands):
    publish = commands("publish", shared.url(), "--board", "a", "--data", "x", ca=None)
    assert publish.end() == 0, publish.said


def test_wrong_use_says_how(shared, commands):
    for words, text in (((shared.url(), "--data", "x"), "--board is required"),
                        (("ftp://localhost", "--board", "a", "--data", "x"), "write https://"),
                        ((shared.url("/events?board=a"), "--board", "a"), "leave out the query"),
                        ((shared.url(), "--board", "a", "--retry-for", "5"), "write 500ms")):
        publish = commands("publish", *words)
        assert publish.end() == 2 and text in publish.errors.decode(), words


def test_closed_output_ends_it(shared, commands):
    ours, its = os.pipe()
    publish = commands("publish", shared.url(), "--board", "a", output=its)
    os.close(its)
    os.close(ours)
    publish.feed("one\n")
    assert publish.process.wait(10 * SLOWNESS) in (1, 5)
    publish.wait_for_said("standard output was closed")


def test_a_full_disk_ends_it(shared, commands):
    with open("/dev/full", "wb") as full:
        publish = commands("publish", shared.url(), "--board", "a", output=full)
    publish.feed("one\n")
    assert publish.end() == 1
    assert publish.said == ["boardcast publish: the rest is not published: standard output cannot "
                            "be written: No space left on device"]


def test_input_that_cannot_be_read_is_no_end_of_input(shared, commands):
    folder = os.open("/", os.O_RDONLY)
    publish = commands("publish", shared.url(), "--board", "a", source=folder)
    os.close(folder)
    assert publish.end() == 1
    assert publish.said == ["boardcast publish: line 1 and the rest not published: standard input "
                            "cannot be read: Is a directory"]


def test_input_that_does_not_block_is_waited_for(shared, commands):
    its, ours = os.pipe()
    os.set_blocking(its, False)
    publish = commands("publish", shared.url(), "--board", "a", source=its)
    os.close(its)
    for count in (1, 2):
        os.write(ours, b"line\n")
        publish.wait_for_lines(count)
    os.close(ours)
    assert publish.end() == 0 and publish.said == []
