"""auth.jwks by https: fetched, kept while it fails, followed when it changes."""
# ctest: PROCESSORS 1

import http.server
import json
import time

import pytest

from support import h2
from support.key_sets import config
from support.process import Gateway, fetch, wait_for
from support.tokens import Issuer, Pair, bearer, secret_jwk, sign

FETCHED = "boardcast_key_sets_fetched_total"
FAILED = "boardcast_key_set_failures_total"
VERIFIED = "boardcast_tokens_verified_total"


def status(gateway, options):
    return fetch(gateway.url("/events?boards=a"), "--head", *options).status


def started(start, config):
    """Ready: it has its keys."""
    gateway = start(config)
    wait_for(lambda: fetch(gateway.url("/readyz")).status == 200, "its keys")
    return gateway


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    return Pair(tmp_path_factory.mktemp("keys"), "old")


@pytest.fixture(scope="module")
def new(tmp_path_factory):
    return Pair(tmp_path_factory.mktemp("keys"), "new")


def shown(pair):
    return bearer(pair.token("a"))


def test_keys_are_followed_and_kept_when_their_server_is_gone(start, publish_keys, old, new):
    server = publish_keys()
    server.keys = [old.jwk()]
    gateway = started(start, config(server))
    by_old, by_new = shown(old), shown(new)
    assert (status(gateway, by_old), status(gateway, by_new)) == (200, 503)
    wait_for(lambda: status(gateway, by_new) == 401, "that it was looked for, twice")
    server.keys = [old.jwk(), new.jwk()]
    wait_for(lambda: status(gateway, by_new) == 200, "the new key")
    assert status(gateway, by_old) == 200
    server.keys = [new.jwk()]
    wait_for(lambda: status(gateway, by_old) == 401, "the old key's end, though it was remembered")
    server.close()
    failed = gateway.metric(FAILED)
    wait_for(lambda: gateway.metric(FAILED) > failed, "a failure")
    assert status(gateway, by_new) == 200
    gateway.wait_for_messages("auth.jwks: no keys came; those of before hold")
    again = publish_keys(server.port)
    again.keys = [old.jwk()]
    wait_for(lambda: status(gateway, by_old) == 200, "that it is asked again", 30)
    assert gateway.metric("boardcast_key_set_age_seconds") < 30


@pytest.mark.parametrize("answer", [
    (200, b"not keys"), (200, b'{"keys":[]}'), (404, b"{}"), (500, b""), (200, b" " * 2_000_000),
    (200, json.dumps({"keys": [secret_jwk(b"s" * 32, "secret")]}).encode()),
    (302, b"http://127.0.0.1:1/keys"), (302, b"file:///etc/passwd")])
def test_what_is_no_set_of_good_keys_changes_nothing(start, publish_keys, old, answer):
    server = publish_keys()
    server.keys = [old.jwk()]
    gateway = started(start, config(server))
    server.answer = answer
    failed = gateway.metric(FAILED)
    wait_for(lambda: gateway.metric(FAILED) > failed, "a failure")
    assert status(gateway, shown(old)) == 200


def test_a_set_in_a_file_is_followed_and_kept_while_it_is_broken(start, tmp_path, old, new):
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [old.jwk()]}))
    gateway = start({"auth": {"mode": "jwt", "jwks": str(file), "jwks_refresh": "1s"}})
    by_old, by_new = shown(old), shown(new)
    assert (status(gateway, by_old), status(gateway, by_new)) == (200, 401)
    file.write_text("{")
    failed = gateway.metric(FAILED)
    wait_for(lambda: gateway.metric(FAILED) > failed, "a failure")
    assert status(gateway, by_old) == 200
    file.write_text(json.dumps({"keys": [new.jwk()]}))
    wait_for(lambda: status(gateway, by_new) == 200, "the new key", 20)
    assert status(gateway, by_old) == 401


def test_one_odd_key_takes_no_other_with_it(start, publish_keys, old):
    server = publish_keys()
    secret = b"published" * 4
    server.keys = [{"kty": "RSA", "kid": "broken"}, secret_jwk(secret, "secret"), old.jwk()]
    gateway = started(start, config(server))
    assert status(gateway, shown(old)) == 200
    said = gateway.wait_for_messages("auth.jwks: a key is passed over", 2)
    told = [entry["why"] for entry in said]
    assert len(told) == 2 and "keys[0]" in told[0] and "published" in told[1], told
    claims = {"exp": time.time() + 60, "boards": {"subscribe": ["a"]}}
    forged = sign(secret, claims, {"alg": "HS256", "kid": "secret"})
    assert status(gateway, bearer(forged)) != 200, "everybody may read that secret"


