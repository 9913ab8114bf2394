# ctest: TIMEOUT 300 COST 1000 PROCESSORS 1
"""Streams through nginx and HAProxy, with the settings of config/README.md and 20 s of patience.

Two gateways, one with heartbeats and one without, each behind every proxy; through each proxy a
stream by HTTP/2 and one by HTTP/1.1 that nobody publishes to. All of them wait at the same time,
beside the other tests, and each is judged by its own clock: how long these take varies.
"""

import contextlib
import itertools
import json
import os
import pathlib
import re
import time
from collections import namedtuple

import pytest
import yaml

from support import h2, process, proxies, sse
from support.process import CA, SLOWNESS, Curl, fetch

PROTOCOLS = {"--http2": "HTTP/2", "--http1.1": "HTTP/1.1"}
CERTIFICATES = os.path.dirname(CA)

# What replaces the values of the blocks.
GATEWAY = {"10.0.0.2:8443": "127.0.0.1:0", "127.0.0.1:8080": "127.0.0.1:0",
           "/etc/boardcast/tls/fullchain.pem": f"{CERTIFICATES}/dev.crt",
           "/etc/boardcast/tls/privkey.pem": f"{CERTIFICATES}/dev.key",
           "events.example.com": "localhost"}
NGINX_TCP = {"60s": "20s", "listen 443": "listen 127.0.0.1:{port}", "10.0.0.2:8443": "{https}"}
NGINX_HTTP = {"60s": "20s", "listen 443": "listen 127.0.0.1:{port}", "127.0.0.1:8080": "{http}",
              "/etc/ssl/events.crt": f"{CERTIFICATES}/dev.crt",
              "/etc/ssl/private/events.key": f"{CERTIFICATES}/dev.key",
              "events.example.com": "localhost"}
HAPROXY_TCP = {"60s": "20s", "bind :443": "bind 127.0.0.1:{port}", "10.0.0.2:8443": "{https}"}
HAPROXY_TLS = {**HAPROXY_TCP, "127.0.0.1:8080": "{http}", "/etc/haproxy/events.pem": "{pem}",
               "/etc/haproxy/gateway-ca.crt": CA, "events.example.com": "localhost"}
HAPROXY_CLEAR = {"default_backend boardcast ": "default_backend boardcast-clear ", **HAPROXY_TLS}
HAPROXY_H2C = {**HAPROXY_TCP, "127.0.0.1:8080": "{http}", "/etc/haproxy/events.pem": "{pem}",
               "ssl alpn h2 verify required ca-file /etc/haproxy/gateway-ca.crt": "proto h2",
               "10.0.0.2:8443": "{h2c}", " sni str(events.example.com)": ""}

# What the proxy says of a silent stream that it has cut; how many connections to the gateway ten
# streams of a client need (HAProxy's HTTP/2 takes those that are open just then); whether the
# gateway sees that clients use TLS.
ONE, EACH, SOME = range(1, 2), range(10, 11), range(1, 11)
Variant = namedtuple("Variant", "title table says upstream sees_tls")
SAYS = "[cs]D-- .*boards=silent"
VARIANTS = {
    "nginx-tcp": Variant("nginx, TCP", NGINX_TCP, "connection timed out", ONE, True),
    "nginx-http": Variant("nginx, TLS", NGINX_HTTP, "upstream timed out.*=silent", EACH, False),
    "haproxy-tcp": Variant("HAProxy, TCP", HAPROXY_TCP, " [cs]D ", ONE, True),
    "haproxy-h2": Variant("HAProxy, TLS", HAPROXY_TLS, SAYS, SOME, True),
    "haproxy-h2c": Variant("HAProxy, TLS", HAPROXY_H2C, SAYS, SOME, False),
    "haproxy-http": Variant("HAProxy, TLS", HAPROXY_CLEAR, SAYS, EACH, False),
}
AT_ONCE = 10  # seconds; what a proxy holds back comes with a later event or never
every_variant = pytest.mark.parametrize("name", VARIANTS)
every_protocol = pytest.mark.parametrize("option", PROTOCOLS)


