"""Several gateways with one Redis, each started anew for each run."""

import contextlib
import os
import ssl
import urllib.request

from driver.servers import CA, CORE_OF_LOAD, Boardcast, Server, first_line


class Redis(Server):
    name = title = "redis"

    def command(self):
        return ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "",
                "--dir", self.folder]

    def core(self):
        return CORE_OF_LOAD

    def version(self):
        return first_line("redis-server", "--version")


class Node(Boardcast):
    """A gateway of the cluster."""

    def __init__(self, build, redis, history=None):
        super().__init__(build)
        self.settings = {"boards": [{"match": "bench-*", "history": {"events": history or 1000}}]}
        if redis:
            self.settings["backbone"] = {"type": "redis",
                                         "redis": {"url": f"redis://127.0.0.1:{redis.port}"}}

    def ask(self):
        trust = ssl.create_default_context(cafile=CA)
        urllib.request.urlopen(self.url + "/readyz", timeout=2, context=trust).close()


@contextlib.contextmanager
def cluster(build, nodes, history=None):
    """(redis, its nodes)"""
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(Redis(build))
        yield redis, [stack.enter_context(Node(build, redis, history)) for _ in range(nodes)]


def cpu_seconds(server):
    """User and system time so far of a server's threads that live."""
    taken = 0
    for thread in os.listdir(f"/proc/{server.process.pid}/task"):
        path = f"/proc/{server.process.pid}/task/{thread}/schedstat"
        with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8") as file:
            taken += int(file.read().split()[0])
    return taken / 1e9
