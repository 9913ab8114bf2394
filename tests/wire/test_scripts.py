"""The scripts of a checkout: development certificates, and what ./dev refuses."""

import os
import pathlib
import re
import shutil
import stat
import subprocess

import pytest

from support.process import wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run(*command, **more):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False,
                          timeout=60, **more)


def openssl(*words):
    answer = run("openssl", *words)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.fixture(name="folder")
def fixture_folder(tmp_path):
    """A folder with certificates made just now."""
    make(tmp_path)
    return tmp_path


def make(folder):
    answer = run("certs/make-dev-certs.sh", str(folder))
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def contents(folder):
    return {name: (folder / name).read_bytes() for name in ("ca.crt", "ca.key", "dev.crt",
                                                            "dev.key")}


def sign(folder, days, names):
    """Replaces the leaf by one of its CA with other days or names."""
    (folder / "san").write_text(f"subjectAltName={names}\n", encoding="utf-8")
    openssl("req", "-new", "-key", f"{folder}/dev.key", "-subj", "/CN=x", "-out", f"{folder}/csr")
    openssl("x509", "-req", "-in", f"{folder}/csr", "-CA", f"{folder}/ca.crt", "-CAkey",
            f"{folder}/ca.key", "-set_serial", "7", "-days", str(days), "-extfile",
            f"{folder}/san", "-out", f"{folder}/dev.crt")


def test_the_leaf_is_for_loopback_names_and_its_ca_vouches_for_it(folder):
    openssl("verify", "-CAfile", f"{folder}/ca.crt", "-purpose", "sslserver", f"{folder}/dev.crt")
    names = openssl("x509", "-in", f"{folder}/dev.crt", "-noout", "-ext", "subjectAltName")
    for name in ("DNS:localhost", "DNS:*.localhost", "IP Address:127.0.0.1",
                 "IP Address:0:0:0:0:0:0:0:1"):
        assert name in names
    text = openssl("x509", "-in", f"{folder}/dev.crt", "-noout", "-text")
    assert "prime256v1" in text and "CA:FALSE" in text
    # Lives longer than 390 days and not longer than 397.
    assert run("openssl", "x509", "-in", f"{folder}/dev.crt", "-checkend",
               str(390 * 86400)).returncode == 0
    assert run("openssl", "x509", "-in", f"{folder}/dev.crt", "-checkend",
               str(397 * 86400)).returncode == 1


def test_the_ca_vouches_for_nothing_else(folder):
    sign(folder, 30, "DNS:example.com")
    answer = run("openssl", "verify", "-CAfile", f"{folder}/ca.crt", f"{folder}/dev.crt")
    assert answer.returncode != 0 and "permitted subtree violation" in answer.stderr
    text = openssl("x509", "-in", f"{folder}/ca.crt", "-noout", "-ext", "basicConstraints")
    assert "critical" in text and "CA:TRUE, pathlen:0" in text


def test_keys_are_for_their_owner_alone(folder):
    for name in ("ca.key", "dev.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    for name in ("ca.crt", "dev.crt"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o644


def test_a_second_call_changes_nothing(folder):
    before = contents(folder)
    assert make(folder) == ""
    assert contents(folder) == before


def test_a_leaf_near_its_end_is_renewed_by_the_same_ca(folder):
    before = contents(folder)
    sign(folder, 6, "DNS:localhost")
    make(folder)
    after = contents(folder)
    assert after["ca.crt"] == before["ca.crt"]
    assert run("openssl", "x509", "-in", f"{folder}/dev.crt", "-checkend",
               str(300 * 86400)).returncode == 0


def test_pairs_that_do_not_fit_are_made_anew(folder):
    before = contents(folder)
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
            f"{folder}/ca.key")
    make(folder)
    after = contents(folder)
    assert after["ca.crt"] != before["ca.crt"] and after["dev.crt"] != before["dev.crt"]
    openssl("verify", "-CAfile", f"{folder}/ca.crt", f"{folder}/dev.crt")


def test_many_at_once_leave_one_good_set(tmp_path):
    callers = [subprocess.Popen(["certs/make-dev-certs.sh", str(tmp_path)], cwd=ROOT,
                                stdout=subprocess.PIPE) for _ in range(4)]
    said = [caller.communicate(timeout=60)[0] for caller in callers]
    assert sum(line.startswith(b"made") for text in said for line in text.splitlines()) == 2
    openssl("verify", "-CAfile", f"{tmp_path}/ca.crt", f"{tmp_path}/dev.crt")
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".new")]


