# ctest: PROCESSORS 1
"""The checker of the delivery promises and the proxy of its faults are themselves tested."""

import asyncio
import copy
import random
import time

import pytest

from faults import log, planted, redis, worth
from faults.book import written
from faults.changes import made
from faults.checker import BEHIND, check
from faults.perfect import EPOCHS, Perfect
from faults.perfect_shared import PerfectShared
from faults.proxy import Proxy
from support.process import SLOWNESS

GOOD = Perfect().entries
SHARED = PerfectShared().entries
BUGS = [(bug, promise, GOOD) for bug, promise in planted.BUGS.items()] + [
    (bug, promise, SHARED) for bug, promise in planted.SHARED.items()]


@pytest.mark.parametrize("good", [GOOD, SHARED], ids=["one node", "three nodes"])
def test_a_good_log_passes(good):
    assert check(copy.deepcopy(good)) == []


@pytest.mark.parametrize("bug, promise, good", BUGS, ids=[bug.__name__ for bug, _, _ in BUGS])
def test_a_planted_bug_is_caught_by_its_promise(bug, promise, good):
    for seed in range(3):
        found = check(planted.planted(bug, good, random.Random(seed)))
        assert promise in {violation.promise for violation in found}, (seed, found)
        assert all(violation.where and violation.text for violation in found)


def test_a_gap_that_comes_too_late_or_tells_too_little_is_none():
    at = next(i for i, entry in enumerate(GOOD) if entry.get("reason") == "slow")
    late = copy.deepcopy(GOOD)
    late.insert(at + 1, late.pop(at))
    assert {violation.promise for violation in check(late)} == {4}
    for change in ({"upto": written(EPOCHS[0], 57)}, {"after": written(EPOCHS[0], 53)},
                   {"boards": ["deep-1"], "reason": "unknown"}):
        short = copy.deepcopy(GOOD)
        short[at].update(change)
        assert 4 in {violation.promise for violation in check(short)}, change


def _without_its_last(entries, stream):
    """Ended by a drain before the last event that it got in `entries`."""
    last = [entry["id"] for entry in entries if entry.get("stream") == stream and
            entry["what"] == "event"][-1]
    return copy.deepcopy([entry for entry in entries if entry.get("stream") != stream or
                          entry["what"] not in ("event", "position") or entry["id"] < last])


def _of(entries, stream, what):
    return [entry for entry in entries if entry.get("stream") == stream and entry["what"] == what]


def _broken(entries):
    return {violation.promise for violation in check(copy.deepcopy(entries))}


def test_a_reader_that_was_too_slow_just_now_may_be_ended_before_the_rest():
    stream = next(entry for entry in GOOD if entry.get("reason") == "slow")["stream"]
    log = _without_its_last(GOOD, stream)
    [gap], [end] = _of(log, stream, "gap"), _of(log, stream, "end")
    for seconds, broken in ((BEHIND - 0.1, set()), (BEHIND + 0.1, {7})):
        gap["t"] = end["t"] - seconds
        assert _broken(log) == broken, seconds
    gap["t"] = end["t"] - 0.1
    assert _broken(log) == set()
    position = {"t": end["t"], "what": "position", "stream": stream,
                "id": _of(log, stream, "event")[-1]["id"]}
    assert _broken([*log[:log.index(end)], position, *log[log.index(end):]]) == {7}, "caught up"


def test_so_may_one_whose_last_event_came_late():
    stream = next(entry for entry in GOOD if entry.get("reason") == "slow")["stream"]
    log = _without_its_last(GOOD, stream)
    [gap], event = _of(log, stream, "gap"), _of(log, stream, "event")[-1]
    gap["t"] -= 100
    due = max(next(entry["t"] for entry in log if event["id"] in entry.get("ids", ())),
              _of(log, stream, "open")[0]["t"])
    for seconds, broken in ((1.2, set()), (0.8, {7})):
        event["t"] = due + seconds * SLOWNESS
        assert _broken(log) == broken, seconds


def test_an_event_that_nobody_knows_the_place_of_may_have_replaced_another():
    at = next(i for i, entry in enumerate(GOOD) if entry["what"] == "snapshot")
    snapshot = GOOD[at]
    lost = {"key": "x/1", "boards": ["ticks-0"], "type": "message", "hash": "h", "folded": "f"}
    unplaced = {"t": snapshot["t"], "what": "send", "node": "a", "request": "x.1", "keyed": False,
                "events": [lost]}
    told = {**snapshot, "key": "x/1", "hash": "f"}
    for place in ([], [told]):
        log = GOOD[:at] + [unplaced] + place + GOOD[at + 1:]
        assert check(copy.deepcopy(log)) == []


def test_a_gap_by_epoch_names_all_that_is_read():
    at = next(i for i, entry in enumerate(GOOD) if entry.get("reason") == "epoch")
    short = copy.deepcopy(GOOD)
    short[at]["boards"] = []
    assert {violation.promise for violation in check(short)} == {4}


