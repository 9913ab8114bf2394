# ctest: TIMEOUT 240
"""certs/trust.sh: the local CA in the stores of a HOME and of a system made for the test."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from support.process import CA, ROOT

CERTIFICATES = os.path.dirname(CA)


def run(*command, **more):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False,
                          timeout=60, start_new_session=True, **more)  # no terminal to ask on


def fingerprint(ca):
    said = run("openssl", "x509", "-in", str(ca), "-noout", "-fingerprint", "-sha256").stdout
    return said.split("=")[1].strip().replace(":", "").lower()


def nickname(ca):
    return f"boardcast-{fingerprint(ca)[:16]}"


class Machine:
    """A HOME, and a folder in the place of the system's store."""

    def __init__(self, folder):
        self.home, self.system = folder / "home", folder / "system"
        self.profiles = [self.home / place for place in (
            ".mozilla/firefox/x1.default", "snap/firefox/common/.mozilla/firefox/x2.default",
            ".var/app/org.mozilla.firefox/.mozilla/firefox/x3.default",
            "snap/chromium/current/.pki/nssdb")]
        (folder / "fresh").mkdir()
        made = run("certutil", "-N", "--empty-password", "-d", f"sql:{folder}/fresh")
        assert made.returncode == 0, made.stderr
        for profile in self.profiles:
            shutil.copytree(folder / "fresh", profile)
        (self.home / ".mozilla/firefox/never-started").mkdir()
        self.stores = [self.home / ".pki/nssdb", *self.profiles]
        for part in ("local", "etc", "hooks"):
            (self.system / part).mkdir(parents=True)

    def call(self, action, *words, **environment):
        return run("certs/trust.sh", action, *words, env={
            **os.environ, "HOME": str(self.home), "BOARDCAST_SYSTEM_STORE": str(self.system),
            "SUDO_USER": "", **environment})

    def said(self, action, *words):
        """What it says of each store: {folder: words}."""
        answer = self.call(action, *words)
        assert (answer.returncode, answer.stderr) == (0, "")
        lines = [re.fullmatch(rf"{action}: (.+?): (.+)", line)
                 for line in answer.stdout.splitlines()]
        return {line.group(1): line.group(2) for line in lines}

    def everywhere(self, words):
        return {str(store): words for store in (self.system / "local", *self.stores)}

    def accepts(self, url):
        """Whether curl with the system's bundle believes the certificate there."""
        code = run("curl", "-sS", "-o", "/dev/null", "--max-time", "20", "--cacert",
                   f"{self.system}/etc/ca-certificates.crt", url).returncode
        assert code in (0, 60)
        return code == 0


@pytest.fixture(name="machine")
def fixture_machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture(name="stranger")
def fixture_stranger(tmp_path):
    """The folder of another checkout, whose CA has the same subject."""
    assert run("certs/make-dev-certs.sh", str(tmp_path / "other")).returncode == 0
    return tmp_path / "other"


def listed(store):
    """{nickname: trust} of a store."""
    answer = run("certutil", "-L", "-d", f"sql:{store}")
    assert answer.returncode == 0, answer.stderr
    return dict(re.findall(r"^(\S.*?)\s+([a-zA-Z]*,[a-zA-Z]*,[a-zA-Z]*)\s*$", answer.stdout,
                           re.MULTILINE))


def test_every_store_gets_it_once_and_gives_it_back(machine):
    name = nickname(CA)
    assert machine.said("trust") == machine.everywhere(f"added {name}")
    for _ in range(2):
        assert [listed(store) for store in machine.stores] == [{name: "C,,"}] * 5
        assert [file.name for file in (machine.system / "local").iterdir()] == [f"{name}.crt"]
        assert machine.said("trust") == machine.everywhere("there already")
    assert machine.said("untrust") == machine.everywhere(f"removed {name}")
    assert [listed(store) for store in machine.stores] == [{}] * 5
    assert not [file for part in ("local", "etc") for file in (machine.system / part).iterdir()
                if "boardcast" in file.name]
    assert machine.said("untrust") == machine.everywhere("not there")


