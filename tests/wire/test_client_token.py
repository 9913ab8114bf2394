"""`boardcast publish` and `tail` where a gateway asks for tokens."""

import pytest

from support.process import wait_for
from support.tokens import Issuer, bearer

VARIABLE = "BOARDCAST_TOKEN"


@pytest.fixture
def issuer(tmp_path):
    return Issuer(tmp_path)


@pytest.fixture
def gateway(start, issuer):
    return start({"auth": issuer.config(leeway="0s")})


def test_from_a_file_and_from_the_environment(gateway, issuer, commands, tmp_path):
    file = tmp_path / "token"
    file.write_text(issuer.token(publish=["a"]) + "\n")
    tail = commands("tail", gateway.url(), "--boards", "a", "--limit", "2",
                    environment={VARIABLE: issuer.token(["a"])})
    wait_for(lambda: "a" in gateway.connections()["boards"], "the reader")
    publish = commands("publish", gateway.url(), "--board", "a", "--token-file", str(file),
                       environment={VARIABLE: "which is not taken"})
    publish.feed("one\ntwo\n")
    assert publish.end() == 0 and publish.said == []
    assert tail.end() == 0 and tail.lines == ["one", "two"]
    assert b"Bearer" not in publish.output + tail.output + tail.errors


def test_who_is_refused_is_told_why(gateway, issuer, commands, tmp_path):
    file = tmp_path / "token"

    def both(token=None):
        """What they said, and that they ended with 1."""
        said = []
        for words in (["publish", gateway.url(), "--board", "a", "--data", "x"],
                      ["tail", gateway.url(), "--boards", "a"]):
            if token:
                file.write_text(token)
                words += ["--token-file", str(file)]
            command = commands(*words)
            assert command.end() == 1, command.said
            said += command.said
        return said

    for line in both():
        assert "oken" in line.split("(")[0], line
        assert line.endswith("(401; --token-file FILE, or the environment's BOARDCAST_TOKEN)"), line
    for token, status, words in ((issuer.token(["b"], ["b"]), 403, "The token does not allow to"),
                         (issuer.token(["a"], ["a"], ttl=-1), 401, "The token has expired"),
                         ("x.y.z", 401, "The token is not valid here")):
        for line in both(token):
            assert words in line and line.endswith(f"({status}; the token of {file})"), line
            assert token not in line


def test_tail_comes_back_with_the_token_that_is_in_the_file_then(gateway, issuer, commands,
                                                                tmp_path):
    file = tmp_path / "token"
    file.write_text(issuer.token(["a"], ttl=5))
    tail = commands("tail", gateway.url(), "--boards", "a", "--limit", "2",
                    "--token-file", str(file))
    wait_for(lambda: "a" in gateway.connections()["boards"], "the reader")
    by_own = bearer(issuer.token(publish=["a"]))
    gateway.publish("a", "one", by_own)
    file.write_text(issuer.token(["a"]))
    tail.wait_for_said("the gateway ended the stream (token)", 20)
    gateway.publish("a", "two", by_own)
    assert tail.end() == 0 and tail.lines == ["one", "two"]


@pytest.mark.parametrize("text,said", [
    ("", "holds no token"), ("a.b.c\nhost: x", "holds something else"), (None, "cannot be read")])
def test_what_is_no_token_is_wrong_use(commands, tmp_path, text, said):
    file = tmp_path / "token"
    if text is not None:
        file.write_text(text)
    command = commands("publish", "https://localhost:1", "--board", "a", "--data", "x",
                       "--token-file", str(file))
    assert command.end() == 2
    assert f"{file} {said}" in command.said[0]
    if text:
        command = commands("tail", "https://localhost:1", "--boards", "a",
                           environment={VARIABLE: text})
        assert command.end() == 2 and f"{VARIABLE} {said}" in command.said[0]
