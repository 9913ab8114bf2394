# ctest: TIMEOUT 180
"""Hostile clients, row by row, for a moment each (`./dev attack` does it at length, and beside
other servers): what becomes of them, which counter shows it, and that memory stays small. Times
are printed and not asserted, but for a generous one."""

import json
import os
import re

import pytest

from attacks import crowd, report, servers, smuggling, stage
from support.process import ROOT, SLOWNESS

PACE = 0.55 * SLOWNESS
BYTES_MAX = 4 * 1024 * 1024
WORST_MS_MAX = 2000 * SLOWNESS


@pytest.fixture(scope="module")
def under_attack():
    server = servers.Boardcast(servers.hasty(PACE))
    play = stage.Stage(server)
    yield play
    assert play.close() == ""
    assert server.stop() == 0


# Of those without TLS one of each kind; all of them: `./dev attack --plain`.
PLAIN = ("rapid reset (CVE-2023-44487)", "MadeYouReset by window overflow (CVE-2025-8671)",
         "PING, unread", "empty DATA (CVE-2019-9518)", "empty CONTINUATION",
         "HPACK bomb (CVE-2016-6581)", "answers unread (CVE-2019-9517)",
         "preface, a byte at a time")
ROWS = stage.ROWS + [row for row in stage.PLAIN if row.name.removeprefix("h2c: ") in PLAIN]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_attack(under_attack, record_property, row):
    # What is to be cut has time enough for it, on a machine with much else to do.
    seconds = 5 * SLOWNESS if row.ends else PACE * row.seconds
    result = under_attack.lead(row, seconds, BYTES_MAX)
    record_property(*report.entry(result))
    assert result.as_meant(), (result.outcome, result.moved)
    if SLOWNESS == 1:  # sanitizers have memory of their own
        assert result.is_small(), f"{result.growth} bytes for {result.connections} connections"
    assert result.delays[-1] < WORST_MS_MAX and under_attack.healthy.alive()


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


def test_each_limit_of_a_resource_is_counted_and_tested():
    """The other tables' tests are those of this file."""
    rows = re.findall(r"^\| (.*) \|$", read("SECURITY.md").split("### Addresses")[1], re.MULTILINE)
    assert len(rows) > 8
    for row in rows[1:]:
        attack, limit, seen = row.split(" | ")
        assert "`" in limit or "counted" in limit, attack
        assert "boardcast_" in seen and re.search(r"test|\./dev|the same$", seen), attack


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
        assert found.growth < 64 * 1024 * found.connections
    assert found.delays[-1] < WORST_MS_MAX