@pytest.mark.parametrize("words, said", [
    (("nonsense",), "no command nonsense"),
    (("build", "nonsense"), "no preset nonsense"),
    (("test", "nonsense"), "not nonsense"),
    (("test", "--sanitize"), "asan or tsan"),
    (("packages", "nonsense"), "no list of packages nonsense"),
])
def test_dev_refuses_what_it_does_not_know(words, said):
    answer = run("./dev", *words)
    assert answer.returncode == 1 and said in answer.stderr and answer.stdout == ""


def test_the_image_needs_no_more_packages_than_it_installs():
    """The libraries that the program links belong to packages that the Dockerfile names."""
    with open(os.path.join(ROOT, "Dockerfile"), encoding="utf-8") as file:
        runtime = file.read().split("\nFROM ")[-1]
    named = set(re.findall(r"\b(lib[a-z0-9.+-]+)\b", runtime))
    present = {"libc6", "libstdc++6", "libgcc-s1", "libfmt9",  # base, or others need it
               "libasan8", "libubsan1", "libtsan2"}  # when this is a build with sanitizers
    linked = re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "-d", os.environ["BOARDCAST"]).stdout)
    assert "libnghttp2.so.14" in linked
    for library in linked:
        owners = run("dpkg-query", "-S", f"*/{library}").stdout
        packages = {line.split(":")[0] for line in owners.splitlines()}
        assert packages & (named | present), f"{library} comes from {packages}"


def test_dev_help_lists_every_command_that_there_is():
    answer = run("./dev")
    assert answer.returncode == 0
    listed = set(re.findall(r"^\./dev (\w+)", answer.stdout, re.MULTILINE))
    assert listed == {"run", "test", "build", "lint", "soak", "attack", "bench", "trust", "untrust",
                      "image", "fuzz", "packages", "help"}


def bare_path(folder, **fakes):
    """A PATH with the few tools that ./dev needs first, and with these scripts."""
    for tool in ("bash", "env", "dirname", "readlink", "grep", "cmp", "nproc", "mkdir", "sleep",
                 "setsid", "chrt", "nice", "true", "seq", "touch"):
        if tool not in fakes:
            (folder / tool).symlink_to(shutil.which(tool))
    for name, script in fakes.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return {"PATH": str(folder)}


@pytest.mark.parametrize("words, some, others", [
    (("build", "release"), {"libnghttp2-dev", "g++"}, {"chromium"}),
    (("lint",), {"shellcheck", "clang-format-14"}, {"chromium", "nginx", "npm"}),
])
def test_dev_names_what_it_cannot_install(tmp_path, words, some, others):
    """Without dpkg's word that a package is there, and without root, it says what is missing."""
    path = bare_path(tmp_path, **{"dpkg-query": "true"})
    answer = run("./dev", *words, env=path)
    assert answer.returncode == 1
    named = set(answer.stderr.split("missing packages: ")[1].split("\n")[0].split())
    assert some <= named and not others & named
    assert "call this command again" in answer.stderr


@pytest.fixture(name="dev")
def fixture_dev(tmp_path):
    """dev(words…, tool="script"…) runs ./dev of a checkout that holds nothing else."""
    checkout = tmp_path / "checkout"
    (checkout / "tests" / "browser").mkdir(parents=True)
    shutil.copy(f"{ROOT}/dev", checkout)
    (tmp_path / "path").mkdir()

    def call(*words, **fakes):
        return run(str(checkout / "dev"), *words, env=bare_path(tmp_path / "path", **fakes))
    return call


@pytest.mark.parametrize("words", [(), ("--sanitize", "tsan")])
def test_what_npm_cannot_install_is_known_before_the_build(dev, words):
    answer = dev("test", *words, npm="exit 1", cmake="echo built")
    assert answer.returncode == 1 and "npm could not install" in answer.stderr
    assert "built" not in answer.stderr


@pytest.fixture(name="fresh")
def fixture_fresh(tmp_path):
    """The root of the checkout of `dev`, in which npm has installed all."""
    browser = tmp_path / "checkout" / "tests" / "browser"
    (browser / "node_modules").mkdir(parents=True)
    for name in ("package-lock.json", "node_modules/.installed"):
        (browser / name).touch()
    return tmp_path / "checkout"


# Within half a minute there is such a file.
APPEARS = """appears() {
  for _ in $(seq 300); do [ -e "$1" ] && return; sleep 0.1; done
  exit 1
}
"""


