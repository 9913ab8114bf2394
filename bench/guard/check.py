#!/usr/bin/env python3
"""Counts what a delivery costs in a few small scenes and compares it with what is written down.

Counts instead of times: instructions, allocations and calls of the HTTP/2 library, as callgrind
sees them, are the same at each run, however busy the machine.
"""

import argparse
import json
import os
import subprocess
import sys

from callgrind import Profile, short

SCENES = ("gathered", "single", "scattered", "silent", "settling")
BOUNDS = os.path.join(os.path.dirname(os.path.relpath(__file__)), "bounds.json")
# Of the instructions; the same compiler and libraries make the same ones. The rest is exact.
MARGIN = 0.02
# Which of its copying routines glibc takes depends on the processor: it shall be those of every
# x86-64. And a library's function is not looked up when it is first called.
ENVIRONMENT = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX,-ERMS", "LD_BIND_NOW": "1"}
# What these do is their caller's doing.
SKIPPED = ("operator new*", "operator delete*", "std::*")


class Measured:
    def __init__(self, program, scene):
        self.scene, self.file = scene, f"{os.path.relpath(program)}.{scene}.callgrind"
        command = ["valgrind", "--tool=callgrind", "--instr-atstart=no",
                   f"--callgrind-out-file={self.file}",
                   *[f"--fn-skip={name}" for name in SKIPPED], program, scene]
        ran = subprocess.run(command, capture_output=True, text=True, check=False,
                             env={"PATH": os.environ["PATH"], **ENVIRONMENT})
        if ran.returncode != 0:
            sys.exit(f"guard: {' '.join(command)} ended with {ran.returncode}:\n{ran.stderr}")
        self.deliveries = int(ran.stdout)
        self.profile = Profile(self.file)
        self.by_name = {"allocations": self.profile.allocations(),
                        "library calls": self.profile.library_calls()}

    def figures(self):
        return {"deliveries": self.deliveries, "instructions": self.profile.instructions,
                **{what: sum(names.values()) for what, names in self.by_name.items()}}

    def by_delivery(self, names, most):
        return "\n".join(f"  {count / self.deliveries:9.3f}  {name}"
                         for name, count in names.most_common(most))


def complaints(measured, bounds):
    """What is not as it is written down: dearer, or cheaper, so that the bound is none any more."""
    found = measured.figures()
    if found.keys() != bounds.keys() or found["deliveries"] != bounds["deliveries"]:
        yield f"guard: {measured.scene}: {BOUNDS} knows no such scene"
        return
    for what, bound in bounds.items():
        margin = MARGIN if what == "instructions" else 0
        if abs(found[what] - bound) <= margin * bound:
            continue
        change = found[what] / bound - 1
        text = (f"guard: {measured.scene}: {found[what] / measured.deliveries:.3f} {what} per "
                f"delivery, {abs(change):.2%} {'more' if change > 0 else 'less'} than "
                f"{bound / measured.deliveries:.3f} (in all {found[what]} in place of {bound}; "
                f"{margin:.0%} would pass)")
        if what in measured.by_name:
            text += ", which are\n" + measured.by_delivery(measured.by_name[what], 12)
        yield text


def check(all_measured, program):
    with open(BOUNDS, encoding="utf-8") as file:
        bounds = json.load(file)
    failed = False
    for measured in all_measured:
        found = list(complaints(measured, bounds.get(measured.scene, {})))
        if found:
            failed = True
            print(*found, f"  Where it goes: callgrind_annotate --inclusive=yes {measured.file}",
                  f"  Who calls whom: callgrind_annotate --tree=both {measured.file}", sep="\n")
    if failed:
        sys.exit(f"guard: when it is meant to be so, dearer or cheaper, then\n"
                 f"  {os.path.relpath(__file__)} {os.path.relpath(program)} --accept\n"
                 f"writes it to {BOUNDS}; commit that with the change, and say why.")


def accept(all_measured):
    with open(BOUNDS, "w", encoding="utf-8") as file:
        json.dump({measured.scene: measured.figures() for measured in all_measured}, file, indent=2)
        file.write("\n")


def show(measured, top):
    profile, deliveries = measured.profile, measured.deliveries
    print(f"\n{measured.scene}: {profile.instructions / deliveries:.0f} instructions per delivery")
    for title, counts in (("by themselves", profile.own), ("with what they call",
                                                           profile.inclusive)):
        print(f"  functions {title}: instructions, share, calls")
        ours = [(function, count) for function, count in counts.most_common()
                if not function.name.startswith("bench::")]
        for function, count in ours[:top]:
            print(f"  {count / deliveries:9.1f} {count / profile.instructions:6.1%} "
                  f"{profile.called(function) / deliveries:8.3f}  {short(function.name)}")
    for what, names in measured.by_name.items():
        print(f"  {what}\n{measured.by_delivery(names, top)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="build/dev/bench/guard")
    parser.add_argument("--accept", action="store_true", help=f"write {BOUNDS}")
    parser.add_argument("--profile", type=int, metavar="N",
                        help="compare nothing; show the N dearest functions of each scene")
    given = parser.parse_args()
    all_measured = [Measured(given.program, scene) for scene in SCENES]
    if given.profile:
        for measured in all_measured:
            show(measured, given.profile)
    elif given.accept:
        accept(all_measured)
    else:
        check(all_measured, given.program)


if __name__ == "__main__":
    main()