def test_it_is_told_from_the_ca_of_another_checkout(machine, stranger, shared):
    """Both have the same subject. And curl believes the gateway from trust to untrust."""
    url = shared.url("/healthz").replace("127.0.0.1", "localhost")
    mine, theirs = nickname(CA), nickname(stranger / "ca.crt")
    machine.said("trust", str(stranger))
    assert not machine.accepts(url)
    machine.said("trust")
    assert machine.accepts(url)
    assert [listed(store) for store in machine.stores] == [{mine: "C,,", theirs: "C,,"}] * 5
    machine.said("untrust")
    assert not machine.accepts(url)
    assert [listed(store) for store in machine.stores] == [{theirs: "C,,"}] * 5
    left = run("certutil", "-L", "-n", theirs, "-a", "-d", f"sql:{machine.stores[0]}").stdout
    (stranger / "left.crt").write_text(left, encoding="ascii")
    assert fingerprint(stranger / "left.crt") == fingerprint(stranger / "ca.crt")
    assert [file.name for file in (machine.system / "local").iterdir()] == [f"{theirs}.crt"]


def test_trust_that_was_taken_away_by_hand_comes_back(machine):
    machine.said("trust")
    store = machine.stores[0]
    assert run("certutil", "-M", "-t", ",,", "-n", nickname(CA), "-d", f"sql:{store}",
               stdin=subprocess.DEVNULL).returncode == 0
    assert machine.said("trust")[str(store)] == f"added {nickname(CA)}"
    assert listed(store) == {nickname(CA): "C,,"}


def test_stores_that_fail_are_named_and_stop_no_other(machine, tmp_path):
    broken, locked = machine.profiles[:2]
    (broken / "cert9.db").write_bytes(b"no database")
    (tmp_path / "password").write_text("a primary password", encoding="ascii")
    for file in locked.iterdir():
        file.unlink()
    made = run("certutil", "-N", "-f", f"{tmp_path}/password", "-d", f"sql:{locked}")
    assert made.returncode == 0, made.stderr
    answer = machine.call("trust")
    assert answer.returncode == 1
    for store, why in (broken, "SEC_ERROR_"), (locked, "SEC_ERROR_BAD_PASSWORD"):
        said = re.search(f"trust: {store}: could not add {nickname(CA)}: (?s:.*?)(?=$|\ntrust: )",
                         answer.stderr)
        assert said and why in said.group(), answer.stderr
    assert listed(locked) == {}
    assert answer.stdout.count(f"added {nickname(CA)}") == 4


@pytest.fixture(name="unprivileged")
def fixture_unprivileged():
    """Scripts, HOME and a sudo that always fails, in a folder of a user who is not root."""
    drop, owner = [], os.geteuid()
    if owner == 0:
        owner = 65534
        drop = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups"]
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to others
        for script in ("trust.sh", "make-dev-certs.sh"):
            shutil.copy(f"{ROOT}/certs/{script}", folder)
        sudo = pathlib.Path(folder, "sudo")
        sudo.write_text("#!/bin/sh\necho 'sudo: not you' >&2\nexit 1\n", encoding="ascii")
        sudo.chmod(0o755)
        os.chown(folder, owner, -1)
        yield lambda action: run(*drop, f"{folder}/trust.sh", action, env={
            "HOME": folder, "PATH": f"{folder}:{os.environ['PATH']}"})


def test_a_sudo_that_fails_is_named_and_keeps_no_browser_from_its_turn(unprivileged):
    """This one asks for the store of the real system, which only root can change."""
    answer = unprivileged("trust")
    place = "/usr/local/share/ca-certificates"
    assert re.search(rf"^trust: {place}: could not add boardcast-\w+: sudo: not you$",
                     answer.stderr, re.M), answer
    assert answer.stderr.count("sudo: not you") == 1  # nobody types a password twice
    assert re.search(r"^trust: \S+/\.pki/nssdb: added boardcast-\w+$", answer.stdout, re.M)
    assert answer.returncode == 1


def test_the_certificates_are_made_when_there_are_none(machine, tmp_path):
    answer = machine.call("trust", str(tmp_path / "new"))
    assert answer.returncode == 0 and f"made {tmp_path}/new/ca.crt" in answer.stderr
    assert list(listed(machine.stores[0])) == [nickname(tmp_path / "new" / "ca.crt")]


@pytest.mark.parametrize("words, environment, said", [
    (["nonsense"], {}, "usage: trust.sh trust|untrust"),
    (["untrust", "/nowhere"], {}, "no /nowhere/ca.crt"),
    (["trust"], {"HOME": "/nowhere"}, "HOME is not the name of a folder"),
    (["trust"], {"SUDO_USER": "ada"}, "call it as ada, without sudo"),
])
def test_what_it_cannot_do_it_says(machine, words, environment, said):
    answer = machine.call(*words, **environment)
    assert answer.returncode == 1 and said in answer.stderr and answer.stdout == ""
