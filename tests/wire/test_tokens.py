"""Who may do what: 401 without a token that counts, 403 beyond what it grants."""

import json
import subprocess
import time

import pytest

from support import h2
from support.process import PROGRAM, Gateway, fetch, wait_for
from support.tokens import Issuer, bearer, encode, sign
from test_change import patch

JSON = ["-H", "content-type: application/json"]
ORIGIN = "https://app.example.com"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    return Issuer(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def guarded(issuer):
    """A gateway that asks for tokens, with everything on that has to do with them."""
    gateway = Gateway({
        "auth": issuer.config(query_token="on", leeway="0s",
                              anonymous={"subscribe": ["news-*"], "publish": ["guestbook"]}),
        "admin": {"public": "token"}, "cors": {"origins": [ORIGIN]},
        "log": {"level": "debug", "access": "on"}, "stream": {"format": "plain"}})
    yield gateway
    assert gateway.stop() == 0, "\n".join(gateway.lines[-40:])


def subscribe(gateway, boards, *options):
    return fetch(gateway.url(f"/events?boards={boards}&limit=1"), "--head", *options)


def publish(gateway, event, *options):
    return fetch(gateway.url("/events"), *JSON, "-d", json.dumps(event), *options)


def opened(gateway, query, token):
    """(client, stream, its id)"""
    client = h2.Client(gateway.address())
    stream = client.subscribe(query, [("authorization", f"Bearer {token}")])
    client.pump(lambda: stream.events or stream.ended, "the opening")
    assert stream.status == 200, stream.data
    return client, stream, json.loads(stream.events[0].data)["stream"]


def refused(answer, status, *words):
    assert answer.status == status, answer
    if answer.body:
        assert answer.fields["content-type"] == "application/problem+json"
        for word in words:
            assert word in answer.json()["detail"], answer
    scheme = answer.fields.get("www-authenticate", "")
    assert scheme.startswith("Bearer") == (status == 401), answer


def test_the_log_says_who_was_refused_where_and_why(guarded):
    refused(publish(guarded, {"board": "team-a", "data": 1}, *bearer("not.a.token")), 401)
    said = wait_for(lambda: [line for line in guarded.messages("a token was refused")
                             if (line["method"], line["path"]) == ("POST", "/events")], "the line")
    assert said[-1]["peer"].startswith("127.0.0.1:") and said[-1]["why"]
    assert not any("not.a.token" in line for line in guarded.lines)


# --- Without a token ------------------------------------------------------------------------------

def test_without_a_token_401(guarded):
    refused(fetch(guarded.url("/events?boards=team-a")), 401, "token", "team-a")
    refused(publish(guarded, {"board": "team-a", "data": 1}), 401, "token")
    refused(patch(guarded, "A" * 22, {"add": ["team-a"]}), 404)
    for path in ("/admin/connections", "/admin/streams", "/metrics"):
        refused(fetch(guarded.url(path)), 401, "admin")
    refused(fetch(guarded.url("/admin/streams/x"), "-X", "DELETE"), 401)
    assert fetch(guarded.url("/healthz")).status == fetch(guarded.url("/readyz")).status == 200


def test_a_refusal_is_readable_by_pages_and_preflights_allow_authorization(guarded):
    answer = fetch(guarded.url("/events?boards=team-a"), "-H", f"origin: {ORIGIN}")
    refused(answer, 401)
    assert answer.fields["access-control-allow-origin"] == ORIGIN
    answer = fetch(guarded.url("/events"), "-X", "OPTIONS", "-H", f"origin: {ORIGIN}",
                   "-H", "access-control-request-method: POST",
                   "-H", "access-control-request-headers: authorization")
    assert answer.status == 204
    assert "authorization" in answer.fields["access-control-allow-headers"]


def test_anonymous_grants_need_no_token(guarded):
    assert subscribe(guarded, "news-1").status == 200
    assert subscribe(guarded, "news-*").status == 200
    refused(fetch(guarded.url("/events?boards=news-1,n*")), 401, '"n*"')
    assert publish(guarded, {"board": "guestbook", "data": "hello"}).status == 200
    refused(publish(guarded, {"board": "news-1", "data": "hello"}), 401, '"news-1"')


def test_a_token_that_does_not_count_is_refused_where_none_is_needed(guarded):
    refused(fetch(guarded.url("/events?boards=news-1"), *bearer("x.y.z")), 401, "not valid")


# --- What a token grants --------------------------------------------------------------------------

@pytest.mark.parametrize("boards, refuses", [
    ("team-a", None), ("team-a*", None), ("team-*", None), ("team-a,board-1", None),
    ("te*", "te*"), ("*", "*"), ("team", "team"), ("board-2", "board-2"),
    ("board-1*", "board-1*"), ("team-a,board-2,board-3", "board-2"), ("guestbook", "guestbook"),
])
def test_what_is_read_has_to_be_granted_whole(guarded, issuer, boards, refuses):
    token = issuer.token(subscribe=["team-*", "board-1"], publish=["guestbook"])
    if refuses is None:
        assert subscribe(guarded, boards, *bearer(token)).status == 200
    else:
        answer = fetch(guarded.url(f"/events?boards={boards}"), *bearer(token))
        refused(answer, 403, json.dumps(refuses))


@pytest.mark.parametrize("event, refuses", [
    ({"board": "team-a"}, None), ({"boards": ["team-a", "board-1"]}, None),
    ({"board": "board-2"}, "board-2"), ({"boards": ["team-a", "other", "another"]}, "other"),
    ([{"board": "team-a"}, {"board": "board-1"}], None),
    ([{"board": "team-a"}, {"boards": ["board-1", "board-2"]}], "board-2"),
])
def test_each_event_has_to_be_granted_or_none_is_published(guarded, issuer, event, refuses):
    token = issuer.token(subscribe=["*"], publish=["team-*", "board-1"])
    before = guarded.metric("boardcast_published_events_total")
    events = event if isinstance(event, list) else [event]
    for one in events:
        one["data"] = "x"
    answer = publish(guarded, event, *bearer(token))
    after = guarded.metric("boardcast_published_events_total")
    if refuses is None:
        assert (answer.status, after - before) == (200, len(events)), answer
    else:
        refused(answer, 403, json.dumps(refuses))
        assert after == before


def test_reading_is_not_writing(guarded, issuer):
    reader = bearer(issuer.token(subscribe=["*"]))
    refused(publish(guarded, {"board": "team-a", "data": 1}, *reader), 403, "publish")
    writer = bearer(issuer.token(publish=["*"]))
    refused(fetch(guarded.url("/events?boards=team-a"), *writer), 403, '"team-a"')


def test_history_is_for_whom_it_is_granted(guarded, issuer):
    token = issuer.token(publish=["*"])
    assert publish(guarded, {"board": "secret-a", "data": "x"}, *bearer(token)).status == 200
    for query in ("lastEventId=earliest", "last=5"):
        answer = fetch(guarded.url(f"/events?boards=secret-a&{query}&limit=1"),
                       *bearer(issuer.token(subscribe=["team-*"])))
        refused(answer, 403)


@pytest.mark.parametrize("token, words", [
    (lambda issuer: issuer.token(["*"], ttl=-1), "has expired"),
    (lambda issuer: sign(b"another secret", {"exp": time.time() + 60}), "not signed by a key"),
    (lambda issuer: sign(issuer.secret, {"exp": "soon"}), "not valid"),
    (lambda issuer: sign(issuer.secret, {"exp": time.time() + 60}, {"alg": "none"}), "not valid"),
    (lambda issuer: encode({"alg": "none"}) + "." + encode({"exp": 9e9}) + ".", "not valid"),
    (lambda issuer: issuer.token(["*"]) + "x" * 9000, "not valid"),
])
def test_a_token_that_does_not_count_401(guarded, issuer, token, words):
    for answer in (fetch(guarded.url("/events?boards=team-a"), *bearer(token(issuer))),
                   publish(guarded, {"board": "a", "data": 1}, *bearer(token(issuer))),
                   patch(guarded, "A" * 22, {}, *bearer(token(issuer))),
                   fetch(guarded.url("/metrics"), *bearer(token(issuer)))):
        refused(answer, 401, words)
        assert answer.fields["www-authenticate"] == 'Bearer error="invalid_token"'


# --- Where a token stands -------------------------------------------------------------------------

@pytest.mark.parametrize("protocol", ["--http1.1", "--http2"])
def test_a_token_may_stand_in_three_places(guarded, issuer, protocol):
    token = issuer.token(["team-*"], ["team-a"])
    for options in (bearer(token), ["-H", f"authorization: bEARER {token}"],
                    ["-H", f"cookie: a=b; boardcast_token={token}; c=d"],
                    ["-H", f'cookie: boardcast_token="{token}"'],
                    ["-H", "cookie: a=b", "-H", f"cookie: boardcast_token={token}"]):
        assert subscribe(guarded, "team-a", protocol, *options).status == 200, options
    assert subscribe(guarded, f"team-a&access_token={token}", protocol).status == 200


def test_the_first_place_decides_and_two_tokens_are_none(guarded, issuer):
    good, poor = issuer.token(["team-*"]), issuer.token(["other"])
    url = guarded.url(f"/events?boards=team-a&access_token={poor}")
    refused(fetch(url, *bearer(poor), "-H", f"cookie: boardcast_token={good}"), 403)
    for options in (["-H", "authorization: Basic YTpi", "-H", f"cookie: boardcast_token={good}"],
                    ["-H", f"cookie: boardcast_token=; boardcast_token={good}"]):
        assert subscribe(guarded, "team-a", *options).status == 200, "those are none"
    refused(fetch(guarded.url("/events?boards=team-a"),
                  "-H", f"cookie: boardcast_token={good}; boardcast_token={good}"), 401)
    refused(fetch(url + f"&access_token={good}"), 401)
    refused(fetch(guarded.url("/events?boards=team-a"), *bearer(good), *bearer(good)), 401)


def test_a_token_in_the_query_publishes_in_every_form(guarded, issuer):
    token = issuer.token(publish=["team-a"])
    url = guarded.url(f"/events?access_token={token}")
    for options in ([*JSON, "-d", '{"board":"team-a","data":1}'],
                    ["-d", "board=team-a&data=x"],
                    ["-H", "content-type: application/x-ndjson", "-d",
                     '{"board":"team-a","data":1}']):
        assert fetch(url, *options).status == 200, options
    assert fetch(url + "&board=team-a", "-d", "hello").status == 200
    assert fetch(guarded.url(f"/events?board=team-a&access_token={token}"), "-d", "x").status == 200


def test_by_default_the_query_carries_no_token(start, issuer):
    gateway = start({"auth": issuer.config()})
    token = issuer.token(["a"], ["a"])
    refused(fetch(gateway.url(f"/events?boards=a&access_token={token}")), 401)
    answer = fetch(gateway.url(f"/events?board=a&access_token={token}"), "-d", "x")
    refused(answer, 401)
    assert token not in answer.body.decode()


def test_the_cookie_may_have_another_name_or_none(start, issuer):
    token = issuer.token(["a"])
    gateway = start({"auth": issuer.config(cookie="__Host-t")})
    assert subscribe(gateway, "a", "-H", f"cookie: __Host-t={token}").status == 200
    refused(subscribe(gateway, "a", "-H", f"cookie: boardcast_token={token}"), 401)
    gateway = start({"auth": issuer.config(cookie="")})
    refused(subscribe(gateway, "a", "-H", f"cookie: boardcast_token={token}"), 401)
    refused(subscribe(gateway, "a", "-H", f"cookie: ={token}"), 401)


def test_a_cookie_changes_something_only_from_a_good_origin(guarded, issuer):
    cookie = ["-H", f"cookie: boardcast_token={issuer.token(['*'], ['*'], admin=True)}"]
    own = guarded.url("")
    event = {"board": "team-a", "data": 1}
    for origin, status in ((own, 200), (ORIGIN, 200), ("https://evil.example", 403),
                           ("null", 403), (None, 403), ("", 403)):
        options = cookie + (["-H", f"origin: {origin}"] if origin else [])
        if origin == "":
            options += ["-H", "origin;"]
        assert publish(guarded, event, *options).status == status, origin
        change = patch(guarded, "A" * 22, {}, *options)
        assert change.status == (404 if status == 200 else 403), origin
        cut = fetch(guarded.url("/admin/connections/c0"), "-X", "DELETE", *options)
        assert cut.status == (404 if origin == own else 403), origin
    assert subscribe(guarded, "team-a", *cookie).status == 200, "reading changes nothing"
    token = bearer(issuer.token(publish=["*"]))
    assert publish(guarded, event, *token).status == 200, "no page of a stranger can send this"


# --- Subjects -------------------------------------------------------------------------------------

def test_patch_needs_the_streams_subject_and_a_grant(guarded, issuer):
    client, stream, id = opened(guarded, "boards=team-a", issuer.token(["team-*"], subject="ann"))
    change = {"add": ["team-b"]}
    refused(patch(guarded, id, change), 401)
    for subject in ("bob", "", "Ann"):
        token = bearer(issuer.token(["*"], subject=subject))
        refused(patch(guarded, id, change, *token), 403, "another subject")
    ann = bearer(issuer.token(["team-*"], subject="ann"))
    refused(patch(guarded, id, {"add": ["team-b", "board-1"]}, *ann), 403, '"board-1"')
    narrow = bearer(issuer.token(["team-b"], subject="ann"))
    refused(patch(guarded, id, change, *narrow), 403, '"team-a"')
    answer = patch(guarded, id, change, *ann)
    assert answer.json()["boards"] == ["team-a", "team-b"]
    publish(guarded, {"board": "team-b", "data": "x"}, *bearer(issuer.token(publish=["*"])))
    client.pump(lambda: stream.of_type("message"), "an event of the added board")
    client.close()


def test_the_id_is_enough_for_a_stream_without_a_subject(guarded, issuer):
    client, _, id = opened(guarded, "boards=news-1", issuer.token(["news-*"]))
    assert patch(guarded, id, {"add": ["news-2"]}).status == 200, "which needs no token"
    refused(patch(guarded, id, {"add": ["team-a"]}), 401, '"team-a"')
    answer = patch(guarded, id, {"add": ["team-a"]}, *bearer(issuer.token(["*"], subject="bob")))
    assert answer.json()["boards"] == ["news-1", "news-2", "team-a"]
    client.close()


def test_names_of_streams_are_the_subjects_own(guarded, issuer):
    name = "nobody-guesses-this"
    ann, bob = (issuer.token(["team-*"], subject=subject) for subject in ("ann", "bob"))
    first, stream, id = opened(guarded, f"boards=team-a&stream={name}", ann)
    assert patch(guarded, id, {"add": ["team-b"]}, *bearer(ann)).status == 200
    second, other, _ = opened(guarded, f"boards=team-a&stream={name}", bob)
    assert json.loads(other.events[0].data)["restored"] is False
    third, again, _ = opened(guarded, f"boards=team-a&stream={name}", ann)
    opening = json.loads(again.events[0].data)
    assert (opening["restored"], opening["boards"]) == (True, ["team-a", "team-b"])
    first.pump(lambda: stream.of_type("boardcast.end"), "the first one's end")
    assert json.loads(stream.of_type("boardcast.end")[0].data) == {"reason": "replaced"}
    assert not other.of_type("boardcast.end")
    narrow = issuer.token(["team-a"], subject="ann")
    fourth, last, _ = opened(guarded, f"boards=team-a&stream={name}", narrow)
    opening = json.loads(last.events[0].data)
    assert (opening["restored"], opening["boards"]) == (False, ["team-a"]), "team-b is not granted"
    for client in (first, second, third, fourth):
        client.close()


def test_keys_of_events_are_the_subjects_own(guarded, issuer):
    ann, bob, none = (bearer(issuer.token(publish=["*"], subject=s)) for s in ("ann", "bob", ""))
    event = {"board": "team-a", "data": "x", "key": "one"}
    ids = [publish(guarded, event, *who).json()["id"] for who in (ann, bob, none, ann, bob, none)]
    assert ids[:3] == ids[3:] and len(set(ids)) == 3
    assert publish(guarded, {**event, "data": "y"}, *ann).status == 409


def test_a_kicked_subject_is_refused_and_no_other(guarded, issuer):
    ann, bob = (issuer.token(["team-*"], subject=subject) for subject in ("kicked-ann", "bob"))
    client, stream, id = opened(guarded, "boards=team-a", ann)
    disguised, _, other = opened(guarded, "boards=news-1", issuer.token(["news-*"]))
    listed = fetch(guarded.admin("/admin/streams?limit=1000")).json()["streams"]
    assert [one["subject"] for one in listed if one["id"] == id] == ["kicked-ann"]
    operator = bearer(issuer.token(admin=True))
    ended = fetch(guarded.url(f"/admin/streams/{id}?for=1m"), "-X", "DELETE", *operator)
    assert ended.status == 204
    client.pump(lambda: stream.ended, "its end")
    assert subscribe(guarded, "team-a", *bearer(ann)).status == 204
    assert subscribe(guarded, "team-a", *bearer(bob)).status == 200
    change = {"add": ["team-a"]}
    refused(patch(guarded, other, change, *bearer(ann)), 403, "sent this client away")
    assert patch(guarded, other, change, *bearer(issuer.token(["*"], subject="bob"))).status == 200
    shown = fetch(guarded.url("/admin/refusals"), *operator).json()["refusals"]
    assert [one["subject"] for one in shown] == ["kicked-ann"]
    taken = guarded.url("/admin/refusals?subject=kicked-ann")
    refused(fetch(taken, "-X", "DELETE", *bearer(ann)), 403)
    refused(patch(guarded, other, {}, *bearer(issuer.token(["*"], subject="eve"))), 403, "another")
    client.close()
    disguised.close()


# --- Operators ------------------------------------------------------------------------------------

def test_admin_on_the_public_listener_is_for_operators(guarded, issuer):
    operator, other = bearer(issuer.token(admin=True)), bearer(issuer.token(["*"], ["*"]))
    for path in ("/admin/connections", "/admin/streams", "/metrics"):
        assert fetch(guarded.url(path), *operator).status == 200
        refused(fetch(guarded.url(path), *other), 403, "admin")
        assert fetch(guarded.admin(path)).status == 200, "its own listener asks nobody"
    refused(fetch(guarded.url("/admin/connections/c1"), "-X", "DELETE", *other), 403)
    refused(subscribe(guarded, "team-a", *operator), 403)


def test_an_operators_cookie_serves_the_gateways_own_pages_alone(guarded, issuer):
    cookie = ["-H", f"cookie: boardcast_token={issuer.token(admin=True)}"]
    for origin, status in ((guarded.url(""), 200), (ORIGIN, 403), ("https://evil.example", 403)):
        answer = fetch(guarded.url("/admin/streams"), *cookie, "-H", f"origin: {origin}")
        assert answer.status == status, answer
        assert "access-control-allow-origin" not in answer.fields
    for origin, status in ((guarded.url(""), 404), (ORIGIN, 403)):
        answer = fetch(guarded.url("/admin/connections/c0"), "-X", "DELETE", *cookie,
                       "-H", f"origin: {origin}")
        assert answer.status == status, answer


def test_a_forged_token_costs_one_signature(guarded, issuer):
    forged = bearer(sign(b"y" * 32, {"exp": time.time() + 60}))
    for _ in range(5):
        refused(subscribe(guarded, "team-a", *forged), 401)
    sizes = [guarded.metric(f'boardcast_tokens_remembered_bytes{{counts="{counts}"}}')
             for counts in ("yes", "no")]
    assert min(sizes) > 0, sizes


def test_a_storm_of_reconnects_is_no_storm_of_signatures(guarded, issuer):
    token = bearer(issuer.token(["team-*"]))
    names = ("boardcast_tokens_verified_total", "boardcast_tokens_cached_total")
    before = [guarded.metric(name) for name in names]
    for _ in range(20):
        assert subscribe(guarded, "team-a", *token).status == 200
    verified, cached = (guarded.metric(name) - old for name, old in zip(names, before))
    assert verified <= 2 and verified + cached == 20, "once for each worker"


# --- What must not be seen ------------------------------------------------------------------------

def test_a_token_is_found_in_no_log_no_metric_and_no_answer(guarded, issuer):
    tokens = [issuer.token(["team-*"], ["team-*"], subject="canary"),
              issuer.token(["team-*"], ttl=-5), sign(b"x" * 32, {"exp": time.time() + 60}),
              "canarycanarycanary", "canary." * 2 + "canary", issuer.token(["*"]) + "=canary"]
    answers = []
    for token in tokens:
        for options in (bearer(token), ["-H", f"cookie: boardcast_token={token}"]):
            answers.append(subscribe(guarded, "other", *options))
            answers.append(fetch(guarded.url("/events?boards=other"), *options))
            answers.append(publish(guarded, {"board": "other", "data": 1}, *options))
            answers.append(patch(guarded, "A" * 22, {"add": ["other"]}, *options))
            answers.append(fetch(guarded.url("/admin/streams"), *options))
            answers.append(fetch(guarded.url("/nowhere"), *options))
        for query in (f"boards=other&access_token={token}", f"boards=&access_token={token}",
                      f"access_token={token}&boards=other&last=x"):
            answers.append(fetch(guarded.url(f"/events?{query}")))
            answers.append(fetch(guarded.url(f"/events?{query}"), "-d", "x"))
    client, stream, _ = opened(guarded, "boards=team-a", tokens[0])
    answers += [fetch(guarded.admin(path)) for path in
                ("/metrics", "/admin/streams?limit=1000", "/admin/connections")]
    seen = "\n".join(guarded.lines) + "\n".join(str(a.fields) + a.body.decode() for a in answers)
    assert '"why":"' in seen, "refusals are logged, with their reason"
    for token in tokens:
        for part in [token, *token.split(".")]:
            if len(part) > 6 and part != encode({"alg": "HS256", "typ": "JWT"}):
                assert part not in seen, part
    assert issuer.secret.decode() not in seen
    client.close()


# --- Commands -------------------------------------------------------------------------------------

def run(*words):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=30)


