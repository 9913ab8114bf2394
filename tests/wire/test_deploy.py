"""What is shipped for operators serves as config/README.md says: docker.yaml and the unit."""

import json
import os
import re
import socket
import subprocess
import time

import pytest
import yaml

from support import h2
from support.process import PROGRAM, ROOT, SLOWNESS, fetch

UNIT = os.path.join(ROOT, "config", "boardcast.service")
DOCKER = os.path.join(ROOT, "config", "docker.yaml")
CERTIFICATES = {"BOARDCAST_CERT": f"{ROOT}/certs/dev.crt", "BOARDCAST_KEY": f"{ROOT}/certs/dev.key"}
EXPOSURE = 1.5  # of 10, the most that the unit may have


def run(*command, **environment):
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60, env={**os.environ, **environment})


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def manual(first_line):
    """The fenced block of config/README.md's "Install" that begins so."""
    section = read("config/README.md").split("\n## Install\n")[1].split("\n## ")[0]
    found = [text for text in re.findall(r"^```\w+\n(.*?)^```$", section, re.M | re.S)
             if text.startswith(first_line)]
    assert len(found) == 1, f"{len(found)} blocks begin with {first_line}"
    return found[0]


def check(*files, **environment):
    words = [word for file in files for word in ("--config", str(file))]
    done = run(PROGRAM, "check", *words, **environment)
    return done.returncode, done.stdout + done.stderr


def token_keys(folder):
    """(private, public) key, as the manual makes them."""
    private, public = str(folder / "private.pem"), str(folder / "tokens.pem")
    for command in (f"openssl ecparam -genkey -name prime256v1 -noout -out {private}",
                    f"openssl ec -in {private} -pubout -out {public}"):
        assert run(*command.split()).returncode == 0
    return private, public


# --- The image's configuration --------------------------------------------------------------------

def test_the_development_configuration_is_valid():
    assert check("config/dev.yaml") == (0, "ok\n")


def test_the_image_serves_only_what_somebody_meant_to_open(tmp_path):
    name = {"BOARDCAST_HOST": "events.example.com"}
    code, said = check(DOCKER, **CERTIFICATES)
    assert code == 1 and "server.hosts" in said and "BOARDCAST_HOST" in said
    code, said = check(DOCKER, **CERTIFICATES, **name)
    assert code == 1 and "auth.open" in said
    assert check(DOCKER, **CERTIFICATES, **name, BOARDCAST_OPEN="true") == (0, "ok\n")
    code, said = check(DOCKER, **name, BOARDCAST_OPEN="true")
    assert code == 1 and "/etc/boardcast/tls/tls.crt" in said
    mine = tmp_path / "mine.yaml"
    keys = [{"file": token_keys(tmp_path)[1], "algorithm": "ES256"}]
    mine.write_text(json.dumps({"auth": {"mode": "jwt", "keys": keys}}))
    assert check(DOCKER, mine, **CERTIFICATES, **name) == (0, "ok\n")


def test_what_the_image_serves_drains_before_docker_kills(start):
    """Its configuration as it is, but for the address."""
    config = yaml.safe_load(read(DOCKER).replace("0.0.0.0:", "127.0.0.1:"))
    gateway = start(config, environment={
        **CERTIFICATES, "BOARDCAST_HOST": "localhost", "BOARDCAST_WORKERS": "1",
        "BOARDCAST_PORT": "0", "BOARDCAST_ADMIN_PORT": "0"})
    host, port = gateway.address()
    here = ("--connect-to", f"localhost:{port}:{host}:{port}")
    assert fetch(f"https://localhost:{port}/healthz", *here).status == 200
    assert fetch(gateway.url("/healthz"), "-k").status == 421  # by a name that is not its own
    assert run(PROGRAM, "health", gateway.admin("/readyz")).returncode == 0
    client = h2.Client((host, port))
    streams = [client.subscribe("boards=end") for _ in range(20)]
    client.pump(lambda: all(stream.events for stream in streams), "opens")
    begun = time.monotonic()
    gateway.signal()
    client.pump(lambda: all(stream.ended for stream in streams), "the ends")
    assert all(json.loads(stream.of_type("boardcast.end")[0].data) == {"reason": "drain"}
               for stream in streams)
    client.pump_until_closed()
    client.close()
    assert gateway.stop() == 0
    assert time.monotonic() - begun < 9.5
    promised = sum(float(re.search(r":-(\d+)s", config["server"][name]).group(1))
                   for name in ("drain_delay", "drain"))
    assert promised <= 8, "of the 10 s after which Docker kills"


