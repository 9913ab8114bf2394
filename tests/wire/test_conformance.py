"""HTTP/2 conformance: every case over TLS and in clear text, against the real server.

The cases cover what those of h2spec do (146, and the strict one) and stand in `conformance`, named
by the sections of the RFCs that hold today. Where h2spec itself is on the PATH, it runs too.
"""

import collections
import concurrent.futures
import shutil
import subprocess

import pytest

from conformance import compression, connections, fakes, frames, generic, messages, more, table
from conformance.case import run
from support import process

CASES = [(group, one) for group, cases in (
    ("generic, RFC 9113", generic.STREAMS + generic.FRAMES + generic.MESSAGES),
    ("generic, RFC 7541", generic.COMPRESSION),
    ("http2, RFC 9113", connections.CASES + frames.CASES + messages.CASES),
    ("hpack, RFC 7541", compression.CASES),
    ("more, RFC 9113", more.STREAMS + more.MESSAGES),
    ("more, RFC 7541", more.COMPRESSION),
) for one in cases]
ROWS = [pytest.param(group, one, id=f"{group} {one.section}: {one.what}") for group, one in CASES]
SCHEMES = pytest.mark.parametrize("scheme", table.COLUMNS)


@pytest.fixture(scope="module")
def gateway():
    listen = [f"{scheme}://127.0.0.1:0" for scheme in table.COLUMNS]
    gateway = process.Gateway({"server": {"listen": listen}})
    yield gateway
    assert gateway.stop() == 0, "\n".join(gateway.lines[-40:])


@pytest.mark.parametrize("group,one", ROWS)
@SCHEMES
def test_case(gateway, record_property, scheme, group, one):
    record_property(*table.entry(group, one.section, scheme))
    run(one, gateway.address(scheme), scheme == "https")


def test_the_cases_are_as_many_as_there():
    counts = collections.Counter(group.split(",")[0] for group, _ in CASES)
    assert (counts["generic"], counts["http2"], counts["hpack"]) == (44, 95, 8)
    assert len({row.id for row in ROWS}) == len(ROWS)


def passed(one, address):
    try:
        run(one, address, secure=False, patience=1.0)
        return True
    except (AssertionError, TimeoutError):
        return False


def test_no_case_passes_whatever_the_server_does():
    good = {}
    for react in (fakes.deaf, fakes.touchy):
        with fakes.serving(react) as address, concurrent.futures.ThreadPoolExecutor(50) as pool:
            results = pool.map(lambda row: passed(row[1], address), CASES)
            good[react] = {row for row, result in zip(CASES, results) if result}
    assert good[fakes.deaf], "it serves too badly for the preface and PING"
    assert not good[fakes.deaf] & good[fakes.touchy]


if shutil.which("h2spec"):
    @SCHEMES
    def test_h2spec(gateway, scheme):
        host, port = gateway.address(scheme)
        done = subprocess.run(
            ["h2spec", "--strict", "--timeout", "5", "--host", host, "--port", str(port),
             *(["--tls", "--insecure"] if scheme == "https" else [])],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60 * process.SLOWNESS)
        assert done.returncode == 0 and ", 0 skipped, 0 failed" in done.stdout, done.stdout[-4000:]