def test_the_token_of_the_command_is_let_in(start, issuer):
    made = run("token", "--subscribe", "team-*", "--subscribe", "b", "--publish", "b", "--subject",
               "ann", "--admin", "--ttl", "5m", "--issuer", "me", "--audience", "you",
               "--key", issuer.file)
    assert (made.returncode, made.stderr) == (0, "")
    gateway = start({"auth": issuer.config(issuer="me", audience="you"),
                     "admin": {"public": "token"}})
    token = bearer(made.stdout.strip())
    assert subscribe(gateway, "team-a,b", *token).status == 200
    assert publish(gateway, {"board": "b", "data": 1}, *token).status == 200
    assert fetch(gateway.url("/metrics"), *token).status == 200
    refused(publish(gateway, {"board": "c", "data": 1}, *token), 403)
    refused(subscribe(gateway, "b", *bearer(issuer.token(["b"]))), 401)


def test_the_command_says_what_is_wrong(issuer, tmp_path):
    missing = run("token", "--key", str(tmp_path / "nothing"))
    assert missing.returncode == 1 and "cannot be read" in missing.stderr
    weak = tmp_path / "weak"
    weak.write_text("secret")
    assert "6 bytes" in run("token", "--key", str(weak)).stderr
    assert "neither a board" in run("token", "--subscribe", "a*b", "--key", issuer.file).stderr
    assert run("token").returncode == 2


