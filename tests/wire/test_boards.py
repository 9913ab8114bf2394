"""`boards:` in the configuration: what is kept of a board depends on its name."""

import json

from support import sse

HISTORY = {
    "history": {"events": 5},
    "boards": [{"match": "ticks-*", "history": {"events": 1}},
               {"match": "ticks-late", "history": {"events": 3}},
               {"match": "typing", "history": {"events": 0}}],
}


def resumed(gateway, curls, board, after, last):
    """What a reader of `board` gets that has seen `after`, up to the data `last`."""
    curl = curls(gateway.url(f"/events?boards={board}"), "-H", f"last-event-id: {after}")
    events = sse.events(curl.wait_for(last))
    return ([event.data for event in events if event.type == "message"],
            [json.loads(event.data) for event in events if event.type == "boardcast.gap"])


def test_each_board_replays_what_its_rule_keeps(start, curls):
    gateway = start(HISTORY)
    boards = ["ticks-eur", "ticks-late", "news", "ticks"]
    ids = {board: [gateway.publish(board, f"n{n}") for n in range(4)] for board in boards}
    for board, kept in [("ticks-eur", 1), ("ticks-late", 1), ("news", 3), ("ticks", 3)]:
        data, gaps = resumed(gateway, curls, board, ids[board][0], "data: n3")
        assert data == ["n1", "n2", "n3"][-kept:], board
        lost = [] if kept == 3 else [{"boards": [board], "reason": "trimmed",
                                      "after": ids[board][0], "upto": ids[board][2]}]
        assert gaps == lost, board


def test_a_board_of_no_events_keeps_nothing_and_says_so(start, curls):
    gateway = start(HISTORY)
    ids = [gateway.publish("typing", f"n{n}") for n in range(3)]
    data, gaps = resumed(gateway, curls, "typing", ids[0], "boardcast.open")
    assert data == []
    assert [(gap["boards"], gap["reason"], gap["upto"]) for gap in gaps] == [
        (["typing"], "trimmed", ids[2])]
    assert gateway.metric("boardcast_history_events") == 0
    curl = curls(gateway.url("/events?boards=typing"))
    curl.wait_for("boardcast.open")
    gateway.publish("typing", "live")
    curl.wait_for("data: live")
