"""Files, functions, parameters and lines stay small enough to be read at once."""

import ast
import re
import statistics

from source import CPP, blank, line_of

FILE_LINES = 500
MEDIAN_LINES = 120
FUNCTION_LINES = 70
PARAMETERS = 5
COLUMNS = 100

_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
_AFTER_PARAMETERS = re.compile(
    r"(\)|\b(const|noexcept|override|final|mutable|try)|\}|\)[^()]*->[^()]*)\s*$")

_NO_CODE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*|^[ \t]*(?:public|private|protected):",
                      re.MULTILINE)


class Function:
    def __init__(self, head, first, last):
        self.first, self.last = first, last
        name = re.search(r"([\w:~]+|operator\S+)\s*\(", head)
        self.name = name.group(1) if name else "?"
        self.parameters = _parameters(head[name.end():]) if name else 0
        # A C library's callback carries a void*, and its parameters are not ours to choose.
        self.is_callback = re.search(r"\bvoid\s*\*", head) is not None


def _parameters(rest):
    """How many there are in the list that `rest` begins within."""
    depth, angles, commas, seen = 1, 0, 0, False
    for at, char in enumerate(rest):
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0:
                break
        elif char == "<":
            angles += 1
        elif char == ">" and rest[at - 1] != "-":
            angles = max(0, angles - 1)
        elif char == "," and depth == 1 and angles == 0:
            commas += 1
        seen = seen or not char.isspace()
    return commas + 1 if seen else 0


def _before_parameters(head):
    """What stands before the first list of parameters, without attributes and template lists."""
    return re.sub(r"\[\[.*?\]\]|template\s*<[^{};]*>", "", head).split("(", 1)[0]


def _is_function(head):
    if "(" not in head or not _AFTER_PARAMETERS.search(head):
        return False
    before = _before_parameters(head)
    return not _SCOPE.search(before) and "=" not in re.sub(r"operator\s*\S+", "", before)


def _kind(head, inside):
    """What the brace after `head` opens."""
    if inside:
        return inside
    if head.count("(") > head.count(")"):
        return "initializer"  # a default argument, or a lambda among the arguments
    if _is_function(head):
        return "body"
    if _SCOPE.search(_before_parameters(head)) or "(" not in head or ":" not in head:
        return "scope"
    return "initializer"  # Foo() : member_{…} is still the head


def functions(text):
    """Function definitions of a C++ text: bodies that open where only scopes are open."""
    code = _NO_CODE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), blank(text))
    found, stack, start = [], [], 0
    for at, char in enumerate(code):
        if char not in "{};":
            continue
        inside = stack[-1][0] if stack and stack[-1][0] != "scope" else ""
        if char == "{":
            head = code[start:at]
            kind = _kind(head, inside)
            first = line_of(code, at - len(head.lstrip())) if kind == "body" and not inside else 0
            stack.append((kind, head, first))
        elif char == "}" and stack:
            kind, head, first = stack.pop()
            if first:
                found.append(Function(head, first, line_of(code, at)))
            inside = kind if kind == "initializer" else ""
        if not inside and (char != "{" or stack[-1][0] != "initializer"):
            start = at + 1
    return found


def _cpp_problems(name, text):
    for function in functions(text):
        lines = function.last - function.first + 1
        if lines > FUNCTION_LINES:
            yield (f"{name}:{function.first}: {function.name} has {lines} lines; "
                   f"at most {FUNCTION_LINES}")
        if function.parameters > PARAMETERS and not function.is_callback:
            yield (f"{name}:{function.first}: {function.name} takes {function.parameters} "
                   f"parameters; at most {PARAMETERS}")


def _python_problems(name, text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = node.end_lineno - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{name}:{node.lineno}: {node.name} has {lines} lines; at most 70"


def median(tree):
    """Lines of the median file of the program itself."""
    counts = [tree.text(name).count("\n") for name in tree.cpp("gateway")]
    return statistics.median(counts) if counts else 0


def check(tree):
    problems = []
    for name in tree.code():
        text = tree.text(name)
        lines = text.split("\n")
        if len(lines) - 1 > FILE_LINES:
            problems.append(f"{name}: {len(lines) - 1} lines; at most {FILE_LINES}: split it")
        problems += [f"{name}:{number}: {len(line)} columns; at most {COLUMNS}"
                     for number, line in enumerate(lines, 1) if len(line) > COLUMNS]
        if name.endswith(CPP):
            problems += _cpp_problems(name, text)
        elif name.endswith(".py"):
            problems += _python_problems(name, text)
    middle = median(tree)
    print(f"lint sizes: median file of gateway/: {middle:g} lines (at most {MEDIAN_LINES})")
    if middle > MEDIAN_LINES:
        problems.append(f"gateway/: the median file has {middle:g} lines; at most {MEDIAN_LINES}")
    return problems
