"""Subscribe and publish by curl over every protocol, field by field; the version."""

import json
import re

import pytest

from support import process, sse
from support.process import fetch

PROTOCOLS = [("--http2", "https", "h2", "HTTP/2"), ("--http1.1", "https", "http/1.1", "HTTP/1.1"),
             ("--http1.1", "http", "http/1.1", "HTTP/1.1")]


@pytest.mark.parametrize("option,scheme,protocol,version", PROTOCOLS)
def test_subscribe_and_publish(shared, curls, option, scheme, protocol, version):
    curl = curls(shared.url("/events?boards=tour-1,tour-2", scheme), option)
    text = curl.wait_for("boardcast.open")
    first = re.fullmatch(
        r'retry: (\d+)\nid: ([0-9a-f]{8}-[0-9a-f]{12})\nevent: boardcast\.open\n'
        r'data: ({.*})\n\n', text)
    assert first, text
    assert 1000 <= int(first.group(1)) <= 3000
    opened = json.loads(first.group(3))
    assert list(opened) == ["stream", "boards", "resumed", "protocol", "connection"]
    assert opened["boards"] == ["tour-1", "tour-2"]
    assert opened["resumed"] is False
    assert opened["protocol"] == protocol
    assert re.fullmatch(r"c\d+", opened["connection"])
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", opened["stream"])

    id = shared.publish("tour-2", "two\nlines", event="note")
    shared.publish("tour-3", "not for this stream")
    last = shared.publish("tour-1", {"a": [1, 2]})
    text = curl.wait_for(last + "\ndata")
    assert sse.events(text)[1:] == [sse.Event("note", "two\nlines", id),
                                    sse.Event("message", '{"a":[1,2]}', last)]


@pytest.mark.parametrize("option,scheme,protocol,version", PROTOCOLS)
def test_head_of_a_stream(shared, option, scheme, protocol, version):
    answer = fetch(shared.url("/events?boards=a", scheme), option, "-I")
    assert (answer.status, answer.version) == (200, version)
    assert answer.fields["content-type"] == "text/event-stream"
    assert answer.fields["cache-control"] == "no-store, no-transform"
    assert answer.fields["x-accel-buffering"] == "no"
    assert "date" in answer.fields
    assert "connection" not in answer.fields or version == "HTTP/1.1"


def test_program_says_its_version():
    import subprocess
    text = subprocess.run([process.PROGRAM, "--version"], capture_output=True, text=True,
                          timeout=20, check=True).stdout
    assert re.match(r"boardcast \d+\.\d+\.\d+ \(.+\)\nnghttp2 1\.\d+", text), text
    assert re.search(r", cjose \d[\d.]+, jansson 2\.\d+", text), text
