"""What every lint needs: which files there are, and C++ without its comments and strings."""

import os
import re
import subprocess

CPP = (".h", ".cc")
SKIPPED_FOLDERS = {".git", "build", "__pycache__", "node_modules"}


class Tree:
    """The files of a checkout: what git tracks or would track, or, without git, what lies there."""

    def __init__(self, root):
        self.root = os.path.realpath(root)
        self.files = sorted(self._from_git() or self._from_disk())

    def _from_git(self):
        if not os.path.exists(os.path.join(self.root, ".git")):
            return []
        command = ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others",
                   "--exclude-standard"]
        answer = subprocess.run(command, capture_output=True, check=False)
        names = answer.stdout.decode().split("\0") if answer.returncode == 0 else []
        return [name for name in names if name and os.path.isfile(self.path(name))]

    def _from_disk(self):
        found = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
            found += [os.path.relpath(os.path.join(folder, name), self.root) for name in names]
        return found

    def path(self, name):
        return os.path.join(self.root, name)

    def text(self, name):
        with open(self.path(name), encoding="utf-8", errors="replace", newline="") as file:
            return file.read()

    def cpp(self, *folders):
        """C++ files below any of the folders (below all of ours if none is named)."""
        prefixes = tuple(f"{folder}/" for folder in folders or ("gateway", "tests", "bench"))
        return [name for name in self.files if name.endswith(CPP) and name.startswith(prefixes)]

    def scripts(self):
        """Shell scripts: by their suffix or by their first line."""
        return [name for name in self.files
                if name.endswith(".sh") or self._shebang(name).endswith(("bash", "/sh"))]

    def _shebang(self, name):
        if os.path.splitext(name)[1]:
            return ""
        with open(self.path(name), "rb") as file:
            line = file.readline(100)
        return line.decode(errors="replace").strip() if line.startswith(b"#!") else ""

    def code(self):
        """Whatever people write by hand in a language: the files that have size limits."""
        scripts = set(self.scripts())
        return [name for name in self.files
                if name.endswith(CPP + (".py", ".cmake", "CMakeLists.txt", "Dockerfile"))
                or name in scripts]


_TOKEN = re.compile(
    r"""//[^\n]*
      | /\*.*?\*/
      | R"(?P<tag>[^()\s\\]{0,16})\((?:.*?)\)(?P=tag)"
      | "(?:\\.|[^"\\\n])*"
      | (?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'""",
    re.VERBOSE | re.DOTALL)


def blank(text, comments_only=False):
    """The same text with comments and literals replaced by spaces; lines and columns stay."""
    def hide(match):
        found = match.group(0)
        if found.startswith("/"):
            return re.sub(r"[^\n]", " ", found)
        if comments_only:
            return found
        inner = re.sub(r"[^\n]", " ", found)
        return found[0] + inner[1:-1] + found[-1] if len(inner) > 1 else found
    return _TOKEN.sub(hide, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def includes(text):
    """(line, '<' or '"', name) of each #include that is not in a comment."""
    visible = blank(text, comments_only=True)
    return [(line_of(visible, m.start(1)), m.group(1), m.group(2))
            for m in INCLUDE.finditer(visible)]
