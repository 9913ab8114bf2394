"""Fixtures of the wire tests: the real program, real TLS, real clients, loopback only."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from attacks import report  # noqa: E402
from conformance import table  # noqa: E402
from support import command, key_sets, ports, process, redis_server  # noqa: E402


@pytest.fixture
def start():
    """start(config) starts a gateway; all of them are stopped at the end, and must stop cleanly."""
    started = []

    def begin(config=None, **options):
        started.append(process.Gateway(config, **options))
        return started[-1]

    yield begin
    for gateway in started:
        if gateway.process.returncode is None:
            assert gateway.stop() == 0, "\n".join(gateway.lines[-40:])


@pytest.fixture(scope="module")
def shared():
    """One gateway for the whole file, with the defaults of support.process."""
    gateway = process.Gateway()
    yield gateway
    assert gateway.stop() == 0, "\n".join(gateway.lines[-40:])


@pytest.fixture
def curls():
    """curls(url, options…) starts a curl that stays; all are killed at the end."""
    running = []

    def begin(url, *options):
        running.append(process.Curl(url, *options))
        return running[-1]

    yield begin
    for curl in running:
        curl.kill()


@pytest.fixture
def redis():
    """redis(kind=RedisServer, …) starts one, or a Sentinel; all are stopped at the end."""
    running = []

    def begin(*words, kind=redis_server.RedisServer, **options):
        running.append(kind(*words, **options))
        return running[-1]

    yield begin
    for one in reversed(running):
        one.stop()


@pytest.fixture
def commands():
    """commands(words…) starts a `boardcast publish` or `tail`; all are killed at the end."""
    running = []

    def begin(*words, **options):
        running.append(command.Command(*words, **options))
        return running[-1]

    yield begin
    for one in running:
        one.kill()


@pytest.fixture
def free_port():
    """free_port() is a port on which nobody listens, and that nobody else gets until the end."""
    reserved = []

    def begin():
        reserved.append(ports.reserve())
        return reserved[-1].getsockname()[1]

    yield begin
    for one in reserved:
        one.close()


@pytest.fixture
def script():
    """script(answers) starts a server that answers so; all are closed at the end."""
    serving = []

    def begin(answers):
        serving.append(command.Script(answers))
        return serving[-1]

    yield begin
    for one in serving:
        one.close()


@pytest.fixture
def publish_keys():
    """publish_keys() starts a server of keys; all are closed at the end."""
    running = []

    def begin(*words, **options):
        running.append(key_sets.KeyServer(*words, **options))
        return running[-1]

    yield begin
    for server in running:
        server.close()


def pytest_terminal_summary(terminalreporter):
    stats = terminalreporter.stats
    passed, failed = stats.get("passed", []), stats.get("failed", [])
    for line in [*table.lines(passed, failed), *report.lines(passed + failed)]:
        terminalreporter.write_line(line)
