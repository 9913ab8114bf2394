"""A stream lasts as long as its token, unless a fresh one comes in time."""
# ctest: PROCESSORS 1

import json
import time

import pytest

from support import h2
from support.process import fetch
from support.tokens import Issuer, bearer
from test_change import patch

ENDED = 'boardcast_streams_ended_total{reason="token"}'


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    return Issuer(tmp_path_factory.mktemp("keys"))


def opened(gateway, token, fields=None, query="boards=a"):
    client = h2.Client(gateway.address())
    stream = client.subscribe(query, fields or [("authorization", f"Bearer {token}")])
    client.pump(lambda: stream.events, "the opening")
    stream.id = json.loads(stream.events[0].data)["stream"]
    return client, stream


def reasons(stream):
    return [json.loads(event.data)["reason"] for event in stream.of_type("boardcast.end")]


def test_it_ends_with_its_token(start, issuer):
    gateway = start({"auth": issuer.config(leeway="0s")})
    before = gateway.metric(ENDED)
    end = time.time() + 6
    token = issuer.token(["a"], ["a"], exp=end)
    client, stream = opened(gateway, token)
    client.pump(lambda: stream.of_type("boardcast.expiring"), "the notice", 5)
    notice = stream.of_type("boardcast.expiring")[0]
    told = json.loads(notice.data)
    assert abs(told["expires"] - end * 1000) <= 1 and 0 <= told["seconds"] <= 6
    assert not notice.has_id
    assert fetch(gateway.url("/events?board=a"), "-d", "one", *bearer(token)).status == 200
    client.pump(lambda: stream.ended, "its end", 15)
    assert 0 <= time.time() - end < 5, "within five seconds of exp"
    assert reasons(stream) == ["token"]
    assert [event.data for event in stream.of_type("message")] == ["one"]
    assert len(stream.of_type("boardcast.expiring")) == 1
    assert gateway.metric(ENDED) - before == 1
    answer = fetch(gateway.url("/events?boards=a"), *bearer(token))
    assert answer.status == 401 and "expired" in answer.json()["detail"]
    client.close()


def test_a_fresh_token_extends_it_and_another_ends_it(start, issuer):
    """The one stream's comes by the header, the other's by the cookie."""
    gateway = start({"auth": issuer.config(leeway="0s")})
    end = time.time() + 5
    first = issuer.token(["a"], subject="ann", exp=end)
    places = {place: opened(gateway, first) for place in ("authorization", "cookie")}

    def renew(place, **claims):
        token = issuer.token(["a"], subject="ann", **claims)
        fields = bearer(token) if place == "authorization" else [
            "-H", f"cookie: boardcast_token={token}", "-H", f"origin: {gateway.url('')}"]
        return patch(gateway, places[place][1].id, {}, *fields)

    for place, (client, stream) in places.items():
        client.pump(lambda s=stream: s.of_type("boardcast.expiring"), "the notice", 4)
        answer = renew(place, ttl=3600)
        assert answer.status == 200 and answer.json()["boards"] == ["a"]
    while time.time() < end + 1.5:
        for client, _ in places.values():
            client._read(0.2)
    assert not any(stream.ended or reasons(stream) for _, stream in places.values())
    publisher = bearer(issuer.token(publish=["a"]))
    assert fetch(gateway.url("/events?board=a"), "-d", "later", *publisher).status == 200
    for place, (client, stream) in places.items():
        client.pump(lambda s=stream: s.of_type("message"), "an event after the first token's end")
        assert not stream.of_type("boardcast.boards"), "the set did not change"
        assert renew(place, ttl=4).status == 200
    for client, stream in places.values():
        client.pump(lambda s=stream: s.ended, "its end", 15)
        assert reasons(stream) == ["token"]
        assert len(stream.of_type("boardcast.expiring")) == 2, "told anew of each end"
        client.close()


def test_no_other_token_extends_it(start, issuer):
    gateway = start({"auth": issuer.config(leeway="0s")})
    client, stream = opened(gateway, issuer.token(["a", "b"], subject="ann", ttl=6),
                            query="boards=a,b")
    for token, status in ((issuer.token(["a", "b"], subject="bob"), 403),
                          (issuer.token(["a"], subject="ann"), 403),
                          (issuer.token(["a", "b"], subject="ann", ttl=-1), 401)):
        assert patch(gateway, stream.id, {}, *bearer(token)).status == status
    client.pump(lambda: stream.ended, "its end", 15)
    assert reasons(stream) == ["token"]
    client.close()


def test_one_that_counts_by_the_leeway_lasts_as_long(start, issuer):
    gateway = start({"auth": issuer.config(leeway="4s")})
    end = time.time() + 3
    token = issuer.token(["a"], exp=end)
    client, stream = opened(gateway, token)
    client.pump(lambda: stream.ended, "its end at exp", 15)
    assert time.time() - end < 3.5
    client.close()
    client, stream = opened(gateway, token)
    client.pump(lambda: stream.ended, "its end behind the leeway", 15)
    assert 3.5 < time.time() - end < 15
    assert fetch(gateway.url("/events?boards=a"), *bearer(token)).status == 401
    client.close()


def test_without_a_token_it_lasts(start, issuer):
    gateway = start({"auth": issuer.config(anonymous={"subscribe": ["a"]})})
    client = h2.Client(gateway.address())
    stream = client.subscribe("boards=a")
    client.pump(lambda: stream.events, "the opening")
    assert not stream.of_type("boardcast.expiring")
    client.close()
