"""Certificates of clients: what they grant, what is refused, and when that ends."""
# ctest: PROCESSORS 1

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time

import pytest
import yaml

from support import h2, process
from support.certificates import Authority
from support.process import Gateway, fetch, wait_for
from support.tokens import Issuer, bearer
from test_change import patch
from test_tokens import JSON, publish, refused, subscribe

ORIGIN = "https://app.example.com"
SHOWN = 'boardcast_tls_client_certificates_total{result="%s"}'
GRANTS = [{"name": "pub.example", "subscribe": ["team-*"], "publish": ["team-*"]},
          {"name": "spiffe://example/admin", "admin": True}]
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    return Issuer(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def publisher(clients):
    return clients.issue("pub.example")


def config(clients, issuer, **auth):
    return {"tls": {"client_ca": clients.file, "reload": "100ms"},
            "auth": issuer.config(certificates=GRANTS, anonymous={"subscribe": ["news-*"]}, **auth),
            "admin": {"public": "token"}, "cors": {"origins": [ORIGIN]},
            "log": {"level": "debug"}, "stream": {"format": "plain"}}


@pytest.fixture(scope="module")
def gateway(clients, issuer):
    gateway = Gateway(config(clients, issuer))
    yield gateway
    assert gateway.stop() == 0, "\n".join(gateway.lines[-40:])


def cert(pair):
    """For curl."""
    return ["--cert", pair[0], "--key", pair[1]]


def trusting(pair=None, alpn=("h2",)):
    context = h2.tls(alpn)
    if pair:
        context.load_cert_chain(*pair)
    return context


def event(board):
    return {"board": board, "data": "x"}


def handshake_is_refused(gateway, pair, *options):
    before = gateway.metric(SHOWN % "refused")
    failed = gateway.metric("boardcast_tls_handshake_failures_total")
    with pytest.raises(AssertionError, match="alert|verification failed"):  # curl's words
        fetch(gateway.url("/healthz"), *cert(pair), *options)
    # Who is told that it failed may know it first.
    wait_for(lambda: gateway.metric("boardcast_tls_handshake_failures_total") > failed, "the count")
    assert gateway.metric(SHOWN % "refused") == before + 1
    assert gateway.metric("boardcast_tls_handshake_failures_total") == failed + 1


# --- Who is let in --------------------------------------------------------------------------------

@pytest.mark.parametrize("protocol", ["--http1.1", "--http2"])
def test_without_one_all_is_as_before(gateway, protocol):
    shown = gateway.metric(SHOWN % "ok")
    assert subscribe(gateway, "news-1", protocol).status == 200
    refused(subscribe(gateway, "team-a", protocol), 401)
    refused(publish(gateway, event("team-a"), protocol), 401, "token", "certificate")
    assert gateway.metric(SHOWN % "ok") == shown


@pytest.mark.parametrize("protocol,version", [("--http1.1", "HTTP/1.1"), ("--http2", "HTTP/2")])
def test_a_good_one_may_what_is_granted_and_no_more(gateway, publisher, protocol, version):
    options = [protocol, *cert(publisher)]
    answer = publish(gateway, event("team-a"), *options)
    assert (answer.status, answer.version) == (200, version)
    refused(publish(gateway, event("other"), *options), 403, "certificate", "other")
    assert subscribe(gateway, "team-a", *options).status == 200
    assert subscribe(gateway, "news-1", *options).status == 200, "as anybody"
    refused(subscribe(gateway, "other", *options), 403)
    refused(fetch(gateway.url("/admin/streams"), *options), 403, "admin")


def test_an_operator_by_certificate(gateway, clients):
    operator = cert(clients.issue("root", "URI:spiffe://example/admin"))
    assert fetch(gateway.url("/admin/streams"), *operator).status == 200
    refused(publish(gateway, event("team-a"), *operator), 403)


def test_one_that_nobody_named_grants_nothing(gateway, clients):
    stranger = cert(clients.issue("else.example"))
    assert subscribe(gateway, "news-1", *stranger).status == 200
    refused(publish(gateway, event("team-a"), *stranger), 401, "known here")
    disguised = cert(clients.issue("pub.example", "DNS:else.example"))
    refused(publish(gateway, event("team-a"), *disguised), 401)


def test_what_does_not_verify_has_no_handshake(gateway, clients, tmp_path):
    foreign = Authority(tmp_path, "foreign").issue("pub.example")
    for bad in (foreign, clients.issue("pub.example", ttl=-5),
                clients.issue("pub.example", usage="serverAuth")):
        for version in ("1.2", "1.3"):
            handshake_is_refused(gateway, bad, "--tls-max", version)
    reasons = ("get local issuer certificate", "certificate has expired", "certificate purpose")

    def counts():
        said = " ".join(line["error"] for line in gateway.messages("handshake failed"))
        return [said.count(reason) for reason in reasons]
    wait_for(lambda: sum(counts()) >= 6, lambda: f"six lines: {counts()}")
    assert counts() == [2, 2, 2]


def test_clients_are_told_the_ca(gateway):
    host, port = gateway.address()
    for version in ("-tls1_2", "-tls1_3"):
        said = subprocess.run(["openssl", "s_client", "-connect", f"{host}:{port}", version],
                              input="", capture_output=True, text=True, timeout=30).stdout
        assert "Acceptable client certificate CA names\nCN = clients\n" in said


def test_a_token_alone_counts_where_there_is_one(gateway, publisher, issuer):
    shown = cert(publisher)
    reader = bearer(issuer.token(["news-*"], subject="ann"))
    refused(publish(gateway, event("team-a"), *shown, *reader), 403, "token")
    assert subscribe(gateway, "news-1", *shown, *reader).status == 200
    refused(publish(gateway, event("team-a"), *shown, *bearer("nonsense")), 401)


def test_a_page_of_others_cannot_use_it(gateway, publisher):
    shown = [*JSON, *cert(publisher), "-d", json.dumps(event("team-a"))]
    for origin, status in ((gateway.url(""), 200), (ORIGIN, 200), ("https://evil.example", 403),
                           ("null", 403)):
        answer = fetch(gateway.url("/events"), *shown, "-H", f"origin: {origin}")
        assert answer.status == status, answer
    foreign = fetch(gateway.url("/events?boards=team-a&limit=1"), "--head", *cert(publisher), "-H",
                    "origin: https://evil.example")
    assert "access-control-allow-origin" not in foreign.fields


def test_no_header_stands_in_for_one(gateway, publisher):
    with open(publisher[0], encoding="ascii") as file:
        text = file.read().replace("\n", "%0A")
    for name in ("x-client-cert", "x-ssl-cert", "x-forwarded-client-cert", "client-cert"):
        refused(publish(gateway, event("team-a"), "-H", f"{name}: {text}"), 401)


# --- Subjects -------------------------------------------------------------------------------------

def opened(gateway, pair, query="boards=team-a"):
    client = h2.Client(gateway.address(), context=trusting(pair))
    stream = client.subscribe(query)
    client.pump(lambda: stream.events or stream.ended, "the opening")
    assert stream.status == 200, stream.data
    return client, stream, json.loads(stream.events[0].data)["stream"]


def test_its_name_is_the_subject(gateway, publisher, issuer):
    client, stream, id = opened(gateway, publisher)
    listed = fetch(gateway.admin("/admin/streams?limit=1000")).json()["streams"]
    assert [one["subject"] for one in listed if one["id"] == id] == ["pub.example"]
    change = {"add": ["team-b"]}
    refused(patch(gateway, id, change), 401)
    refused(patch(gateway, id, change, *bearer(issuer.token(["team-*"], subject="ann"))), 403)
    assert patch(gateway, id, change, *cert(publisher)).status == 200
    client.close()


def test_a_kicked_subject_is_refused_and_no_other(start, clients, issuer, publisher):
    settings = config(clients, issuer)
    settings["auth"]["certificates"] = [*GRANTS, {"name": "*", "subscribe": ["team-*"]}]
    gateway = start(settings)
    client, stream, id = opened(gateway, publisher)
    operator = bearer(issuer.token(admin=True))
    ended = fetch(gateway.url(f"/admin/streams/{id}?for=1m"), "-X", "DELETE", *operator)
    assert ended.status == 204
    client.pump(lambda: stream.ended, "its end")
    again = clients.issue("pub.example")  # a renewed one is the same client
    assert subscribe(gateway, "team-a", *cert(again)).status == 204
    assert subscribe(gateway, "team-a", *cert(clients.issue("other.example"))).status == 200
    client.close()


# --- Ends -----------------------------------------------------------------------------------------

def test_its_end_is_the_end_of_what_it_opened(gateway, clients):
    begun = time.time()
    pair = clients.issue("pub.example", ttl=6)
    made = time.time()
    client, stream, _ = opened(gateway, pair)
    client.pump(lambda: stream.of_type("boardcast.expiring"), "the notice", 4)
    told = json.loads(stream.of_type("boardcast.expiring")[0].data)
    assert begun + 5 <= told["expires"] / 1000 <= made + 6, "whole seconds, as certificates have it"
    assert client.publish("team-a", b"x").status == 200
    client.pump(lambda: stream.ended, "its end", 15)
    assert 0 <= time.time() * 1000 - told["expires"] < 5000
    assert [json.loads(one.data) for one in stream.of_type("boardcast.end")] == [
        {"reason": "token"}]
    after = client.publish("team-a", b"x")
    assert after.status == 401 and b"has expired" in after.data
    client.pump(lambda: client.goaways, "the wish that it comes again")
    handshake_is_refused(gateway, pair)
    client.close()


# --- Changes in a running gateway -----------------------------------------------------------------

def asked(client):
    return client.publish("team-a", b"x").status


def test_grants_hold_at_once_on_connections_that_there_are(start, clients, issuer, publisher):
    gateway = start(config(clients, issuer))
    client, stream, _ = opened(gateway, publisher)
    assert asked(client) == 200
    assert gateway.reload({"auth": {"certificates": [{"name": "pub.example"}]}})
    assert gateway.messages("reloaded")[-1]["changed"] == "auth.certificates"
    assert asked(client) == 403
    assert gateway.reload({"auth": {"certificates": GRANTS[1:]}})
    assert asked(client) == 401
    assert gateway.reload({"auth": {"certificates": GRANTS}})
    assert asked(client) == 200
    assert not stream.ended
    client.close()


def test_another_ca_holds_for_new_connections(start, clients, issuer, publisher, tmp_path):
    mine, other = str(tmp_path / "clients.crt"), Authority(tmp_path, "other")

    def put(*files):
        with open(mine + ".new", "w", encoding="ascii") as target:
            for file in files:
                with open(file, encoding="ascii") as source:
                    target.write(source.read())
        os.replace(mine + ".new", mine)

    put(clients.file)
    settings = config(clients, issuer)
    settings["tls"]["client_ca"] = mine
    gateway = start(settings)
    renewed = 'boardcast_certificate_reloads_total{result="%s"}'
    client, _, _ = opened(gateway, publisher)
    stranger = other.issue("pub.example")
    handshake_is_refused(gateway, stranger)

    put(clients.file, other.file)
    wait_for(lambda: gateway.metric(renewed % "ok") == 1, "the renewal")
    for pair in (publisher, stranger):
        assert publish(gateway, event("team-a"), *cert(pair)).status == 200
    put(os.path.join(process.ROOT, "certs", "dev.key"))
    wait_for(lambda: gateway.metric(renewed % "failed") >= 1, "the refusal")
    assert publish(gateway, event("team-a"), *cert(stranger)).status == 200, "those in use stay"
    assert not gateway.reload()
    put(other.file)
    assert gateway.reload()
    handshake_is_refused(gateway, publisher)
    assert asked(client) == 200, "what was verified lasts"
    assert gateway.reload({"tls": {"client_ca": ""}, "auth": {"certificates": []}})
    refused(publish(gateway, event("team-a"), *cert(stranger)), 401)
    client.close()


# --- Resumption -----------------------------------------------------------------------------------

def post(gateway, context, session=None):
    """(status, whether it resumed, the session for the next time)"""
    raw = socket.create_connection(gateway.address(), timeout=10)
    with context.wrap_socket(raw, server_hostname="localhost", session=session) as tls:
        tls.sendall(b"POST /events?board=team-a HTTP/1.1\r\nhost: localhost\r\n"
                    b"content-type: text/plain\r\ncontent-length: 1\r\n\r\nx")
        return int(tls.recv(1000).split(b" ")[1]), tls.session_reused, tls.session


def context_of(version, pair=None):
    context = trusting(pair, alpn=["http/1.1"])
    context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.parametrize("version", VERSIONS)
def test_a_resumed_session_is_still_somebody(gateway, publisher, version):
    context = context_of(version, publisher)
    status, reused, session = post(gateway, context)
    assert (status, reused) == (200, False)
    for _ in range(3):  # on both workers
        status, reused, session = post(gateway, context, session)
        assert (status, reused) == (200, True)
    anybody = context_of(version)
    _, _, session = post(gateway, anybody)
    assert post(gateway, anybody, session)[:2] == (401, True)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_ticket_outlives_no_ca(start, clients, issuer, publisher, tmp_path, version):
    gateway = start(config(clients, issuer))
    context = context_of(version, publisher)
    _, _, session = post(gateway, context)
    other = Authority(tmp_path, "other")
    assert gateway.reload({"tls": {"client_ca": other.file}})
    with pytest.raises((ssl.SSLError, ConnectionError)):
        post(gateway, context, session)
    assert gateway.reload({"tls": {"client_ca": clients.file}})
    assert post(gateway, context, session)[:2] == (200, True)


def test_a_resumed_session_ends_with_its_certificate(gateway, clients):
    contexts = [context_of(version, clients.issue("pub.example", ttl=6)) for version in VERSIONS]
    ends = time.monotonic() + 6.5
    answers = [post(gateway, context) for context in contexts]
    assert [status for status, _, _ in answers] == [200, 200]
    time.sleep(max(0.0, ends - time.monotonic()))
    fresh = clients.issue("pub.example")
    for context, (_, _, session) in zip(contexts, answers):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            post(gateway, context, session)
        context.load_cert_chain(*fresh)
        assert post(gateway, context, session)[:2] == (200, False)


def test_commands_come_back_with_the_certificate_that_is_in_the_file_then(start, clients, issuer,
                                                                          commands, tmp_path):
    gateway = start(config(clients, issuer))
    files = [str(tmp_path / "my.crt"), str(tmp_path / "my.key")]

    def put(pair):
        for source, target in zip(pair, files):
            shutil.copyfile(source, target)

    put(clients.issue("pub.example", ttl=6))
    shown = ["--cert", files[0], "--cert-key", files[1]]
    tail = commands("tail", gateway.url(), "--boards", "team-a", "--limit", "2", *shown)
    publish_lines = commands("publish", gateway.url(), "--board", "team-a", *shown)
    wait_for(lambda: "team-a" in gateway.connections()["boards"], "the reader")
    publish_lines.feed("one\n")
    tail.wait_for_lines(1)
    put(clients.issue("pub.example"))
    tail.wait_for_said("the gateway ended the stream (token)", 20)
    publish_lines.feed("two\n")
    assert publish_lines.end() == 0, publish_lines.said
    assert tail.end() == 0 and tail.lines == ["one", "two"]


# --- Ways to the gateway --------------------------------------------------------------------------

def test_behind_a_proxy_that_passes_tls_on(start, clients, issuer, publisher):
    settings = config(clients, issuer)
    settings["server"] = {"proxy_protocol": "on", "proxy_trusted": ["127.0.0.1"]}
    gateway = start(settings)
    client = h2.Client(gateway.address(), context=trusting(publisher),
                       before=b"PROXY TCP4 192.0.2.1 192.0.2.2 4000 443\r\n")
    assert asked(client) == 200
    client.close()


def test_the_commands_show_one(gateway, publisher, commands, tmp_path):
    url = gateway.url("").replace("127.0.0.1", "localhost")
    words = ["publish", url, "--board", "team-a", "--data", "x", "--retry-for", "0s"]
    good = commands(*words, "--cert", publisher[0], "--cert-key", publisher[1])
    assert good.end() == 0, good.said
    both = tmp_path / "both.pem"
    both.write_text("".join(open(name, encoding="ascii").read() for name in publisher))
    assert commands(*words, "--cert", str(both)).end() == 0
    none = commands(*words)
    assert none.end() == 1
    none.wait_for_said("token is needed")
    broken = commands(*words, "--cert", process.CA)
    assert broken.end() == 1, "without its key nothing can be shown"
    reader = commands("tail", url, "--boards", "team-a", "--earliest", "--limit", "1", "--cert",
                      str(both))
    assert reader.end() == 0, reader.said


def test_without_keys_of_tokens(start, clients, publisher, issuer):
    gateway = start({"tls": {"client_ca": clients.file},
                     "auth": {"mode": "jwt", "certificates": GRANTS,
                              "anonymous": {"subscribe": ["*"]}}})
    assert publish(gateway, event("team-a"), *cert(publisher)).status == 200
    assert subscribe(gateway, "team-a").status == 200
    refused(subscribe(gateway, "team-a", *bearer(issuer.token(["*"]))), 401)


def test_the_manual_makes_one_that_is_taken(start, tmp_path, issuer):
    with open(os.path.join(process.ROOT, "config", "README.md"), encoding="utf-8") as file:
        section = file.read().split("\n## Client certificates\n")[1].split("\n## ")[0]
    settings, making = (re.findall(rf"^```{kind}\n(.*?)^```$", section, re.M | re.S)[0]
                        for kind in ("yaml", "sh"))
    subprocess.run(["bash", "-euc", making], cwd=tmp_path, check=True, capture_output=True,
                   timeout=30)
    gateway = start({"tls": {"client_ca": str(tmp_path / "clients-ca.crt")},
                     "auth": {**issuer.config(), **yaml.safe_load(settings)["auth"]}})
    made = cert((str(tmp_path / "prices.crt"), str(tmp_path / "prices.key")))
    assert publish(gateway, event("prices-gold"), *made).status == 200
    refused(publish(gateway, event("status-x"), *made), 403)
