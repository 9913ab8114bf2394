"""What may never be committed: keys, paths of somebody's machine; and tidy ends of lines."""

import re

KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE" + r" KEY-----(\s|\\n|\"|$)")
MACHINE_PATH = re.compile(r"(?<![\w.~}/$-])/(?:home|root|work|Users)/\w")
KEY_FILES = (".key", ".pem", ".p12", ".pfx")
TEXT = (".h", ".cc", ".py", ".sh", ".md", ".yaml", ".yml", ".json", ".txt", ".cmake", ".html",
        ".css", ".js", ".mjs", ".lua")


def _line_problems(name, number, line):
    if KEY.search(line):
        yield f"{name}:{number}: a private key: make it when it is needed"
    if MACHINE_PATH.search(line):
        yield f"{name}:{number}: a path of one machine"
    if "\r" in line:
        yield f"{name}:{number}: a carriage return"
    elif line != line.rstrip() and not name.endswith(".md"):
        yield f"{name}:{number}: white space at the end"
    if "\t" in line:
        yield f"{name}:{number}: a tab"


def check(tree):
    problems = []
    for name in tree.files:
        if name.endswith(KEY_FILES):
            problems.append(f"{name}: keys are not committed")
        if not name.endswith(TEXT) and "." in name.split("/")[-1][1:]:
            continue
        text = tree.text(name)
        if "\0" in text or name == "LICENSE":
            continue
        for number, line in enumerate(text.split("\n"), 1):
            problems += _line_problems(name, number, line)
        if text and not text.endswith("\n"):
            problems.append(f"{name}: no line break at the end")
        if text.endswith("\n\n"):
            problems.append(f"{name}: empty lines at the end")
    return problems