class World:
    """A gateway, every proxy in front of it, and silent streams through them."""

    def __init__(self, heartbeat, folder, stack):
        self.stack = stack
        config = yaml.safe_load(proxies.replaced(proxies.block("The gateway"), GATEWAY))
        config["server"]["listen"].append("h2c://127.0.0.1:0")
        self.gateway = process.Gateway({**config, "stream": {"heartbeat": heartbeat}})
        stack.callback(self.stop)
        self.places = {scheme: "%s:%d" % self.gateway.address(scheme)
                       for scheme in ("https", "http", "h2c")}
        self.places["pem"] = pem(folder)
        self.proxies = {}
        for name, variant in VARIANTS.items():
            (folder / name).mkdir()
            self.proxies[name] = proxies.Proxy(variant.title, variant.table, self.places,
                                               folder / name)
            stack.callback(self.proxies[name].stop)
        self.silent = {(name, option): self.subscribe(name, f"silent-{name}{option}", option)
                       for name, option in itertools.product(VARIANTS, PROTOCOLS)}
        for curl in self.silent.values():
            curl.wait_for("boardcast.open")
        self.since = time.monotonic()

    def stop(self):
        assert self.gateway.stop() == 0, "\n".join(self.gateway.lines[-40:])

    def subscribe(self, name, board, option):
        """A curl that shows the head, too, and would take compressed answers."""
        curl = Curl(self.proxies[name].url(f"/events?boards={board}"), option, "-i", "-H",
                    "accept-encoding: gzip", "--max-time", str(280 * SLOWNESS))
        self.stack.callback(curl.kill)
        return curl

    def sleep_until(self, seconds):
        time.sleep(max(0.0, self.since + seconds - time.monotonic()))


def pem(folder):
    """The certificate and its key in one file, as HAProxy wants them."""
    parts = [pathlib.Path(CERTIFICATES, name).read_text("utf-8") for name in ("dev.crt", "dev.key")]
    (folder / "events.pem").write_text("".join(parts), "utf-8")
    return str(folder / "events.pem")


@pytest.fixture(name="worlds", scope="module")
def fixture_worlds(tmp_path_factory):
    """(with heartbeats, without)"""
    with contextlib.ExitStack() as stack:
        yield [World(heartbeat, tmp_path_factory.mktemp("proxies"), stack)
               for heartbeat in ("15s", "10m")]


def opened(curl):
    """The time at which a stream's first bytes came."""
    return curl.times[0][0]


def publish(proxy, board, data, folder):
    (folder / "event").write_text(data, encoding="ascii")
    answer = fetch(proxy.url(f"/events?board={board}"), "-H", "content-type: text/plain",
                   "--data-binary", f"@{folder}/event")
    assert answer.status == 200, answer


@every_variant
@every_protocol
def test_events_arrive_at_once_and_as_they_were(worlds, tmp_path, name, option):
    world = worlds[0]
    board = f"now-{name}{option}"
    curl = world.subscribe(name, board, option)
    curl.wait_for("boardcast.open")
    sent = ["small", "m" * 3000 + " medium", "l" * 200_000 + " large"]
    for data in sent:
        publish(world.proxies[name], board, data, tmp_path)
        curl.wait_for(data[-8:] + "\n\n", AT_ONCE)
    head, body = curl.output.decode().split("\r\n\r\n", 1)
    version, status, fields = process.parse_head(head + "\r\n\r\n")
    assert (version, status) == (PROTOCOLS[option], 200)
    assert fields["content-type"] == "text/event-stream"
    assert fields["cache-control"] == "no-store, no-transform"
    assert "content-encoding" not in fields
    assert [event.data for event in sse.events(body)[1:]] == sent


@every_variant
def test_ten_streams_of_a_client_and_their_connections_to_the_gateway(worlds, name):
    """When the client leaves, the gateway hears it at once."""
    world = worlds[1]  # no heartbeat finds out who has left
    client = h2.Client(("localhost", world.proxies[name].port))
    streams = [client.subscribe("boards=ten") for _ in range(10)]
    client.pump(lambda: all(stream.events for stream in streams), "opens")
    opened = {json.loads(stream.events[0].data)["connection"] for stream in streams}
    assert len(opened) in VARIANTS[name].upstream
    assert client.h2.remote_settings.max_concurrent_streams == 256
    client.close()
    # Of these alone: the silent ones may be cut at any moment now.
    process.wait_for(lambda: "ten" not in world.gateway.connections()["boards"], "their ends", 3)


