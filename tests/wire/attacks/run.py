"""The attacks at length, on this gateway and on Debian's servers: see `./dev help`. Fails when this
gateway does."""

import argparse
import sys

from . import crowd, limits, report, results, servers, siege, smuggling, stage

SECONDS, BYTES_MAX = 1.0, 16 * 1024 * 1024


def attack(title, make, rows):
    """Each row on a server of its own, so that no memory is there already. What breaks a rule is
    done once more, and the second time counts: the machine may have had something else to do."""
    found = []
    for row in rows:
        result = lead(row, make)
        if any(result.faults() if title == "boardcast" else result.over()):
            print(f"{title:10}", report.line(result), "… again", flush=True)
            result = lead(row, make)
        found.append(result)
        print(f"{title:10}", report.line(result), flush=True)
    return found


def lead(row, make):
    server = make()
    try:
        play = stage.Stage(server)
        result = play.lead(row, max(SECONDS, row.seconds), BYTES_MAX)
        complaint = play.close()
    finally:
        server.stop()
    if complaint and not result.fault:
        result.fault = f"the healthy client: {complaint}"
    return result


def smuggled():
    """What was said, and those of the requests that were not answered by one 400 and the end."""
    server = servers.Boardcast()
    address = server.gateway.address("http")
    wrong = [name for name, request in smuggling.REQUESTS.items()
             if smuggling.answers(address, request) != ([400], True)]
    server.stop()
    count = len(smuggling.REQUESTS)
    return (f"{count - len(wrong)} of {count} requests that smuggle: one 400, and the end",
            [f"smuggled: {name}" for name in wrong])


def beside():
    """What is no row: lines that say what came of it, and faults."""
    said, faults = smuggled()
    slow = crowd.lead(500)
    if any(slow.faults()):
        slow = crowd.lead(500)
    return [said, *slow.lines()], [*faults, *slow.faults()]


def verdict(faults):
    """How the program ends."""
    print(*(f"FAULT: {fault}" for fault in faults), sep="\n", end="\n" if faults else "")
    return 1 if faults else 0


def head_of(wish):
    return list(results.facts()) if wish.write else []


def many_at_once(wish):
    head = head_of(wish)
    found = siege.lead(wish.long)
    print(*found.lines(), sep="\n")
    if wish.write:
        results.put("Many at once", [*head, "", *(f"- {line}" for line in found.lines())])
    return verdict(list(found.faults()))


def without_limits(wish, rows):
    found = []
    for result in limits.lead(rows):
        print(report.line(result), flush=True)
        found.append(result)
    print(*limits.lines(found), sep="\n")
    if wish.write:
        results.put("Without limits", limits.lines(found))
    return verdict([fault for one in found if (fault := limits.fault(one))])


def row_by_row(wish, rows):
    head = head_of(wish)
    makers = {"boardcast": servers.Boardcast, **servers.PEERS}
    names = ["boardcast"] if wish.plain else wish.only.split(",")
    found = {name: attack(name, makers[name], rows) for name in names}
    more, faults = [], list(report.faults(found.get("boardcast", [])))
    if "boardcast" in names and not wish.row and not wish.plain:
        more, others = beside()
        faults += others
    print(*report.sums(found), *more, sep="\n")
    if wish.write:
        results.write(head, found, more)
    return verdict(faults)


def arguments():
    parser = argparse.ArgumentParser(prog="./dev attack", description=__doc__)
    parser.add_argument("--row", default="", help="only rows with this text in their name")
    parser.add_argument("--only", default="boardcast,nghttpd,nginx,haproxy", metavar="SERVER,…")
    parser.add_argument("--plain", action="store_true",
                        help="those of HTTP/2 over h2c, and on this gateway alone")
    parser.add_argument("--without-limits", action="store_true",
                        help="which rows fail when the options are raised as far as they go")
    parser.add_argument("--long", type=float, metavar="MINUTES",
                        help=f"{siege.ATTACKERS} attackers at once for so long, and nothing else")
    parser.add_argument("--write", action="store_true", help="write tests/wire/attacks/RESULTS.md")
    wish = parser.parse_args()
    partly = wish.row or wish.plain or "boardcast" not in wish.only.split(",")
    if wish.write and partly and not wish.long:
        parser.error("--write takes all rows of this gateway")
    return wish


def main():
    wish = arguments()
    if wish.long:
        return many_at_once(wish)
    rows = [row for row in (stage.PLAIN if wish.plain else stage.ROWS) if wish.row in row.name]
    if wish.without_limits:
        return without_limits(wish, rows)
    return row_by_row(wish, rows)


if __name__ == "__main__":
    sys.exit(main())
