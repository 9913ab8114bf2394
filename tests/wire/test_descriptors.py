"""Too few descriptors: who is connected notices nothing, nobody spins, and it passes by itself."""

import http.client
import os
import resource
import socket
import threading
import time

from support import process
from support.process import wait_for

CPU_MOST = 0.1  # of a core
RECOVERY = 1 * process.SLOWNESS  # seconds, the best of three; a pause of the gateway is 100 ms


def cpu_seconds(gateway):
    with open(f"/proc/{gateway.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Reader:
    """A stream over HTTP/1.1 and a socket of its own; `text` is what has come."""

    def __init__(self, address):
        self.text = b""
        self.socket = socket.create_connection(address, timeout=5 * process.SLOWNESS)
        self.socket.sendall(b"GET /events?boards=a HTTP/1.1\r\nhost: a\r\n\r\n")

    def read_until(self, mark):
        """False: the connection ended first."""
        while mark not in self.text:
            try:
                piece = self.socket.recv(65536)
            except ConnectionError:
                piece = b""
            if not piece:
                return False
            self.text += piece
        return True

    def close(self):
        self.socket.close()


class Crowd:
    """Clients that come back when they are turned away, or after a second in vain."""

    def __init__(self, address, clients):
        self.address, self.turned_away, self._over = address, 0, threading.Event()
        self._threads = [threading.Thread(target=self._come, daemon=True) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _come(self):
        while not self._over.wait(0.05):
            try:
                with socket.create_connection(self.address, timeout=1) as client:
                    client.recv(1)
            except OSError:
                pass
            self.turned_away += 1

    def leave(self):
        self._over.set()
        for thread in self._threads:
            thread.join(5)


def cpu_share_under(gateway, crowd, turned_away, seconds=2.0):
    before, begin = cpu_seconds(gateway), time.monotonic()
    time.sleep(seconds)
    wait_for(lambda: crowd.turned_away >= turned_away, "a crowd")
    share = (cpu_seconds(gateway) - before) / (time.monotonic() - begin)
    crowd.leave()
    return share / process.SLOWNESS


class Kept:
    """A connection that stays open, for requests when no new one is to be had."""

    def __init__(self, address):
        self.connection = http.client.HTTPConnection(*address, timeout=10 * process.SLOWNESS)

    def ask(self, method, path, body=None):
        self.connection.request(method, path, body, {"content-type": "text/plain"} if body else {})
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode()

    def metric(self, name):
        for line in self.ask("GET", "/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        raise KeyError(name)


def served_after(begin, address):
    assert Reader(address).read_until(b"boardcast.open")
    return time.monotonic() - begin


def test_sixty_four_descriptors(start):
    gateway = start({"admin": {"public": "open"}, "auth": {"open": True}},
                    limits=[(resource.RLIMIT_NOFILE, (64, 64))])
    address = gateway.address("http")
    (serving,) = gateway.wait_for_messages("serving")
    most = serving["connections_max"]
    assert 10 <= most < 40
    publisher = Kept(address)
    assert publisher.ask("GET", "/healthz")[0] == 200
    readers = [Reader(address) for _ in range(most - 1)]
    for reader in readers:
        assert reader.read_until(b"boardcast.open")
    late = Reader(address)
    assert not late.read_until(b"boardcast.open"), "over the limit"
    share = cpu_share_under(gateway, Crowd(address, 30), 100)
    assert share < CPU_MOST, share
    assert publisher.ask("POST", "/events?board=a", "still here")[0] == 200
    for reader in readers:
        assert reader.read_until(b"still here")
    assert gateway.metric("boardcast_accept_refused_total") > 0, "the operator gets in"
    took = []
    for reader in readers[:3]:
        reader.close()
        begin = time.monotonic()

        def gets_in():
            readers.append(Reader(address))
            return readers[-1].read_until(b"boardcast.open")
        wait_for(gets_in, "a place")
        took.append(time.monotonic() - begin)
    assert min(took) < RECOVERY, took
    for reader in readers:
        reader.close()


def test_starved_and_back(start):
    gateway = start()
    address, pid = gateway.address("http"), gateway.process.pid
    publisher, operator = Kept(address), Kept(gateway.address("http", "admin"))
    reader = Reader(address)
    assert reader.read_until(b"boardcast.open")
    assert publisher.ask("GET", "/healthz")[0] == operator.ask("GET", "/readyz")[0] == 200
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    held = []
    used = 1 + max(int(name) for name in os.listdir(f"/proc/{pid}/fd"))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, limits[1]))
    try:
        while operator.metric("boardcast_listeners_starved") == 0:  # fills what was free below
            held.append(Reader(address))
            assert len(held) < 100
        share = cpu_share_under(gateway, Crowd(address, 10), 20)
        assert share < CPU_MOST, share
        assert operator.ask("GET", "/readyz") == (503, '{"status":"full"}\n')
        assert operator.metric("boardcast_accept_errors_total") > 1
        # Not even the descriptor of the spare can be had: who comes stays in the kernel's queue.
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limits[1]))
        share = cpu_share_under(gateway, Crowd(address, 10), 10)
        assert share < CPU_MOST, share
        assert publisher.ask("POST", "/events?board=a", "still here")[0] == 200
        assert reader.read_until(b"still here")
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    took = [served_after(time.monotonic(), address)]
    while took[-1] >= RECOVERY and len(took) < 3:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limits[1]))
        held.append(Reader(address))
        wait_for(lambda: operator.metric("boardcast_listeners_starved") > 0, "another time")
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        took.append(served_after(time.monotonic(), address))
    assert min(took) < RECOVERY, took
    wait_for(lambda: operator.ask("GET", "/readyz")[0] == 200, "ready")

    def told():
        return [len(gateway.messages(message)) for message in (
            "cannot accept connections, pausing", "accepting connections again")]
    wait_for(lambda: 0 < told()[0] == told()[1], lambda: f"the log's words: {told()}")
    assert told()[0] <= 1 + len(took), "once per change"
