"""Headers open with what they are, and every one compiles alone.

A header that has a .cc of its own name is included there first, so the compiler proves it; the
others get a generated file each in the dev and clang builds (verify_headers in gateway/).
"""

import os

from source import includes


def _first_include(tree, name):
    own = name[len("gateway/"):-len(".cc")] + ".h"
    found = includes(tree.text(name))
    if f"gateway/{own}" in tree.files and (not found or found[0][2] != own):
        line = found[0][0] if found else 1
        return [f'{name}:{line}: its own header "{own}" comes first']
    return []


def check(tree):
    problems = []
    for name in tree.cpp("gateway"):
        if name.endswith(".cc"):
            problems += _first_include(tree, name)
    for name in tree.cpp():
        if not name.endswith(".h"):
            continue
        text = tree.text(name)
        if "\n#pragma once\n" not in text:
            problems.append(f"{name}: #pragma once is missing")
        if not text.startswith("//"):
            problems.append(f"{name}: a header opens with prose: what it is, who owns it, which "
                            "thread it lives on")
    for name in tree.files:
        stem, suffix = os.path.splitext(name)
        if suffix in (".cpp", ".hpp", ".cxx", ".hh") or (
                suffix in (".h", ".cc") and stem != stem.lower()):
            problems.append(f"{name}: C++ files are called snake_case.h and snake_case.cc")
    return problems
