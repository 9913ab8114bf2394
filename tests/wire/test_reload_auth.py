"""SIGHUP and `auth`: what asks for tokens and judges them, for the next request of whoever is
connected; what was granted stays. Keys that are published: test_key_sets.py."""
# ctest: PROCESSORS 1

import json
import time

import pytest

from support import h2
from support.key_sets import config as published
from support.load import shown
from support.process import fetch, wait_for
from support.tokens import Issuer, Pair, bearer

FETCHED = "boardcast_key_sets_fetched_total"
FAILED = "boardcast_key_set_failures_total"
AGE = "boardcast_key_set_age_seconds"
VERIFIED = "boardcast_tokens_verified_total"
KEPT = "not reloaded, all stays as it was"


class Guests:
    """Connections that are open all the time, some on each worker, each with a live stream."""

    def __init__(self, gateway, token=None, count=4):
        self.gateway = gateway
        self.clients = [h2.Client(gateway.address()) for _ in range(count)]
        self.streams = [client.subscribe("boards=live", shown(token)) for client in self.clients]
        for client, stream in zip(self.clients, self.streams):
            client.pump(lambda: stream.events, "the opening")

    def told(self, fields=(), query="boards=live"):
        """What they are answered, on their streams' connections."""
        return {client.fetch("HEAD", f"/events?{query}", fields).status for client in self.clients}

    def status(self, fields=(), query="boards=live"):
        """What all of them are."""
        told = self.told(fields, query)
        assert len(told) == 1, told
        return told.pop()

    def live_on(self, *options):
        self.gateway.publish("live", "still", options)
        for client, stream in zip(self.clients, self.streams):
            client.pump(lambda: stream.of_type("message"), "an event on the old stream")
            assert not stream.ended
            client.close()


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    return Issuer(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return Pair(tmp_path_factory.mktemp("keys"), "other")


@pytest.fixture(scope="module")
def set_file(tmp_path_factory, pair):
    file = tmp_path_factory.mktemp("keys") / "set.json"
    file.write_text(json.dumps({"keys": [pair.jwk()]}))
    return str(file)


def cookie(token, name="boardcast_token"):
    return [("cookie", f"{name}={token}")]


OPEN = {"subscribe": ["live"], "publish": ["live"]}


def test_whoever_has_no_token_is_asked_from_the_next_request_on(start, issuer):
    gateway = start()
    guests = Guests(gateway)
    by_token = shown(issuer.token(["live"]))
    assert guests.status() == 200
    assert gateway.reload({"auth": issuer.config()})
    assert (guests.status(), guests.status(by_token)) == (401, 200)
    assert guests.status(by_token, "boards=other") == 403
    assert gateway.reload({"auth": {"anonymous": {"subscribe": ["other"]}}})
    assert guests.status(query="boards=other") == 200
    assert gateway.reload({"auth": {"anonymous": {"subscribe": [], "publish": ["live"]}}})
    assert guests.status(query="boards=other") == 401
    assert gateway.reload({"auth": {"mode": "none"}})
    assert guests.status() == 200
    assert gateway.reload({"auth": {"mode": "jwt"}})
    assert (guests.status(), guests.status(by_token)) == (401, 200)
    guests.live_on()


@pytest.mark.parametrize("first,then,claims,seen", [
    ({}, {"issuer": "a"}, lambda: {}, (200, 401)),
    ({"issuer": "a"}, {"issuer": "b"}, lambda: {"iss": "a"}, (200, 401)),
    ({"issuer": "a"}, {"issuer": ""}, lambda: {"iss": "b"}, (401, 200)),
    ({"audience": "a"}, {"audience": "b"}, lambda: {"aud": "a"}, (200, 401)),
    ({"audience": "a"}, {"audience": "b"}, lambda: {"aud": ["b"]}, (401, 200)),
    ({}, {"leeway": "0s"}, lambda: {"ttl": -30}, (200, 401)),
    ({}, {"leeway": "0s"}, lambda: {"nbf": time.time() + 40}, (200, 401)),
    ({"leeway": "0s"}, {"leeway": "1m"}, lambda: {"ttl": -30}, (401, 200)),
])
def test_tokens_are_judged_anew(start, issuer, first, then, claims, seen):
    gateway = start({"auth": issuer.config(anonymous=OPEN, **first)})
    guests = Guests(gateway)
    token = shown(issuer.token(["a"], **claims()))
    before = guests.status(token, "boards=a")
    assert gateway.reload({"auth": then})
    assert (before, guests.status(token, "boards=a")) == seen
    guests.live_on()


@pytest.mark.parametrize("first,then,place,seen", [
    ({}, {"cookie": "other"}, lambda token: (cookie(token), ""), (200, 401)),
    ({}, {"cookie": "other"}, lambda token: (cookie(token, "other"), ""), (401, 200)),
    ({}, {"cookie": ""}, lambda token: (cookie(token), ""), (200, 401)),
    ({}, {"query_token": "on"}, lambda token: ((), f"&access_token={token}"), (401, 200)),
    ({"query_token": "on"}, {"query_token": "off"},
     lambda token: ((), f"&access_token={token}"), (200, 401)),
])
def test_where_a_token_may_stand(start, issuer, first, then, place, seen):
    gateway = start({"auth": issuer.config(anonymous=OPEN, **first)})
    guests = Guests(gateway)
    fields, query = place(issuer.token(["a"]))
    before = guests.status(fields, "boards=a" + query)
    assert gateway.reload({"auth": then})
    assert (before, guests.status(fields, "boards=a" + query)) == seen
    guests.live_on()


def test_other_keys_and_a_set_in_a_file(start, issuer, pair, set_file, tmp_path):
    gateway = start({"auth": issuer.config(anonymous=OPEN)})
    guests = Guests(gateway)
    other = Issuer(tmp_path)
    tokens = [shown(token) for token in (issuer.token(["a"]), other.token(["a"]), pair.token("a"))]

    def statuses():
        return [guests.status(token, "boards=a") for token in tokens]
    assert statuses() == [200, 401, 401]
    assert gateway.metric(AGE) == -1 and gateway.metric(FETCHED) == 0
    assert gateway.reload({"auth": {"keys": other.config()["keys"]}})
    assert statuses() == [401, 200, 401]
    assert gateway.messages("reloaded")[-1]["keys"] == "1"
    assert gateway.reload({"auth": {"jwks": set_file}})
    assert gateway.messages("reloaded")[-1]["keys"] == "2"
    assert statuses() == [401, 200, 200]
    wait_for(lambda: gateway.metric(FETCHED) == 1, "the metric of a set where none was")
    assert gateway.reload({"auth": {"keys": issuer.config()["keys"]}})
    assert statuses() == [200, 401, 200]
    assert gateway.reload({"auth": {"jwks": ""}})
    assert statuses() == [200, 401, 401]
    assert gateway.metric(AGE) == -1
    guests.live_on()


def test_what_changes_nothing_of_tokens_forgets_none(start, issuer):
    gateway = start({"auth": issuer.config(anonymous=OPEN)})
    guests = Guests(gateway)
    token = shown(issuer.token(["a"]))
    assert guests.status(token, "boards=a") == 200
    verified = gateway.metric(VERIFIED)
    assert gateway.reload({"limits": {"body_bytes": "2KiB"}, "auth": {
        "cookie": "other", "cache_bytes": "1MiB", "jwks_refresh": "1h"}})
    assert guests.status(token, "boards=a") == 200
    assert gateway.metric(VERIFIED) == verified


@pytest.mark.parametrize("wrong,problem", [
    ({"mode": "none"}, "is not loopback, and auth.mode none asks nobody"),
    ({"keys": []}, "auth.mode jwt needs a key"),
    ({"keys": [{"file": "nowhere", "algorithm": "HS256"}]}, "auth.keys[0]: nowhere: cannot"),
    ({"jwks": "nowhere"}, "auth.jwks: nowhere: cannot be read"),
    ({"jwks": "http://127.0.0.1/"}, "auth.jwks: "),
    ({"jwks": "https://127.0.0.1:1/", "jwks_ca": "nowhere"}, "auth.jwks_ca: nowhere: cannot"),
    ({"cookie": "a b"}, "auth.cookie: "),
])
def test_what_is_wrong_changes_nothing(start, issuer, wrong, problem):
    gateway = start({"server": {"listen": ["https://127.0.0.1:0", "http://0.0.0.0:0"]},
                     "auth": issuer.config(anonymous=OPEN)})
    guests = Guests(gateway)
    token = shown(issuer.token(["a"]))
    assert not gateway.reload({"auth": {"audience": "other", "anonymous": {"publish": ["a"]},
                                        **wrong}})
    assert problem in gateway.messages(KEPT)[-1]["problem"]
    assert guests.status(token, "boards=a") == 200
    assert guests.status(query="boards=a") == 401
    guests.live_on()


def ready(gateway):
    return fetch(gateway.url("/readyz")).status


def test_a_set_is_published_from_now_on_and_no_more(start, publish_keys, issuer, pair):
    gateway = start({"auth": issuer.config(anonymous=OPEN)})
    guests = Guests(gateway)
    own, theirs = shown(issuer.token(["a"])), shown(pair.token("a"))
    server = publish_keys()
    server.answer = (503, b"")
    assert gateway.reload(published(server))
    assert (guests.status(own, "boards=a"), guests.status(theirs, "boards=a")) == (200, 503)
    assert ready(gateway) == 503, "as at the start"
    server.keys, server.answer = [pair.jwk()], None
    wait_for(lambda: guests.told(theirs, "boards=a") == {200}, "their keys", 20)
    assert ready(gateway) == 200
    assert gateway.reload({"auth": {"jwks_refresh": "1h"}})
    fetched = gateway.metric(FETCHED)
    asked = server.asked
    time.sleep(2.5)
    assert server.asked <= asked + 1 and gateway.metric(FETCHED) <= fetched + 1
    assert gateway.reload({"auth": {"jwks": ""}})
    assert (guests.status(own, "boards=a"), guests.status(theirs, "boards=a")) == (200, 401)
    guests.live_on()


def test_another_url_takes_over_when_its_keys_have_come(start, publish_keys, issuer, pair,
                                                        tmp_path):
    new = Pair(tmp_path, "new")
    first, second = publish_keys(), publish_keys()
    first.keys = [pair.jwk()]
    gateway = start(published(first, anonymous=OPEN))
    wait_for(lambda: ready(gateway) == 200, "its keys")
    guests = Guests(gateway)
    by_old, by_new = shown(pair.token("a")), shown(new.token("a"))
    own = shown(issuer.token(["a"]))

    def statuses():
        return [guests.status(token, "boards=a") for token in (own, by_old, by_new)]

    assert statuses()[:2] == [503, 200]
    second.answer = (503, b"")
    failed = gateway.metric(FAILED)
    assert gateway.reload({"auth": {"jwks": second.url, "keys": issuer.config()["keys"]}})
    assert statuses() == [200, 200, 503], "its own hold at once, and what was had stays"
    assert ready(gateway) == 200
    wait_for(lambda: gateway.metric(FAILED) > failed, "a failure")
    assert statuses() == [200, 200, 503]
    second.keys, second.answer = [new.jwk()], None
    assert gateway.reload({"auth": {"keys": []}}), "which asks anew"
    wait_for(lambda: guests.told(by_new, "boards=a") == {200}, "the new keys")
    assert 200 not in guests.told(by_old, "boards=a") | guests.told(own, "boards=a")
    wait_for(lambda: guests.told(by_old, "boards=a") == {401}, "that it was looked for, twice")
    guests.live_on()


def test_own_keys_change_while_the_server_of_the_others_is_away(start, publish_keys, issuer, pair,
                                                                tmp_path):
    server = publish_keys()
    server.keys = [pair.jwk()]
    gateway = start(published(server, anonymous=OPEN, keys=issuer.config()["keys"]))
    wait_for(lambda: ready(gateway) == 200, "its keys")
    server.close()
    guests = Guests(gateway)
    other = Issuer(tmp_path)
    tokens = [shown(token) for token in (issuer.token(["a"]), other.token(["a"]), pair.token("a"))]
    assert [guests.status(token, "boards=a") for token in (tokens[0], tokens[2])] == [200, 200]
    assert gateway.reload({"auth": {"keys": other.config()["keys"]}})
    assert [guests.status(token, "boards=a") for token in tokens[1:]] == [200, 200]
    assert 200 not in guests.told(tokens[0], "boards=a")
    assert ready(gateway) == 200
    guests.live_on()


def test_who_vouches_for_the_server(start, publish_keys, pair):
    server = publish_keys()
    server.keys = [pair.jwk()]
    gateway = start(published(server, jwks_ca=""))
    wait_for(lambda: gateway.metric(FAILED) >= 1, "a failure")
    assert gateway.reload(published(server))
    wait_for(lambda: fetch(gateway.url("/events?boards=a"), "--head",
                           *bearer(pair.token("a"))).status == 200, "its keys")


def test_a_server_that_says_nothing_holds_up_no_reload(start, publish_keys, pair, issuer):
    silent, server = publish_keys(tls=False), publish_keys()
    silent.server.shutdown()  # takes connections, and answers none
    server.keys = [pair.jwk()]
    gateway = start(published(silent, jwks=silent.url.replace("http:", "https:")))
    wait_for(lambda: ready(gateway) == 503, "that it is asked")
    began = time.monotonic()
    assert gateway.reload({"auth": issuer.config()})
    assert gateway.reload(published(server))
    assert time.monotonic() - began < 2, "it waits 10 s for an answer"
    wait_for(lambda: ready(gateway) == 200, "the other's keys", 20)
