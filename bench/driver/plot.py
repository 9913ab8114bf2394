"""Bars as SVG, by hand: one small file for each figure that is worth a picture."""

import os
import statistics
from xml.sax.saxutils import escape

from driver.servers import SERVERS

WIDTH, BAR, GAP, LEFT, RIGHT = 640, 22, 10, 150, 110
PLOTTED = ("server CPU, µs per delivery", "p99, ms", "deliveries/s", "bytes for one more stream",
           "KiB for a connection with its stream")


def _rows(figure, runs):
    for name, found in runs.items():
        usable = [figure.of(run) for run in found if "failed" not in run]
        usable = [value for value in usable if value is not None]
        if usable:
            yield name, statistics.median(usable), min(usable), max(usable)


def bars(title, figure, rows):
    """The text of an SVG: a bar for each row, a line from its least to its greatest run."""
    most = max(high for _, _, _, high in rows) or 1
    scale = (WIDTH - LEFT - RIGHT) / most
    height = 40 + len(rows) * (BAR + GAP)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
           f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
           f'<title>{escape(title)}</title>',
           f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
           f'<text x="10" y="22" font-weight="bold">{escape(title)}</text>']
    for place, (name, middle, low, high) in enumerate(rows):
        y = 36 + place * (BAR + GAP)
        color = "#0a6" if name == "boardcast" else "#89a"
        out += [
            f'<text x="{LEFT - 8}" y="{y + 16}" text-anchor="end">'
            f'{escape(SERVERS[name].title.strip("*"))}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{max(1, middle * scale):.1f}" height="{BAR}" '
            f'fill="{color}"/>',
            f'<path d="M{LEFT + low * scale:.1f} {y + BAR / 2}H{LEFT + high * scale:.1f}" '
            'stroke="#333" fill="none"/>',
            f'<text x="{LEFT + high * scale + 6:.1f}" y="{y + 16}">'
            f'{middle:,.{figure.digits}f}</text>'.replace(",", " "),
        ]
    return "\n".join([*out, "</svg>", ""])


def draw(folder, work, runs):
    """Writes the plots of a work; gives (file, title) of each."""
    for figure in work.figures:
        rows = list(_rows(figure, runs))
        if figure.title not in PLOTTED or len(rows) < 2:
            continue
        title = f"{work.name}: {figure.title}"
        kind = "".join(c if c.isalnum() else "-" for c in figure.title.split(",")[0].lower())
        file = f"{work.name.lower()}-{kind}.svg"
        os.makedirs(os.path.join(folder, "results"), exist_ok=True)
        with open(os.path.join(folder, "results", file), "w", encoding="utf-8") as out:
            out.write(bars(title, figure, rows))
        yield f"results/{file}", title
