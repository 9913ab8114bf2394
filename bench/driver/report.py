"""From runs.json to RESULTS.md: medians with their spread, goals, and what was lost to whom."""

import json
import os
import platform
import statistics
import subprocess

from driver import plot
from driver.loads import in_words, wrong
from driver.servers import ROOT, SERVERS
from driver.works import RATIOS, WORKS


def output(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def about(given, names):
    """The circumstances of a pass over works, to be kept with the figures."""
    words = [*given.works, "--runs", str(given.runs)]
    if given.seconds:
        words += ["--seconds", str(given.seconds)]
    if set(names) != set(SERVERS):
        words += ["--only", ",".join(names)]
    return circumstances(words, [SERVERS[name](given.build) for name in names])


def circumstances(words, servers):
    """Of `./dev bench` with these words, and these servers."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if "model name" in line), "?")
    with open("/etc/os-release", encoding="utf-8") as file:
        system = next((line.split('"')[1] for line in file if "PRETTY_NAME" in line), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "machine": f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, {system}, "
                   f"Linux {platform.release()}",
        "load": f"{os.getloadavg()[0]:.2f}",
        "date": output("date", "-u", "+%Y-%m-%d %H:%M UTC"),
        "commit": output("git", "describe", "--always", "--dirty", "--exclude=*"),
        "command": " ".join(["./dev bench", *words]),
        "versions": {server.name: server.version() for server in servers},
        "openssl": output("openssl", "version"),
    }


def head(about_it):
    """The circumstances as lines of a list."""
    lines = [f"- {key}: {about_it[key]}" for key in ("date", "machine", "commit", "openssl")]
    lines += [f"- command: `{about_it['command']}`",
              f"- load of the machine before: {about_it['load']}"]
    return lines + [f"- {name}: {version}" for name, version in about_it["versions"].items()]


def values(figure, runs):
    """What the runs that worked found."""
    found = [figure.of(run) for run in runs if "failed" not in run]
    return [value for value in found if value is not None]


def text_of(value, digits):
    return f"{value:,.{digits}f}".replace(",", " ")


def cell(figure, runs):
    found = values(figure, runs)
    if not found:
        return "—"
    middle, low, high = (text_of(of(found), figure.digits)
                         for of in (statistics.median, min, max))
    return middle if low == high else f"{middle} ({low}–{high})"


def one_line(work, run):
    if "failed" in run:
        return "failed: " + run["failed"]
    return "; ".join(f"{figure.title}: {cell(figure, [run])}" for figure in work.figures)


def table(work, runs):
    goals = [figure.goal_text for figure in work.figures]
    lines = [" | ".join(["| server", *(figure.title for figure in work.figures)]) + " |",
             "|---" * (1 + len(work.figures)) + "|"]
    if any(goals):
        cells = [goal or " " for goal in goals]
        lines.append(" | ".join(["| *goal for boardcast*", *cells]) + " |")
    for name, found in runs.items():
        cells = [cell(figure, found) for figure in work.figures]
        title = f"**{name}**" if name == "boardcast" else SERVERS[name].title
        lines.append(" | ".join([f"| {title}", *cells]) + " |")
    lines += ["", *_behind(work, runs), *_inexact(runs)]
    failures = [f"{name}: {run['failed']}" for name, found in runs.items() for run in found
                if "failed" in run]
    return lines + [f"Failed: {text}" for text in failures] + [""]


def _behind(work, runs):
    """Who did not keep up with the load: what waits then is counted in its latency."""
    for name, found in runs.items():
        rates = [run["deliveries_per_s"] for run in found if "deliveries_per_s" in run]
        if rates and statistics.median(rates) < 0.95 * work.offered():
            yield (f"{SERVERS[name].title} did not keep up: {text_of(statistics.median(rates), 0)} "
                   f"of {text_of(work.offered(), 0)} deliveries/s.\n")


def _inexact(runs):
    """Whose runs had faults, and which: they are counted in no figure but one, if in any."""
    for name, found in runs.items():
        for run in found:
            if faults := wrong(run):
                yield f"A run of {SERVERS[name].title} was not exact: {in_words(faults)}.\n"


def losses(runs):
    """Figures in which another server was better."""
    for work in WORKS:
        ours = runs.get(work.name, {}).get("boardcast")
        for figure in work.figures if ours else []:
            mine = values(figure, ours)
            if mine and figure.judged:
                yield from _better_peers(work, figure, statistics.median(mine), runs[work.name])


def _better_peers(work, figure, own, runs):
    for name, found in runs.items():
        theirs = values(figure, found)
        if name in ("boardcast", "floor") or not theirs:
            continue
        other = statistics.median(theirs)
        if other < own if figure.less_is_better else other > own:
            yield (f"{work.name}, {figure.title}: {SERVERS[name].title} "
                   f"{text_of(other, figure.digits)}, boardcast {text_of(own, figure.digits)}.")


def ratios(runs):
    """Boardcast beside the others, in CPU time for each delivery."""
    for work in WORKS:
        cpu = work.figures[0] if work.figures[0].title.startswith("server CPU") else None
        ours = values(cpu, runs.get(work.name, {}).get("boardcast", [])) if cpu else []
        if not ours or not statistics.median(ours):
            continue
        own = statistics.median(ours)
        beside = [f"{SERVERS[name].title} {statistics.median(values(cpu, found)) / own:.1f} ×"
                  for name, found in runs[work.name].items()
                  if name != "boardcast" and values(cpu, found)]
        if beside:
            yield f"| {work.name} | {text_of(own, 2)} µs | {', '.join(beside)} |"


def _median(runs, work_name, server, title):
    """None where there is none."""
    work = next(work for work in WORKS if work.name == work_name)
    figure = next(figure for figure in work.figures if figure.title == title)
    found = values(figure, runs.get(work_name, {}).get(server, []))
    return statistics.median(found) if found else None


def goals(runs):
    """Rows of all goals, as far as what they are about was measured."""
    for work in WORKS:
        ours = runs.get(work.name, {}).get("boardcast", [])
        for figure in work.figures:
            if figure.goal is not None and values(figure, ours):
                yield goal(f"{work.name}: {figure.title}", cell(figure, ours), figure.goal_text,
                           figure.met(statistics.median(values(figure, ours))))
    for ratio in RATIOS:
        over, under = _median(runs, *ratio.over), _median(runs, *ratio.under)
        if over is not None and under:
            yield goal(ratio.title, f"{over / under:.2f}", f"≤ {ratio.most:g}",
                       over / under <= ratio.most)
    ours = [run for found in runs.values() for run in found.get("boardcast", [])]
    exact = [run for run in ours if "failed" not in run and not wrong(run)]
    if ours:
        yield goal("runs of boardcast that were exact", f"{len(exact)} of {len(ours)}", "all",
                   len(exact) == len(ours))


def goal(title, reached, bound, met):
    return f"| {title} | {reached} | {bound} | {'yes' if met else '**no**'} |"


def million(folder):
    """What bench/million.sh said, where somebody kept it."""
    file = os.path.join(folder, "million.txt")
    if not os.path.exists(file):
        return []
    with open(file, encoding="utf-8") as said:
        return ["## A million streams", "", "`bench/million.sh`, in a run of its own:", "", "```",
                *said.read().splitlines(), "```", ""]


def write(folder):
    """RESULTS.md and the plots from the folder's runs.json."""
    with open(os.path.join(folder, "runs.json"), encoding="utf-8") as file:
        whole = json.load(file)
    runs = whole["runs"]
    lines = ["# Results", "", "Written by `./dev bench`; [README.md](README.md) says how it "
             "measures and how to read it.", ""]
    lines += [*head(whole["about"]), "", "Medians, with the least and the greatest of the runs in "
              "brackets.", ""]
    lines += ["## Goals", "", "| what | reached | goal | met |", "|---|---|---|---|",
              *goals(runs), ""]
    for work in WORKS:
        if work.name not in runs:
            continue
        lines += [f"## {work.name}: {work.title}", "", *table(work, runs[work.name])]
        lines += [work.note, ""] if work.note else []
        for file, title in plot.draw(folder, work, runs[work.name]):
            lines += [f"![{title}]({file})", ""]
    lines += ["## Server CPU for each delivery, others beside boardcast", "",
              "| work | boardcast | others |", "|---|---|---|", *ratios(runs), ""]
    lines += million(folder)
    lost = [f"- {text}" for text in losses(runs)]
    lines += ["## Where others are better", "", *(lost or ["Nowhere above."])]
    text = "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"
    with open(os.path.join(folder, "RESULTS.md"), "w", encoding="utf-8") as file:
        file.write(text)
