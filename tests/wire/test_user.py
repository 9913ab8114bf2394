"""`server.user`: root until the ports are bound, then somebody without rights, for good."""

import json
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

import pytest

from support import process
from support.certificates import der, make_certificate, replace, served
from support.process import fetch, wait_for

NOBODY = pwd.getpwnam("nobody")
IS_ROOT = os.geteuid() == 0


@pytest.fixture
def folder():
    """One that everybody may enter, unlike pytest's."""
    path = tempfile.mkdtemp()
    os.chmod(path, 0o755)
    yield pathlib.Path(path)
    shutil.rmtree(path)


def ids(gateway, name):
    """Real, effective, saved and file system id, of each thread."""
    tasks = f"/proc/{gateway.process.pid}/task"
    found = set()
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/status", encoding="ascii") as file:
            found |= {tuple(line.split()[1:]) for line in file if line.startswith(f"{name}:")}
    return found


def test_root_becomes_the_user_and_reloads_as_him(start, folder):
    files = make_certificate(folder, "localhost")
    config = {"server": {"user": "nobody"}, "tls": {"certificates": [files], "reload": "100ms"}}
    if not IS_ROOT:
        refused(config, "only root can")
        return
    os.chmod(files["key"], 0o600)  # root's alone: read before he goes
    gateway = start(config)
    wait_for(lambda: gateway.messages("serving"), "the start")
    assert ids(gateway, "Uid") == {(str(NOBODY.pw_uid),) * 4}
    assert ids(gateway, "Gid") == {(str(NOBODY.pw_gid),) * 4}
    assert ids(gateway, "CapEff") == {("0" * 16,)}
    assert fetch(gateway.url("/healthz"), "-k").status == 200
    gateway.publish("a", "1", options=("-k",))

    other = make_certificate(folder, "other")
    os.chmod(other["key"], 0o600)
    before = der(files)
    replace(files, other)
    os.chmod(files["key"], 0o600)
    problem = "certificates not renewed, those in use stay"
    wait_for(lambda: gateway.messages(problem), "the refusal")
    assert "Permission denied" in gateway.messages(problem)[-1]["problem"]
    assert served(gateway.address()) == before
    os.chown(files["key"], NOBODY.pw_uid, -1)  # shows by the time of status change alone
    wait_for(lambda: served(gateway.address()) == der(other), "the new certificate")


def refused(config, why):
    """A start with this configuration fails and says why."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(process.merged(process.DEFAULTS, config), file)
        file.flush()
        done = subprocess.run([process.PROGRAM, "serve", "--config", file.name],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert why in done.stderr


def test_who_cannot_be_is_said():
    refused({"server": {"user": "no-such-user"}},
            "server.user: cannot become no-such-user: there is no such user")
