"""What the cases came to, by group and chapter, as a small table."""

import collections

SUM = "h2spec's cases"
COLUMNS = {"https": "TLS", "h2c": "clear text"}


def entry(group, section, scheme):
    """What a test notes about itself, a name and a value."""
    return "conformance", (f"{group} §{section.split('.')[0]}", scheme)


def lines(passed, failed):
    """Of pytest's reports; none when there was no case among them."""
    counts = collections.defaultdict(lambda: [0, 0])
    for report in passed + failed:
        for name, value in report.user_properties:
            if name == "conformance":
                row, scheme = value
                for cell in [row] if row.startswith("more") else [row, SUM]:
                    counts[cell, scheme][0] += report.passed
                    counts[cell, scheme][1] += 1
    rows = sorted({row for row, _ in counts}, key=_order)
    if rows:
        yield f"{'HTTP/2 conformance':24}" + "".join(f"{name:>14}" for name in COLUMNS.values())
    for row in rows:
        cells = ("{}/{}".format(*counts[row, scheme]) for scheme in COLUMNS)
        yield f"{row:24}" + "".join(f"{cell:>14}" for cell in cells)


def _order(row):
    """The groups as h2spec has them, their sum, and what it does not ask."""
    return [name in row for name in ("more", SUM, "hpack", "http2")], row
