"""Certificates change while the gateway runs: new connections get the new one, nobody is cut, and
what is wrong leaves the old one in use."""

import os
import shutil
import socket
import ssl

import pytest

from support import h2
from support.certificates import der, expire, make_certificate, replace, served
from support.load import Publisher, Readers
from support.process import fetch, wait_for

RENEWED = 'boardcast_certificate_reloads_total{result="%s"}'
FAILING = "boardcast_certificate_renewal_failing"
EXPIRES = "boardcast_certificate_expires_in_seconds"
DAY = 86_400


def trusting(files):
    context = ssl.create_default_context(cafile=files["cert"])
    context.check_hostname = False
    context.set_alpn_protocols(["h2"])
    return context


@pytest.fixture
def pair(tmp_path):
    """A pair in use, and one each that may come in its place."""
    (tmp_path / "spare").mkdir()
    return make_certificate(tmp_path, "localhost", days=2)


def spare(tmp_path, name, **options):
    return make_certificate(tmp_path / "spare", name, **options)


def test_twenty_swaps_under_load_drop_nothing(start, pair, tmp_path):
    gateway = start({"tls": {"certificates": [pair], "reload": "100ms"}})
    new = [spare(tmp_path, f"new-{number}") for number in range(20)]
    readers = [Readers(gateway, context=trusting(pair)) for _ in range(3)]
    publisher = Publisher(gateway, context=trusting(pair))
    for number, files in enumerate(new):
        publisher.go_on(10)
        replace(pair, files)
        if number % 2:  # or it is told, as a deploy hook does
            assert gateway.reload()
        wait_for(lambda: served(gateway.address()) == der(files), "the new certificate")
    publisher.go_on(10)
    count = publisher.finish()
    for reader in readers:
        reader.finish(count)
    assert gateway.metric("boardcast_tls_handshake_failures_total") == 0


def test_a_bad_file_keeps_the_old_one(start, pair, tmp_path):
    gateway = start({"tls": {"certificates": [pair], "reload": "100ms"}})
    before = der(pair)
    other = spare(tmp_path, "other")
    bad = 0

    def refused(text):
        nonlocal bad
        bad += 1
        # A file that is half written may be met, too, and is another problem.
        wait_for(lambda: any(text in line["problem"] for line in gateway.messages(
            "certificates not renewed, those in use stay")), text)
        wait_for(lambda: gateway.metric(RENEWED % "failed") >= bad, text)
        bad = gateway.metric(RENEWED % "failed")
        assert served(gateway.address()) == before
        assert not gateway.reload()  # told to, it is refused as well
        assert served(gateway.address()) == before

    shutil.copy(other["cert"], pair["cert"])
    refused("the private key does not belong to the first certificate")
    with open(pair["cert"], "w", encoding="ascii") as file:
        file.write("-----BEGIN CERTIFICATE-----\nhalf a fi")
    refused("holds no certificate in PEM form")
    os.unlink(pair["cert"])
    refused("cannot read the certificate (No such file")
    replace(pair, expire(spare(tmp_path, "old")))
    refused("has expired or is not valid yet")
    assert gateway.metric(RENEWED % "ok") == 0
    assert not gateway.messages("the certificate has expired; clients will refuse it")

    replace(pair, other)
    wait_for(lambda: served(gateway.address()) == der(other), "the good one")
    assert gateway.metric(RENEWED % "ok") >= 1


def test_one_bad_pair_stops_no_other(start, pair, tmp_path):
    two = make_certificate(tmp_path, "two.test")
    gateway = start({"tls": {"certificates": [pair, two], "reload": "100ms"}})
    before = der(two)
    with open(two["cert"], "w", encoding="ascii") as file:
        file.write("half a fi")
    wait_for(lambda: gateway.metric(FAILING) == 1, "the refusal")
    good = spare(tmp_path, "good")
    replace(pair, good)
    wait_for(lambda: served(gateway.address()) == der(good), "the new certificate")
    assert served(gateway.address(), "two.test") == before
    assert gateway.metric(FAILING) == 1
    said = wait_for(lambda: gateway.messages("certificates not renewed, those in use stay"), "why")
    assert said[-1]["problem"].startswith("tls.certificates[1]: ")
    assert not gateway.reload({"stream": {"heartbeat": "9s"}}), "that is all or nothing"
    replace(two, spare(tmp_path, "two.test"))
    wait_for(lambda: served(gateway.address(), "two.test") == der(two) != before, "the other")
    wait_for(lambda: gateway.metric(FAILING) == 0, "that all is well")
    assert gateway.reload()


def test_the_time_that_is_left_follows(start, pair, tmp_path):
    gateway = start({"tls": {"certificates": [pair], "reload": "100ms"}})
    assert gateway.metric(EXPIRES) == pytest.approx(2 * DAY, abs=600)
    soon = "a certificate expires soon: renew it"
    said = wait_for(lambda: gateway.messages(soon), "the warning")
    assert said[-1]["days_left"] in (1, 2), "whole ones"
    assert gateway.messages(soon)[-1]["file"] == pair["cert"]
    replace(pair, spare(tmp_path, "longer", days=90))
    wait_for(lambda: gateway.metric(EXPIRES) > 80 * DAY, "the renewal")
    assert gateway.metric(EXPIRES) == pytest.approx(90 * DAY, abs=600)
    assert len(gateway.messages(soon)) == 1
    renewed = wait_for(lambda: gateway.messages("certificates renewed"), "the line")[-1]
    assert renewed["files"] == pair["cert"] and renewed["days_left"] in (89, 90)
    replace(pair, spare(tmp_path, "shorter", days=5))
    wait_for(lambda: len(gateway.messages(soon)) == 2, "the warning")


