"""The wall clock jumps by a year and back: timers go on, tokens end, all else stays."""

import email.utils
import glob
import os
import time

import pytest

from support.process import fetch, wait_for
from support.tokens import Issuer

YEAR = 365 * 24 * 3600
HEARTBEAT = 0.2


class WallClock:
    """What the process takes for the time of day, by Debian's libfaketime."""

    def __init__(self, folder):
        self.file = folder / "clock"
        self.turn("+0")
        found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        assert found, "Debian's package faketime is missing"
        asan = os.environ.get("ASAN_OPTIONS", "")
        self.environment = {
            "LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1", "ASAN_OPTIONS": asan + ":verify_asan_link_order=0"}

    def turn(self, by):
        self.file.with_suffix(".new").write_text(by + "\n")
        os.replace(self.file.with_suffix(".new"), self.file)


def heartbeats(curl):
    return curl.output.count(b": heartbeat")


def date_of(gateway):
    return email.utils.parsedate_to_datetime(
        fetch(gateway.url("/healthz")).fields["date"]).timestamp()


@pytest.mark.parametrize("by", [f"+{YEAR}", f"-{YEAR}"])
def test_a_year(start, curls, tmp_path, by):
    clock, issuer = WallClock(tmp_path), Issuer(tmp_path)
    gateway = start({"stream": {"heartbeat": f"{HEARTBEAT * 1000:.0f}ms"},
                     "auth": issuer.config(anonymous={"subscribe": ["a"], "publish": ["a"]})},
                    environment=clock.environment)
    events = gateway.url("/events?boards=a")
    anonymous = curls(events)
    proven = curls(events, "-H", f"authorization: Bearer {issuer.token(['a'], ttl=3600)}")
    for stream in (anonymous, proven):
        stream.wait_for("boardcast.open")
    id = gateway.publish("a", "before")
    assert abs(date_of(gateway) - time.time()) < 60

    clock.turn(by)
    wait_for(lambda: abs(date_of(gateway) - time.time() - int(by)) < 60, "the jump")
    since, begin = heartbeats(anonymous), time.monotonic()
    time.sleep(10 * HEARTBEAT)
    told = heartbeats(anonymous) - since
    due = (time.monotonic() - begin) / HEARTBEAT
    assert due / 2 < told < due + 2, "timers go by another clock"
    gateway.publish("a", "after")
    anonymous.wait_for("after")
    resumed = curls(gateway.url(f"/events?boards=a&lastEventId={id[:-1]}0"))
    resumed.wait_for("before")
    resumed.wait_for("after")
    assert "boardcast.gap" not in resumed.output.decode(), "the history's age is not the date's"
    assert "boardcast.end" not in anonymous.output.decode()
    if int(by) > 0:
        proven.wait_for('"reason":"token"')
    else:
        assert "boardcast.end" not in proven.output.decode()
    clock.turn("+0")
    gateway.publish("a", "as ever")
    anonymous.wait_for("as ever")
