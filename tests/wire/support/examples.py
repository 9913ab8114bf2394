"""The examples of a page: commands in ```sh blocks, and their answers in the blocks behind them.

An answer belongs to the first ```sh block since the last answer; those between run while the
first goes on (another terminal). In an answer, `…` stands for anything within a line, a line `…`
for any lines, an id for any id (the same one twice for the same one), and so do the values of
`retry:`, `"time":`, `"stream":` and `"connection":`. An HTML comment right before a block is a
hint for the test.
"""

import collections
import re

Block = collections.namedtuple("Block", "info text hint heading line")
Example = collections.namedtuple("Example", "asked others answer")

_BLOCK = re.compile(r"(?:^<!-- (?P<hint>.*?) -->\n+)?^```(?P<info>\w*)\n(?P<text>.*?)^```$"
                    r"|^#+ (?P<heading>[^\n]*)$", re.MULTILINE | re.DOTALL)

# What varies from run to run: its name (or none), and what it looks like.
_VARIABLE = re.compile(r"(?P<id>[0-9a-f]{8}-[0-9a-f]{12})"
                       r"|(?P<connection>(?<=\"connection\":\")c\d+)"
                       r"|(?P<token>(?<=\"stream\":\")[^\"]+)"
                       r"|(?P<number>(?<=^retry: )\d+|(?<=\"time\":)\d+)"
                       r"|(?P<lines>^…\n)|(?P<any>…)", re.MULTILINE)
_LOOKS = {"id": "[0-9a-f]{8}-[0-9a-f]{12}", "connection": r"c\d+", "token": r"[\w-]{22}",
          "number": r"\d+", "lines": r"(?:.*\n)*?", "any": r".*?"}

# Fields that every answer has; examples show them where they are otherwise.
ALWAYS = {"date": "…", "vary": "origin"}
USUAL = {**ALWAYS, "cache-control": "no-store", "content-length": "…"}


def blocks(text):
    """All fenced blocks of a page, in order."""
    found, heading = [], ""
    for match in _BLOCK.finditer(text):
        if match["heading"]:
            heading = match["heading"]
        else:
            found.append(Block(match["info"], match["text"], match["hint"] or "", heading,
                               text.count("\n", 0, match.start("text"))))
    return found


def examples(found):
    """Commands with their answers; other languages than sh, http, json and none are no examples."""
    out, commands = [], []
    for block in found:
        if block.info == "sh":
            commands.append(block)
        elif block.info in ("http", "json", ""):
            if commands:
                out.append(Example(commands[0], commands[1:], block))
            commands = []
    return out + [Example(command, [], None) for command in commands]


def pattern(text):
    """The regular expression of what an answer allows."""
    out, at, names = [], 0, {}
    for match in _VARIABLE.finditer(text):
        out.append(re.escape(text[at:match.start()]))
        at, kind = match.end(), match.lastgroup
        if kind in ("id", "connection") and match.group() in names:
            out.append(f"(?P={names[match.group()]})")
        elif kind in ("id", "connection"):
            names[match.group()] = f"v{len(names)}"
            out.append(f"(?P<{names[match.group()]}>{_LOOKS[kind]})")
        else:
            out.append(_LOOKS[kind])
    return re.compile("".join(out) + re.escape(text[at:]))


def matches(wanted, text, whole=True):
    """Whether `text` is what is wanted; not `whole`: whether it begins so."""
    allowed, text = pattern(wanted.rstrip("\n") + "\n"), text.rstrip("\n") + "\n"
    return (allowed.fullmatch(text) if whole else allowed.match(text)) is not None


def _head_and_body(text):
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    first, *lines = head.split("\n")
    fields = dict(re.split(": ?", line, maxsplit=1) for line in lines if line)
    return first.rstrip(), fields, body


def _field_differences(wanted, sent):
    for name, value in {**ALWAYS, **wanted}.items():
        if not matches(value, sent.get(name, "(absent)")):
            yield f"{name}: {sent.get(name, '(absent)')}, not {value}"
    for name, value in sent.items():
        if name not in wanted and not matches(USUAL.get(name, "(absent)"), value):
            yield f"{name}: {value}, which is not shown"


def difference(answer, output, whole=True):
    """What is not as the answer's block says, in words; empty when all is."""
    problems = []
    wanted, got = answer.text, output.replace("\r\n", "\n")
    if answer.info == "http":
        (first, fields, wanted), (got_first, got_fields, got) = map(_head_and_body, (wanted, got))
        if first != got_first:
            problems.append(f"{got_first!r}, not {first!r}")
        problems += _field_differences(fields, got_fields)
    if not matches(wanted, got, whole):
        problems.append(f"the text is\n{got}\nnot\n{wanted}")
    return "\n".join(problems)
