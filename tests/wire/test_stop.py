# ctest: PROCESSORS 1
"""Start and stop: signals, drains, and errors that say what to do."""

import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

from support import h2, process
from support.process import PROGRAM, SLOWNESS, fetch, wait_for


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_streams_end_cleanly(start, curls, number):
    gateway = start()
    client = h2.Client(gateway.address())
    streams = [client.subscribe("boards=end") for _ in range(50)]
    client.pump(lambda: all(stream.events for stream in streams), "opens")
    curl = curls(gateway.url("/events?boards=end"), "--http1.1")
    curl.wait_for("boardcast.open")
    begun = time.monotonic()
    gateway.signal(number)
    client.pump(lambda: all(stream.ended for stream in streams), "the ends")
    assert all(stream.reset is None for stream in streams)
    assert all(json.loads(s.of_type("boardcast.end")[0].data) == {"reason": "drain"}
               for s in streams)
    retries = {stream.parser.retry for stream in streams}
    assert len(retries) > 10 and all(1000 <= retry <= 3000 for retry in retries)
    client.pump_until_closed()
    client.close()
    assert client.goaways and client.goaways[-1].error_code == 0
    assert curl.wait() == 0  # ended with its last chunk
    assert "boardcast.end" in curl.output.decode()
    assert gateway.stop() == 0
    assert time.monotonic() - begun < 3.5 * SLOWNESS


def test_acknowledged_events_go_out_before_the_end(start):
    gateway = start({"server": {"workers": 2}})
    client = h2.Client(gateway.address())
    streams = [client.subscribe("boards=last") for _ in range(20)]
    client.pump(lambda: all(stream.events for stream in streams), "opens")
    acknowledged, refused = [], []

    def publish():
        publisher = h2.Client(gateway.address())
        while not publisher.goaways and not publisher.closed and not refused:
            try:
                answer = publisher.publish("last", b"x")
            except (AssertionError, OSError, Exception):  # the connection went away: unknown
                return
            if answer.status == 200:
                acknowledged.append(json.loads(answer.data)["id"])
            else:
                refused.append(answer.status)

    thread = threading.Thread(target=publish)
    thread.start()
    wait_for(lambda: len(acknowledged) > 20, "publishes")
    gateway.signal()
    client.pump(lambda: all(stream.ended for stream in streams), "the ends")
    thread.join(20)
    for stream in streams:
        got = [event.last_event_id for event in stream.of_type("message")]
        assert got[:len(acknowledged)] == acknowledged
    assert gateway.stop() == 0


def test_readiness_goes_first(start):
    gateway = start({"server": {"drain_delay": "4s"}})
    assert fetch(gateway.admin("/readyz")).status == 200
    assert health(gateway.admin("/readyz")).returncode == 0
    gateway.signal()
    wait_for(lambda: fetch(gateway.admin("/readyz")).status == 503, "not ready", 1)
    assert fetch(gateway.admin("/healthz")).status == 200
    done = health(gateway.admin("/readyz"))
    assert done.returncode == 1 and "503" in done.stderr
    gateway.publish("still", "open")  # still accepting
    assert gateway.stop() == 0


def test_the_admin_listener_answers_until_the_end(start):
    gateway = start({"server": {"drain": "5s"}})
    client = h2.Client(gateway.address())
    streams = [client.subscribe("boards=x") for _ in range(100)]
    client.pump(lambda: all(stream.events for stream in streams), "opens")
    gateway.signal()
    gateway.wait_for_messages("draining")
    assert gateway.messages("draining")[0]["streams"] == 100
    assert fetch(gateway.admin("/readyz")).status == 503
    assert gateway.metric("boardcast_ready") == 0
    client.pump_until_closed()
    assert gateway.stop() == 0


def test_a_stream_asked_for_while_leaving_is_ended_in_band(start):
    gateway = start({"server": {"drain": "5s"}})
    client = h2.Client(gateway.address())
    first = client.subscribe("boards=x")
    others = [client.subscribe("boards=x") for _ in range(200)]
    client.pump(lambda: all(stream.events for stream in others), "opens")
    gateway.signal()
    gateway.wait_for_messages("draining")
    late = client.subscribe("boards=x")
    plain = client.request("GET", "/events?boards=x", [("accept", "*/*")])
    client.pump(lambda: late.ended and plain.ended, "the refusals")
    assert late.status == 200 and late.parser.retry
    assert [json.loads(e.data) for e in late.of_type("boardcast.end")] == [{"reason": "drain"}]
    assert plain.status == 503 and "retry-after" in plain.fields
    assert first.status == 200
    client.pump_until_closed()


def test_the_operator_gets_in_when_connections_are_full(start):
    gateway = start({"limits": {"connections": 10}})
    idle = [socket.create_connection(gateway.address("http"), timeout=10) for _ in range(15)]
    wait_for(lambda: gateway.metric("boardcast_accept_refused_total") >= 5, "refusals")
    assert fetch(gateway.admin("/readyz")).status == 200
    said = gateway.wait_for_messages("refusing connections: limits.connections is reached")
    assert len(said) == 1
    for one in idle:
        one.close()


def test_a_hangup_ends_no_daemon(start):
    gateway = start()
    assert gateway.reload()
    assert fetch(gateway.admin("/readyz")).status == 200


HANGUP_IGNORED = "SIGHUP while stopping: nothing is reloaded"


