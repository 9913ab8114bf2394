"""gateway/api/README.md: every command is run, every answer compared (support/examples.py)."""

import getopt
import os
import re
import shlex
import urllib.parse

import pytest
import yaml

from support import desk, h2
from support.examples import blocks, difference, examples
from support.process import ROOT, Gateway, wait_for

with open(os.path.join(ROOT, "gateway", "api", "README.md"), encoding="utf-8") as file:
    TEXT = file.read()
BLOCKS = blocks(TEXT)
PRELUDE = next(block for block in BLOCKS if block.info == "sh")
EXAMPLES = examples([block for block in BLOCKS if block is not PRELUDE])
LEAVING = "while the node is leaving"
SOON_LEAVING = "while the node is about to leave"
HINTS = {"": "", LEAVING: "server.drain: 5s", SOON_LEAVING: "server.drain_delay: 5s"}
BATCH = "right behind 9000 events, with "


def settings(hint):
    """The configuration that a hint asks for: `with section.key: value; …`, `with boards: […]`."""
    given = HINTS.get(hint) or hint.removeprefix(BATCH).removeprefix("with ")
    config = {}
    for section, key, value in re.findall(r"(\w+)\.(\w+): ([^;]+)", given):
        config.setdefault(section, {})[key] = yaml.safe_load(value)
    if given.startswith("boards: "):
        config["boards"] = yaml.safe_load(given.removeprefix("boards: "))
    assert config or hint in HINTS, f"no hint: {hint}"
    return config


@pytest.fixture(scope="module")
def serving():
    """serving(hint): a gateway with that configuration; those that are not to leave are kept."""
    kept = {}

    def begin(hint):
        if hint not in kept:
            kept[hint] = Gateway(desk.development(settings(hint)))
        return kept[hint]

    yield begin
    for gateway in kept.values():
        assert gateway.stop() == 0, "\n".join(gateway.lines[-40:])


@pytest.fixture
def sit_at():
    """sit_at(gateway) is a desk in front of it, cleared at the end."""
    desks = []

    def sit(gateway):
        desks.append(desk.Desk(gateway, PRELUDE.text))
        return desks[-1]

    yield sit
    for one in desks:
        one.close()
        if one.gateway.process.poll() is None:
            wait_for(lambda: one.gateway.connections()["connections"] == 0, "an empty gateway")


def request_of(command):
    """(method, target, fields, body) of a curl command."""
    options, (url,) = getopt.gnu_getopt(shlex.split(command)[1:], "iNH:d:")
    fields = [tuple(value.split(": ", 1)) for name, value in options if name == "-H"]
    body = dict(options).get("-d")
    if body is not None:
        fields.append(("content-type", "application/x-www-form-urlencoded"))
    target = urllib.parse.urlsplit(url)._replace(scheme="", netloc="").geturl()
    return ("GET" if body is None else "POST"), target, fields, body and body.encode()


def as_curl_shows(stream):
    fields = {name: value for name, value in stream.fields.items() if name != ":status"}
    head = [f"HTTP/2 {stream.status}", *(f"{name}: {value}" for name, value in fields.items())]
    return "\n".join(head) + "\n\n" + stream.data.decode()


def ask_a_leaving_node(gateway, command):
    """The answer as curl -i shows it, on a connection from before: there are no new ones."""
    client = h2.Client(gateway.address())
    streams = [client.subscribe("boards=x") for _ in range(200)]
    client.pump(lambda: all(stream.events for stream in streams), "opens")
    gateway.signal()
    gateway.wait_for_messages("draining")
    answer = client.fetch(*request_of(command))
    client.close()
    return as_curl_shows(answer)


def ask_behind_a_batch(gateway, command):
    """The answer to a request whose bytes lie right behind those of 9000 events with a reader, so
    that a worker cannot have spread them in between."""
    client = h2.Client(gateway.address())
    reader = client.subscribe("boards=a")
    client.pump(lambda: reader.events, "the stream")
    batch = b'{"board": "a", "data": "x"}\n' * 9000
    client.request("POST", "/events", [("content-type", "application/x-ndjson")], batch,
                   flush=False)
    answer = client.fetch(*request_of(command))
    client.close()
    return as_curl_shows(answer)


def check_on_the_way_out(example, gateway, at):
    if example.asked.hint == LEAVING:
        assert not difference(example.answer, ask_a_leaving_node(gateway, example.asked.text))
    else:
        gateway.signal()
        gateway.wait_for_messages("stopping")
        at.try_out(example)
    gateway.kill()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line-{example.asked.line}")
def test_example(example, serving, sit_at, start):
    asked = example.asked
    assert example.answer, f"line {asked.line}: a command without an answer"
    if asked.hint in (LEAVING, SOON_LEAVING):
        gateway = start(desk.development(settings(asked.hint)))
        check_on_the_way_out(example, gateway, sit_at(gateway))
        return
    gateway = serving(asked.hint)
    if asked.hint.startswith(BATCH):
        assert not difference(example.answer, ask_behind_a_batch(gateway, asked.text))
    else:
        sit_at(gateway).try_out(example)


def test_nothing_is_left_out():
    # tests/browser/boards.test.mjs runs what is for pages.
    assert {block.info for block in BLOCKS} == {"sh", "http", "json", "js", ""}
    assert TEXT.count("\n```") == 2 * len(BLOCKS)
    asked = [command for example in EXAMPLES for command in (example.asked, *example.others)]
    assert [PRELUDE, *asked] == [block for block in BLOCKS if block.info == "sh"]
    answers = [example.answer for example in EXAMPLES]
    assert answers == [block for block in BLOCKS if block.info not in ("sh", "js")]


def test_every_status_has_an_example():
    section = re.search(r"^## Statuses\n(.*?)^## ", TEXT, re.MULTILINE | re.DOTALL).group(1)
    prose = re.sub(r"^```.*?^```$", "", section, flags=re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"\b[1-5]\d\d\b(?=[ ,]|$)", prose))
    assert {block.text.split()[1] for block in BLOCKS if block.info == "http"} == named