def test_the_ids_of_a_batch_grow():
    facts = [{"key": f"w/{n}", "boards": ["deep-0"], "type": "message"} for n in range(2)]
    ids = [written(EPOCHS[0], seq) for seq in (1, 2)]
    for order, wrong in ((ids, []), (ids[::-1], [1]), ([ids[0]] * 2, [1, 1])):
        found = check([{"t": 1, "what": "send", "node": "a", "request": "w.1", "keyed": False,
                        "events": facts},
                       {"t": 2, "what": "ack", "request": "w.1", "ids": order}])
        assert [violation.promise for violation in found] == wrong


@pytest.mark.parametrize("keyed, wrong", [(True, []), (False, [2])])
def test_an_event_sent_again_has_one_place_in_each_epoch(keyed, wrong):
    """A restart forgets keys, and with them the log."""
    facts = {"key": "w/1", "boards": ["deep-0"], "type": "message"}
    entries = []
    for n, epoch in enumerate(EPOCHS):
        request = {"t": n, "who": "w", "request": f"w.{n}"}
        entries += [{**request, "what": "send", "node": "a", "keyed": keyed, "events": [facts]},
                    {**request, "what": "ack", "ids": [written(epoch, 7)]}]
    assert [violation.promise for violation in check(entries)] == wrong


def test_what_one_answer_refuses_another_may_have_taken():
    for lost in (True, False):
        lie = copy.deepcopy(GOOD)
        ack = next(entry for entry in lie if entry["what"] == "ack" and (
            entry["request"] + ".lost" in {send.get("request") for send in lie}) == lost)
        ack.update(what="refused", status=503)
        assert {violation.promise for violation in check(lie)} == (set() if lost else {2})


def test_what_is_kept_is_not_told_as_lost():
    lie = copy.deepcopy(GOOD)
    next(entry for entry in lie if entry.get("reason") == "slow")["boards"].append("deep-1")
    assert {violation.promise for violation in check(lie)} == {3}


URL, OLD, NEW = ["deep-0"], ["deep-0", "deep-1"], ["deep-0", "deep-1", "deep-2"]


def _log_of_a_name(fault, sets):
    """It is opened and changed twice; all have heard of it when there is a fault; then it is opened
    at one node after the other, with these sets."""
    at = {"id": written(EPOCHS[0], 0)}
    entries = [{"t": 0, "what": "shared"}]
    for n, boards in enumerate([URL, *sets]):
        stream, t = {"stream": f"r.{n}"}, 10 * n
        entries += [{"t": t, "what": "ask", "who": "r", "node": "abc"[n % 3], **stream,
                     "boards": URL, "types": [], "after": "", "newest": 0, "slow": False,
                     "name": "n"},
                    {"t": t + 1, "what": "open", **stream, **at, "boards": boards,
                     "restored": n > 0}]
        if n == 0:
            for one in (OLD, NEW):
                change = {**stream, "request": one[-1]}
                entries += [{"t": 2, "what": "patch", **change, "node": "a", "add": one[-1:],
                             "remove": [], "after": ""},
                            {"t": 3, "what": "patched", **change, "boards": one,
                             "position": at["id"]}]
            entries += [{"t": 5, "what": "fault", "name": fault},
                        {"t": 6, "what": "healed", "name": fault}]
    return entries


@pytest.mark.parametrize("fault, sets, wrong", [
    ("redis_stall", [OLD, NEW, NEW], []), ("redis_stall", [OLD, NEW, OLD], [5]),
    ("pause", [OLD, OLD], []), ("redis_sentinel_pause", [NEW], []),
    ("redis_sentinel_pause", [OLD], [5])])
def test_what_a_node_was_deaf_to_excuses_nothing_for_ever(fault, sets, wrong):
    found = check(_log_of_a_name(fault, sets))
    assert [violation.promise for violation in found] == wrong


def test_many_changes_without_an_answer_make_few_sets():
    def change(number):
        return {"add": [f"b{number % 3}"] * (number % 2), "remove": [f"b{number // 2 % 3}"]}
    sets = made([change(number) for number in range(60)], ["a", "b0"])
    assert sets[0] == ["a", "b0"] and len(sets) < 20
    assert sorted(map(set, sets), key=len)[0] == {"a"}
    assert ["a"] in sets and ["a", "b1"] in sets
    assert made([{"add": [], "remove": []}], ["a"]) == [["a"], ["a"]], "one that changes nothing"


def test_a_log_comes_back_as_it_was_written(tmp_path):
    paths = [tmp_path / "one", tmp_path / "two"]
    logs = [log.Log(path) for path in paths]
    for n in range(6):
        logs[n % 2].add("position", stream="r", id=f"{n}")
    for one in logs:
        one.close()
    assert [entry["id"] for entry in log.read(*paths)] == list("012345")
    assert log.folded("a\rb\r\nc\n") == "a\nb\nc\n"


