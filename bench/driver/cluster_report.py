"""What `./dev bench cluster` found as text: its tables, and whether that is what was aimed at."""

import dataclasses

from driver import report
from driver.works import LOST, P50, P99, WORKS, Figure

USUAL = [work for work in WORKS
         if work.name in ("W1", "W2", "W3", "W4", "W5-streams", "W5-connections")]


@dataclasses.dataclass
class Row:
    what: str
    text: str
    value: float = None  # what a goal is about


@dataclasses.dataclass
class Part:
    """Of what was measured: `rows` as they came, and why there are no more, if it failed."""
    name: str
    title: str
    rows: list = dataclasses.field(default_factory=list)
    failed: str = ""

    def value(self, what):
        return next((row.value for row in self.rows if row.what == what), None)


def costs(work):
    """What a work costs, which is not to be more with Redis. How late an event is has a goal of its
    own: it goes through Redis."""
    return [figure for figure in work.figures
            if figure.judged and figure.title not in (P50.title, P99.title, LOST.title)]


def _of(what):
    return lambda part: part.value(what)


def _best_rate(part):
    return max((row.value for row in part.rows), default=None)


def _compared(work, figure):
    title = f"{work.name}: {figure.title}"
    if figure.less_is_better:
        return Figure(f"{title}, with Redis / without", _of(title), goal=1.1, goal_text="≤ 1.1")
    return Figure(f"{title}, with Redis / without", _of(title), less_is_better=False, goal=0.9,
                  goal_text="≥ 0.9")


ANOTHER, STORM, STORM_LOST = ("redis, another node", "until all 10 000 streams have what they "
                              "missed", "not delivered exactly once")

# By the part that they are about. A goal of 0 has no noise: who misses it has a bug.
GOALS = {
    "latency": [Figure("from publishing to a stream of another node, p50, ms", _of(ANOTHER),
                       goal=2, goal_text="≤ 2")],
    "rates": [Figure("events/s through one Redis, at best", _best_rate, 0, less_is_better=False,
                     goal=20000, goal_text="≥ 20 000")],
    "storm": [Figure("10 000 streams are back after their node's death, s", _of(STORM), goal=10,
                     goal_text="≤ 10"),
              Figure("not delivered exactly once to these and the live ones", _of(STORM_LOST), 0,
                     goal=0, goal_text="0")],
    "works": [_compared(work, figure) for work in USUAL for figure in costs(work)],
}


def missed(parts):
    """What failed, and goals without noise that are missed."""
    for part in parts:
        if part.failed:
            yield f"{part.name} failed: {part.failed}"
        for figure in GOALS.get(part.name, []):
            value = figure.of(part)
            if figure.goal == 0 and value is not None and not figure.met(value):
                yield f"{figure.title}: {value:.0f}"


def _goals(parts):
    for part in parts:
        for figure in GOALS.get(part.name, []):
            value = figure.of(part)
            shown = "—" if value is None else report.text_of(value, figure.digits)
            yield report.goal(figure.title, shown, figure.goal_text,
                              value is not None and figure.met(value))


def opening(title):
    """What comes before the rows of a part."""
    return ["", title, "", "| | |", "|---|---|"]


def line(row):
    return f"| {row.what} | {row.text} |"


def text(circumstances, parts):
    lines = ["# Several gateways with one Redis", "", "Written by `./dev bench cluster`; "
             "[README.md](README.md) says how it measures.", "", *report.head(circumstances), "",
             "## Goals", "", "| what | reached | goal | met |", "|---|---|---|---|",
             *_goals(parts)]
    for part in parts:
        lines += ["", f"## {part.name}", *opening(part.title), *map(line, part.rows)]
        lines += ["", f"Failed: {part.failed}"] if part.failed else []
    return "\n".join(lines) + "\n"
