"""What is measured: each work is one load, with the figures that it is about."""

import dataclasses

from driver.loads import bench, load, publish, wrong


@dataclasses.dataclass
class Figure:
    """One column: `of` takes it from what a run found; None: it could not be had."""
    title: str
    of: object
    digits: int = 2
    less_is_better: bool = True
    goal: float = None  # a bound, in the good direction
    goal_text: str = ""
    judged: bool = True  # somebody can be better in it

    def met(self, value):
        return value <= self.goal if self.less_is_better else value >= self.goal


@dataclasses.dataclass
class Work:
    name: str
    title: str
    figures: list
    options: tuple = ()  # of boardcast-bench
    beside: tuple = ()  # of another one, which holds its streams meanwhile
    seconds: int = 10
    warmup: int = 2
    settings: dict = None  # of boardcast, beyond its defaults
    note: str = ""
    only_replaying: bool = False
    alone: bool = False  # boardcast's own: how does its cost grow?
    run: object = None  # another tool than boardcast-bench

    def offered(self):
        """Deliveries a second that are asked for; 0: there is no such number."""
        if not self.options:
            return 0
        connections, streams, rate = (int(self.options[n]) for n in (1, 3, 5))
        boards = int(dict(zip(self.options, self.options[1:])).get("--boards", 1))
        return connections * streams * rate // boards

    def is_for(self, server):
        return server.name == "boardcast" or not self.alone and \
            (server.replays or not self.only_replaying)

    def measure(self, server, seconds):
        return (self.run or bench)(self, server, seconds)


def found(key, part=None, scale=1):
    def of(run):
        value = run[key][part] if part else run[key]
        return None if value is None else value * scale
    return of


CPU = Figure("server CPU, µs per delivery", lambda run: run["server_us_per_delivery"] or None)
P50 = Figure("p50, ms", found("latency_ms", "p50"))
P99 = Figure("p99, ms", found("latency_ms", "p99"))
RATE = Figure("deliveries/s", found("deliveries_per_s"), 0, less_is_better=False)
LOST = Figure("not delivered exactly once", lambda run: sum(wrong(run).values()), 0, goal=0,
              goal_text="0")
OWN = Figure("generator's own CPU, µs", found("own_us_per_delivery"), judged=False)
USUAL = [CPU, P50, P99, LOST, OWN]


def with_goal(figure, goal, text):
    return dataclasses.replace(figure, goal=goal, goal_text=text)


@dataclasses.dataclass
class Ratio:
    """A goal for one figure divided by another, both of the same run of everything: at most so
    much. `over` and `under`: (work, server, the figure's title)."""
    title: str
    over: tuple
    under: tuple
    most: float


def _beside(work, server, figure, most):
    return Ratio(f"{work}: {figure.title}, boardcast / {server}", (work, "boardcast", figure.title),
                 (work, server, figure.title), most)


RATIOS = [
    _beside("W1", "floor", CPU, 2.0), _beside("W1", "nchan", CPU, 0.1),
    _beside("W1", "floor", P99, 1.3),
    *[Ratio(f"{work}: {CPU.title}, {what}", (work, "boardcast", CPU.title),
            ("W1", "boardcast", CPU.title), 1.1)
      for work, what in (("W1-chrome", "as Chrome opens streams / flat"),
                         ("W1-chrome-250", "as Chrome opens streams / flat"),
                         ("W1-boards", "beside 100 000 boards / alone"),
                         ("W1-patterns", "beside 10 000 patterns / alone"))],
    *[_beside(work, server, figure, most) for work in ("W2", "W3")
      for server, figure, most in (("floor", CPU, 1.15), ("nchan", CPU, 1.0), ("nchan", P99, 1.0),
                                   ("node", P99, 1.0), ("better-sse", P99, 1.0))],
    Ratio("replay: live p99, meanwhile / without",
          ("replay", "boardcast", "live p99 meanwhile, ms"),
          ("replay", "boardcast", "live p99 without, ms"), 2.0),
]

