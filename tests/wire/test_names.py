"""GET /events?stream=<name>: a changed set of boards outlives the stream; one stream for a name."""

import itertools
import json
import threading

import pytest

from support import h2, sse
from support.process import fetch, wait_for
from test_change import patch, told

LINGERING = "boardcast_stream_names_lingering"
FORGOTTEN = "boardcast_stream_names_forgotten_early_total"


def name_of(what):
    return f"nobody-guesses-{what}"


def opened(client, name, query="boards=a", position=None):
    """A stream on this connection; `opening` is what boardcast.open says."""
    fields = [("last-event-id", position)] if position else []
    stream = client.subscribe(f"{query}&stream={name}", fields)
    client.pump(lambda: stream.events, "the opening")
    stream.opening = json.loads(stream.events[0].data)
    return stream


@pytest.fixture
def clients():
    """clients(gateway) is an HTTP/2 client on a connection of its own."""
    running = []

    def begin(gateway):
        running.append(h2.Client(gateway.address()))
        return running[-1]

    yield begin
    for client in running:
        client.close()


def change(gateway, stream, **members):
    answer = patch(gateway, stream.opening["stream"], members)
    assert answer.status == 200, answer


def leave(client, gateway):
    """The connection is gone, and the gateway has seen it."""
    before = gateway.connections()["connections"]
    client.close()
    wait_for(lambda: gateway.connections()["connections"] < before, "the end")


@pytest.mark.parametrize("protocol", ["http2", "http1.1"])
def test_what_was_added_outlives_a_cut_and_is_resumed(shared, curls, protocol):
    url = shared.url(f"/events?boards=cut-a,cut-b&stream={name_of(protocol.replace('.', '-'))}")
    first = curls(url, f"--{protocol}")
    opening = json.loads(sse.events(first.wait_for("boardcast.open"))[0].data)
    assert opening["restored"] is False
    answer = patch(shared, opening["stream"], {"add": ["cut-c"], "remove": ["cut-b"]})
    assert answer.json()["boards"] == ["cut-a", "cut-c"]
    last = shared.publish("cut-c", "before")
    first.wait_for("before")
    cut = fetch(shared.admin(f"/admin/connections/{opening['connection']}"), "-X", "DELETE")
    assert cut.status == 204 and first.wait() == 56
    ids = [shared.publish(board, f"missed in {board}") for board in ("cut-c", "cut-b", "cut-a")]
    again = curls(url, f"--{protocol}", "-H", f"last-event-id: {last}")
    again.wait_for("missed in cut-a")
    ids.append(shared.publish("cut-c", "after"))
    opening, *events = sse.events(again.wait_for("after\n\n"))
    said = json.loads(opening.data)
    assert (said["boards"], said["restored"], said["resumed"]) == (["cut-a", "cut-c"], True, True)
    assert [(event.data, event.last_event_id) for event in events] == [
        ("missed in cut-c", ids[0]), ("missed in cut-a", ids[2]), ("after", ids[3])]


def test_the_newcomer_takes_a_live_name_on_whichever_worker_it_lives(start, clients):
    gateway = start({"stream": {"retry": "1s"}})

    def worker():
        """The number of the worker that has the one stream there is."""
        wait_for(lambda: gateway.connections()["total"] == 1, "the end of the other")
        return gateway.metric('boardcast_worker_streams{worker="1"}')

    name = name_of("takes")
    held = opened(clients(gateway), name)
    holder = clients(gateway)
    change(gateway, held, add=["b"])
    moves, at = set(), worker()
    for turn in range(6):
        # Connections go to the workers in turn; a second stream stays on the worker of the first.
        holder = holder if turn % 2 else clients(gateway)
        stream, before = opened(holder, name), held
        assert (stream.opening["boards"], stream.opening["restored"]) == (["a", "b"], True)
        assert stream.opening["stream"] != before.opening["stream"]
        held = stream
        moves.add(worker() == at)
        at = worker()
        assert patch(gateway, before.opening["stream"], {"add": ["c"]}).status == 404
    assert moves == {True, False}
    assert gateway.metric('boardcast_streams_ended_total{reason="replaced"}') == 6
    gateway.publish("b", "to the last")
    holder.pump(lambda: told(held), "the event")
    assert told(held) == ["to the last"]