def test_a_terminal_that_goes_away_stops_it_and_nothing_less(start):
    ours, its = os.openpty()
    gateway = start({"server": {"drain_delay": "4s"}}, stdin=its)
    os.close(its)
    for _ in range(2):
        assert gateway.reload(), "the terminal is there"
    assert fetch(gateway.admin("/readyz")).status == 200
    os.close(ours)
    gateway.signal(signal.SIGHUP)
    gateway.wait_for_messages("stopping")
    gateway.signal(signal.SIGHUP)  # from the shell, after the kernel's
    gateway.wait_for_messages(HANGUP_IGNORED)
    assert gateway.stop() == 0


def test_a_hangup_while_stopping_does_nothing(start):
    gateway = start({"server": {"drain_delay": "4s"}})
    gateway.signal()
    gateway.wait_for_messages("stopping")
    gateway.signal(signal.SIGHUP)
    gateway.wait_for_messages(HANGUP_IGNORED)
    assert gateway.stop() == 0
    assert not gateway.messages("reloaded")


def test_a_hangup_while_it_starts_waits_until_it_runs(tmp_path):
    listen = [f"http://127.0.{number // 200}.{number % 200 + 1}:0" for number in range(1000)]
    file = tmp_path / "config.yaml"
    file.write_text(json.dumps(process.merged(process.DEFAULTS, {"server": {"listen": listen}})))
    running = subprocess.Popen([PROGRAM, "serve", "--config", str(file)], text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    limit = threading.Timer(30 * SLOWNESS, running.kill)
    limit.start()
    seen = []

    def read_until(message):
        for line in running.stderr:
            seen.append(json.loads(line)["message"])
            if seen[-1] == message:
                return
        raise AssertionError(f"no {message!r}; exit {running.wait()}; {seen[-3:]}")
    try:
        read_until("listening")
        running.send_signal(signal.SIGHUP)
        read_until("reloaded")
        assert "serving" in seen
        running.send_signal(signal.SIGTERM)
        read_until("stopped")
        assert running.wait(10 * SLOWNESS) == 0
    finally:
        limit.cancel()
        running.kill()
        running.wait()
        running.stderr.close()


def test_second_signal_leaves_at_once(start):
    gateway = start({"server": {"drain": "60s", "drain_delay": "30s"}})
    gateway.signal()
    gateway.wait_for_messages("stopping")
    gateway.signal()
    assert gateway.process.wait(5 * SLOWNESS) == 1
    gateway.stop()


def test_idle_connections_do_not_hold_the_exit(start):
    gateway = start({"server": {"drain": "20s"}})
    client = h2.Client(gateway.address())
    idle = socket.create_connection(gateway.address("http"), timeout=10)
    half = socket.create_connection(gateway.address(), timeout=10)  # no handshake
    wait_for(lambda: gateway.metric("boardcast_connections") >= 4, "connections")
    begun = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - begun < 13 * SLOWNESS
    for one in (client, idle, half):
        one.close()


def health(url):
    return subprocess.run([PROGRAM, "health", url], capture_output=True, text=True, timeout=30)


def serve(tmp_path, config, *arguments):
    file = tmp_path / "config.yaml"
    file.write_text(json.dumps(process.merged(process.DEFAULTS, config)))
    return subprocess.run([PROGRAM, "serve", "--config", str(file), *arguments],
                          capture_output=True, text=True, timeout=30 * SLOWNESS)


def test_port_in_use(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = serve(tmp_path, {"server": {"listen": [f"https://127.0.0.1:{port}"]}})
    assert done.returncode == 1
    last = done.stderr.rstrip().splitlines()[-1]  # behind all log lines
    assert str(port) in last and "taken" in last


@pytest.mark.parametrize("files,words", [
    ({"cert": "nowhere.crt", "key": "certs/dev.key"}, ["nowhere.crt"]),
    ({"cert": "certs/dev.crt", "key": "certs/ca.key"}, ["certs/ca.key", "does not belong"]),
    ({"cert": "README.md", "key": "certs/dev.key"}, ["README.md"]),
])
def test_bad_certificates(tmp_path, files, words):
    files = {key: os.path.join(process.ROOT, value) for key, value in files.items()}
    done = serve(tmp_path, {"tls": {"certificates": [files]}})
    assert done.returncode == 1
    assert all(word in done.stderr for word in words), done.stderr


def test_unreadable_configuration(tmp_path):
    done = subprocess.run([PROGRAM, "serve", "--config", str(tmp_path / "none.yaml")],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "none.yaml" in done.stderr


def test_misspelt_key(tmp_path):
    done = serve(tmp_path, {"stream": {"hartbeat": "15s"}})
    assert done.returncode == 1
    assert "stream.hartbeat" in done.stderr and "stream.heartbeat" in done.stderr


def test_an_open_address_without_tokens_is_refused(tmp_path):
    done = serve(tmp_path, {"server": {"listen": ["http://0.0.0.0:0"]}})
    assert done.returncode == 1 and "auth" in done.stderr and "open" in done.stderr


def test_check_and_config(tmp_path):
    dev = os.path.join(process.ROOT, "config", "dev.yaml")
    done = subprocess.run([PROGRAM, "check", "--config", dev], capture_output=True, text=True,
                          timeout=30, cwd=process.ROOT)
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr
    bad = tmp_path / "bad.yaml"
    bad.write_text("stream:\n  heartbeat: soon\n")
    done = subprocess.run([PROGRAM, "check", "--config", str(bad)], capture_output=True, text=True,
                          timeout=30)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{bad}:2:14: stream.heartbeat: ")
    text = subprocess.run([PROGRAM, "config", "--default"], capture_output=True, text=True,
                          timeout=30, check=True).stdout
    assert text == open(os.path.join(process.ROOT, "config", "boardcast.yaml")).read()
