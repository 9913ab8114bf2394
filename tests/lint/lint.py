#!/usr/bin/env python3
"""Runs the rules of the code base: all of them, or those named.

Usage: lint.py [--root FOLDER] [RULE…]
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import headers  # noqa: E402
import layers  # noqa: E402
import sizes  # noqa: E402
import text  # noqa: E402
import tokens  # noqa: E402
import tools  # noqa: E402
from source import Tree  # noqa: E402

RULES = {
    "layers": layers.check,
    "headers": headers.check,
    "sizes": sizes.check,
    "tokens": tokens.check,
    "text": text.check,
    "format": tools.format_check,
    "scripts": tools.scripts_check,
}
HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default=os.path.join(HERE, "..", ".."))
    parser.add_argument("rules", nargs="*", metavar="RULE", help=", ".join(RULES))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.rules if name not in RULES]
    if unknown:
        parser.error(f"no rule {unknown[0]}; there are: {', '.join(RULES)}")
    tree = Tree(arguments.root)
    failed = False
    for name in arguments.rules or RULES:
        problems = RULES[name](tree)
        for problem in problems:
            print(problem)
        print(f"lint {name}: {len(problems)} problems" if problems else f"lint {name}: ok")
        failed = failed or bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
