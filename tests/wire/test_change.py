"""PATCH /events/{stream}: other boards for a stream that runs, from any connection."""

import json

import pytest

from support import h2
from support.process import fetch, wait_for


def patch(gateway, stream, change, *options):
    return fetch(gateway.url(f"/events/{stream}"), "-X", "PATCH",
                 "-H", "content-type: application/json", "-d", json.dumps(change), *options)


def reader_of(gateway, query):
    client = h2.Client(gateway.address())
    stream = client.subscribe(query)
    client.pump(lambda: stream.events, "the opening")
    return client, stream, json.loads(stream.events[0].data)["stream"]


def told(stream):
    return [event.data for event in stream.of_type("message")]


def test_boards_are_added_and_removed_without_a_reconnect(shared):
    client, stream, id = reader_of(shared, "boards=patch-a")
    answers = [patch(shared, id, {"add": ["patch-b", "patch-p*"]}, option)
               for option in ("--http1.1", "--http2")]  # other connections, any worker
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].json()["boards"] == ["patch-a", "patch-b", "patch-p*"]
    for board in ("patch-a", "patch-b", "patch-p1", "patch-c"):
        shared.publish(board, board)
    client.pump(lambda: len(told(stream)) == 3, "three events")
    assert told(stream) == ["patch-a", "patch-b", "patch-p1"]
    answer = patch(shared, id, {"remove": ["patch-a", "patch-p*"]})
    assert answer.json()["boards"] == ["patch-b"]
    for board in ("patch-a", "patch-p1", "patch-b"):
        shared.publish(board, board)
    client.pump(lambda: len(told(stream)) == 4, "the last event")
    assert told(stream)[3] == "patch-b"
    barriers = stream.of_type("boardcast.boards")
    assert json.loads(barriers[-1].data)["boards"] == ["patch-b"]
    assert barriers[-1].last_event_id == json.loads(barriers[-1].data)["position"]
    assert shared.connections()["boards"].get("patch-a") is None
    client.close()


def test_an_added_board_can_begin_in_the_past(shared):
    ids = [shared.publish("past-b", f"b{n}") for n in range(4)]
    client, stream, id = reader_of(shared, "boards=past-a")
    last = shared.publish("past-a", "a")
    client.pump(lambda: told(stream), "a")
    assert patch(shared, id, {"add": ["past-b"], "after": ids[0]}).json()["position"] >= last
    after = shared.publish("past-b", "b4")
    client.pump(lambda: told(stream)[-1] == "b4", "b4")
    assert told(stream) == ["a", "b1", "b2", "b3", "b4"]
    kinds = [(event.type, event.last_event_id) for event in stream.events[1:]]
    first, second = [id for type, id in kinds if type == "boardcast.boards"]
    assert first == ids[0] and second >= last and kinds[-1] == ("message", after)
    client.close()


def test_refusals_change_nothing(shared):
    client, stream, id = reader_of(shared, "boards=still-a")
    for change, status, says in [({"remove": ["still-a"]}, 400, "at least one board"),
                                 ({"add": ["x*y"]}, 400, "asterisk"),
                                 ({"add": ["b"], "after": "junk"}, 400, "after"),
                                 ({"adds": ["b"]}, 400, "adds")]:
        answer = patch(shared, id, change)
        assert answer.status == status and says in answer.json()["detail"]
    assert patch(shared, id[::-1], {"add": ["b"]}).status == 404
    answer = fetch(shared.url(f"/events/{id}"), "-X", "PATCH", "-H", "content-type: text/plain",
                   "-d", "{}")
    assert answer.status == 415 and answer.fields["accept-patch"] == "application/json"
    foreign = patch(shared, id, {"add": ["b"]}, "-H", "origin: https://elsewhere.example")
    assert foreign.status == 403
    assert shared.connections()["boards"].get("still-a") == 1
    client.close()
    wait_for(lambda: patch(shared, id, {"add": ["b"]}).status == 404, "that it is gone")


@pytest.mark.parametrize("format", ["plain", "json"])
def test_changes_under_load_lose_and_repeat_nothing(shared, format):
    """What is on the stream's set at a barrier comes, all of it, once; here one board stays."""
    name = f"load-{format}"
    client, stream, id = reader_of(shared, f"boards={name}&format={format}")
    publisher = h2.Client(shared.address())  # of either worker
    total = 60
    for n in range(total):
        assert publisher.publish(name, n).status == 200
        client.pump(lambda: len(told(stream)) >= n - 5, "what came")  # who never reads is cut
        if n % 5 == 0:
            change = {"add": [f"{name}-{n}"]} if n % 10 else {"remove": [f"{name}-{n - 5}"]}
            assert patch(shared, id, change).status == 200
    client.pump(lambda: len(told(stream)) == total, "all events")
    values = [json.loads(data) if format == "plain" else json.loads(data)["data"]
              for data in told(stream)]
    assert values == list(range(total))
    for one in (client, publisher):
        one.close()
