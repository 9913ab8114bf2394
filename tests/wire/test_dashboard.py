"""The operator's dashboard on the admin listener: for browsers alone, and whole."""

import re

import pytest

from support.process import fetch

HTML = ("-H", "accept: text/html,application/xhtml+xml,*/*;q=0.8")


def read_files(gateway):
    """All that the page loads, by name, beginning with its own text."""
    page = fetch(gateway.admin("/"), *HTML)
    assert page.status == 200, page
    files, waiting = {"": page}, re.findall(r'(?:src|href)="(dashboard/[^"]+)"', page.body.decode())
    while waiting:
        name = waiting.pop()
        if name not in files:
            files[name] = fetch(gateway.admin("/" + name))
            assert files[name].status == 200, name
            imports = re.findall(r"from '\./([^']+)'", files[name].body.decode())
            waiting += ["dashboard/" + one for one in imports]
    return files


def test_browsers_get_it_and_others_the_lines(shared):
    page = fetch(shared.admin("/"), *HTML)
    assert page.fields["content-type"] == "text/html; charset=utf-8"
    assert page.body.startswith(b"<!doctype html>")
    lines = fetch(shared.admin("/"))
    assert lines.fields["content-type"] == "text/plain; charset=utf-8"
    assert b"/admin/streams" in lines.body
    for answer in (page, lines):
        assert "accept" in answer.fields["vary"]
    assert fetch(shared.admin("/dashboard/nothing.js")).status == 404
    assert fetch(shared.admin("/"), *HTML, "-H", "host: evil.example").status == 421


def test_no_public_listener_has_it(start):
    gateway = start({"admin": {"public": "open"}, "server": {"page": True}})
    assert b"dashboard" not in fetch(gateway.url("/"), *HTML).body
    assert fetch(gateway.url("/dashboard/dashboard.js")).status == 404


def test_it_is_whole_small_and_may_load_nothing_else(shared):
    files = read_files(shared)
    assert sum(len(file.body) for file in files.values()) <= 27_000
    for name, file in files.items():
        policy = file.fields["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; "), name
        assert "frame-ancestors 'none'" in policy and "require-trusted-types-for 'script'" in policy
        assert "unsafe" not in policy
        text = file.body.decode()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text), name
        assert not re.search(r"https?://(?!www\.w3\.org/)", text), name


def test_what_it_shows_is_told(shared):
    scripts = "".join(file.body.decode() for file in read_files(shared).values())
    told = {re.split(r"[ {]", line)[0]
            for line in fetch(shared.admin("/metrics")).body.decode().splitlines()}
    shown = set(re.findall(r"'((?:boardcast|process)_\w+)'", scripts))
    assert len(shown) > 10
    assert {name for name in shown if "_redis_" not in name} <= told


@pytest.mark.parametrize("origin,status", [("own", 204), ("http://127.0.0.1:1", 403),
                                           ("https://evil.example", 403), ("null", 403)])
def test_only_its_own_page_may_kick(shared, curls, origin, status):
    curl = curls(shared.url("/events?boards=kicked"))
    stream = re.search(r'"stream":"([^"]+)"', curl.wait_for("boardcast.open")).group(1)
    own = shared.admin("/").rstrip("/")
    answer = fetch(shared.admin(f"/admin/streams/{stream}"), "-X", "DELETE",
                   "-H", "origin: " + origin.replace("own", own))
    assert answer.status == status