def test_the_same_keys_again_forget_no_verified_token(start, publish_keys, old):
    server = publish_keys()
    server.keys = [old.jwk()]
    gateway = started(start, config(server))
    known = shown(old)
    before, asked = gateway.metric(VERIFIED), gateway.metric(FETCHED)
    assert status(gateway, known) == 200
    wait_for(lambda: gateway.metric(FETCHED) >= asked + 2, "two more times")
    for _ in range(4):
        assert status(gateway, known) == 200
    assert gateway.metric(VERIFIED) - before <= 2, "once for each worker"


def test_a_token_of_an_unknown_key_asks_sooner_and_not_often(start, publish_keys, old, new):
    server = publish_keys()
    server.keys = [old.jwk()]
    gateway = started(start, config(server, jwks_refresh="1h"))
    assert server.asked == 1
    server.keys.append(new.jwk())
    client = h2.Client(gateway.address())  # quicker than a curl for each: it asks every ten seconds
    for n in range(50):
        guessed = sign(b"x" * 32, {"exp": time.time() + 60}, {"alg": "HS256", "kid": f"guess-{n}"})
        fields = [("authorization", f"Bearer {guessed}")]
        assert client.fetch("HEAD", "/events?boards=a", fields).status == 503
    client.close()
    known = shown(new)
    wait_for(lambda: status(gateway, known) == 200, "the new key", 20)
    assert server.asked <= 3


def test_what_passes_by_itself_ends_no_event_source(start, publish_keys, old):
    server = publish_keys()
    server.answer = (503, b"")
    gateway = start(config(server))
    known = shown(old)
    assert fetch(gateway.url("/readyz")).json() == {"status": "keyless"}
    answer = fetch(gateway.url("/events?boards=a"), "-H", "accept: text/event-stream", *known)
    assert answer.status == 200 and answer.fields["content-type"] == "text/event-stream"
    assert answer.body.startswith(b"retry: ") and b'{"reason":"token"}' in answer.body
    answer = fetch(gateway.url("/events?boards=a"), *known)
    assert answer.status == 503 and int(answer.fields["retry-after"]) > 0
    assert "www-authenticate" not in answer.fields
    server.keys, server.answer = [old.jwk()], None
    wait_for(lambda: fetch(gateway.url("/readyz")).status == 200, "its keys", 30)
    assert status(gateway, known) == 200


def test_a_start_without_its_server_serves_what_needs_none(start, publish_keys, tmp_path, old):
    issuer = Issuer(tmp_path)
    server = publish_keys()
    server.answer = (503, b"")
    gateway = start(config(server, keys=issuer.config()["keys"]))
    own, theirs = bearer(issuer.token(["a"])), shown(old)
    assert (status(gateway, own), status(gateway, theirs)) == (200, 503)
    assert gateway.metric("boardcast_key_set_age_seconds") == -1
    server.keys, server.answer = [old.jwk()], None
    wait_for(lambda: status(gateway, theirs) == 200, "its keys", 30)
    assert status(gateway, own) == 200


def test_a_server_that_nobody_vouches_for_gives_no_keys(start, publish_keys, old):
    server = publish_keys()
    server.keys = [old.jwk()]
    gateway = start(config(server, jwks_ca=""))
    wait_for(lambda: gateway.metric(FAILED) >= 1, "a failure")
    assert gateway.metric(FETCHED) == 0
    assert status(gateway, shown(old)) == 503


def test_a_server_that_says_nothing_holds_up_neither_start_nor_end():
    silent = http.server.socketserver.TCPServer(("127.0.0.1", 0), None, bind_and_activate=True)
    config = {"auth": {"mode": "jwt", "jwks": f"https://127.0.0.1:{silent.server_address[1]}/"}}
    began = time.monotonic()
    gateway = Gateway(config)
    assert time.monotonic() - began < 4, "it waits 10 s for an answer"
    began = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - began < 6
    silent.server_close()
