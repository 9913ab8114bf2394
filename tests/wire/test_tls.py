"""TLS at the edge: versions, ALPN, SNI, resumption, and the plain listeners beside it."""

import os
import socket
import ssl
import subprocess
import xml.etree.ElementTree

import pytest

from support import h2, process
from support.certificates import make_certificate
from support.process import fetch


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


AES = "TLS_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"
CHACHA = "TLS_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"
STRONG = "TLS_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"


def has_aes():
    """This machine has instructions for AES, so the gateway prefers it."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        return any(line.startswith(("flags", "Features")) and " aes " in line + " "
                   for line in file)


def s_client(gateway, *options, text=""):
    host, port = gateway.address()
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"{host}:{port}", "-servername", "localhost", *options],
        input=text, capture_output=True, text=True, errors="replace", timeout=30)
    return done.stdout + done.stderr


@pytest.mark.parametrize("offered,chosen", [
    ((STRONG, CHACHA, AES), AES),  # OpenSSL and curl
    ((AES, STRONG, CHACHA), AES),  # Chromium with AES instructions
    ((CHACHA, AES, STRONG), CHACHA),  # Chromium without
    ((STRONG, CHACHA), STRONG), ((CHACHA, STRONG), CHACHA)])
def test_the_cheapest_cipher_for_both_is_chosen(shared, offered, chosen):
    if not has_aes():
        chosen = CHACHA
    for version, option, index in (("-tls1_3", "-ciphersuites", 0), ("-tls1_2", "-cipher", 1)):
        said = s_client(shared, version, option, ":".join(names[index] for names in offered))
        assert f"Cipher is {chosen[index]}\n" in said


def test_no_renegotiation_compression_or_early_data(shared):
    said = s_client(shared, "-tls1_2", text="R\n")
    assert "Secure Renegotiation IS supported" in said  # RFC 5746: so that nobody can splice in
    assert "no renegotiation" in said
    assert "Compression: NONE" in said
    said = s_client(shared, "-tls1_3", "-alpn", "http/1.1", "-ign_eof",
                    text="GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
    assert said.count("Max Early Data: 0") == 2  # one for each ticket


def test_a_scanner_finds_what_is_meant_and_no_more(shared):
    host, port = shared.address()
    done = subprocess.run(["sslscan", "--xml=-", f"{host}:{port}"], capture_output=True, text=True,
                          timeout=60 * process.SLOWNESS, check=True)
    found = xml.etree.ElementTree.fromstring(done.stdout).find("ssltest")
    enabled = {(one.get("type"), one.get("version")) for one in found.iter("protocol")
               if one.get("enabled") == "1"}
    assert enabled == {("tls", "1.2"), ("tls", "1.3")}
    assert {one.get("cipher") for one in found.iter("cipher")} == {*AES, *CHACHA, *STRONG}
    assert {one.get("name").split(" ")[0].lower() for one in found.iter("group")} <= {
        "x25519", "secp256r1", "secp384r1"}
    assert found.find("renegotiation").get("supported") == "0"
    assert all(one.get("vulnerable") == "0" for one in found.iter("heartbleed"))


def test_browsers_are_told_to_come_by_tls_where_that_is_wanted(start):
    gateway = start()
    field = "strict-transport-security"
    assert field not in fetch(gateway.url("/healthz")).fields
    assert gateway.reload({"tls": {"hsts": "8760h"}})
    head = fetch(gateway.url("/events?boards=a"), "-I").fields
    for fields in (head, fetch(gateway.url("/healthz")).fields, fetch(gateway.url("/no")).fields,
                   fetch(gateway.url("/events"), "-X", "OPTIONS").fields):
        assert fields[field] == "max-age=31536000"
    for path in ("/healthz", "/no"):
        assert field not in fetch(gateway.url(path, "http")).fields
    assert field not in fetch(gateway.admin("/healthz")).fields
    assert gateway.reload({"tls": {"hsts": "0s"}})  # RFC 6797 section 6.1.1: forget it
    assert fetch(gateway.url("/healthz")).fields[field] == "max-age=0"
    assert gateway.reload({"tls": {"hsts": "off"}})
    assert field not in fetch(gateway.url("/healthz")).fields


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
    listening = gateway.wait_for_messages("listening", len(families) + 1)  # and that of the admin
    hosts = {entry["address"] for entry in listening if entry["role"] == "traffic"}
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