@every_variant
def test_clients_that_do_not_read_hold_up_no_other(worlds, tmp_path, name):
    proxy = worlds[0].proxies[name]
    clients = [h2.Client(("localhost", proxy.port)) for _ in range(5)]
    streams = [client.subscribe(f"boards={board}-{name}")
               for client, board in zip(clients, ["flood"] * 4 + ["calm"])]
    for client, stream in zip(clients, streams):
        client.pump(lambda: stream.events, "open")
    for n in range(2, 8):
        publish(proxy, f"flood-{name}", "f" * 300_000, tmp_path)
        publish(proxy, f"calm-{name}", "c", tmp_path)
        clients[-1].pump(lambda: len(streams[-1].events) == n, "an event beside the flood",
                         AT_ONCE)
    for client in clients:
        client.close()


@every_variant
def test_the_gateway_sees_the_outer_name_and_where_it_can_the_scheme(worlds, name):
    proxy = worlds[0].proxies[name]
    assert fetch(proxy.url("/healthz"), "-H", "host: example.com").status == 421

    def publish_from(origin):
        return fetch(proxy.url("/events?board=own"), "-H", f"origin: {origin}", "-d", "x").status
    own = publish_from(f"https://localhost:{proxy.port}")
    assert own == (200 if VARIANTS[name].sees_tls else 403)
    assert publish_from("https://localhost") == 200  # listed
    assert publish_from("https://elsewhere.example.com") == 403


def test_nginx_publishes_over_connections_that_it_keeps(worlds, tmp_path):
    world = worlds[0]
    opened = 'boardcast_connections_opened_total{protocol="http/1.1"}'
    before = world.gateway.metric(opened)
    for _ in range(5):
        publish(world.proxies["nginx-http"], "kept", "x", tmp_path)
    assert world.gateway.metric(opened) - before <= 2  # one asks this


def test_streams_outlive_the_last_request_of_a_connection_to_nginx(worlds, tmp_path):
    """`keepalive_requests` ends in a GOAWAY that is for new requests alone."""
    world = worlds[0]
    few = {**NGINX_HTTP, "# default 128": "keepalive_requests 4;"}
    proxy = proxies.Proxy("nginx, TLS", few, world.places, tmp_path)
    world.stack.callback(proxy.stop)
    client = h2.Client(("localhost", proxy.port))
    stream = client.subscribe("boards=kept")
    client.pump(lambda: stream.events, "open")
    while not client.goaways:
        assert client.fetch("GET", "/healthz").fields[":status"] == "200"
    publish(proxy, "kept", "after the last request", tmp_path)
    client.pump(lambda: len(stream.events) == 2, "an event after GOAWAY")
    client.close()


@every_variant
def test_without_heartbeats_the_proxy_cuts_a_silent_stream(worlds, name):
    world = worlds[1]
    world.sleep_until(25)
    for option in PROTOCOLS:
        curl = world.silent[name, option]
        curl.wait(20)
        assert 15 <= curl.ended - opened(curl) <= 45
        assert b"heartbeat" not in curl.output and b"boardcast.end" not in curl.output
    lines = world.proxies[name].lines

    def said():
        return [line for line in lines if re.search(VARIANTS[name].says, line)]

    # What curl has seen the proxy may log a moment later.
    process.wait_for(lambda: len(said()) >= len(PROTOCOLS),
                     lambda: "its log to say so:\n" + "\n".join(lines))
    assert len(said()) == len(PROTOCOLS), "\n".join(lines)


@every_variant
@every_protocol
def test_with_heartbeats_a_silent_stream_lives_three_minutes(worlds, tmp_path, name, option):
    world = worlds[0]
    world.sleep_until(180)
    curl = world.silent[name, option]
    assert curl.ended is None
    lived = time.monotonic() - opened(curl)
    # One comes 15 s after the one before, and less than a second late.
    assert lived / 16 - 1 <= curl.output.count(b": heartbeat\n") <= lived / 15 + 1
    publish(world.proxies[name], f"silent-{name}{option}", "still here", tmp_path)
    curl.wait_for("data: still here\n\n", AT_ONCE)
