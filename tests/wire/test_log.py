"""Log lines: nobody can forge one, a broken pipe ends nothing."""

import json
import os
import socket
import subprocess
import time

from support import process
from support.process import PROGRAM, Gateway, fetch


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
        assert gateway.process.poll() is None
        assert gateway.stop() == 0
    finally:
        if gateway.process.returncode is None:
            gateway.kill()


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