def test_one_that_is_over_is_an_error(start, pair):
    gateway = start({"tls": {"certificates": [expire(pair)]}})
    wait_for(lambda: gateway.messages("serving"), "the start")
    over, = gateway.messages("a certificate has expired and clients refuse it: renew it")
    assert (over["level"], over["file"]) == ("error", pair["cert"])
    assert not gateway.messages("a certificate expires soon: renew it")


def test_links_as_certbot_makes_them(start, pair, tmp_path):
    live = {"cert": str(tmp_path / "live.crt"), "key": str(tmp_path / "live.key")}
    for name in live:
        os.symlink(pair[name], live[name])
    gateway = start({"tls": {"certificates": [live], "reload": "100ms"}})
    other = spare(tmp_path, "other")
    for name in live:
        os.symlink(other[name], live[name] + ".new")
        os.rename(live[name] + ".new", live[name])
    wait_for(lambda: served(gateway.address()) == der(other), "the new certificate")


def test_without_looking_only_a_signal_helps(start, pair, tmp_path):
    gateway = start({"tls": {"certificates": [pair], "reload": "0s"}})
    before = der(pair)
    replace(pair, spare(tmp_path, "other"))
    for _ in range(5):
        assert served(gateway.address()) == before
    assert gateway.reload({"tls": {"reload": "100ms"}})
    assert served(gateway.address()) == der(pair)
    replace(pair, spare(tmp_path, "third"))
    wait_for(lambda: served(gateway.address()) == der(pair), "the interval that was reloaded")


def test_more_certificates_by_reload(start, pair, tmp_path):
    gateway = start({"tls": {"certificates": [pair]}})
    old = h2.Client(gateway.address(), context=trusting(pair))
    stream = old.subscribe("boards=a")
    old.pump(lambda: stream.events, "the opening")
    other = spare(tmp_path, "two.test")
    assert gateway.reload({"tls": {"certificates": [pair, other], "min_version": "1.3"}})
    reloaded = gateway.messages("reloaded")[-1]
    assert (reloaded["certificates"], reloaded["keys"]) == (other["cert"], "unchanged")
    assert served(gateway.address(), "two.test") == der(other)
    assert served(gateway.address(), "localhost") == der(pair)
    assert fetch(gateway.url("/healthz"), "-k", "--tlsv1.3").status == 200
    with pytest.raises(AssertionError):
        fetch(gateway.url("/healthz"), "-k", "--tls-max", "1.2")
    gateway.publish("a", "1", options=("-k",))
    old.pump(lambda: stream.of_type("message"), "an event on the old connection")
    old.close()


def ticket(gateway, context, session=None):
    """Connects, with a session if given; whether it resumed, and the session for the next time."""
    raw = socket.create_connection(gateway.address(), timeout=10)
    with context.wrap_socket(raw, server_hostname="localhost", session=session) as tls:
        tls.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert tls.recv(1000).startswith(b"HTTP/1.1 200 ")
        return tls.session_reused, tls.session


def open_context(version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tickets_resume_across_swaps(start, pair, tmp_path, version):
    gateway = start({"tls": {"certificates": [pair], "reload": "100ms"}})
    context = open_context(version)
    _, session = ticket(gateway, context)
    for number in range(3):
        other = spare(tmp_path, f"swap-{number}")
        replace(pair, other)
        wait_for(lambda: served(gateway.address()) == der(other), "the new certificate")
        reused, session = ticket(gateway, context, session)
        assert reused
    assert gateway.reload({"limits": {"json_depth": 9}})
    assert ticket(gateway, context, session)[0]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tickets_resume_on_another_node_with_the_keys(start, pair, tmp_path, version):
    first, second = str(tmp_path / "first.ticket"), str(tmp_path / "second.ticket")
    for name in (first, second):
        with open(name, "wb") as file:
            file.write(os.urandom(80))
    tls = {"certificates": [pair], "ticket_keys": [first], "reload": "100ms"}
    nodes = [start({"tls": tls}), start({"tls": tls}), start({"tls": {"certificates": [pair]}})]
    context = open_context(version)
    _, session = ticket(nodes[0], context)
    reused, session = ticket(nodes[1], context, session)
    assert reused
    assert not ticket(nodes[2], context, session)[0], "keys of its own"

    # Rotation over all nodes: first the new key decrypts everywhere, then it encrypts.
    assert nodes[0].reload({"tls": {"ticket_keys": [second, first]}})
    reused, session = ticket(nodes[0], context, session)
    assert reused
    assert nodes[1].reload({"tls": {"ticket_keys": [second]}})
    assert ticket(nodes[1], context, session)[0]

    # The file itself may change; what is no key keeps those in use.
    with open(second, "wb") as file:
        file.write(b"too short")
    wait_for(lambda: nodes[1].metric(RENEWED % "failed") >= 1, "the refusal")
    assert ticket(nodes[1], context, session)[0]
    with open(second, "wb") as file:
        file.write(os.urandom(80))
    wait_for(lambda: nodes[1].metric(RENEWED % "ok") >= 1, "the new key")
    assert not ticket(nodes[1], context, session)[0]