def test_the_manual_runs_the_image_with_variables_that_it_has():
    text = manual("docker build")
    assert "--read-only --cap-drop ALL --security-opt no-new-privileges" in text
    named = set(re.findall(r"--env (\w+)=", text))
    assert named and named <= set(re.findall(r"\$\{(\w+)", read(DOCKER)))


def test_the_image_runs_as_a_number_and_has_neither_compiler_nor_curl():
    final = read("Dockerfile").split("\nFROM ")[-1]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", final, re.M)
    assert re.search(r"^HEALTHCHECK .*\\\n  CMD boardcast health ", final, re.M)
    installed = re.search(r"apt-get install (.*?)\n && ", final, re.S).group(1).split()
    assert [word for word in installed if not re.match(r"-|lib|\\$", word)] == []


# --- The unit of systemd --------------------------------------------------------------------------

@pytest.fixture(name="manager")
def fixture_manager(tmp_path):
    """systemd, as far as the gateway sees it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(10 * SLOWNESS)
        yield listening


def told(manager):
    return dict(line.split("=", 1) for line in manager.recv(4096).decode().split("\n"))


def setting(name):
    return re.search(rf"^{name}=(.*)$", read(UNIT), re.M).group(1)


def test_the_service_of_the_manual_serves_reloads_and_stops(start, manager, tmp_path):
    """The unit's command, with the configuration that the manual shows."""
    assert setting("ExecStart").split()[1:] == ["serve", "--config",
                                                "/etc/boardcast/boardcast.yaml"]
    private, public = token_keys(tmp_path)
    text = manual("# /etc/boardcast/boardcast.yaml")
    for old, new in {"0.0.0.0:443": "127.0.0.1:0", "[::]:443": "[::1]:0",
                     "events.example.com": "localhost", "/etc/boardcast/tokens.pem": public,
                     "/etc/boardcast/tls/fullchain.pem": CERTIFICATES["BOARDCAST_CERT"],
                     "/etc/boardcast/tls/privkey.pem": CERTIFICATES["BOARDCAST_KEY"]}.items():
        assert old in text
        text = text.replace(old, new)
    config = {**yaml.safe_load(text), "log": {"format": "json"}}
    gateway = start(config, environment={"NOTIFY_SOCKET": manager.getsockname()})
    assert setting("Type") == "notify" and told(manager) == {"READY": "1"}
    port = gateway.address()[1]
    publish = (f"https://localhost:{port}/events?board=a", "--data", "x", "--connect-to",
               f"localhost:{port}:127.0.0.1:{port}")
    assert fetch(*publish).status == 401
    token = run(PROGRAM, "token", "--key", private, "--publish", "a").stdout.strip()
    assert fetch(*publish, "--header", f"authorization: Bearer {token}").status == 200

    assert setting("ExecReload").endswith("kill -HUP $MAINPID")
    for change, taken in (({"stream": {"heartbeat": "5s"}}, True),
                          ({"stream": {"heartbeat": "soon"}}, False)):
        before = time.monotonic_ns() // 1000
        assert gateway.reload(change) == taken
        begun = told(manager)
        assert begun["RELOADING"] == "1"
        assert before <= int(begun["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
        assert told(manager) == {"READY": "1"}

    gateway.signal()
    drain = gateway.config["server"]
    seconds = sum(int(drain[name].removesuffix("s")) for name in ("drain", "drain_delay"))
    stopping = told(manager)
    assert stopping["STOPPING"] == "1"
    assert int(stopping["EXTEND_TIMEOUT_USEC"]) > seconds * 1_000_000
    assert gateway.stop() == 0


def test_the_unit_gives_the_default_drain_its_time():
    default = yaml.safe_load(read("config/boardcast.yaml"))["server"]
    drain = sum(int(default[name].removesuffix("s")) for name in ("drain", "drain_delay"))
    assert int(setting("TimeoutStopSec").removesuffix("s")) > drain


def test_systemd_understands_the_unit(tmp_path):
    unit = tmp_path / "boardcast.service"
    unit.write_text(read(UNIT).replace("/usr/local/bin/boardcast", PROGRAM))
    done = run("systemd-analyze", "verify", "--man=no", str(unit))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_unit_is_rated_as_it_says():
    done = run("systemd-analyze", "security", "--offline=true", "--no-pager",
               f"--threshold={EXPOSURE * 10:.0f}", UNIT)
    assert done.returncode == 0, done.stdout
    rated = re.search(r"exposure level for boardcast.service: ([\d.]+)", done.stdout).group(1)
    assert f"this one has {rated}." in read(UNIT)
