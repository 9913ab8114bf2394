"""The checks that other programs make: clang-format 14 and shellcheck."""

import subprocess


def _run(command, root):
    try:
        answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return [f"{command[0]} is not installed (./dev test installs it)"]
    if answer.returncode == 0:
        return []
    return (answer.stdout + answer.stderr).strip().split("\n")


def format_check(tree):
    files = tree.cpp()
    if not files:
        return []
    output = _run(["clang-format-14", "--style=file", "--dry-run", "-Werror", *files], tree.root)
    first = {}  # one line per file is enough: the tool puts them all right
    for line in output:
        if " error: " in line:
            first.setdefault(line.split(":")[0], line)
    summary = list(first.values()) or output
    if summary:
        summary.append("clang-format-14 -i FILE… puts it right")
    return summary


def scripts_check(tree):
    scripts = tree.scripts()
    problems = [f"{name}: set -euo pipefail is missing" for name in scripts
                if "\nset -euo pipefail\n" not in tree.text(name)]
    if scripts:
        problems += _run(["shellcheck", "--severity=style", *scripts], tree.root)
    return problems