def test_who_was_replaced_is_told_so_and_to_wait_long(start, clients):
    gateway = start({"stream": {"retry": "1s"}})
    old = clients(gateway)
    stream = opened(old, name_of("told"))
    opened(clients(gateway), name_of("told"))
    opened(clients(gateway), name_of("other"))
    old.pump(lambda: stream.ended, "the end")
    assert (stream.reset, old.closed) == (None, False)
    end = stream.events[-1]
    assert (end.type, json.loads(end.data)) == ("boardcast.end", {"reason": "replaced"})
    assert 15_000 <= stream.parser.retry <= 45_000
    assert gateway.connections()["total"] == 2


def test_what_an_operator_has_ended_comes_back_too(start, clients):
    gateway = start()
    client = clients(gateway)
    stream = opened(client, name_of("kicked"))
    change(gateway, stream, add=["b"])
    answer = fetch(gateway.admin(f"/admin/streams/{stream.opening['stream']}"), "-X", "DELETE")
    assert answer.status == 204
    client.pump(lambda: stream.ended, "the end")
    assert opened(client, name_of("kicked")).opening["restored"] is True


def test_it_is_forgotten_when_its_time_is_over(start, clients):
    gateway = start({"stream": {"linger": "4s"}})  # for long enough to be seen on a busy machine
    client = clients(gateway)
    change(gateway, opened(client, name_of("late")), add=["b"])
    assert gateway.metric(LINGERING) == 0
    leave(client, gateway)
    wait_for(lambda: gateway.metric(LINGERING) == 1, "that it lingers")
    wait_for(lambda: gateway.metric(LINGERING) == 0, "that it is forgotten")
    opening = opened(clients(gateway), name_of("late")).opening
    assert (opening["boards"], opening["restored"]) == (["a"], False)
    assert gateway.metric(FORGOTTEN) == 0


def test_what_lingers_is_bounded_and_the_oldest_goes_first(start, clients):
    gateway = start({"stream": {"linger_bytes": "1KiB"}})
    for n in range(4):
        client = clients(gateway)
        change(gateway, opened(client, name_of(n)), add=["b" * 200])
        leave(client, gateway)
    assert 1 <= gateway.metric(LINGERING) <= 2
    assert gateway.metric(FORGOTTEN) == 4 - gateway.metric(LINGERING)
    client = clients(gateway)
    restored = [opened(client, name_of(n)).opening["restored"] for n in (3, 0)]
    assert restored == [True, False]


def test_a_name_that_can_be_guessed_is_refused(shared):
    for name in ("", "short", "a" * 65, "with-a-dot.in-it-", "sp%20ace-sp%20ace-"):
        answer = fetch(shared.url(f"/events?boards=a&stream={name}"))
        assert answer.status == 400 and "16 to 64" in answer.json()["detail"], name


def test_a_name_is_nowhere_shown(start, clients):
    gateway = start({"log": {"level": "debug"}})
    client = clients(gateway)
    stream = opened(client, name_of("shown"))
    head = fetch(gateway.url(f"/events?boards=a&stream={name_of('shown')}"), "--head")
    assert head.status == 200
    change(gateway, stream, add=["b"])
    told_of = fetch(gateway.admin("/admin/streams")).body
    assert stream.opening["stream"].encode() in told_of, "HEAD took nothing"
    shown = told_of + fetch(gateway.admin("/metrics")).body + stream.data
    assert name_of("shown").encode() not in shown
    leave(client, gateway)
    assert gateway.stop() == 0
    assert name_of("shown") not in "\n".join(gateway.lines)


def test_a_change_that_was_answered_is_never_lost_to_a_newcomer(start, clients):
    """One thread takes the name from itself again and again, one changes whatever it knows of."""
    gateway = start({"limits": {"boards_per_stream": 10_000}})
    name, done = name_of("raced"), threading.Event()
    ids, answers = [], {}
    editor, taker = clients(gateway), [clients(gateway) for _ in range(4)]

    def edit():
        for n in itertools.count():
            if done.is_set():
                return
            body = json.dumps({"add": [f"raced-{n}"]}).encode()
            answers[f"raced-{n}"] = editor.fetch(
                "PATCH", f"/events/{ids[-1]}", [("content-type", "application/json")], body).status

    ids.append(opened(taker[0], name, "boards=raced").opening["stream"])
    thread = threading.Thread(target=edit, daemon=True)
    thread.start()
    try:
        for turn in range(60):
            ids.append(opened(taker[turn % 4], name, "boards=raced").opening["stream"])
            wait_for(lambda: len(answers) > 3 * turn and thread.is_alive(), "changes")
    finally:
        done.set()
        thread.join(10)
    boards = opened(taker[0], name, "boards=raced").opening["boards"]
    assert boards == ["raced", *(board for board, status in answers.items() if status == 200)]
    assert {200, 404} >= set(answers.values()) and len(boards) > 30
