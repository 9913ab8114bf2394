"""log.access: a line for each request that ends, and for each stream, on every listener."""

import json
import socket

from support import h2
from support.process import fetch, wait_for
from support.tokens import Issuer, bearer
from test_change import patch

ON = {"log": {"access": "on"}}
ALWAYS = ["time", "level", "message", "peer", "connection", "method", "path", "protocol", "status",
          "bytes", "duration_ms"]


def line(gateway, path, count=1):
    """The last of the lines about this path, once there are so many."""
    def found():
        return [entry for entry in gateway.messages("request") if entry["path"] == path]
    wait_for(lambda: len(found()) >= count, f"{count} lines about {path}")
    assert len(found()) == count
    return found()[-1]


def test_requests_on_every_listener(start):
    gateway = start(ON)
    answer = fetch(gateway.url("/healthz?boards=a"), "-H", "accept-encoding: identity")
    entry = line(gateway, "/healthz")
    assert list(entry) == ALWAYS
    assert entry["peer"].startswith("127.0.0.1:") and entry["connection"].startswith("c")
    assert (entry["method"], entry["protocol"], entry["status"]) == ("GET", "h2", 200)
    assert entry["bytes"] == len(answer.body) and 0 <= entry["duration_ms"] < 10_000
    assert entry["level"] == "info"
    fetch(gateway.url("/nowhere", "http"), "-X", "DELETE")
    entry = line(gateway, "/nowhere")
    assert (entry["method"], entry["protocol"], entry["status"]) == ("DELETE", "http/1.1", 404)
    metrics = fetch(gateway.admin("/metrics"))
    assert line(gateway, "/metrics")["bytes"] == len(metrics.body)
    fetch(gateway.url("/events"), "-d", "board=a&data=x")
    assert line(gateway, "/events")["method"] == "POST"


def test_streams(start):
    gateway = start(ON)
    client = h2.Client(gateway.address())
    streams = [client.subscribe(query) for query in ("boards=a", "boards=a&limit=2")]
    client.pump(lambda: all(stream.events for stream in streams), "the openings")
    assert not gateway.messages("request")
    for data in "123":
        gateway.publish("a", data, options=["--http1.1"])
    client.pump(lambda: streams[1].ended and len(streams[0].events) == 4, "the events")

    def ended():
        lines = [entry for entry in gateway.messages("request") if "ended" in entry]
        return [(entry["ended"], entry["events"], entry["status"]) for entry in lines]
    wait_for(ended, "the line of the stream that has ended")
    assert ended() == [("limit", 2, 200)]
    client.reset(streams[0])
    client.flush()
    wait_for(lambda: len(ended()) == 2, "the line of the stream that was reset")
    assert ended()[1] == ("client", 3, 200)
    entry = [entry for entry in gateway.messages("request") if "ended" in entry][-1]
    assert list(entry) == ALWAYS + ["ended", "events"]
    assert entry["bytes"] == len(streams[0].data) and entry["path"] == "/events"
    client.close()


def test_streams_that_a_stop_ends(start, curls):
    gateway = start(ON)
    for options in ([], ["--http1.1"]):
        curls(gateway.url("/events?boards=a"), *options).wait_for("boardcast.open")
    assert gateway.stop() == 0
    lines = [entry for entry in gateway.messages("request") if entry["path"] == "/events"]
    assert [entry["ended"] for entry in lines] == ["drain", "drain"]
    assert sorted(entry["protocol"] for entry in lines) == ["h2", "http/1.1"]


def test_whom_a_token_names_and_nothing_secret(start, tmp_path):
    issuer = Issuer(tmp_path)
    gateway = start({**ON, "auth": issuer.config(query_token="on")})
    token = issuer.token(["a"], ["a"], subject="ann")
    client = h2.Client(gateway.address())
    stream = client.subscribe(f"boards=a&access_token={token}&stream=canary-canary-canary")
    client.pump(lambda: stream.events, "the opening")
    name = json.loads(stream.events[0].data)["stream"]
    assert patch(gateway, name, {"add": ["a"]}, *bearer(token)).status == 200
    assert fetch(gateway.url("/events?boards=a")).status == 401
    client.close()
    lines = wait_for(lambda: [entry for entry in gateway.messages("request") if "ended" in entry],
                     "the stream's line")
    assert [entry["subject"] for entry in lines] == ["ann"]
    assert line(gateway, "/events/{stream}")["subject"] == "ann"
    refused = wait_for(lambda: [entry for entry in gateway.messages("request")
                                if entry["status"] == 401], "the line of the refusal")
    assert len(refused) == 1 and "subject" not in refused[0]
    said = "\n".join(gateway.lines)
    for secret in (token, *token.split(".")[1:], name, "canary"):
        assert secret not in said, secret


def test_nobody_writes_a_line_of_his_own(start):
    gateway = start(ON)
    forged = b'/x","status":200,"message":"reloaded"}\\n{"y":"\x7f\xc2\x85\xff'
    for target in (forged, b"/\x1b[31m", b"/" + b"x" * 3000):
        with socket.create_connection(gateway.address("http"), timeout=10) as raw:
            raw.sendall(b'G"T ' + target + b" HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            assert raw.recv(1000).startswith(b"HTTP/1.1 4")
    gateway.wait_for_messages("request", 3)
    assert gateway.stop() == 0
    for text in gateway.lines:
        entry = json.loads(text)
        assert len(text) < 1500 and not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text)
        assert entry["message"] != "request" or 400 <= entry["status"] < 500
    assert not gateway.messages("reloaded")


def test_a_reload_switches_it(start):
    gateway = start()
    fetch(gateway.url("/before"))
    assert gateway.reload({"log": {"access": "on"}})
    assert gateway.messages("reloaded")[-1]["changed"] == "log.access"
    fetch(gateway.url("/meanwhile"))
    line(gateway, "/meanwhile")
    assert gateway.reload({"log": {"access": "off"}})
    fetch(gateway.url("/after"))
    assert gateway.stop() == 0
    assert [entry["path"] for entry in gateway.messages("request")] == ["/meanwhile"]


def test_the_client_is_the_one_that_a_proxy_names(start):
    gateway = start({**ON, "server": {"listen": ["http://127.0.0.1:0"], "proxy_protocol": "on",
                                      "proxy_trusted": ["127.0.0.1"]}})
    with socket.create_connection(gateway.address("http"), timeout=10) as raw:
        raw.sendall(b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n"
                    b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        assert raw.recv(1000).startswith(b"HTTP/1.1 200")
    assert line(gateway, "/healthz")["peer"] == "203.0.113.7:4711"