def test_a_key_set_that_is_not_right_is_found_before_anything_opens(issuer, tmp_path):
    weak = tmp_path / "weak.key"
    weak.write_text("secret")
    bad = {"server": {"listen": ["http://127.0.0.1:0"]},
           "auth": {"mode": "jwt", "keys": [{"file": issuer.file, "algorithm": "HS256"},
                                            {"file": str(weak), "algorithm": "HS256"}],
                    "jwks": str(tmp_path / "missing.json")}}
    config = tmp_path / "bad.yaml"
    config.write_text(json.dumps(bad))
    for command in ("check", "serve"):
        done = run(command, "--config", str(config))
        assert done.returncode == 1
        lines = done.stderr.splitlines()
        assert len(lines) == 2 and lines[0].startswith("auth.keys[1]: ") and "6 bytes" in lines[0]
        assert lines[1].startswith("auth.jwks: "), lines
    bad["auth"] = {"mode": "jwt"}
    config.write_text(json.dumps(bad))
    assert "needs a key" in run("check", "--config", str(config)).stderr


def test_with_tokens_a_public_address_is_served_and_the_operators_is_not(issuer, tmp_path):
    config = tmp_path / "public.yaml"
    settings = {"server": {"listen": ["http://0.0.0.0:8080"]}, "auth": issuer.config()}
    config.write_text(json.dumps(settings))
    assert run("check", "--config", str(config)).returncode == 0
    settings["admin"] = {"listen": "0.0.0.0:9901"}
    config.write_text(json.dumps(settings))
    assert "admin.listen" in run("check", "--config", str(config)).stderr
