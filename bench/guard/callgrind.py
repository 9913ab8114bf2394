"""What callgrind counted in a run, by function.

Its files: https://valgrind.org/docs/manual/cl-format.html
"""

import re
from collections import Counter, namedtuple

Function = namedtuple("Function", "name object")

ALLOCATORS = {"malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign"}
LIBRARY = "libnghttp2"


def short(name):
    """The function's name without our namespaces, its parameters and what a compiler adds."""
    name = re.sub(r"\(anonymous namespace\)::|\bgateway::| ?\[[^]]+\]|::_FUN\(.*", "", name)
    name = re.sub(r"\{lambda\(.*\)#(\d+)\}", r"{lambda \1}", name)
    return re.sub(r"(?<=[^(])\(.*|'\d+$", "", name)


class Profile:
    """own, inclusive: instructions by Function. calls: how often, by (caller, callee)."""

    def __init__(self, path):
        self.own, self.inclusive, self.calls = Counter(), Counter(), Counter()
        self._names = {}
        self._read(path)

    @property
    def instructions(self):
        return sum(self.own.values())

    def called(self, function):
        return sum(count for (_, callee), count in self.calls.items() if callee == function)

    def allocations(self):
        """Calls of the allocator, by the name of who calls."""
        return self._count(lambda caller, callee: short(caller.name)
                           if callee.name in ALLOCATORS and caller.name not in ALLOCATORS else None)

    def library_calls(self):
        """Calls into the HTTP/2 library, by the name of its function."""
        return self._count(lambda caller, callee: short(callee.name)
                           if LIBRARY in callee.object and LIBRARY not in caller.object else None)

    def _count(self, name_of):
        found = Counter()
        for edge, count in self.calls.items():
            if name := name_of(*edge):
                found[name] += count
        return found

    def _name(self, kind, text):
        """A name is written once; from then on its number stands for it."""
        number, _, name = text.partition(" ")
        return self._names.setdefault((kind, number), name)

    def _read(self, path):
        with open(path, encoding="utf-8") as file:
            at, callee_object, callee, count = Function("", ""), None, None, None
            for line in file:
                key, _, value = line.rstrip("\n").partition("=")
                if key == "ob":
                    at = Function("", self._name("ob", value))
                elif key == "fn":
                    at = Function(self._name("fn", value), at.object)
                elif key == "cob":
                    callee_object = self._name("ob", value)
                elif key == "cfn":
                    callee = Function(self._name("fn", value), callee_object or at.object)
                elif key == "calls":
                    count = int(value.split()[0])
                elif at.name and line[0] in "0123456789+-*":
                    self._add(at, int(line.split()[1]), callee, count)
                    callee_object = callee = count = None

    def _add(self, function, instructions, callee, count):
        """A line of costs: of the function itself, or of what it called."""
        if callee != function:
            self.inclusive[function] += instructions
        if callee is None:
            self.own[function] += instructions
        else:
            self.calls[function, callee] += count
