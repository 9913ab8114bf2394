"""The table: in the output of tests, and in Markdown."""

HEAD = (f"{'attack':52}{'outcome':44}{'counter':46}{'growth':>9}{'CPU/16K':>9}{'worst':>8}")


def line(result):
    """One row, as a terminal shows it."""
    evidence = result.evidence.removeprefix("boardcast_").replace('"', "")
    return (f"{result.row.name[:51]:52}{result.outcome[:43]:44}{evidence[:45]:46}"
            f"{result.growth / 1024:>6.0f}KiB{result.cpu_for_unit:>7.2f}ms"
            f"{result.delays[-1]:>6.1f}ms")


def entry(result):
    """What a test notes about itself, a name and a value."""
    return "attack", line(result)


def lines(reports):
    """Of pytest's reports; none when there was no attack among them."""
    found = [value for report in reports for name, value in report.user_properties
             if name == "attack"]
    return [HEAD, *found] if found else []


def _cell(result):
    """`outcome · growth · CPU · p99`, in bold where it is over the rule."""
    if result.fault:
        return f"**{result.fault.replace('|', '/')[:60]}**"
    what = f"cut {result.cut_s:.2f} s" if result.cut else "goes on"
    text = (f"{what} · {result.growth / 2**20:.1f} MiB · {result.cpu_for_unit:.1f} ms · "
            f"{result.p99:.0f} ms")
    return text if result.within_rule() else f"**{text}**"


def comparison(results):
    """`results`: server's title: its results, in the order of the rows."""
    yield "| attack | " + " | ".join(results) + " |"
    yield "|---" * (len(results) + 1) + "|"
    for row in zip(*results.values()):
        yield f"| {row[0].row.name} | " + " | ".join(map(_cell, row)) + " |"


def ours(results):
    """What this gateway did, row by row."""
    yield "| attack | outcome | counter | sent | memory | CPU per 16 KiB | healthy p99, worst |"
    yield "|---|---|---|---|---|---|---|"
    for one in results:
        yield (f"| {one.row.name} | {one.outcome} | {_code(one.evidence)} | "
               f"{one.sent / 1024:.0f} KiB | {one.growth / 1024:+.0f} KiB | "
               f"{one.cpu_for_unit:.2f} ms | {one.p99:.1f}, {one.delays[-1]:.1f} ms |")


def _code(evidence):
    counter, plus, moved = evidence.partition(" +")
    return f"`{counter}`{plus}{moved}" if plus else evidence


def sums(results):
    """For each server, how many rows are within the rule."""
    for title, found in results.items():
        within = sum(one.within_rule() for one in found)
        cut = sum(one.cut for one in found)
        yield f"- {title}: {within} of {len(found)} within the rule, {cut} cut"


def faults(results):
    """Of this gateway: which rows break which rule."""
    for one in results:
        yield from (f"{one.row.name}: {fault}" for fault in one.faults())
