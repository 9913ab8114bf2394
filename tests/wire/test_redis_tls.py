# ctest: PROCESSORS 1
"""TLS between gateways and their Redis: what is not verified is not spoken to; the log says why."""

import concurrent.futures
import json
import shutil
import socket
import subprocess
import tempfile

import pytest

from support import redis_server, sse
from support.certificates import Authority
from support.process import PROGRAM, fetch, wait_for


def _run(*words):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout + done.stderr


def _config(url, **tls):
    return {"backbone": {"type": "redis", "redis": {"url": url, **tls}}}


def _check(config):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(config, file)
        file.flush()
        return _run("check", "--config", file.name)


def _status(node):
    return fetch(node.admin("/readyz")).json()["status"]


def _ready(node):
    wait_for(lambda: _status(node) == "ready",
             lambda: "a node that is ready:\n" + "\n".join(node.lines[-8:]), 15)
    return node


def _says(node, text):
    wait_for(lambda: any(text in line and '"warn"' in line for line in node.lines),
             lambda: f"{text!r} in the log:\n" + "\n".join(node.lines[-8:]))


def _read(curls, node, boards):
    curl = curls(node.url(f"/events?boards={boards}"))
    curl.wait_for("boardcast.open")
    return curl


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path, "redis")


@pytest.fixture
def secured(redis, authority):
    """secured(…) starts a Redis with a port of TLS, whose certificate is for these; both."""
    def begin(alternatives="IP:127.0.0.1", asks="no", **how):
        pair = authority.issue("redis", alternatives, "serverAuth,clientAuth", **how)
        port = redis(authority, pair, asks, kind=redis_server.TlsPort)
        return redis({**port.options, "tls-replication": "yes"}), port
    return begin


def test_nodes_share_a_log(secured, authority, start, curls, commands):
    """Redis asks for certificates; by commands, channel, ingest and the command line."""
    server, port = secured(asks="yes")
    certificate, key = authority.issue("node")
    config = _config(port.url, ingest="both", tls_ca=authority.file,
                     tls_certificate=certificate, tls_key=key)
    a, b = (_ready(start(config)) for _ in range(2))
    reader = _read(curls, b, "news")
    a.publish("news", "1")
    wait_for(lambda: server.command("PUBLISH", "boardcast:in:news", "2") == 1, "a leader", 15)
    server.command("XADD", "boardcast:in", "*", "board", "news", "data", "3")
    reader.wait_for("data: 3")
    assert server.kill_clients("pubsub") and server.kill_clients()
    wait_for(lambda: a.metric("boardcast_redis_live") == 1 == b.metric("boardcast_redis_live")
             and b.metric("boardcast_redis_losses_total") > 0, "nodes that came back", 15)
    command = commands("publish", "--redis", port.url, "--board", "news", "--data", "4",
                       "--cacert", authority.file, "--cert", certificate, "--cert-key", key,
                       ca=None)
    assert command.end() == 0, command.said
    assert sorted(sse.data(reader.wait_for("data: 4"))) == ["1", "2", "3", "4"]
    assert _ready(a).metric("boardcast_redis_connected") == 1


def test_large_batches_pass(secured, authority, start):
    """More than a socket takes at once, and than a record holds."""
    server, port = secured()
    node = _ready(start({**_config(port.url, tls_ca=authority.file, timeout="10s"),
                         "limits": {"body_bytes": "16MiB"}}))
    batch = json.dumps([{"board": "news", "data": "x" * 1_000_000}] * 12)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(batch)
        file.flush()

        def publish(_):
            return fetch(node.url("/events"), "-H", "content-type: application/json",
                         "--data-binary", "@" + file.name, seconds=30).status
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            assert list(pool.map(publish, range(3))) == [200] * 3
    assert server.command("HGET", "{boardcast}:head", "seq") == b"36"


def test_what_no_trusted_ca_vouches_for_until_the_file_says_so(secured, authority, start,
                                                               tmp_path):
    server, port = secured()
    file = str(tmp_path / "ca.crt")
    shutil.copy(Authority(tmp_path, "other").file, file)
    node = start(_config(port.url, tls_ca=file))
    _says(node, "TLS: the certificate of Redis is not by a CA that is trusted")
    assert _status(node) == "disconnected" and server.command("DBSIZE") == 0
    shutil.copy(authority.file, file)
    _ready(node)
    # A reload does not need it; the next connection does.
    shutil.copy(str(tmp_path / "other" / "ca.crt"), file)
    assert node.reload({"stream": {"heartbeat": "10s"}}) and _status(node) == "ready"
    server.kill_clients()
    wait_for(lambda: sum("by a CA that is trusted" in line for line in node.lines) == 2,
             "the log's second line")


