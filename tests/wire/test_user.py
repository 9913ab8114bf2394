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
from support.tokens import Issuer

NOBODY = pwd.getpwnam("nobody")
GROUPS = os.getgrouplist("nobody", NOBODY.pw_gid)
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


# Only root can become somebody, so who is not runs the tests of the refusals alone.
if IS_ROOT:
    def test_root_becomes_the_user_and_reloads_as_him(start, folder):
        files = make_certificate(folder, "localhost")
        os.chmod(files["key"], 0o600)  # root's alone: read before he goes
        gateway = start({"server": {"user": "nobody"},
                         "tls": {"certificates": [files], "reload": "100ms"}})
        gateway.wait_for_messages("serving")
        assert ids(gateway, "Uid") == {(str(NOBODY.pw_uid),) * 4}
        assert ids(gateway, "Gid") == {(str(NOBODY.pw_gid),) * 4}
        assert ids(gateway, "Groups") == {tuple(str(group) for group in sorted(GROUPS))}
        for capabilities in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            assert ids(gateway, capabilities) == {("0" * 16,)}
        assert fetch(gateway.url("/healthz"), "-k").status == 200
        gateway.publish("a", "1", options=("-k",))

        other = make_certificate(folder, "other")
        os.chmod(other["key"], 0o600)
        before = der(files)
        replace(files, other)
        os.chmod(files["key"], 0o600)
        said = gateway.wait_for_messages("certificates not renewed, those in use stay")
        assert "Permission denied" in said[-1]["problem"]
        assert served(gateway.address()) == before
        os.chown(files["key"], NOBODY.pw_uid, -1)  # shows by the time of status change alone
        wait_for(lambda: served(gateway.address()) == der(other), "the new certificate")

    def test_what_he_cannot_read_is_said_and_stops_no_other_change(start, folder):
        files = make_certificate(folder, "localhost")
        os.chmod(files["key"], 0o600)
        issuer = Issuer(folder)
        os.chmod(issuer.file, 0o600)
        gateway = start({"server": {"user": "nobody"}, "tls": {"certificates": [files]},
                         "auth": issuer.config()})
        gateway.wait_for_messages("serving")
        said = gateway.messages(UNREADABLE)
        assert {line["problem"] for line in said} == {
            f"{name}: Permission denied" for name in (files["key"], issuer.file, gateway.file)}
        assert not gateway.reload(), "the configuration is root's, too"
        os.chmod(gateway.file, 0o644)
        assert not gateway.reload(), "and so are keys of tokens"
        os.chmod(issuer.file, 0o644)
        assert gateway.reload({"stream": {"heartbeat": "5s"}})
        assert gateway.messages("reloaded")[-1]["changed"] == "stream.heartbeat"


    @pytest.mark.parametrize("closed", ["config.yaml", "localhost.key", None])
    def test_check_looks_as_he_would(folder, closed):
        files = make_certificate(folder, "localhost")
        config = process.merged(process.DEFAULTS, {
            "server": {"user": "nobody"}, "tls": {"certificates": [files]}})
        file = folder / "config.yaml"
        file.write_text(json.dumps(config))
        for name in ("config.yaml", "localhost.key"):
            os.chmod(folder / name, 0o600 if name == closed else 0o644)
        done = subprocess.run([process.PROGRAM, "check", "--config", str(file)],
                              capture_output=True, text=True, timeout=30)
        assert (done.returncode, done.stdout) == (0, "ok\n"), "the start would do"
        said = f"{UNREADABLE} problem=\"{folder / (closed or '')}: Permission denied\"\n"
        assert (said in done.stderr) if closed else done.stderr == ""


UNREADABLE = "server.user cannot read a file again: no reload or renewal will take it"


def refused(command, config, why, folder, **options):
    """It fails with this configuration and says why."""
    file = folder / "config.yaml"
    file.write_text(json.dumps(process.merged(process.DEFAULTS, config)))
    done = subprocess.run([options.pop("program", process.PROGRAM), command, "--config", str(file)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                          **options)
    assert done.returncode == 1
    assert why in done.stderr


def test_only_root_can(folder):
    config = {"server": {"user": "daemon", "listen": ["http://127.0.0.1:0"]},
              "tls": {"certificates": []}}
    program = shutil.copy(process.PROGRAM, folder)  # where nobody gets at it
    refused("serve", config, "only root can", folder, program=program,
            **({"user": "nobody"} if IS_ROOT else {}))


@pytest.mark.parametrize("command", ["serve", "check"])
def test_who_cannot_be_is_said(folder, command):
    refused(command, {"server": {"user": "no-such-user"}},
            "server.user: cannot become no-such-user: there is no such user", folder)
    refused(command, {"server": {"user": "root"}},
            "server.user: cannot become root: that is root", folder)
