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


def test_text_lines(tmp_path):
    file = tmp_path / "config.yaml"
    config = process.merged(process.DEFAULTS, {"log": {"format": "text"}})
    file.write_text(json.dumps(config))
    running = subprocess.Popen([PROGRAM, "serve", "--config", str(file)], stderr=subprocess.PIPE,
                               text=True)
    time.sleep(0.5 * process.SLOWNESS)
    running.terminate()
    _, text = running.communicate(timeout=15 * process.SLOWNESS)
    assert running.returncode == 0
    assert "info" in text and "listening address=https://127.0.0.1:" in text, text
