"""Words that do not belong in this code, each with what to write instead.

A line that must break a rule says so at its end: `// lint-allow(rule): reason`.
"""

import re

from source import blank, line_of


class Rule:
    """`folders` are where it holds, `but` the prefixes in there where it does not."""

    def __init__(self, name, pattern, instead, folders=("gateway", "tests", "bench"), but=(),
                 headers_only=False):
        self.name, self.instead = name, instead
        self.pattern = re.compile(pattern)
        self.folders, self.but, self.headers_only = folders, but, headers_only

    def holds_in(self, file):
        return (file.startswith(tuple(f"{folder}/" for folder in self.folders))
                and not file.startswith(tuple(self.but))
                and (not self.headers_only or file.endswith(".h")))


GATEWAY = ("gateway",)
RULES = [
    Rule("endl", r"\bstd::endl\b", "'\\n': endl flushes"),
    Rule("wall-clock",
         r"\bsystem_clock\b|\bgettimeofday\b|\bCLOCK_REALTIME\b|\btime\((nullptr|NULL|0)\)",
         "base::Clock: wall time has one source, which tests can set", GATEWAY, ("gateway/base/",)),
    Rule("now", r"\bsteady_clock::now\b|\bCLOCK_MONOTONIC\b",
         "base::Clock: time is passed in, so that tests can set it", GATEWAY, ("gateway/base/",)),
    Rule("rand", r"(?<![\w.>])s?rand\s*\(|\brandom_device\b",
         "base/random.h, or a seeded std::mt19937_64 in a test", but=("gateway/base/",)),
    Rule("using-namespace", r"\busing\s+namespace\b", "qualified names: a header speaks for all "
         "who include it", headers_only=True),
    Rule("new", r"(?<!operator )(?<!<)\bnew\b", "std::make_unique", but=("gateway/base/",)),
    Rule("delete", r"(?<!operator )(?<!= )(?<!=)\bdelete\b", "an owner: std::unique_ptr",
         but=("gateway/base/",)),
    Rule("shared-ptr", r"\bstd::(shared_ptr|make_shared)\b",
         "one owner (std::unique_ptr), or base::IntrusivePtr for events",
         ("gateway/http", "gateway/broker", "gateway/net")),
    Rule("stdout", r"(?<![\w.>:])(std::)?(printf|puts|putchar)\s*\(|\bstd::cout\b",
         "BC_LOG: only the command line (app) writes to standard output", GATEWAY,
         ("gateway/app/",)),
    Rule("stderr", r"\bstd::cerr\b|\bstd::clog\b|\b(std::)?fprintf\s*\(", "BC_LOG", GATEWAY,
         ("gateway/app/", "gateway/base/")),
    Rule("sleep", r"\b(sleep_for|sleep_until)\b|(?<![\w.>:])(usleep|sleep|nanosleep)\s*\(",
         "a timer, a condition or a manual clock", ("gateway", "tests/unit", "tests/sim")),
    Rule("assert", r"(?<![\w.])assert\s*\(|<cassert>|<assert\.h>",
         "BC_CHECK: it prints the values and is on in every build", GATEWAY),
    Rule("throw", r"\bthrow\b", "base::Result: no exception crosses a room", GATEWAY),
    Rule("stoi", r"\bstd::sto(i|l|ll|ul|ull|f|d|ld)\b|(?<!\w)ato(i|l|ll|f)\s*\(",
         "std::from_chars: it neither throws nor takes rubbish at the end", GATEWAY),
    Rule("unbounded", r"(?<!\w)(strcpy|strcat|sprintf|vsprintf|gets|strtok)\s*\(",
         "std::string, or snprintf with a size"),
    Rule("detach", r"\.detach\(\)", "join: what runs is waited for at the end"),
]
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
ALLOWED = re.compile(r"lint-allow\(([a-z-]+)\): \S")


def _allowed(line):
    return {match.group(1) for match in ALLOWED.finditer(line)}


def check(tree):
    problems = []
    for name in tree.cpp():
        text = tree.text(name)
        lines = text.split("\n")
        code = blank(text)
        for rule in RULES:
            if not rule.holds_in(name):
                continue
            for match in rule.pattern.finditer(code):
                line = line_of(code, match.start())
                if rule.name not in _allowed(lines[line - 1]):
                    problems.append(f"{name}:{line}: {match.group(0).strip()} ({rule.name}): "
                                    f"use {rule.instead}")
    for name in tree.code():
        if name.startswith("tests/lint/"):
            continue
        for number, line in enumerate(tree.text(name).split("\n"), 1):
            if UNFINISHED.search(line):
                problems.append(f"{name}:{number}: unfinished work is an issue, not a comment")
    return problems