@pytest.mark.parametrize("fakes", [{}, {"chrt": "exit 1"}], ids=["idle", "where none may be idle"])
def test_tests_run_while_the_next_preset_builds(dev, fresh, fakes):
    """Each waits for the other: they end only beside each other."""
    answer = dev("test", **fakes, cat="echo max 100000", cmake=APPEARS + """case "$*" in
      "--preset dev") mkdir -p build/dev ;;
      "--build --preset asan "*unit_and_sim) touch begun; appears tested; echo built >>log ;;
      esac""", ctest=APPEARS + """case "$*" in
      "--preset dev") appears begun; echo tested >>log; touch tested ;;
      "--preset asan "*) echo tested with sanitizers >>log ;;
      esac""")
    assert answer.returncode == 0, answer.stderr
    log = (fresh / "log").read_text(encoding="utf-8").split("\n")
    assert log == ["tested", "built", "built", "tested with sanitizers", ""]


def test_nothing_builds_beside_tests_where_processor_time_is_rationed(dev, fresh):
    answer = dev("test", cat="echo 200000 100000", cmake="""case "$*" in
      "--preset dev") mkdir -p build/dev ;;
      "--build --preset asan "*) echo built >>log ;;
      esac""", ctest='echo "tested $2" >>log')
    assert answer.returncode == 0, answer.stderr
    log = (fresh / "log").read_text(encoding="utf-8").split("\n")
    assert log == ["tested dev", "built", "tested asan", ""]


def ended(pid):
    """Whether it ran to its end; what nobody has waited for yet has no command line."""
    try:
        return not pathlib.Path("/proc", pid, "cmdline").read_bytes()
    except OSError:
        return True


def test_a_failed_test_ends_the_build_beside_it(dev, fresh):
    answer = dev("test", cmake="""case "$*" in
      "--preset dev") mkdir -p build/dev ;;
      "--build --preset asan "*) echo $$ >pid; touch begun; exec sleep 30 ;;
      esac""", ctest=APPEARS + "appears begun; exit 8")
    assert answer.returncode == 8
    builder = (fresh / "pid").read_text(encoding="utf-8").strip()
    wait_for(lambda: ended(builder), "the end of the build")


@pytest.fixture(name="fuzz")
def fixture_fuzz(tmp_path):
    """fuzz(name="script"…) begins to run such targets; all are ended at the end."""
    begun = []
    for name in ("tests/fuzz", "build/fuzz/tests"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(f"{ROOT}/tests/fuzz/run.sh", tmp_path / "tests" / "fuzz")

    def begin(**programs):
        for name, script in programs.items():
            program = tmp_path / "build" / "fuzz" / "tests" / f"{name}_fuzz"
            program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            program.chmod(0o755)
        script = tmp_path / "tests" / "fuzz" / "run.sh"
        begun.append(subprocess.Popen([script, "-runs=1", *programs], stderr=subprocess.PIPE,
                                      text=True))
        return begun[-1]
    yield begin
    for one in begun:
        one.kill()
        one.communicate(timeout=10)


def test_a_fuzz_run_goes_on_and_tells_what_was_found(fuzz):
    count = "echo stat::number_of_executed_units: 5"
    running = fuzz(one=count, three=count,
                   two=f"{count}; echo Test unit written to build/x; exit 1")
    said = running.communicate(timeout=60)[1]
    assert running.returncode == 1
    assert "build/fuzz/tests/two_fuzz build/x\n" in said and "three: 5 executions in" in said
    assert said.endswith("15 executions of 3 targets\ndev: something was found by: two\n")


def test_what_ends_a_fuzz_run_ends_its_targets(fuzz, tmp_path):
    running = fuzz(one=f"echo $$ >{tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid; exec sleep 30",
                   two="exit 0", three="exit 0")
    wait_for((tmp_path / "pid").exists, "the target's begin")
    running.terminate()
    running.communicate(timeout=25)  # less than the target's sleep
    assert running.returncode != 0
    pid = (tmp_path / "pid").read_text(encoding="utf-8").strip()
    wait_for(lambda: ended(pid), "the target's end")


@pytest.mark.parametrize("version, found", [
    ("v16.20.2", False), ("v18.14.2", False), ("v18.15.0", True), ("v24.0.0", True),
    ("", False),
])
def test_a_node_that_is_too_old_for_the_browser_tests_is_told(tmp_path, version, found):
    path = bare_path(tmp_path, node=f"echo {version}")
    answer = run(shutil.which("cmake"), "-P", "tests/browser/node.cmake", env=path)
    assert (answer.returncode == 0) == found
    assert found or "need Node.js 18.15 or later" in answer.stderr
    assert found or f"{tmp_path}/node is {version}" in answer.stdout + answer.stderr


def test_continuous_integration_runs_the_tests():
    with open(os.path.join(ROOT, ".ci", "run"), encoding="utf-8") as file:
        assert "exec ./dev test\n" in file.read()
