"""What the tests lean on: what fails beside a test fails the test."""

import socket
import types
import urllib.parse

import pytest

from support import load
from support.command import Command, answer
from support.process import SLOWNESS


def test_a_publisher_that_is_refused_fails_its_test(shared, monkeypatch):
    refusal = types.SimpleNamespace(status=503, data=b"no room")
    monkeypatch.setattr(load.h2.Client, "fetch", lambda *_: refusal)
    publisher = load.Publisher(shared)
    with pytest.raises(AssertionError, match="no room"):
        publisher.go_on()
    with pytest.raises(AssertionError, match="no room"):
        publisher.finish()


def test_readers_that_fail_fail_their_test(shared, monkeypatch):
    readers = load.Readers(shared, streams=1)
    shared.publish("load", 0)

    def torn(_):
        monkeypatch.undo()
        raise ValueError("torn")
    monkeypatch.setattr(readers.client, "_read", torn)
    readers.join(10 * SLOWNESS)
    with pytest.raises(ValueError, match="torn"):
        readers.finish(1)


def test_what_was_said_before_a_line_is_seen_with_it(monkeypatch, tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nfor n in $(seq 30000); do echo $n >&2; echo $n; done\n")
    program.chmod(0o755)
    monkeypatch.setattr("support.command.PROGRAM", str(program))
    command = Command(ca=None)
    while len(lines := command.lines) < 30000:
        assert len(command.said) >= len(lines)
    assert command.end() == 0 and command.lines == command.said


def test_a_request_that_is_cut_off_ends(script):
    server = script([answer(200, "")])
    url = urllib.parse.urlsplit(server.url)
    with socket.create_connection((url.hostname, url.port), 10 * SLOWNESS) as peer:
        peer.sendall(b"POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nab")
        peer.shutdown(socket.SHUT_WR)
        assert peer.recv(1) == b""
    assert server.requests == []
