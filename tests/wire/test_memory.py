"""Short of memory: level by level something is refused or ended, and what was taken comes back."""

import json
import os
import re
import resource
import socket
import struct
import time

from support import process
from support.process import fetch, wait_for

MIB = 2**20
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
FULL = '"reason":"full"'


def status_bytes(gateway, name):
    with open(f"/proc/{gateway.process.pid}/status", encoding="ascii") as file:
        return int(re.search(rf"^{name}:\s*(\d+) kB", file.read(), re.M)[1]) * 1024


class Uploads:
    """Requests whose bodies lack their last byte, so that they are held."""

    def __init__(self, gateway):
        self.gateway, self.sockets = gateway, []

    def add(self, count, size=MIB):
        for _ in range(count):
            upload = socket.create_connection(self.gateway.address("http"), timeout=10)
            upload.sendall(f"POST /events?board=a HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain"
                           f"\r\ncontent-length: {size}\r\n\r\n".encode() + b"x" * (size - 1))
            self.sockets.append(upload)

    def close(self):
        for upload in self.sockets:
            upload.close()
        self.sockets.clear()


def level(gateway):
    return gateway.metric("boardcast_memory_level")


def steady(gateway):
    """Bytes in use, once at rest: the gateway looks ten times a second, and what a reader lags
    behind is let go of meanwhile."""
    before, used = 0, gateway.metric("boardcast_memory_used_bytes")
    while abs(used - before) > used / 200:
        time.sleep(0.5)
        before, used = used, gateway.metric("boardcast_memory_used_bytes")
    return used


def squeeze(gateway, share):
    """Sets limits.memory so that what is in use is this share of what is left for it."""
    used = steady(gateway)
    assert gateway.reload({"limits": {"memory": int(used / share) + MIB}})


def come_to(gateway, wanted, share):
    squeeze(gateway, share)
    wait_for(lambda: level(gateway) == wanted, lambda: f"level {wanted}, is {level(gateway)}")


