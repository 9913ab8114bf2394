"""SIGHUP: what is read again holds at once, for those who are connected too, or not at all."""

import json

import pytest

from support import h2
from support.load import Publisher, Readers
from support.process import fetch, wait_for
from support.tokens import Issuer, Pair, bearer

RELOADS = 'boardcast_config_reloads_total{result="%s"}'


def last(gateway, message):
    return gateway.messages(message)[-1]


def test_options_hold_at_once_for_whoever_is_connected(start):
    gateway = start({"history": {"events": 0}})
    client = h2.Client(gateway.address())
    stream = client.subscribe("boards=hot")
    client.pump(lambda: stream.events, "the opening")
    first = gateway.publish("hot", "not kept")
    assert fetch(gateway.url("/healthz"), "-H", "origin: https://a.example").fields.get(
        "access-control-allow-origin") is None
    assert gateway.reload({
        "stream": {"heartbeat": "200ms", "retry": "70s"}, "limits": {"body_bytes": "2KiB"},
        "cors": {"origins": ["https://a.example"]}, "history": {"events": 10},
        "log": {"level": "debug"},
        "boards": [{"match": "values-*", "deliver": "latest"}]})
    assert last(gateway, "reloaded")["changed"] == (
        "limits.body_bytes, stream.heartbeat, stream.retry, history.events, boards, cors.origins, "
        "log.level")

    client.pump(lambda: stream.data.count(b": heartbeat") > 3, "heartbeats of the old stream")
    other = client.subscribe("boards=hot", [("origin", "https://a.example")])
    client.pump(lambda: other.events, "another stream on the same connection")
    assert 35_000 <= other.parser.retry <= 105_000
    assert other.fields["access-control-allow-origin"] == "https://a.example"
    assert client.publish("hot", b"x" * 3000).status == 413
    gateway.publish("hot", "kept")
    resumed = client.subscribe(f"boards=hot&lastEventId={first}")
    client.pump(lambda: "kept" in [event.data for event in resumed.events], "the history")
    assert not resumed.of_type("boardcast.gap")
    for value in "12":
        gateway.publish("values-1", value)
    joined = client.subscribe("boards=values-1")
    client.pump(lambda: joined.of_type("boardcast.open"), "the snapshot")
    assert [event.data for event in joined.of_type("message")] == ["2"]
    assert gateway.metric(RELOADS % "ok") == 1
    assert gateway.metric(RELOADS % "failed") == 0
    client.close()


def test_what_needs_a_restart_is_said_and_stays(start):
    gateway = start()
    address = gateway.address()
    assert gateway.reload({"server": {"listen": ["http://127.0.0.1:0"], "workers": 1},
                           "admin": {"public": "open"}, "limits": {"json_depth": 3}})
    assert last(gateway, "reloaded")["changed"] == "limits.json_depth"
    said = gateway.wait_for_messages("changed, but not before a restart")[-1]
    assert said["keys"] == "server.listen, server.workers, admin.public"
    assert gateway.address() == address
    assert fetch(gateway.url("/metrics")).status == 404
    assert fetch(gateway.url("/events"), "-H", "content-type: application/json",
                 "-d", '{"board":"b","data":[[[[]]]]}').status == 400


@pytest.mark.parametrize("beside", [False, True])
def test_key_files_are_read_again(start, tmp_path, beside):
    issuer = Issuer(tmp_path)
    more = {}
    if beside:  # a set in a file, which is read by itself as well
        pair = Pair(tmp_path, "of-the-set")
        (tmp_path / "set.json").write_text(json.dumps({"keys": [pair.jwk()]}))
        more["jwks"] = str(tmp_path / "set.json")
    gateway = start({"auth": issuer.config(**more)})

    def status(token):
        return fetch(gateway.url("/events?boards=a&limit=1"), "--head", *bearer(token)).status

    before = issuer.token(["a"])
    assert status(before) == 200
    assert gateway.reload()
    assert status(before) == 200
    after = Issuer(tmp_path).token(["a"])  # its secret takes the place of the other
    assert (status(before), status(after)) == (200, 401)
    assert gateway.reload()
    assert (status(before), status(after)) == (401, 200)
    if beside:
        assert status(pair.token("a")) == 200
    (tmp_path / "hs256.key").write_text("short")
    assert not gateway.reload()
    assert "auth.keys[0]" in last(gateway, "not reloaded, all stays as it was")["problem"]
    assert status(after) == 200


@pytest.mark.parametrize("wrong,problem", [
    ({"limits": {"body_bytes": 1}}, "limits.body_bytes: "),
    ({"stream": {"heartbeats": "1s"}}, "stream.heartbeats: unknown key"),
    ({"stream": {"stall": "5m"}}, "stream.stall: stream.stall (5m) must be shorter"),
    ({"tls": {"certificates": [{"cert": "nowhere.crt", "key": "nowhere.key"}]}},
     "tls.certificates[0]: nowhere.crt: cannot read"),
])
def test_any_error_keeps_all(start, wrong, problem):
    gateway = start()
    assert not gateway.reload({"cors": {"origins": ["https://a.example"]}, **wrong})
    assert problem in last(gateway, "not reloaded, all stays as it was")["problem"]
    answer = fetch(gateway.url("/healthz"), "-H", "origin: https://a.example")
    assert "access-control-allow-origin" not in answer.fields
    assert gateway.metric(RELOADS % "failed") == 1


def test_the_limit_of_connections_is_hot(start):
    gateway = start()
    assert gateway.reload({"limits": {"connections": 3}})
    clients = [h2.Client(gateway.address("http"), secure=False) for _ in range(5)]
    wait_for(lambda: gateway.metric("boardcast_accept_refused_total") == 2, "refusals")
    for client in clients:
        client.close()
    assert gateway.reload({"limits": {"connections": 100}})
    assert fetch(gateway.url("/healthz")).status == 200


def test_reloads_under_load_drop_nothing(start):
    gateway = start()
    readers = [Readers(gateway) for _ in range(3)]
    publisher = Publisher(gateway)
    for number in range(5):
        publisher.go_on()
        assert gateway.reload({"history": {"events": 500 + number},
                               "stream": {"heartbeat": f"{number + 5}s"},
                               "limits": {"body_bytes": 4096 + number}})
    publisher.go_on()
    count = publisher.finish()
    for reader in readers:
        reader.finish(count)
    assert gateway.metric(RELOADS % "ok") == 5
    wait_for(lambda: gateway.connections()["total"] == 0, "the readers' ends")
    assert gateway.metric("boardcast_streams") == 0
