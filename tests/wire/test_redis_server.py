# ctest: PROCESSORS 1
"""What tests do to a Redis is itself tested: each fault is the one that it is called."""

import os
import socket

import pytest

from support import resp
from support.process import wait_for
from support.redis_server import RedisServer, Sentinel


def test_it_comes_back_empty_on_its_port_as_another(redis):
    server = redis()
    assert server.command("SET", "a", "1") == "OK" and server.command("GET", "a") == b"1"
    with resp.Client(server.socket) as client:
        assert client.command("GET", "a") == b"1"
    port, run = server.port, server.info()["run_id"]
    server.kill()
    with pytest.raises(ConnectionRefusedError):
        server.command("PING")
    server.start()
    assert server.port == port and server.info()["run_id"] != run
    assert server.command("GET", "a") is None


def test_a_paused_one_answers_late(redis):
    server = redis()
    server.pause()
    with pytest.raises(socket.timeout):
        server.command("PING", seconds=0.2)
    server.resume()
    assert server.command("PING") == "PONG"


def test_it_ends_connections_by_their_kind(redis):
    server = redis()
    with server.client() as reader, server.client() as other:
        assert reader.command("SUBSCRIBE", "a")[0] == b"subscribe"
        assert other.command("PING") == "PONG"
        assert server.kill_clients("pubsub") == 1
        with pytest.raises(ConnectionError):
            reader.answer()
        assert other.command("PING") == "PONG"


def test_a_replica_lags_and_is_promoted(redis):
    primary = redis()
    primary.command("SET", "a", "old")
    replica = redis(of=primary)
    assert replica.command("GET", "a") == b"old"
    replica.pause()
    primary.command("SET", "a", "new")
    primary.kill()
    replica.resume()
    wait_for(lambda: replica.command("GET", "a") in (b"old", b"new"), "the replica")
    replica.promote()
    assert replica.command("SET", "a", "own") == "OK"


def test_one_that_cannot_be_made_is_gone(redis, monkeypatch):
    made = []

    def never(server):
        made.append(server)
        raise AssertionError("not synchronised")
    monkeypatch.setattr(RedisServer, "synchronised", never)
    with pytest.raises(AssertionError):
        redis(of=redis())
    assert not made[0].running() and not os.path.exists(made[0].folder)


def test_sentinel_fails_over(redis):
    primary = redis()
    replica = redis(of=primary)
    sentinel = redis(primary, kind=Sentinel, down_ms=60_000)
    assert sentinel.primary() == tuple(primary.address)
    sentinel.knows(replicas=1)
    primary.kill()
    sentinel.has_patience(500)
    assert sentinel.failed_over(primary.address) == tuple(replica.address)
    wait_for(lambda: replica.info("replication")["role"] == "master", "the promotion")
