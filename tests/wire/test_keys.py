"""The key of an event: sent again, it is published once."""

import json
import socket
import threading

from support import h2
from support.process import fetch

JSON = [("content-type", "application/json")]


class FirstAnswerLost:
    """A TCP relay that lets the first answer reach nobody: the connection ends in its place."""

    def __init__(self, address):
        self._address = address
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(20)
        self.url = "http://127.0.0.1:%d" % self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        for lost in (True, False):
            client = self._listener.accept()[0]
            with client, socket.create_connection(self._address, timeout=20) as gateway:
                client.settimeout(20)
                gateway.sendall(client.recv(65536))
                answer = gateway.recv(65536)
                assert answer.startswith(b"HTTP/1.1 200"), answer
                if not lost:
                    client.sendall(answer)

    def close(self):
        self._thread.join(20)
        assert not self._thread.is_alive()
        self._listener.close()


def test_a_retry_of_curl_publishes_once(start, curls):
    gateway = start()
    reader = curls(gateway.url("/events?boards=b"))
    reader.wait_for("boardcast.open")
    relay = FirstAnswerLost(gateway.address("http"))
    answer = fetch(relay.url + "/events?board=b&key=k", "--retry", "2", "--retry-all-errors",
                   "-H", "host: localhost", "-d", "hello")
    relay.close()
    assert answer.status == 200
    gateway.publish("b", "the next")
    text = reader.wait_for("the next")
    assert text.count("data: hello") == 1
    assert f"id: {answer.json()['id']}\ndata: hello\n" in text
    assert gateway.metric("boardcast_publish_deduplicated_total") == 1
    assert gateway.metric("boardcast_published_events_total") == 2


def test_two_workers_race_for_the_same_keys(start):
    """Both publish half of 500 keys, more or less; each key has one id, whoever is asked."""
    gateway = start({"server": {"workers": 2}})
    clients = [h2.Client(gateway.address()) for _ in range(2)]
    for client in clients:  # answered: each is with its worker
        assert client.fetch("GET", "/healthz").status == 200
    keys = [f"key-{n}" for n in range(500)]
    for round in range(0, len(keys), 100):
        sent = []
        for client, order in zip(clients, (1, -1)):
            some = keys[round:round + 100][::order]
            sent.append({key: client.request("POST", "/events", JSON, json.dumps(
                {"board": "b", "data": key, "key": key}).encode(), flush=False) for key in some})
        for client in clients:
            client.flush()
        for client, streams in zip(clients, sent):
            client.pump(lambda: all(stream.ended for stream in streams.values()), "answers")
        ids = [{key: json.loads(stream.data)["id"] for key, stream in streams.items()}
               for streams in sent]
        assert ids[0] == ids[1]
        assert len(set(ids[0].values())) == 100
    assert gateway.metric("boardcast_published_events_total") == len(keys)
    assert gateway.metric("boardcast_publish_deduplicated_total") == len(keys)
    assert gateway.metric("boardcast_publish_keys") == len(keys)
    for client in clients:
        client.close()


def test_the_newest_keys_are_remembered(start):
    gateway = start({"publish": {"dedupe_keys": 2}})
    first = gateway.publish("b", "1", key="one")
    gateway.publish("b", "2", key="two")
    assert gateway.publish("b", "1", key="one") == first
    gateway.publish("b", "3", key="three")
    assert gateway.publish("b", "1", key="one") != first
    assert gateway.metric("boardcast_publish_keys") == 2
    assert gateway.metric("boardcast_publish_keys_forgotten_early_total") == 2


def test_another_content_is_counted(start):
    gateway = start()
    gateway.publish("b", "1", key="one")
    answer = fetch(gateway.url("/events?board=b&key=one"), "-d", "2")
    assert answer.status == 409
    assert gateway.metric('boardcast_publish_refused_total{reason="conflict"}') == 1


def test_a_window_of_zero(start):
    gateway = start({"publish": {"dedupe_window": "0s"}})
    assert gateway.publish("b", "1", key="one") != gateway.publish("b", "1", key="one")
    assert gateway.metric("boardcast_publish_keys") == 0
    assert fetch(gateway.url("/events?board=b&key="), "-d", "1").status == 400
