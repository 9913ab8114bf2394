"""The PROXY protocol: the client's own address behind a proxy that passes TCP on, and from whom."""

import contextlib
import json
import socket
import struct

import pytest

from support import h2, process, proxies
from support.process import SLOWNESS, fetch, wait_for

TRUSTED = {"server": {"proxy_protocol": "on", "proxy_trusted": ["127.0.0.0/8", "::1"]}}
REFUSED = 'boardcast_proxy_refused_total{reason="%s"}'


def line(source, port=51234):
    family = "TCP6" if ":" in source else "TCP4"
    to = "::1" if ":" in source else "127.0.0.1"
    return f"PROXY {family} {source} {to} {port} 443\r\n".encode()


def binary(source, port=51234, more=b""):
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    addresses = socket.inet_pton(family, source) * 2 + struct.pack("!HH", port, 443) + more
    kind = 0x21 if family == socket.AF_INET6 else 0x11
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", 0x21, kind, len(addresses)) + addresses


def dial(gateway, header, scheme="https"):
    raw = socket.create_connection(gateway.address(scheme), timeout=10 * SLOWNESS)
    raw.sendall(header)
    return raw


def client(gateway, header, scheme="https"):
    """An HTTP/2 client whose connection begins with these bytes."""
    return h2.Client(gateway.address(scheme), secure=scheme == "https", before=header)


def peers(gateway):
    streams = json.loads(fetch(gateway.admin("/admin/streams")).body)["streams"]
    return {stream["peer"] for stream in streams}


@pytest.mark.parametrize("header,peer", [
    (line("192.0.2.1"), "192.0.2.1:51234"),
    (line("2001:db8::7"), "[2001:db8::7]:51234"),
    (binary("192.0.2.1"), "192.0.2.1:51234"),
    (binary("2001:db8::7", more=b"\x03\0\x04\1\2\3\4"), "[2001:db8::7]:51234"),
    (b"PROXY UNKNOWN\r\n", None),
    (b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", None)])
def test_streams_show_whom_the_proxy_speaks_for(start, header, peer):
    gateway = start({"server": {**TRUSTED["server"],
                                "listen": ["https://127.0.0.1:0", "h2c://127.0.0.1:0"]}})
    for scheme in ("https", "h2c"):
        one = client(gateway, header, scheme)
        stream = one.subscribe("boards=a")
        one.pump(lambda: stream.events, "the opening")
        own = "%s:%d" % one.socket.getsockname()
        assert peers(gateway) == {peer or own}
        one.close()
        wait_for(lambda: not peers(gateway), "the end")


def test_a_kick_meets_the_client_and_not_the_proxy(start):
    gateway = start(TRUSTED)
    bad, good = client(gateway, line("192.0.2.66")), client(gateway, line("192.0.2.1"))
    kicked, stays = bad.subscribe("boards=a"), good.subscribe("boards=a")
    bad.pump(lambda: kicked.events, "the opening")
    good.pump(lambda: stays.events, "the opening")
    number = json.loads(kicked.events[0].data)["stream"]
    assert fetch(gateway.admin(f"/admin/streams/{number}?for=10m"), "-X", "DELETE").status == 204
    bad.pump(lambda: kicked.ended, "the end")
    again = client(gateway, binary("192.0.2.66"))
    assert again.fetch("GET", "/events?boards=a", [("accept", "text/event-stream")]).status == 204
    other = good.subscribe("boards=b")
    good.pump(lambda: other.events, "another stream of the other client")
    assert not stays.ended
    for one in (bad, good, again):
        one.close()


def test_others_may_not_claim_an_address(start):
    gateway = start({"server": {"proxy_protocol": "on", "proxy_trusted": ["10.0.0.0/8"]}})
    for scheme in ("https", "http"):
        with contextlib.suppress(ConnectionError):
            assert dial(gateway, line("192.0.2.1"), scheme).recv(1) == b""
    assert gateway.metric(REFUSED % "peer") == 2
    said = gateway.wait_for_messages("refusing connections from outside of server.proxy_trusted")
    assert 1 <= len(said) <= 2 and said[0]["peer"].startswith("127.0.0.1:")  # one for a worker
    for _ in range(20):
        with contextlib.suppress(ConnectionError):
            assert dial(gateway, b"").recv(1) == b""
    assert len(gateway.messages(said[0]["message"])) <= 2
    assert fetch(gateway.admin("/readyz")).status == 200, "the operator's listener has no proxy"
    assert gateway.reload(TRUSTED)
    client(gateway, line("192.0.2.1")).close()
    assert gateway.reload({"server": {"proxy_protocol": "off"}})
    assert fetch(gateway.url("/healthz")).status == 200


def test_what_is_no_header_is_refused(start):
    gateway = start({**TRUSTED, "limits": {"handshake_timeout": "1s"}})
    bad = [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x00\x01", b"PROXY TCP4 1 2 3 4\r\n",
           b"PROXY " + b"x" * 300, b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff", b"\r\n\r\nGET /"]
    for header in bad:
        with contextlib.suppress(ConnectionError):
            assert dial(gateway, header).recv(1) == b"", header
    assert gateway.metric(REFUSED % "header") == len(bad)
    said = gateway.wait_for_messages("refusing connections that do not begin with a PROXY header")
    assert 1 <= len(said) <= 2 and said[0]["peer"].startswith("127.0.0.1:") and said[0]["error"]
    for begun in (b"", b"PROXY TCP4 192.0", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c"):
        silent = dial(gateway, begun)
        silent.settimeout(10 * SLOWNESS)
        assert silent.recv(1) == b""
    assert gateway.metric(REFUSED % "timeout") == 3
    assert gateway.metric("boardcast_tls_handshake_timeouts_total") == 0
    dial(gateway, b"PROXY TCP4 192.0").close()
    wait_for(lambda: gateway.metric(REFUSED % "closed") == 1, "the one that left")


def test_byte_by_byte_with_all_that_follows(start):
    gateway = start(TRUSTED)
    for header in (line("192.0.2.1"), binary("2001:db8::7")):
        raw = dial(gateway, b"", "http")
        request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        for byte in header + request:
            raw.sendall(bytes([byte]))
        assert raw.recv(100).startswith(b"HTTP/1.1 200 ")
        raw.close()


# What config/README.md says to add to its blocks.
BLOCKS = {
    "nginx": ("nginx, TCP", {"listen 443": "listen 127.0.0.1:{port}", "10.0.0.2:8443": "{https}",
                             "proxy_timeout 60s;": "proxy_timeout 20s; proxy_protocol on;"}),
    "haproxy": ("HAProxy, TCP", {"bind :443": "bind 127.0.0.1:{port}", "60s": "20s",
                                 "10.0.0.2:8443": "{https} send-proxy-v2"}),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_through_real_proxies(start, tmp_path, name):
    gateway = start(TRUSTED)
    title, table = BLOCKS[name]
    proxy = proxies.Proxy(title, table, {"https": "%s:%d" % gateway.address()}, tmp_path)
    try:
        one = h2.Client(("127.0.0.1", proxy.port))
        stream = one.subscribe("boards=a")
        one.pump(lambda: stream.events, "the opening")
        assert peers(gateway) == {"%s:%d" % one.socket.getsockname()}
        one.close()
    finally:
        proxy.stop()


def test_it_needs_its_proxies(tmp_path):
    file = tmp_path / "f.yaml"
    file.write_text("server: {proxy_protocol: on}\n", encoding="utf-8")
    done = process.subprocess.run([process.PROGRAM, "check", "--config", str(file)],
                                  capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "server.proxy_protocol: the proxies are missing" in done.stderr + done.stdout