WORKS = [
    Work("W1", "10 connections × 100 streams, one board, 100 events/s",
         [with_goal(CPU, 1.0, "≤ 1.0"), with_goal(P50, 1.0, "≤ 1"), P99, LOST, OWN],
         load(10, 100, 100)),
    Work("W1-10", "the same at 10 events/s", USUAL, load(10, 100, 10)),
    Work("W1-chrome", "the same at 100 events/s, the streams opened as Chrome opens them (each "
         "depends exclusively on the one before)", USUAL, load(10, 100, 100, "--chrome")),
    Work("W1-chrome-250", "10 connections × 250 streams, as Chrome opens them", USUAL,
         load(10, 250, 100, "--chrome")),
    Work("W1-boards", "W1, while 100 000 other streams are open (on 1 000 connections), each of a "
         "board of its own", USUAL, load(10, 100, 100), alone=True,
         beside=("--connections", "1000", "--streams", "100", "--boards", "100000", "--path",
                 "/events?boards=other-{board}")),
    Work("W1-patterns", "W1, while 10 000 other streams are open, each of a pattern of its own "
         "that begins like W1's board", USUAL, load(10, 100, 100), alone=True,
         beside=("--connections", "100", "--streams", "100", "--boards", "10000", "--path",
                 "/events?boards=bench-0-{board}*")),
    Work("W2", "100 connections × 100 streams over 100 boards (each event: one stream of each "
         "connection), 200 events/s", USUAL, load(100, 100, 200, "--boards", "100")),
    Work("W3", "1 000 connections × 1 stream, one board, 50 events/s", USUAL, load(1000, 1, 50)),
    Work("W4", "W1 as fast as the streams read (64 events on their way)",
         [with_goal(RATE, 1e6, "≥ 1 000 000"), CPU, LOST, OWN],
         load(10, 100, 0, "--saturate", "64")),
    Work("W5-streams", "10 000 idle streams, 100 on each connection",
         [Figure("bytes for one more stream", found("stream_bytes"), 0, goal=700,
                 goal_text="≤ 700"),
          Figure("whole process, MiB", found("rss_all", scale=1 / 1048576), 1)],
         load(100, 100, 0), seconds=1, warmup=0),
    Work("W5-connections", "5 000 idle TLS connections with one stream each",
         [Figure("KiB for a connection with its stream",
                 found("connection_bytes", scale=1 / 1024), 1, goal=32, goal_text="≤ 32"),
          Figure("whole process, MiB", found("rss_all", scale=1 / 1048576), 1)],
         load(5000, 1, 0), seconds=1, warmup=0),
    Work("W5-used", "500 such connections, each after 1 000 other requests",
         [Figure("KiB for a connection with its stream",
                 found("connection_bytes", scale=1 / 1024), 1, goal=32, goal_text="≤ 32")],
         load(500, 1, 0, "--requests", "1000"), seconds=1, warmup=0),
    Work("open", "25 000 streams on 100 open connections, as fast as they open",
         [Figure("streams/s", found("opened_per_s"), 0, less_is_better=False, goal=30000,
                 goal_text="≥ 30 000")],
         load(100, 250, 0), seconds=1, warmup=0),
    Work("replay", "1 000 streams return at once and miss 1 000 events each, while 100 streams get "
         "100 events/s",
         [Figure("live p99 without, ms", found("latency_ms", "p99")),
          Figure("live p99 meanwhile, ms", found("replay_latency_ms", "p99")),
          Figure("until all is replayed, s", lambda run: run["replay_seconds"] or None, 3),
          Figure("not replayed exactly once", lambda run: run["replay"]["expected"] -
                 run["replay"]["delivered"] + run["replay"]["repeated"] +
                 run["replay"]["reordered"], 0, goal=0, goal_text="0")],
         load(10, 10, 100, "--replay-connections", "10"), only_replaying=True,
         settings={"boards": [{"match": "bench-*", "history": {"events": 2000}}]},
         note="boardcast keeps 1 000 events of a board by default; here 2 000, as the peers do, "
              "because events go on while the streams return. What Nchan does not replay it has "
              "stopped sending: when that was looked into, nginx was idle, and no socket held "
              "anything unread."),
    Work("publish", "h2load, 4 connections with 32 requests at once, 256 bytes, a board that "
         "nobody reads",
         [Figure("requests/s, one event each", found("requests_per_s"), 0, less_is_better=False,
                 goal=20000, goal_text="≥ 20 000"),
          Figure("events/s in batches of 100", found("batched_per_s"), 0, less_is_better=False,
                 goal=100000, goal_text="≥ 100 000")],
         run=publish, seconds=5,
         note="The peers take no batches. In Node and better-sse the endpoint is a few lines that "
              "check nothing."),
]
