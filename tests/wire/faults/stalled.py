"""What readers that take nothing cost those who do: delays of the healthy and memory, in turns
without and with the stalled. Half of these leave their socket unread, half are streams without a
window on the connections of the healthy."""

import asyncio
import statistics
import time

from support.process import Gateway

from .connections import connect

ROUNDS, SETTLING, MEASURING = 4, 5.0, 8.0
EVENTS_A_SECOND, BYTES = 20, 4096
CONNECTIONS = 10
# A short queue, so that those who take nothing fall behind and are held by the history alone.
CONFIG = {"server": {"listen": ["https://127.0.0.1:0"], "workers": 2},
          "stream": {"pending_events": 16}}
PATH, FIELDS = "/events?boards=all", [("accept", "text/event-stream")]


class Healthy:
    """Streams that note how old each event was when it came."""

    def __init__(self):
        self.delays = []

    async def read(self, connection):
        exchange = await connection.request("GET", PATH, FIELDS)
        rest = b""
        while piece := await exchange.read():
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                if line.startswith(b"data: at "):
                    self.delays.append(time.monotonic() - float(line.split(b" ")[2]))


async def _publish(address):
    connection = await connect(address, "h2")
    while True:
        text = f"at {time.monotonic():.6f} ".ljust(BYTES, "x")
        exchange = await connection.request(
            "POST", "/events?board=all", [("content-type", "text/plain")], text.encode())
        assert exchange.status == 200 and await exchange.read()
        await asyncio.sleep(1 / EVENTS_A_SECOND)


async def _stall(count, address, shared):
    """The unread exchanges: those with sockets of their own, and those on shared connections."""
    out = []
    for n in range(count):
        own = n % 2 == 0
        connection = await connect(address, "http/1.1", 8192) if own else shared[n % len(shared)]
        out.append(await connection.request("GET", PATH, FIELDS))
    return out


async def _phase(gateway, healthy, stalled):
    """One line of figures; (p99 in ms, MB)."""
    await asyncio.sleep(SETTLING)
    healthy.delays.clear()
    await asyncio.sleep(MEASURING)
    delays = sorted(1000 * delay for delay in healthy.delays)
    ask = asyncio.get_running_loop().run_in_executor
    memory = await ask(None, gateway.metric, "process_resident_memory_bytes") / 1e6
    behind = await ask(None, gateway.metric, "boardcast_streams_catching_up")
    p50, p99 = (delays[int(len(delays) * share)] for share in (0.5, 0.99))
    print(f"{stalled:4d} stalled, {behind:4.0f} behind: {len(delays)} deliveries, "
          f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {delays[-1]:.1f} ms; "
          f"{memory:.1f} MB resident", flush=True)
    return p99, memory


async def _rounds(gateway, stalled, healthy_count):
    address = gateway.address()
    shared = [await connect(address, "h2") for _ in range(CONNECTIONS)]
    healthy = Healthy()
    tasks = [asyncio.ensure_future(healthy.read(shared[n % CONNECTIONS]))
             for n in range(healthy_count)]
    tasks.append(asyncio.ensure_future(_publish(address)))
    figures = {0: [], stalled: []}
    for _ in range(ROUNDS):
        figures[0].append(await _phase(gateway, healthy, 0))
        held = await _stall(stalled, address, shared)
        figures[stalled].append(await _phase(gateway, healthy, stalled))
        for exchange in held:
            exchange.leave()
    failed = [task.exception() for task in tasks if task.done()]
    assert not failed, failed
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for connection in shared:
        connection.close()
    return figures


def main(stalled, healthy):
    gateway = Gateway(CONFIG)
    try:
        figures = asyncio.run(_rounds(gateway, stalled, healthy))
    finally:
        gateway.stop()
    for count, found in figures.items():
        p99s, memories = zip(*found)
        print(f"{healthy} healthy beside {count} stalled: p99 {statistics.median(p99s):.1f} ms "
              f"(median of {ROUNDS}; {min(p99s):.1f} to {max(p99s):.1f}), at most "
              f"{max(memories):.1f} MB")
    return 0
