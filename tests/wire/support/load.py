"""Streams and a publisher that go on while something is done to the gateway, and what they got."""

import threading

from . import h2
from .process import wait_for


class Publisher(threading.Thread):
    """Publishes numbers, one after the other, until told to stop."""

    def __init__(self, gateway, context=None):
        super().__init__(daemon=True)
        self.context = context
        self.address, self.stopping, self.count = gateway.address(), threading.Event(), 0
        self.start()

    def go_on(self, events=50):
        """Waits until so many more are published."""
        target = self.count + events
        wait_for(lambda: self.count >= target, "publishing")

    def finish(self):
        """Stops; how many were published."""
        self.stopping.set()
        self.join(10)
        return self.count

    def run(self):
        client = h2.Client(self.address, context=self.context)
        while not self.stopping.is_set():
            answer = client.fetch("POST", "/events?board=load", [("content-type", "text/plain")],
                                  str(self.count).encode())
            assert answer.status == 200, answer.data
            self.count += 1
        client.close()


class Readers(threading.Thread):
    """Streams on one connection that are read until they have the number they are told."""

    def __init__(self, gateway, streams=20, context=None):
        super().__init__(daemon=True)
        self.client = h2.Client(gateway.address(), context=context)
        self.streams = [self.client.subscribe("boards=load") for _ in range(streams)]
        self.client.pump(lambda: all(stream.events for stream in self.streams), "the openings")
        self.stopping = threading.Event()
        self.start()

    def run(self):
        while not self.stopping.is_set() and not self.client.closed:
            self.client._read(0.1)

    def finish(self, count):
        """All streams are there and got 0 … count - 1 in order, each once."""
        self.stopping.set()
        self.join(10)
        expected = [str(number) for number in range(count)]

        def numbers(stream):
            return [event.data for event in stream.events if event.type == "message"]
        self.client.pump(lambda: all(len(numbers(s)) >= count for s in self.streams), "the rest")
        for stream in self.streams:
            assert numbers(stream) == expected
            assert not stream.ended and len(stream.of_type("boardcast.open")) == 1
            assert not stream.of_type("boardcast.gap")
        self.client.close()
