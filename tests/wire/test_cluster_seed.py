# ctest: PROCESSORS 1 TIMEOUT 180
"""Why several gateways need a backbone: what three of them lose without one, what sticky sessions
cure of that and what they do not, and three with one Redis."""

import re

import pytest

from support import h2, proxies
from support.process import fetch, wait_for

NODES, READERS, EVENTS = 3, 30, 30
BALANCER = """
frontend events
    bind 127.0.0.1:{port}
    mode tcp
    timeout client 60s
    default_backend nodes
backend nodes
    mode tcp
    balance roundrobin
    timeout connect 2s
    timeout server 60s
    option redispatch
    retries 1
    default-server check inter 1s fastinter 100ms downinter 100ms fall 3 rise 1
"""
STICKY = BALANCER.replace("mode tcp", "mode http") + "    cookie node insert indirect nocache\n"


@pytest.fixture
def balancer(tmp_path):
    """balancer(block, gateways, scheme) starts a HAProxy in front of them."""
    running = []

    def begin(block, gateways, scheme="https"):
        def written(port):
            servers = ["    server n{0} {1}:{2} cookie n{0}".format(
                n, *gateway.address(scheme)) for n, gateway in enumerate(gateways)]
            text = block.replace("{port}", str(port)) + "\n".join(servers)
            return text if "cookie node" in block else re.sub(r" cookie n\d", "", text)
        running.append(proxies.Running(proxies.haproxy, written, tmp_path))
        return running[-1]

    yield begin
    for proxy in running:
        proxy.stop()


def read_through(proxy, count=READERS):
    """Readers with a connection each, the first events read."""
    clients = [h2.Client(("127.0.0.1", proxy.port)) for _ in range(count)]
    streams = [client.subscribe("boards=news") for client in clients]
    for client, stream in zip(clients, streams):
        client.pump(lambda one=stream: one.events, "the opening")
    return list(zip(clients, streams))


def publish_through(proxy, numbers):
    """Each over a connection of its own, as a script does; the ids."""
    return [fetch(proxy.url("/events?board=news"), "-H", "content-type: text/plain", "-d",
                  str(number)).json()["id"] for number in numbers]


def told(stream):
    return [(event.last_event_id, event.data) for event in stream.of_type("message")]


def epoch(id):
    return id.partition("-")[0]


def test_without_a_backbone_each_node_has_only_its_own(start, balancer):
    proxy = balancer(BALANCER, [start() for _ in range(NODES)])
    readers = read_through(proxy)
    events = [(id, str(n)) for n, id in enumerate(publish_through(proxy, range(EVENTS)))]
    assert len({epoch(id) for id, _ in events}) == NODES, "published at every node"
    read_at = set()
    for client, stream in readers:
        here = epoch(stream.of_type("boardcast.open")[0].last_event_id)
        own = [event for event in events if epoch(event[0]) == here]
        client.pump(lambda one=stream, own=own: len(told(one)) >= len(own), "its node's events")
        assert told(stream) == own
        client.close()
        read_at.add(here)
    assert len(read_at) == NODES


class Sticky:
    """A browser behind a balancer that gives it a cookie: its requests go to one node."""

    def __init__(self, proxy):
        self.url = f"http://127.0.0.1:{proxy.port}"
        answer = fetch(self.url + "/healthz")
        self.cookie = answer.fields["set-cookie"].partition(";")[0]

    @property
    def node(self):
        return int(self.cookie.rpartition("n")[2])

    def publish(self, number):
        answer = fetch(self.url + "/events?board=news", "-H", "content-type: text/plain", "-b",
                       self.cookie, "-d", str(number))
        assert answer.status == 200, answer
        return answer.json()["id"]

    def read(self, curls, after=""):
        """A curl that reads, opened."""
        curl = curls(f"{self.url}/events?boards=news", "-b", self.cookie,
                     *(["-H", f"last-event-id: {after}"] if after else []))
        curl.wait_for("boardcast.open")
        return curl


def test_sticky_sessions_cure_the_cut_and_not_the_rest(start, balancer, curls):
    """Whoever is cut finds his node again, and with it what he missed. What others publish at
    another node never comes, and a node that dies takes its history along."""
    gateways = [start() for _ in range(NODES)]
    proxy = balancer(STICKY, gateways, "http")
    browsers = [Sticky(proxy) for _ in range(NODES)]
    assert {browser.node for browser in browsers} == set(range(NODES))
    one, other, _ = browsers
    curl = one.read(curls)
    first = one.publish(1)
    curl.wait_for("data: 1\n")
    curl.kill()
    other.publish(2)
    one.publish(3)
    curl = one.read(curls, after=first)
    assert "data: 2\n" not in curl.wait_for("data: 3\n") and b"boardcast.gap" not in curl.output
    last = one.publish(4)
    curl.wait_for("data: 4\n")
    one.publish(5)
    gateways[one.node].kill()
    wait_for(lambda: curl.ended, "the end of the stream")
    moved = one.read(curls, after=last)
    assert '"reason":"epoch"' in moved.wait_for("boardcast.gap")
    assert b"data: 5\n" not in moved.output


def a_cluster(start, server):
    gateways = [start({"backbone": {"type": "redis", "redis": {"url": server.url}}})
                for _ in range(NODES)]
    wait_for(lambda: all(fetch(one.admin("/readyz")).status == 200 for one in gateways), "Redis")
    return gateways


def test_with_redis_all_see_all_in_one_order(start, balancer, redis):
    gateways = a_cluster(start, redis())
    proxy = balancer(BALANCER, gateways)
    readers = read_through(proxy)
    sitting = [one.connections()["total"] for one in gateways]
    assert sum(sitting) == READERS and all(sitting)
    ids = publish_through(proxy, range(EVENTS))
    expected = [(id, str(n)) for n, id in enumerate(ids)]
    assert ids == sorted(ids)
    for client, stream in readers:
        client.pump(lambda one=stream: len(told(one)) >= EVENTS, "all events")
        assert told(stream) == expected
        client.close()


def test_with_redis_a_node_that_dies_takes_nothing_along(start, balancer, redis):
    gateways = a_cluster(start, redis())
    proxy = balancer(BALANCER, gateways)
    readers = read_through(proxy, 6)
    ids = publish_through(proxy, range(3))
    for client, stream in readers:
        client.pump(lambda one=stream: len(told(one)) == 3, "the first events")
    sat_there = gateways[0].connections()["total"]
    assert sat_there
    gateways[0].kill()
    wait_for(lambda: any("is DOWN" in line for line in proxy.lines), "the check of HAProxy")
    ids += publish_through(proxy, range(3, 6))
    moved = 0
    for client, stream in readers:
        client.pump(lambda one=stream: client.closed or len(told(one)) == 6, "the rest")
        came = told(stream)
        if client.closed:
            client, moved = h2.Client(("127.0.0.1", proxy.port)), moved + 1
            again = client.subscribe(f"boards=news&lastEventId={came[-1][0]}")
            client.pump(lambda one=again: len(told(one)) == 6 - len(came), "what was missed")
            assert not again.of_type("boardcast.gap")
            came += told(again)
        assert came == [(id, str(n)) for n, id in enumerate(ids)]
        client.close()
    assert moved == sat_there
