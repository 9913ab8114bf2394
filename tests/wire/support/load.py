"""Streams and a publisher that go on while something is done to the gateway, and what they got."""

import threading

from . import h2
from .process import HANG, SLOWNESS, wait_for


def shown(token):
    return [("authorization", f"Bearer {token}")] if token else []


class Worker(threading.Thread):
    """Works until it is told to stop. What its work raises, `check` and `stop` raise."""

    def __init__(self):
        super().__init__(daemon=True)
        self.stopping, self.failure = threading.Event(), None

    def work(self):
        raise NotImplementedError

    def run(self):
        try:
            self.work()
        except Exception as failure:
            self.failure = failure

    def check(self):
        if self.failure:
            raise self.failure

    def stop(self):
        self.stopping.set()
        self.join(HANG * SLOWNESS)
        self.check()
        assert not self.is_alive(), "it does not stop"


class Publisher(Worker):
    """Publishes numbers, one after the other, until told to stop. With `token`, if any, which may
    be exchanged meanwhile."""

    def __init__(self, gateway, context=None, token=None):
        super().__init__()
        self.context, self.token = context, token
        self.address, self.count = gateway.address(), 0
        self.start()

    def go_on(self, events=50):
        """Waits until so many more are published."""
        target = self.count + events

        def published():
            self.check()
            return self.count >= target
        wait_for(published, "publishing")

    def finish(self):
        """Stops; how many were published."""
        self.stop()
        return self.count

    def work(self):
        client = h2.Client(self.address, context=self.context)
        while not self.stopping.is_set():
            answer = client.publish("load", str(self.count).encode(), shown(self.token))
            assert answer.status == 200, answer.data
            self.count += 1
        client.close()


class Readers(Worker):
    """Streams on one connection that are read until they have the number they are told. Those
    that a publisher was ahead of get what comes from then on."""

    def __init__(self, gateway, streams=20, context=None, token=None, publisher=None):
        super().__init__()
        self.client = h2.Client(gateway.address(), context=context)
        self.streams = [self.client.subscribe("boards=load", shown(token)) for _ in range(streams)]
        self.client.pump(lambda: all(stream.events for stream in self.streams), "the openings")
        # One more may have had its place before these streams, and not its answer yet.
        self.first_max = publisher.count + 1 if publisher else 0
        self.start()

    def work(self):
        while not self.stopping.is_set() and not self.client.closed:
            self.client._read(0.1)

    def finish(self, count):
        """All streams are there and got 0 … count - 1, or all from where they began, in order, each
        once."""
        self.stop()

        def numbers(stream):
            return [int(event.data) for event in stream.events if event.type == "message"]
        self.client.pump(lambda: all((numbers(s) or [-1])[-1] >= count - 1 for s in self.streams),
                         "the rest")
        for stream in self.streams:
            got = numbers(stream)
            assert got == list(range(got[0], count)) and got[0] <= self.first_max
            assert not stream.ended and len(stream.of_type("boardcast.open")) == 1
            assert not stream.of_type("boardcast.gap")
        self.client.close()
