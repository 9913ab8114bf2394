"""Log lines: nobody can forge one, a broken pipe ends nothing."""

import fcntl
import json
import os
import re
import resource
import signal
import socket
import subprocess
import time
import urllib.parse

from support import process
from support.process import PROGRAM, Gateway, fetch, wait_for


def test_every_line_is_json(start):
    gateway = start({"log": {"level": "debug"}})
    raw = socket.create_connection(gateway.address("http"), timeout=10)
    raw.sendall(b'GET /"\x1b[31m\xff HTTP/1.1\r\nhost: "a\\\r\n\r\n')
    raw.recv(1000)
    raw.close()
    fetch(gateway.url("/healthz"))
    assert gateway.stop() == 0
    assert gateway.lines
    for line in gateway.lines:
        assert line.startswith("{") and line.endswith("}"), line


def test_a_closed_log_pipe_ends_nothing(tmp_path):
    gateway = Gateway()
    try:
        read_end = gateway.process.stderr.fileno()
        # Takes the reading end of the pipe away under the program.
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, read_end)
        os.close(null)
        for _ in range(3):
            assert fetch(gateway.url("/healthz")).status == 200
            gateway.process.send_signal(signal.SIGHUP)  # says lines
        wait_for(lambda: gateway.metric("boardcast_log_lines_dropped_total") >= 1, "lost lines")
        assert gateway.process.poll() is None
        assert gateway.stop() == 0
    finally:
        if gateway.process.returncode is None:
            gateway.kill()


class Hinted:
    """A gateway whose log goes to `stderr`; it tells its addresses on standard output."""

    def __init__(self, folder, stderr, config=None, **options):
        file = folder / "config.yaml"
        file.write_text(json.dumps(process.merged(process.DEFAULTS, config or {})))
        self.process = subprocess.Popen([PROGRAM, "serve", "--hints", "--config", str(file)],
                                        stdout=subprocess.PIPE, stderr=stderr, text=True,
                                        **options)
        self.traffic = self.admin = None
        for line in self.process.stdout:
            if line.startswith("  http://"):
                if line.rstrip().endswith("(admin)"):
                    self.admin = line.split()[0]
                else:
                    self.traffic = line.split()[0]
            if "Stop with" in line:
                break

    def dropped(self):
        text = fetch(self.admin + "/metrics").body.decode()
        return int(re.search(r"^boardcast_log_lines_dropped_total (\d+)", text, re.M)[1])

    def ask_often(self, seconds=1.0):
        """Lines are written all the while; nobody waits for them."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            begin = time.monotonic()
            with socket.create_connection(urllib.parse.urlsplit(self.traffic).netloc.split(":"),
                                          timeout=10 * process.SLOWNESS) as raw:
                raw.sendall(b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
                assert raw.recv(1000).startswith(b"HTTP/1.1 200")
            # A line that waits for its reader waits for ever.
            assert time.monotonic() - begin < 0.5 * process.SLOWNESS
            self.process.send_signal(signal.SIGHUP)  # says lines
            time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        return self.process.wait(15 * process.SLOWNESS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self.process.stdout.close()


def test_a_full_disk_costs_lines_alone(tmp_path):
    with open("/dev/full", "w", encoding="utf-8") as full:
        with Hinted(tmp_path, full) as gateway:
            gateway.ask_often()
            wait_for(lambda: gateway.dropped() > 10, "dropped lines")
            assert gateway.stop() == 0


def may_write(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_disk_that_has_room_again_gets_lines_again(tmp_path):
    """A file that may grow no further is the same to who writes, and room can be made for it."""
    said = tmp_path / "said"
    with open(said, "a", encoding="utf-8") as file:
        with Hinted(tmp_path, file, preexec_fn=lambda: may_write(2048)) as gateway:
            gateway.ask_often()
            wait_for(lambda: gateway.dropped() > 10, "dropped lines")
            assert said.stat().st_size <= 2048
            resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE,
                             (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            assert gateway.stop() == 0
    assert '"message":"stopped"' in said.read_text()
    with open(said, "a", encoding="utf-8") as file:
        # What cannot be told does not change how it ends. A byte is less than `said` has, and is
        # enough for sanitizers, which write to a file of their own before anything else.
        failed = subprocess.run([PROGRAM, "serve", "--config", "nowhere.yaml"], stderr=file,
                                preexec_fn=lambda: may_write(1), timeout=10 * process.SLOWNESS,
                                check=False)
        assert failed.returncode == 1


def test_a_log_that_nobody_reads_holds_nobody_up(tmp_path):
    reads, writes = os.pipe()
    fcntl.fcntl(writes, fcntl.F_SETPIPE_SZ, 4096)
    with Hinted(tmp_path, writes) as gateway:
        gateway.ask_often()  # a page of lines is soon full
        begin = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - begin < 5 * process.SLOWNESS
    os.close(writes)
    with open(reads, encoding="utf-8") as pipe:
        lines = pipe.read().splitlines()
    assert len(lines) < 100 and json.loads(lines[0])["message"] == "starting"


def text_of_a_run(tmp_path, **options):
    """What it says as text on `stderr`, from start to stop."""
    file = tmp_path / "config.yaml"
    config = process.merged(process.DEFAULTS, {"log": {"format": "text"}})
    file.write_text(json.dumps(config))
    with open(tmp_path / "said", "w+", encoding="utf-8") as said:
        running = subprocess.Popen([PROGRAM, "serve", "--config", str(file)], stderr=said,
                                   **options)
        process.wait_for(lambda: " serving " in (tmp_path / "said").read_text(), "the start")
        running.terminate()
        assert running.wait(timeout=15 * process.SLOWNESS) == 0
        said.seek(0)
        return said.read()


def test_text_lines(tmp_path):
    text = text_of_a_run(tmp_path)
    assert " info  listening address=https://127.0.0.1:" in text, text
    assert "<" not in text


def test_the_journal_is_told_the_level(tmp_path):
    (tmp_path / "said").touch()
    is_file = os.stat(tmp_path / "said")
    journal = {**os.environ, "JOURNAL_STREAM": f"{is_file.st_dev}:{is_file.st_ino}"}
    lines = text_of_a_run(tmp_path, env=journal).splitlines()
    assert lines
    for line in lines:
        assert line.startswith("<6>2") and " info  " in line, line
    journal["JOURNAL_STREAM"] = f"{is_file.st_dev}:{is_file.st_ino + 1}"  # somebody else's
    assert "<6>" not in text_of_a_run(tmp_path, env=journal)
