"""The statuses of the contract, the same on both protocols, and cross-origin fields."""

import json
import re
import socket
import subprocess

import pytest

from support import h2, process
from support.process import fetch

BOTH = pytest.mark.parametrize("option", ["--http2", "--http1.1"])
JSON = ("-H", "content-type: application/json")


@BOTH
@pytest.mark.parametrize("path,options,status", [
    ("/nowhere", [], 404),
    ("/events", [], 400),
    ("/events?boards=", [], 400),
    ("/events?boards=a*b", [], 400),
    ("/events?boards=a&format=xml", [], 400),
    ("/events?boards=a&limit=0", [], 400),
    ("/events?boards=a&lastEventId=junk", [], 400),
    ("/events?boards=a", ["-H", "accept: text/html"], 406),
    ("/events?boards=a", ["-X", "PUT"], 405),
    ("/events", ["-X", "DELETE"], 405),
    ("/events", [*JSON, "-d", "{"], 400),
    ("/events", [*JSON, "-d", '{"board":"a","data":1,"dta":2}'], 400),
    ("/events", ["-H", "content-type: application/pdf", "-d", "x"], 415),
    ("/events?boards=" + "a" * 17000, [], 414),
    ("/admin/connections", [], 404),
])
def test_problems(shared, option, path, options, status):
    answer = fetch(shared.url(path), option, *options)
    assert answer.status == status, answer
    assert answer.fields["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status and problem["title"] and len(problem["detail"]) > 10
    assert "date" in answer.fields
    if status == 405:
        assert "GET" in answer.fields["allow"]
    if status == 415:
        assert "application/json" in answer.fields["accept-post"]


@BOTH
def test_large_body(shared, tmp_path, option):
    big = tmp_path / "big"
    big.write_bytes(b"x" * (1024 * 1024 + 1))
    answer = fetch(shared.url("/events?board=a"), option, "-H", "content-type: text/plain",
                   "-H", "expect:", "--data-binary", f"@{big}")
    assert answer.status == 413, answer
    fits = tmp_path / "fits"
    fits.write_bytes(b"x" * (1024 * 1024))
    answer = fetch(shared.url("/events?board=a"), option, "-H", "content-type: text/plain",
                   "--data-binary", f"@{fits}")
    assert answer.status == 200, answer


@BOTH
def test_deep_json_is_refused_quickly(shared, tmp_path, option):
    bomb = tmp_path / "bomb"
    bomb.write_bytes(b"[" * (1024 * 1024))
    answer = fetch(shared.url("/events"), option, *JSON, "--data-binary", f"@{bomb}")
    assert answer.status == 400
    assert fetch(shared.url("/healthz")).status == 200


def test_large_header(shared):
    many = [option for n in range(30) for option in ("-H", f"x-{n}: {'v' * 1500}")]
    assert fetch(shared.url("/healthz"), "--http1.1", *many).status == 431


@BOTH
def test_values_come_out_as_they_went_in(shared, curls, option):
    curl = curls(shared.url("/events?boards=lexical&format=json"), option)
    curl.wait_for("boardcast.open")
    values = ["1234567890123456789012345678901234567890", "1.10", "1E2", "1e400", "-0",
              r'["\u0000\/\ud83d\ude00"]', '{"b":1,"a":{"b":[]}}', "true", "null", '"text"']
    for value in values:
        body = '{ "board" : "lexical" , "data" : %s }' % value.replace(",", " ,\t")
        assert fetch(shared.url("/events"), option, *JSON, "-d", body).status == 200
    text = curl.wait_for('"data":"text"')
    for value in values:
        assert f'"data":{value}}}\n' in text, value


@BOTH
def test_batches(shared, curls, option):
    curl = curls(shared.url("/events?boards=batch"))
    curl.wait_for("boardcast.open")
    array = json.dumps([{"board": "batch", "data": f"a{n}"} for n in range(3)])
    first = fetch(shared.url("/events"), option, *JSON, "-d", array).json()["ids"]
    lines = "".join(json.dumps({"board": "batch", "data": f"l{n}"}) + "\n" for n in range(3))
    second = fetch(shared.url("/events"), option, "-H", "content-type: application/x-ndjson",
                   "--data-binary", lines).json()["ids"]
    numbers = [int(id.partition("-")[2], 16) for id in first + second]
    assert numbers[:3] == list(range(numbers[0], numbers[0] + 3))  # contiguous
    assert numbers[3:] == list(range(numbers[3], numbers[3] + 3))
    bad = json.dumps([{"board": "batch", "data": "never"}, {"board": "", "data": 1}])
    answer = fetch(shared.url("/events"), option, *JSON, "-d", bad)
    assert answer.status == 400 and "1" in answer.json()["detail"]
    text = curl.wait_for("l2")
    assert "never" not in text


ORIGIN = "https://app.example.com"


@BOTH
def test_cross_origin(start, option):
    gateway = start({"cors": {"origins": [ORIGIN, "http://localhost:*"], "credentials": True}})
    for path, status in (("/healthz", 200), ("/nowhere", 404), ("/events", 400),
                         ("/events?boards=" + "a" * 17000, 414)):
        for origin in (ORIGIN, "http://localhost:5173"):
            answer = fetch(gateway.url(path), option, "-H", f"origin: {origin}")
            assert answer.status == status
            assert answer.fields["access-control-allow-origin"] == origin
            assert answer.fields["access-control-allow-credentials"] == "true"
            assert "origin" in answer.fields["vary"].lower()
        for origin in ("https://evil.example", "null", "http://localhost.evil.example:80"):
            answer = fetch(gateway.url(path), option, "-H", f"origin: {origin}")
            assert "access-control-allow-origin" not in answer.fields
            assert "origin" in answer.fields["vary"].lower()
    ask = ["-X", "OPTIONS", "-H", "access-control-request-method: POST",
           "-H", "access-control-request-headers: content-type"]
    answer = fetch(gateway.url("/events"), option, *ask, "-H", f"origin: {ORIGIN}")
    assert answer.status == 204
    assert "POST" in answer.fields["access-control-allow-methods"]
    assert "content-type" in answer.fields["access-control-allow-headers"].lower()
    assert answer.fields["access-control-max-age"] == "600"
    form = ["-d", "x"]
    foreign = fetch(gateway.url("/events?board=a"), option, *form, "-H",
                    "origin: https://evil.example")
    assert foreign.status == 403
    assert fetch(gateway.url("/events?board=a"), option, *form, "-H",
                 f"origin: {ORIGIN}").status == 200
    own = gateway.url().rstrip("/")
    assert fetch(gateway.url("/events?board=a"), option, *form, "-H",
                 f"origin: {own}").status == 200
    assert fetch(gateway.url("/events?board=a"), option, *form).status == 200
    assert gateway.metric("boardcast_foreign_origin_total") == 1


def allowed_origin(head):
    return re.findall(r"access-control-allow-origin: (\S+)", head.partition("\r\n\r\n")[0])


HEAD = b"GET /events?boards=a HTTP/1.1\r\nhost: localhost\r\norigin: %s\r\n"


@pytest.mark.parametrize("head,status", [
    (HEAD.replace(b"=a", b"=" + b"a" * 40000) + b"\r\n", 414),
    (HEAD + b"x: " + b"a" * 40000, 431),
    (HEAD + b"x: 1\r\n 2\r\n\r\n", 400),
    (HEAD + b"x : 1\r\n\r\n", 400),
    (HEAD + b"accep", 408),
], ids=["long line", "large fields", "folded", "space before the colon", "never whole"])
def test_a_head_that_is_not_read_is_refused_across_origins(start, head, status):
    gateway = start({"cors": {"origins": [ORIGIN]}, "limits": {"header_timeout": "1s"}})
    for origin, allowed in ((ORIGIN, [ORIGIN]), ("https://evil.example", [])):
        raw = socket.create_connection(gateway.address("http"), timeout=10 * process.SLOWNESS)
        raw.sendall(head % origin.encode())
        answer = b""
        while piece := raw.recv(65536):
            answer += piece
        assert answer.startswith(b"HTTP/1.1 %d " % status), answer
        assert allowed_origin(answer.decode()) == allowed


@BOTH
def test_other_hosts_are_misdirected(start, option):
    gateway = start({"server": {"hosts": ["localhost", "127.0.0.1"]}})
    assert fetch(gateway.url("/healthz"), option).status == 200
    answer = fetch(gateway.url("/healthz"), option, "-H", "host: other.example")
    assert answer.status == 421


def test_the_hosts_of_traffic_do_not_close_the_admin_listener(start):
    gateway = start({"server": {"hosts": ["events.example.com"]}})
    assert fetch(gateway.url("/healthz")).status == 421
    assert fetch(gateway.admin("/readyz")).status == 200
    assert gateway.connections()["total"] == 0


def test_admin_on_the_public_listener(start):
    gateway = start({"admin": {"public": "open"}})
    assert fetch(gateway.url("/admin/connections")).json()["total"] == 0
    assert b"boardcast_streams 0" in fetch(gateway.url("/metrics")).body


def test_admin_refuses_foreign_hosts(shared):
    assert fetch(shared.admin("/admin/connections"), "-H", "host: evil.example").status == 421


def test_metrics_are_well_formed(shared):
    answer = fetch(shared.admin("/metrics"))
    assert answer.fields["content-type"].startswith("text/plain; version=0.0.4")
    names = set()
    for line in answer.body.decode().splitlines():
        if line.startswith("#"):
            continue
        name, _, value = line.rpartition(" ")
        assert name.startswith(("boardcast_", "process_")), line
        assert name not in names, line
        names.add(name)
        float(value)
    assert len(names) > 30


def test_nghttp_sees_many_streams(shared):
    urls = [shared.url(f"/events?boards=n{n}&limit=1") for n in range(3)]
    with subprocess.Popen(["nghttp", "-v", "--no-dep", *urls], stdout=subprocess.PIPE,
                          text=True) as running:
        process.wait_for(lambda: shared.connections()["total"] == 3, "streams")
        for n in range(3):
            shared.publish(f"n{n}", "hello")
        output, _ = running.communicate(timeout=20 * process.SLOWNESS)
    assert output.count("END_STREAM") >= 3 and "hello" in output
    assert "SETTINGS_MAX_CONCURRENT_STREAMS(0x03):256" in output


def test_pipelined_requests_are_answered_in_order(shared):
    raw = socket.create_connection(shared.address("http"), timeout=10)
    paths = ["/healthz", "/nowhere", "/events", "/readyz"]
    raw.sendall(b"".join(b"GET %s HTTP/1.1\r\nhost: localhost\r\n\r\n" % path.encode()
                         for path in paths[:-1]) +
                b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
    data = b""
    while piece := raw.recv(65536):
        data += piece
    statuses = re.findall(rb"HTTP/1\.1 (\d{3}) ", data)
    assert statuses == [b"200", b"404", b"400", b"200"]


@pytest.mark.parametrize("request_bytes", [
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost : a\r\n\r\n",
    b"GET / HTTP/1.1\nhost: a\n\n",
    b"GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n 2\r\n\r\n",
    b"POST /events HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
    b"POST /events HTTP/1.1\r\nhost: a\r\ncontent-length: 3, 3\r\n\r\nabc",
    b"POST /events HTTP/1.1\r\nhost: a\r\ncontent-length: +3\r\n\r\nabc",
    b"POST /events HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n"
    b"content-length: 3\r\n\r\n0\r\n\r\n",
    b"POST /events HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"POST /events HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    b"POST /events HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
])
def test_smuggling_is_refused(shared, request_bytes):
    raw = socket.create_connection(shared.address("http"), timeout=10)
    raw.sendall(request_bytes + b"GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n")
    data = b""
    while piece := raw.recv(65536):
        data += piece
    assert data.startswith(b"HTTP/1.1 400 "), data
    assert data.count(b"HTTP/1.1 ") == 1, data  # closed: nothing after it is read


def test_a_hundred_streams_as_chromium_opens_them(start):
    """An exclusive chain of priorities: the busy first stream must not starve those below it."""
    gateway = start({"server": {"workers": 1}})
    client = h2.Client(gateway.address())
    previous = 0
    for n in range(100):
        number = client.h2.get_next_available_stream_id()
        client.h2.send_headers(
            number, [(":method", "GET"), (":scheme", "https"), (":authority", client.authority),
                     (":path", f"/events?boards=chain,own-{n}")], end_stream=True,
            priority_weight=147, priority_depends_on=previous, priority_exclusive=True)
        client.streams[number] = h2.Stream(number)
        previous = number
    client.flush()
    streams = list(client.streams.values())
    client.pump(lambda: all(s.events for s in streams), "opens")
    body = "\n".join(json.dumps({"board": "own-0", "data": "x" * 1000}) for _ in range(60))
    body += "\n" + json.dumps({"board": "chain", "data": "all"})
    answer = fetch(gateway.url("/events"), "-H", "content-type: application/x-ndjson",
                   "--data-binary", body)
    assert answer.status == 200
    client.pump(lambda: all(s.events[-1].data == "all" for s in streams[1:]), "everybody's event")
    client.pump(lambda: streams[0].events[-1].data == "all", "the busy one's last")
    client.close()
