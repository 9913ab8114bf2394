# ctest: TIMEOUT 240
"""Hostile clients, row by row, for a moment each (`./dev attack` does it at length, on the release,
and beside other servers): what becomes of them, which counter shows it, that memory stays small,
and that neither CPU time nor others' delays are of another order than the rule allows."""

import contextlib
import dataclasses
import json
import os
import re
import warnings

import pytest

from attacks import crowd, limits, measure, report, results, servers, smuggling, stage
from attacks.row import BROKEN, IDLE
from support.process import ROOT, SLOWNESS, merged

PACE = 0.55 * SLOWNESS
BYTES_MAX = 4 * 1024 * 1024
# A build with assertions, on a machine that does something else as well.
CPU_TIMES = 5 * SLOWNESS
MEDIAN_MS_MAX, WORST_MS_MAX = 250 * SLOWNESS, 5000 * SLOWNESS
# Who has to wait for a core, the healthy client too, is not to be cut for it: nobody here waits for
# these but the rows that are about them.
PATIENT = {"limits": {"idle_timeout": "3s", "handshake_timeout": "3s"},
           "http2": {"ping_timeout": "2s"}}


@contextlib.contextmanager
def attacked():
    server = servers.Boardcast(merged(servers.hasty(PACE), PATIENT))
    try:
        play = stage.Stage(server)
        try:
            yield play
        finally:
            said = play.close()
    finally:
        code = server.stop()
    assert (said, code) == ("", 0)


@pytest.fixture(scope="module")
def under_attack():
    with attacked() as play:
        yield play


# Of those without TLS one of each kind; all of them: `./dev attack --plain`.
PLAIN = ("rapid reset (CVE-2023-44487)", "MadeYouReset by window overflow (CVE-2025-8671)",
         "PING, unread", "empty DATA (CVE-2019-9518)", "empty CONTINUATION",
         "HPACK bomb (CVE-2016-6581)", "answers unread (CVE-2019-9517)",
         "preface, a byte at a time")
ROWS = stage.ROWS + [row for row in stage.PLAIN if row.name.removeprefix("h2c: ") in PLAIN]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_attack(under_attack, record_property, row):
    # What is to be cut has time enough for it, on a machine with much else to do. What is not as
    # it should be is done once more, as `./dev attack` does, and the second time counts: on a
    # server of its own, which has neither the memory of the first nor its state.
    seconds = 15 * SLOWNESS if row.ends else PACE * row.seconds
    result = under_attack.lead(row, seconds, BYTES_MAX)
    if first := list(complaints(result)):
        warnings.warn(f"{row.name}, once more: {first}")
        with attacked() as play:
            result = play.lead(row, seconds, BYTES_MAX)
    record_property(*report.entry(result))
    assert list(complaints(result)) == []
    assert under_attack.healthy.alive()


def complaints(result):
    """What is not as the row says, or of another order than the rule allows, in words."""
    if not result.as_meant():
        yield f"{result.outcome}; {result.moved}"
    if SLOWNESS == 1 and not result.is_small():  # sanitizers have memory of their own
        yield f"{result.growth} bytes for {result.connections} connections"
    if result.cpu_for_unit >= CPU_TIMES * result.row.cpu_ms:
        yield f"{result.cpu_for_unit} ms of CPU time for each 16 KiB"
    if result.delays[-1] >= WORST_MS_MAX:
        yield f"a healthy client waited {result.delays[-1]} ms"
    if len(result.delays) >= 10 and measure.percentile(result.delays, 0.5) >= MEDIAN_MS_MAX:
        yield f"half of its requests took {MEDIAN_MS_MAX} ms"


@pytest.fixture(scope="module")
def without_limits():
    server = limits.server()
    play = stage.Stage(server)
    yield play
    play.close()
    server.stop()


@pytest.mark.parametrize("name", ["headers without END_HEADERS", "header lists of 40 KB",
                                  "event streams without a window"])
def test_a_row_fails_without_its_limit(without_limits, name):
    """All of them: `./dev attack --without-limits`."""
    row, = (row for row in stage.ROWS if row.name == name)
    result = without_limits.lead(row, 0.5, BYTES_MAX)
    assert row.limit in options()
    assert result.outcome == "survived" and row.counter not in result.moved
    assert not result.as_meant() and limits.fault(result) == ""


def test_each_option_of_a_row_is_raised():
    raised = {f"{section}.{key}" for section, keys in limits.RAISED.items() for key in keys}
    assert {row.limit for row in stage.ROWS} - {""} <= raised <= options()


FINE = stage.Result(row=stage.ROWS[0], connections=1, held=1, sent=16 * 1024, cut_s=0.1,
                    codes={None}, growth=1000, cpu_ms=9.0, delays=[1.0],
                    moved={stage.ROWS[0].counter: 1}, served=False)


