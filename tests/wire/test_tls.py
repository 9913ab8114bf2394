"""TLS at the edge: versions, ALPN, SNI, resumption, and the plain listeners beside it."""

import os
import socket
import ssl

import pytest

from support import h2, process
from support.certificates import make_certificate
from support.process import fetch, wait_for


def connect(gateway, context, name="localhost", session=None):
    raw = socket.create_connection(gateway.address(), timeout=10)
    return context.wrap_socket(raw, server_hostname=name, session=session)


@pytest.mark.parametrize("offered,chosen", [
    (["h2", "http/1.1"], "h2"), (["http/1.1", "h2"], "h2"), (["http/1.1"], "http/1.1"),
    (["spdy/3", "h2"], "h2"), (None, None)])
def test_alpn(shared, offered, chosen):
    context = ssl.create_default_context(cafile=process.CA)
    if offered:
        context.set_alpn_protocols(offered)
    with connect(shared, context) as tls:
        assert tls.selected_alpn_protocol() == chosen
        if chosen is None:  # HTTP/1.1 without a word
            tls.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            assert tls.recv(100).startswith(b"HTTP/1.1 200 ")


def test_no_common_protocol_is_refused(shared):
    with pytest.raises(ssl.SSLError):
        connect(shared, h2.tls(alpn=["h3"]))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions_served(shared, version):
    context = h2.tls()
    context.minimum_version = context.maximum_version = version
    with connect(shared, context) as tls:
        assert tls.version() == version.name.replace("_", ".")
        name = tls.cipher()[0]
        assert "GCM" in name or "CHACHA20" in name


def test_old_versions_and_weak_ciphers_are_refused(shared):
    old = h2.tls()
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        connect(shared, old)
    for ciphers in ("AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA"):  # no ECDHE; no AEAD
        weak = h2.tls()
        weak.maximum_version = ssl.TLSVersion.TLSv1_2
        weak.set_ciphers(ciphers)
        with pytest.raises(ssl.SSLError):
            connect(shared, weak)


def test_minimum_version_is_kept(start):
    gateway = start({"tls": {"min_version": "1.3"}})
    context = h2.tls()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        connect(gateway, context)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_resume_on_any_worker(shared, version):
    context = h2.tls(alpn=["http/1.1"])
    context.minimum_version = context.maximum_version = version
    request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"
    with connect(shared, context) as tls:
        tls.sendall(request)
        tls.recv(1000)
        session = tls.session
    reused = []
    for _ in range(4):  # the next connections go to both workers
        with connect(shared, context, session=session) as tls:
            tls.sendall(request)
            tls.recv(1000)
            reused.append(tls.session_reused)
    assert all(reused)
    assert shared.metric("boardcast_tls_resumed_total") >= 4


def test_certificate_by_name(start, tmp_path):
    files = [make_certificate(tmp_path, name) for name in ("one.test", "two.test")]
    gateway = start({"tls": {"certificates": files}})
    for name, file in (("one.test", 0), ("two.test", 1), ("a.two.test", 1), ("else.test", 0)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with connect(gateway, context, name) as tls:
            der = tls.getpeercert(binary_form=True)
        expected = ssl.PEM_cert_to_DER_cert(open(files[file]["cert"]).read())
        assert der == expected, name


def test_plain_listeners(start, curls):
    gateway = start({"server": {"listen": ["http://127.0.0.1:0", "h2c://127.0.0.1:0"]}})
    answer = fetch(gateway.url("/healthz", "http"))
    assert (answer.status, answer.version) == (200, "HTTP/1.1")
    answer = fetch(gateway.url("/healthz", "h2c").replace("h2c:", "http:"),
                   "--http2-prior-knowledge")
    assert (answer.status, answer.version) == (200, "HTTP/2")
    client = h2.Client(gateway.address("h2c"), secure=False)
    stream = client.subscribe("boards=plain")
    client.pump(lambda: stream.events, "open")
    client.close()


def test_both_address_families(start):
    if not os.path.exists("/proc/net/if_inet6"):
        families = {"127.0.0.1"}
    else:
        families = {"127.0.0.1", "::1"}
    gateway = start({"server": {"listen": ["https://localhost:0"]}})
    wait_for(lambda: len(gateway.messages("listening")) > len(families), "listeners")
    hosts = {entry["address"] for entry in gateway.messages("listening")
             if entry["role"] == "traffic"}
    assert len(hosts) == len(families)
    _, port = gateway.address()
    for host in families:
        name = f"[{host}]" if ":" in host else host
        assert fetch(f"https://{name}:{port}/healthz").status == 200


def test_a_handshake_that_never_ends(start):
    gateway = start({"limits": {"handshake_timeout": "1s"}})
    silent = socket.create_connection(gateway.address(), timeout=10)
    dribble = socket.create_connection(gateway.address(), timeout=10)
    dribble.sendall(b"\x16\x03\x01\x02")
    silent.settimeout(5 * process.SLOWNESS)
    assert silent.recv(1) == b""
    dribble.settimeout(5 * process.SLOWNESS)
    assert dribble.recv(1) == b""
    assert gateway.metric("boardcast_tls_handshake_timeouts_total") == 2