@pytest.mark.parametrize("alternatives,how,said", [
    ("DNS:redis.internal,IP:127.0.0.2", {}, "is not for 127.0.0.1 (IP address mismatch)"),
    ("IP:127.0.0.1", {"ttl": -60}, "TLS: the certificate of Redis is not good (certificate has "
     "expired)"),
    ("IP:127.0.0.1", {"asks": "yes"}, "TLS: Redis refuses it ("),
])
def test_what_is_not_as_it_should_be(secured, authority, start, commands, alternatives,
                                     how, said):
    server, port = secured(alternatives, **how)
    node = start(_config(port.url, tls_ca=authority.file))
    _says(node, said)
    assert _status(node) == "disconnected"
    command = commands("publish", "--redis", port.url, "--board", "b", "--data", "x",
                       "--retry-for", "1s", "--cacert", authority.file, ca=None)
    assert command.end() == 4 and said in "\n".join(command.said)
    assert server.command("DBSIZE") == 0


def test_the_system_trusts_no_ca_of_ones_own(secured, start):
    _, port = secured()
    _says(start(_config(port.url)), "TLS: the certificate of Redis is not by a CA")


def test_a_name_of_ones_own(secured, authority, start):
    _, port = secured("DNS:redis.internal")
    node = start(_config(port.url.replace("127.0.0.1", "localhost"), tls_ca=authority.file))
    _says(node, "is not for localhost (hostname mismatch)")
    _ready(start(_config(port.url, tls_ca=authority.file, tls_server_name="redis.internal")))


def test_what_speaks_none(redis, authority, start):
    """Redis answers what is no command, or waits for the rest of it, whatever came."""
    server = redis()
    node = start(_config(server.url.replace("redis", "rediss"), tls_ca=authority.file,
                         timeout="300ms"))
    _says(node, "is it the port of TLS (tls-port)?")


def test_a_handshake_that_stands_still_has_an_end(authority, start):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        node = start(_config("rediss://127.0.0.1:{}".format(silent.getsockname()[1]),
                             tls_ca=authority.file, timeout="300ms"))
        _says(node, "no end of the TLS handshake in time")


def test_one_that_ends_in_the_handshake(authority, start):
    with socket.create_server(("127.0.0.1", 0)) as closing:
        node = start(_config("rediss://127.0.0.1:{}".format(closing.getsockname()[1]),
                             tls_ca=authority.file))
        closing.accept()[0].close()
        _says(node, ", in the TLS handshake")


def test_sentinels_speak_it_too(secured, redis, authority, start):
    primary, port = secured()
    pair = authority.issue("sentinel", "IP:127.0.0.1", "serverAuth,clientAuth")
    watch = redis(authority, pair, kind=redis_server.TlsPort)
    redis(port, kind=redis_server.Sentinel,
          options={**watch.options, "tls-replication": "yes"})
    sentinels = {"sentinels": ["{}:{}".format(*watch.address)], "sentinel_name": "boardcast"}
    node = _ready(start(_config("rediss://primary/3", tls_ca=authority.file, **sentinels)))
    assert node.messages("redis: connected")[0]["url"] == port.url + "/3"
    node.publish("news", "1")
    assert b"db3" in primary.command("INFO", "keyspace")
    stranger = start(_config("rediss://primary", **sentinels))
    _says(stranger, "TLS: the certificate of Redis is not by a CA")


def test_a_configuration_that_cannot_work(authority, tmp_path):
    certificate, key = authority.issue("node")
    missing = str(tmp_path / "missing")
    for said, more in (
            ("", {"tls_ca": authority.file, "tls_certificate": certificate, "tls_key": key}),
            ("missing: cannot be used as the CA of Redis (No such file", {"tls_ca": missing}),
            (f"{key}: cannot be used as the CA", {"tls_ca": key}),
            ("as the certificate for Redis", {"tls_certificate": key, "tls_key": key}),
            ("as the private key of", {"tls_certificate": certificate,
                                       "tls_key": authority.key}),
            ("belong together", {"tls_certificate": certificate})):
        code, text = _check(_config("rediss://redis.internal", **more))
        assert (code == 0) == (said == "") and said in text, text
    code, said = _check(_config("redis://redis.internal", tls_ca=authority.file))
    assert code != 0 and "write rediss://" in said
    code, said = _run("publish", "--redis", "redis://127.0.0.1:1", "--cacert", authority.file,
                      "--board", "b", "--data", "x")
    assert code == 2 and "write rediss://" in said