def test_a_run_that_was_not_worth_it_is_led_again_and_not_for_ever():
    led = []

    def run(attempt):
        led.append(attempt)
        return [attempt]

    def wants(least):
        def check(entries):
            random.choice([entry for entry in entries if entry >= least])
        return check
    with pytest.warns(UserWarning, match="attempt 0"):
        worth.insist(run, wants(0), wants(1))
    assert led == [0, 1]
    with pytest.warns(UserWarning, match="attempt 1"), pytest.raises(IndexError):
        worth.insist(run, wants(worth.ATTEMPTS))
    assert led[2:] == list(range(worth.ATTEMPTS))


# --- The Redis ------------------------------------------------------------------------------------

@pytest.mark.parametrize("servers", [1, 2], ids=["in the making", "made"])
def test_a_fault_that_is_given_up_leaves_no_server(servers):
    async def scene():
        one = redis.Redis(1, log.Log())
        one.start()
        fault = asyncio.ensure_future(one.meet("redis_failover", 1, 60))
        await asyncio.sleep(0.01)
        while len(one.servers) < servers:
            await asyncio.sleep(0.01)
        fault.cancel()
        await one.close()
        return one.servers
    made = asyncio.run(asyncio.wait_for(scene(), 60))
    assert [server.running() for server in made] == [False, False]


# --- The proxy ------------------------------------------------------------------------------------

async def _echo(reader, writer):
    try:
        while piece := await reader.read(1000):
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def _through_a_proxy(scene):
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    proxy = Proxy([server.sockets[0].getsockname()], 1)
    proxy.start()
    try:
        return await asyncio.wait_for(scene(proxy), 60)
    finally:
        await proxy.close()
        server.close()


async def _said(reader, writer, text, size, seconds=10.0):
    """What comes back, of `size` bytes if all goes well; or what happened instead."""
    writer.write(text)
    try:
        return await asyncio.wait_for(reader.readexactly(size), seconds)
    except asyncio.IncompleteReadError as error:
        return error.partial
    except (ConnectionError, asyncio.TimeoutError) as error:
        return type(error)


# What comes back during the fault, and after it was healed.
FAULTS = {
    "cut": (ConnectionResetError, ConnectionResetError),
    "cut_mid_record": (ConnectionResetError, ConnectionResetError),
    "half_close_client": (b"", b""),
    "half_close_gateway": (b"", b""),
    "stall": (asyncio.TimeoutError, b"beforeafter!"),
    "dribble": (b"before", b"after!"),
    "delay": (b"before", b"after!"),
    "blackhole": (asyncio.TimeoutError, ConnectionResetError),
}


def test_the_proxy_passes_what_it_is_given():
    async def scene(proxy):
        reader, writer = await asyncio.open_connection(*proxy.address)
        return await _said(reader, writer, b"x" * 3_000_000, 3_000_000)
    assert asyncio.run(_through_a_proxy(scene)) == b"x" * 3_000_000


@pytest.mark.parametrize("fault", FAULTS)
def test_the_proxy_does_what_its_fault_says(fault):
    async def scene(proxy):
        reader, writer = await asyncio.open_connection(*proxy.address)
        assert await _said(reader, writer, b"hello", 5) == b"hello"
        (link,) = proxy.links
        link.meet(fault)
        patience = 0.3 if FAULTS[fault][0] is asyncio.TimeoutError else 10
        during = await _said(reader, writer, b"before", 6, patience)
        proxy.heal()
        return during, await _said(reader, writer, b"after!", 12 if fault == "stall" else 6)
    assert asyncio.run(_through_a_proxy(scene)) == FAULTS[fault]


@pytest.mark.parametrize("fault", ["dribble", "delay"])
def test_the_proxy_takes_its_time(fault):
    async def scene(proxy):
        reader, writer = await asyncio.open_connection(*proxy.address)
        assert await _said(reader, writer, b"hello", 5) == b"hello"
        (link,) = proxy.links
        link.meet(fault)
        begun = time.monotonic()
        assert await _said(reader, writer, b"x" * 300, 300) == b"x" * 300
        return time.monotonic() - begun
    assert asyncio.run(_through_a_proxy(scene)) > 0.09


@pytest.mark.parametrize("fault, outcome", [("cut_on_connect", ConnectionResetError),
                                            ("refuse", ConnectionResetError),
                                            ("slow_accept", asyncio.TimeoutError)])
def test_the_proxy_meets_those_who_come(fault, outcome):
    async def scene(proxy):
        setattr(proxy, fault, True)
        reader, writer = await asyncio.open_connection(*proxy.address)
        met = await _said(reader, writer, b"hello", 5, 0.1 if fault == "slow_accept" else 10)
        proxy.heal()
        reader, writer = await asyncio.open_connection(*proxy.address)
        return met, await _said(reader, writer, b"hello", 5)
    assert asyncio.run(_through_a_proxy(scene)) == (outcome, b"hello")
