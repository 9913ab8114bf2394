# ctest: TIMEOUT 180
"""README.md: the tour, two exercises and the publishers run as they stand (support/examples.py).

The third exercise and React are for a browser: tests/browser."""

import glob
import json
import os
import re
import subprocess

import pytest
import yaml

from support import desk, sse
from support.examples import blocks, examples
from support.process import ROOT, Gateway, wait_for

with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
    TEXT = file.read()
BLOCKS = blocks(TEXT)
PAGE = "https://localhost:8443"
# The first line of a snippet: the name of its file, and how it is run.
HOW = re.compile(r"(?:<\?php )?(?://|#) (publish\.\w+): (.+)")
# A cold Go compiles its library first.
SECONDS = 150


def under(heading):
    return [block for block in BLOCKS if block.heading == heading]


def is_ours(block):
    """Whether it is a command of the checkout, which other tests run."""
    return block.info == "sh" and "./dev " in block.text


TOUR = examples([*under("First events"), *(b for b in under("Three exercises") if not is_ours(b)),
                 *under("From scripts")])
OVERLAY = next(block for block in under("Three exercises") if is_ours(block))
SNIPPETS = under("Publish from your code")


@pytest.fixture(scope="module")
def gateway():
    """One with the short heartbeat of the first exercise."""
    made, run = OVERLAY.text.splitlines()
    text = subprocess.run(["bash", "-c", made.partition(" >")[0]], capture_output=True, timeout=20,
                          check=True).stdout
    assert run == f"./dev run --config {made.rpartition(' ')[2]}"
    running = Gateway(desk.development(yaml.safe_load(text)))
    yield running
    assert running.stop() == 0, "\n".join(running.lines[-40:])


@pytest.fixture
def at(gateway):
    one = desk.Desk(gateway)
    yield one
    one.close()
    wait_for(lambda: gateway.connections()["connections"] == 0, "an empty gateway")


@pytest.mark.parametrize("example", TOUR, ids=lambda example: f"line-{example.asked.line}")
def test_tour(example, at):
    assert example.answer, f"line {example.asked.line}: a command without an answer"
    at.try_out(example)


each_language = pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.info)


def run(snippet, text, at):
    """`text`, which is the snippet's or nearly, saved and run as the snippet says; its output."""
    if snippet.info == "sh":
        return at.finish(text, SECONDS)
    name, command = HOW.match(text).groups()
    with open(os.path.join(at.folder, name), "w", encoding="utf-8") as out:
        out.write(at.here(text))
    return at.finish(command, SECONDS)


@each_language
def test_publish_from(snippet, at, curls):
    reader = curls(at.gateway.url("/events?boards=board-1&format=json"))
    reader.wait_for("boardcast.open")
    assert PAGE in snippet.text
    id = json.loads(run(snippet, snippet.text, at))["id"]
    envelope = json.loads(sse.events(reader.wait_for(id + "\ndata"))[-1].data)
    assert (envelope["id"], envelope["board"], envelope["event"]) == (id, "board-1", "moved")
    assert envelope["data"] == {"card": 7, "to": "done"}


@each_language
def test_what_is_refused_is_said_by(snippet, at):
    assert '"board-1"' in snippet.text
    said = json.loads(run(snippet, snippet.text.replace('"board-1"', '"a*"'), at))
    assert said["status"] == 400 and "a*" in said["detail"]


def test_every_language_is_there():
    assert [snippet.info for snippet in SNIPPETS] == ["sh", "js", "python", "go", "php"]


def test_nothing_is_left_out():
    """Each block is run here, or is a command of the checkout, or one for a browser."""
    tried = [block for example in TOUR
             for block in (example.asked, *example.others, example.answer)]
    known = [*tried, *SNIPPETS, *filter(is_ours, BLOCKS)]
    assert {block.info for block in BLOCKS if block not in known} == {"js", "jsx", ""}  # a drawing
    assert TEXT.count("\n```") == 2 * len(BLOCKS)


def test_promises_name_tests_that_exist():
    rows = re.search(r"^## What is promised\n(.*?)^## ", TEXT, re.M | re.S)[1].split("\n|")[3:]
    assert len(rows) == 8
    sources = ""
    for path in glob.glob(os.path.join(ROOT, "tests", "**", "*test*"), recursive=True):
        if path.endswith((".cc", ".py")):
            with open(path, encoding="utf-8") as file:
                sources += file.read()
    for row in rows:
        names = re.findall(r"`(test_\w+|\w+\.\w+)`", row.rsplit("|", 2)[1])
        assert names, row
        for name in names:
            suite, _, test = name.partition(".")
            wanted = rf"^TEST\w*\({suite}, {test}\)" if test else rf"^def {name}\("
            assert re.search(wanted, sources, re.M), name


def test_the_commands_exist():
    known = subprocess.run([os.path.join(ROOT, "dev"), "help"], capture_output=True, text=True,
                           timeout=20, check=True).stdout
    for command in re.findall(r"\./dev \w+", TEXT):
        assert re.search(rf"^{re.escape(command)}\b", known, re.MULTILINE), command


def anchors(path):
    """What a link into this page may name."""
    with open(path, encoding="utf-8") as file:
        return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
                for heading in re.findall(r"^#+ (.*)$", file.read(), re.MULTILINE)}


@pytest.mark.parametrize("page", ["README.md", "gateway/api/README.md", "config/README.md"])
def test_links_lead_somewhere(page):
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        text = file.read()
    links = re.findall(r"\]\(([^):]+)(?<!\.png)\)", text)  # pictures are made by other tests
    assert links
    for link in links:
        name, _, anchor = link.partition("#")
        path = os.path.join(ROOT, os.path.dirname(page), name) if name else os.path.join(ROOT, page)
        assert os.path.exists(path), link
        assert not anchor or anchor in anchors(path), link