def test_each_level_does_what_it_is_for(start, curls, tmp_path):
    gateway = start({"server": {"drain": "1s"}, "history": {"total_bytes": "1MiB"},
                     "limits": {"memory": "1GiB"}})
    events = gateway.url("/events?boards=a,b")
    healthy = curls(events)
    healthy.wait_for("boardcast.open")
    lagging = socket.socket()
    lagging.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lagging.connect(gateway.address("http"))
    lagging.sendall(b"GET /events?boards=b HTTP/1.1\r\nhost: a\r\n\r\n")
    wait_for(lambda: gateway.connections()["total"] == 2, "the streams")
    batch = tmp_path / "batch"
    batch.write_text("\n".join([json.dumps({"board": "b", "data": "x" * 60_000})] * 16))
    for _ in range(10):
        assert fetch(gateway.url("/events"), "-H", "content-type: application/x-ndjson",
                     "--data-binary", f"@{batch}").status == 200
    uploads = Uploads(gateway)
    uploads.add(24)
    wait_for(lambda: gateway.metric("boardcast_memory_used_bytes") > 24 * MIB, "the uploads")

    come_to(gateway, 1, 0.83)
    refused = fetch(gateway.url("/events?boards=a"))
    assert refused.status == 503 and int(refused.fields["retry-after"]) > 0
    told = fetch(gateway.url("/events?boards=a"), "-H", "accept: text/event-stream")
    assert told.status == 200 and FULL in told.body.decode() and b"retry: " in told.body
    assert gateway.metric('boardcast_streams_refused_total{reason="memory"}') == 2
    assert fetch(gateway.admin("/readyz")).json() == {"status": "full"}
    gateway.publish("a", "while full")
    healthy.wait_for("while full")
    assert gateway.metric('boardcast_streams_ended_total{reason="full"}') == 0

    squeeze(gateway, 0.925)
    wait_for(lambda: gateway.metric('boardcast_streams_ended_total{reason="full"}') == 1, "an end")
    wait_for(lambda: level(gateway) == 0, "the way back: what it held is free")
    come_to(gateway, 2, 0.925)
    shed = fetch(gateway.url("/events?board=a"), "-H", "content-type: text/plain", "-d", "body")
    assert shed.status == 503 and int(shed.fields["retry-after"]) > 0
    assert gateway.metric('boardcast_http_limit_refusals_total{limit="memory"}') >= 1

    come_to(gateway, 3, 1.0)
    waits = socket.create_connection(gateway.address("http"), timeout=10)
    waits.sendall(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n")
    waits.settimeout(0.5)
    try:
        assert not waits.recv(1000), "nothing is accepted"
    except TimeoutError:
        pass
    uploads.close()
    waits.settimeout(10 * process.SLOWNESS)
    assert waits.recv(1000).startswith(b"HTTP/1.1 200")
    wait_for(lambda: level(gateway) == 0, "the way back")
    assert fetch(gateway.url("/readyz")).status == 200
    gateway.publish("a", "afterwards")
    healthy.wait_for("afterwards")
    assert "boardcast.end" not in healthy.output.decode(), "who keeps up is not ended"
    wait_for(lambda: gateway.messages("memory")[-1]["level"] == "normal", "the last line")
    levels = [line["level"] for line in gateway.messages("memory")]
    assert {"full", "shedding", "critical"} < set(levels) and levels[-1] == "normal"
    assert all(line["level"] != line["before"] for line in gateway.messages("memory"))
    assert len(levels) <= 10, "a line for each change"


def test_a_failed_allocation_is_survived(start, curls):
    # Those of the sanitizers would end the process by themselves.
    sanitizers = {f"{name}_OPTIONS": os.environ.get(f"{name}_OPTIONS", "") +
                  ":allocator_may_return_null=1" for name in ("ASAN", "TSAN")}
    gateway = start({"limits": {"memory": "4GiB"}}, environment=sanitizers)
    reader = curls(gateway.url("/events?boards=a"))
    reader.wait_for("boardcast.open")
    fetch(gateway.admin("/metrics"))
    limits = resource.prlimit(gateway.process.pid, resource.RLIMIT_DATA)
    uploads = Uploads(gateway)
    uploads.add(1)
    most = status_bytes(gateway, "VmData") + 12 * MIB
    resource.prlimit(gateway.process.pid, resource.RLIMIT_DATA, (most, limits[1]))
    try:
        failed = "an allocation failed: the reserve was given up for it"
        deadline = time.monotonic() + 20 * process.SLOWNESS
        while not gateway.messages(failed):
            assert time.monotonic() < deadline and gateway.process.poll() is None
            uploads.add(1, 512 * 1024)
            time.sleep(0.01)
        said = gateway.wait_for_messages("memory")
        assert said[0]["level"] == "critical"
        uploads.close()
    finally:
        resource.prlimit(gateway.process.pid, resource.RLIMIT_DATA, limits)
    wait_for(lambda: level(gateway) == 0, "the way back")
    assert gateway.metric("boardcast_memory_exhausted_total") >= 1
    gateway.publish("a", "alive")
    reader.wait_for("alive")


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(
        ">I", stream) + payload


def page(address, streams):
    """A connection with that many streams, all of them silent."""
    path = b"/events?boards=a"
    block = b"\x82\x86\x04" + bytes([len(path)]) + path + b"\x01\x01a"
    client = socket.create_connection(address, timeout=10 * process.SLOWNESS)
    client.sendall(PREFACE + b"".join(frame(1, 5, 2 * i + 1, block) for i in range(streams)))
    return client


def test_ten_thousand_streams_give_back_what_they_took(start):
    """In every build what is in use; without sanitizers, whose allocator keeps what it has, the
    pages of the process, too."""
    gateway = start({"server": {"listen": ["h2c://127.0.0.1:0"]}})
    address = gateway.address("h2c")

    def taken():
        found = {"in use": steady(gateway)}
        if process.SLOWNESS == 1:
            found["resident"] = status_bytes(gateway, "VmRSS")
        return found

    def come_and_go(pages):
        clients = [page(address, 100) for _ in range(pages)]
        wait_for(lambda: gateway.connections()["total"] == 100 * pages, "the streams", 30)
        most = taken()
        for client in clients:
            client.close()
        wait_for(lambda: gateway.connections()["total"] == 0, "their ends", 30)
        return most

    come_and_go(2)
    before = taken()
    most = come_and_go(100)
    assert all(most[what] - before[what] > 5 * MIB for what in most), (before, most)

    def came_back():
        now = taken()
        return all(now[what] - before[what] < (most[what] - before[what]) / 4 for what in most)
    wait_for(came_back, lambda: f"{before} → {most}, kept {taken()}", 10)
    print(f"{before} → {most} → {taken()}")