@pytest.mark.parametrize("change, fault", [
    ({}, ""),
    ({"cut_s": None}, "not as meant: survived"),
    ({"codes": {1}}, "not as meant: cut"),
    ({"moved": {}}, "not as meant: cut"),
    ({"moved": {stage.ROWS[0].counter: 1, IDLE: 1}},
     "not as meant: cut after 100 ms: no GOAWAY, by the idle limit; "),
    ({"fault": "OSError: x"}, "not as meant: OSError"),
    ({"growth": 2**21}, "2.0 MiB of memory, though cut"),
    ({"growth": 2**21, "cut_s": 1.5}, "2.0 MiB of memory for 1 connections"),
    ({"cpu_ms": 10.5}, "10.5 ms of CPU"),
    ({"delays": [1.0] * 50 + [120.0]}, "a healthy client waited 120 ms"),
])
def test_what_breaks_the_rule_is_a_fault(change, fault):
    found = list(dataclasses.replace(FINE, **change).faults())
    assert len(found) == (fault != "") and all(one.startswith(fault) for one in found), found


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def options():
    """`section.key` of each."""
    sections = json.loads(read("config", "boardcast.schema.json"))["properties"]
    return {f"{section}.{key}" for section, rule in sections.items()
            for key in rule.get("properties", ())}


def test_the_page_on_security_names_what_there_is(under_attack):
    text = read("SECURITY.md")
    counted = under_attack.server.metrics()
    named = set(re.findall(r"`([a-z0-9]+\.\w+)`", text))
    labels = set(re.findall(r'`((?:limit|kind)="\w+")`', text))
    metrics = set(re.findall(r'`(boardcast_\w+(?:{\w+="\w+"})?)`', text))
    tests = set(re.findall(r"`([\w/]+\.(?:py|cc))`", text))
    assert len(named) > 30 and len(labels) > 7 and len(metrics) > 12 and len(tests) > 7
    assert named <= options()
    assert not {name for name in labels | metrics
                if not re.search(rf"\b{name}(?: |}}|{{|$)" if name in metrics else name, counted)}
    assert not {test for test in tests if not os.path.exists(
        os.path.join(ROOT, test if "/" in test else os.path.join("tests", "wire", test)))}


def tables(text):
    """Heading: the rows of each table of three cells, without its head."""
    for part in text.split("\n### ")[1:]:
        rows = [row.split(" | ") for row in re.findall(r"^\| (.*) \|$", part, re.MULTILINE)]
        yield part.partition("\n")[0], rows[1:]


def test_each_limit_is_named_and_seen():
    """In the first three tables by the counter of a row of this file, or else a test is named."""
    counters = {row.counter for row in stage.ROWS}
    labels = set(re.findall(r'(?:limit|kind)="\w+"', " ".join(counters)))
    found = dict(tables(read("SECURITY.md")))
    assert list(found) == ["HTTP/2", "HTTP/1.1", "Connections and TLS",
                           "Addresses, subjects and resources"]
    for heading, rows in found.items():
        assert len(rows) >= 3
        for attack, limit, seen in rows:
            assert re.search(r"`|\*fixed\*|one 400|end$|counted", limit), attack
            named = set(re.findall(r"`([^`]+)`", seen.replace("*protocol*", f"`{BROKEN}`")))
            by_a_row = named & (counters | labels) and not heading.startswith("Addresses")
            assert by_a_row or re.search(r"test|\./dev|the same$", seen), attack
            assert "boardcast_" in seen or by_a_row or "no counter" in seen, attack


def test_there_are_as_many_as_promised():
    names = [row.name for row in stage.ROWS]
    assert len(set(names)) == len(names) >= 32
    assert len(smuggling.REQUESTS) >= 40
    assert len(ROWS) == len(names) + len(PLAIN)


def test_nothing_is_smuggled(under_attack):
    """One answer, 400, and the end: what came behind it was not answered."""
    address = under_attack.server.gateway.address("http")
    errors = under_attack.server.counters()["boardcast_http_protocol_errors_total"]
    found = {name: smuggling.answers(address, request)
             for name, request in smuggling.REQUESTS.items()}
    assert {name: seen for name, seen in found.items() if seen != ([400], True)} == {}
    moved = under_attack.server.counters()["boardcast_http_protocol_errors_total"] - errors
    assert moved == len(smuggling.REQUESTS)
    # That a client which asks twice is answered twice is what makes the above say something.
    assert smuggling.answers(address, smuggling.BEHIND)[0] == [200, 200]


def test_slow_everything(record_property):
    found = crowd.lead(500)
    for line in found.lines():
        record_property("attack", line)
    assert found.fault == ""
    assert all(moved == count for moved, count in found.ended.values()), found.ended
    if SLOWNESS == 1:
        assert found.is_small(), found.growth
    assert found.delays[-1] < WORST_MS_MAX


def test_the_readme_says_what_was_measured():
    assert f"({results.worst_of_many()} ms measured)" in read("README.md")
