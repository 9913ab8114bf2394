"""Each rule finds the violation planted for it, and nothing in a tree that keeps them all."""

import os
import shutil
import stat
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import layers  # noqa: E402
import lint  # noqa: E402
import sizes  # noqa: E402
from source import Tree, blank, includes  # noqa: E402

ROOMS = """\
# room(commented MAY_USE nothing)
room(base
  LINKS spdlog::spdlog)
room(http
  MAY_USE base  # the words
  LINKS PkgConfig::nghttp2)
room(net
  MAY_USE base http
  LINKS OpenSSL::SSL OpenSSL::Crypto)
room(config
  MAY_USE base
  OPTIONS_OF http)
"""
HEADER = """\
// What: a thing for tests. Thread: any.
#pragma once

namespace gateway::{room} {{

int {name}(int a);

}}  // namespace gateway::{room}
"""
SOURCE = """\
#include "{room}/{name}.h"

namespace gateway::{room} {{

int {name}(int a) {{ return a; }}

}}  // namespace gateway::{room}
"""


class Planter:
    """A small tree that keeps every rule, and the way to break one."""

    def __init__(self, root):
        self.root = root
        self.write("gateway/CMakeLists.txt", ROOMS)
        shutil.copy(os.path.join(HERE, "..", "..", ".clang-format"), root / ".clang-format")
        for room, name in (("base", "words"), ("http", "session"), ("net", "socket")):
            self.write(f"gateway/{room}/{name}.h", HEADER.format(room=room, name=name))
            self.write(f"gateway/{room}/{name}.cc", SOURCE.format(room=room, name=name))
        self.write("gateway/http/options.h", HEADER.format(room="http", name="options"))
        self.write("run.sh", "#!/usr/bin/env bash\nset -euo pipefail\necho served\n")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def read(self, name):
        return (self.root / name).read_text(encoding="utf-8")

    def add(self, name, line, after="#include"):
        """Puts a line after the first one that begins with `after`, or makes it the last."""
        lines = self.read(name).split("\n")
        places = [n for n, text in enumerate(lines) if text.startswith(after)] or [len(lines) - 2]
        lines.insert(places[0] + 1, line)
        self.write(name, "\n".join(lines))

    def problems(self, rule):
        return lint.RULES[rule](Tree(self.root))

    def finds(self, rule, *words):
        problems = self.problems(rule)
        assert any(all(word in problem for word in words) for problem in problems), problems


@pytest.fixture(name="tree")
def fixture_tree(tmp_path):
    return Planter(tmp_path)


@pytest.mark.parametrize("rule", lint.RULES)
def test_a_clean_tree_passes(tree, rule):
    assert tree.problems(rule) == []


def test_the_program_fails_when_a_rule_does(tree, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["lint.py", "--root", str(tree.root)])
    assert lint.main() == 0
    tree.add("gateway/http/session.cc", '#include "net/socket.h"')
    assert lint.main() == 1
    assert "lint layers: 1 problems" in capsys.readouterr().out


@pytest.mark.parametrize("file, line, words", [
    ("http/session.cc", '#include "net/socket.h"', ("http may not use", "http -> net")),
    ("base/words.cc", '#include "http/session.h"', ("base -> http",)),
    ("net/socket.cc", '#include "../base/words.h"', ("room/file.h",)),
    ("net/socket.cc", '#include "socket.h"', ("room/file.h",)),
    ("net/socket.cc", '#include "lobby/socket.h"', ("no room lobby",)),
    ("net/socket.cc", '#include "base/missing.h"', ("does not exist",)),
    ("net/socket.cc", "#include <nghttp2/nghttp2.h>", ("does not belong in net", "only http")),
    ("http/session.cc", "#include <openssl/ssl.h>", ("only net",)),
    ("http/session.cc", "#include <curl/curl.h>", ("no room links it",)),
    ("http/session.cc", "#include <libfoo/foo.h>", ("does not belong",)),
])
def test_layers(tree, file, line, words):
    tree.add(f"gateway/{file}", line)
    tree.finds("layers", f"gateway/{file}:2", *words)


def test_layers_let_the_room_of_tls_and_that_of_keys_have_their_part_of_openssl(tree):
    rooms = ROOMS.replace("OpenSSL::SSL OpenSSL::Crypto", "OpenSSL::SSL")
    tree.write("gateway/CMakeLists.txt",
               rooms.replace("PkgConfig::nghttp2", "PkgConfig::nghttp2 OpenSSL::Crypto"))
    tree.add("gateway/http/session.cc", "#include <openssl/evp.h>")
    tree.add("gateway/net/socket.cc", "#include <openssl/evp.h>\n#include <openssl/ssl.h>")
    assert tree.problems("layers") == []
    tree.add("gateway/http/session.cc", "#include <openssl/ssl.h>")
    tree.finds("layers", "gateway/http/session.cc", "only net")


def test_layers_see_that_config_reads_options_alone(tree):
    text = SOURCE.format(room="config", name="reader").split("\n", 1)[1]
    tree.write("gateway/config/reader.cc", '#include "http/options.h"\n' + text)
    assert tree.problems("layers") == []
    tree.write("gateway/config/reader.cc", '#include "http/session.h"\n' + text)
    tree.finds("layers", "config -> http")


def test_layers_keep_third_parties_out_of_headers_that_others_see(tree):
    tree.add("gateway/http/session.h", "#include <nghttp2/nghttp2.h>", "#pragma once")
    assert tree.problems("layers") == []
    tree.add("gateway/net/socket.cc", '#include "http/session.h"')
    tree.finds("layers", "gateway/http/session.h:3", "third party")


def test_layers_follow_headers_of_headers(tree):
    tree.write("gateway/http/inner.h",
               HEADER.format(room="http", name="inner") + "#include <nghttp2/nghttp2.h>\n")
    tree.add("gateway/http/session.h", '#include "http/inner.h"', "#pragma once")
    tree.add("gateway/net/socket.cc", '#include "http/session.h"')
    tree.finds("layers", "gateway/http/inner.h", "third party")


@pytest.mark.parametrize("old, new, words", [
    ("MAY_USE base  # the words", "MAY_USE base net", ("http uses net", "not declared above")),
    ("OpenSSL::Crypto", "PkgConfig::nghttp2", ("linked by http and net",)),
    ("OpenSSL::Crypto", "Foo::Foo", ("which headers come with it",)),
])
def test_layers_check_the_declarations(tree, old, new, words):
    tree.write("gateway/CMakeLists.txt", ROOMS.replace(old, new))
    tree.finds("layers", "gateway/CMakeLists.txt", *words)


def test_layers_want_every_file_in_a_room_and_its_namespace(tree):
    tree.write("gateway/lobby/door.h", HEADER.format(room="lobby", name="door"))
    tree.finds("layers", "gateway/lobby/door.h", "declared room")
    tree.write("gateway/base/deep/door.h", HEADER.format(room="base", name="door"))
    tree.finds("layers", "gateway/base/deep/door.h", "not directly")
    tree.write("gateway/base/words.h", HEADER.format(room="http", name="words"))
    tree.finds("layers", "gateway/base/words.h", "namespace gateway::base")


def test_the_real_declarations_are_understood():
    text = Tree(os.path.join(HERE, "..", "..")).text(layers.DECLARATIONS)
    rooms = layers.declared(text)
    assert list(rooms)[0] == "base" and list(rooms)[-1] == "app"
    assert rooms["net"].may_include("http", "session.h")
    assert not rooms["http"].may_include("net", "options.h")
    assert not rooms["net"].may_include("broker", "event.h")


def test_headers(tree):
    tree.add("gateway/base/words.cc", '#include "base/other.h"', "no such line")
    assert tree.problems("headers") == []
    text = tree.read("gateway/base/words.cc")
    tree.write("gateway/base/words.cc", "#include <string>\n" + text)
    tree.finds("headers", "gateway/base/words.cc:1", "comes first")
    header = tree.read("gateway/net/socket.h")
    tree.write("gateway/net/socket.h", header.replace("#pragma once\n", ""))
    tree.finds("headers", "gateway/net/socket.h", "#pragma once")
    tree.write("gateway/net/socket.h", header.split("\n", 1)[1])
    tree.finds("headers", "gateway/net/socket.h", "prose")
    tree.write("gateway/net/Socket.cc", "")
    tree.finds("headers", "gateway/net/Socket.cc", "snake_case")


def function_of(lines, head="int big()"):
    return head + " {\n" + "  f();\n" * (lines - 2) + "}\n"


def test_sizes_of_files(tree):
    tree.write("tests/unit/base/words_test.cc", "// line\n" * 500)
    assert tree.problems("sizes") == []
    tree.write("tests/unit/base/words_test.cc", "// line\n" * 501)
    tree.finds("sizes", "words_test.cc: 501 lines")
    tree.write("run.sh", "echo " + "é" * 95 + "\n")
    assert not any("columns" in problem for problem in tree.problems("sizes"))
    tree.write("run.sh", "echo " + "é" * 96 + "\n")
    tree.finds("sizes", "run.sh:1: 101 columns")


def test_sizes_of_the_median_file(tree):
    for name in "abcdefgh":
        tree.write(f"gateway/base/{name}.h", "// line\n" * 121)
    tree.finds("sizes", "median file has 121 lines")


@pytest.mark.parametrize("head", [
    "int big()", "auto big() -> std::vector<int>", "Big::Big(int a) : a_{a}, b_(a)",
    "Big::Big(int a) : a_(a), b_{{1, 2}}", "void Big::big(F f = {}) const noexcept",
    "template <class T>\n[[nodiscard]] bool operator==(const T& a, const T& b)",
    "TEST(Big, IsTooBig)", "void big() REQUIRES(mutex_)",
])
def test_sizes_of_functions(tree, head):
    lines_of_head = head.count("\n")
    wrapped = "namespace gateway::net {{\nclass Box : public Lid {{\n public:\n{}}};\n}}\n"
    tree.write("gateway/net/big.cc", wrapped.format(function_of(70 - lines_of_head, head)))
    assert tree.problems("sizes") == []
    tree.write("gateway/net/big.cc", wrapped.format(function_of(71 - lines_of_head, head)))
    tree.finds("sizes", "gateway/net/big.cc:4", "71 lines")


def test_sizes_count_functions_not_scopes():
    text = ("class CAPABILITY(\"mutex\") Lock : public Base {\n" + "  int a();\n" * 90 + "};\n"
            "enum class Kind : char { a, b };\nconst int kTable[] = {\n" + "  1,\n" * 90 + "};\n"
            "int f(std::map<int, int> a, int b) { if (a) { return '}'; } return \"{\"[0]; }\n")
    found = sizes.functions(text)
    assert [(f.name, f.parameters, f.last - f.first) for f in found] == [("f", 2, 0)]


def test_sizes_of_parameter_lists(tree):
    five = "int f(int a, std::map<int, int> b, void (*c)(int, int), int d, int e) { return a; }\n"
    tree.write("gateway/net/five.cc", five)
    assert tree.problems("sizes") == []
    tree.write("gateway/net/five.cc", five.replace("int e", "int e, int g"))
    tree.finds("sizes", "gateway/net/five.cc:1: f takes 6 parameters")
    tree.write("gateway/net/five.cc", five.replace("int e", "int e, void* user_data"))
    assert tree.problems("sizes") == []  # a callback of a C library


def test_sizes_of_python_functions(tree):
    tree.write("tests/wire/test_a.py", "def test_a():\n" + "    assert 1\n" * 70)
    tree.finds("sizes", "tests/wire/test_a.py:1: test_a has 71 lines")


@pytest.mark.parametrize("rule, line", [
    ("endl", "out << std::endl;"),
    ("wall-clock", "auto t = std::chrono::system_clock::now();"),
    ("wall-clock", "auto t = std::time(nullptr);"),
    ("now", "auto t = std::chrono::steady_clock::now();"),
    ("rand", "int r = rand();"),
    ("rand", "std::random_device source;"),
    ("using-namespace", "using namespace std;"),
    ("new", "auto* p = new int(1);"),
    ("delete", "delete p;"),
    ("shared-ptr", "std::shared_ptr<int> p;"),
    ("stdout", "std::cout << 1;"),
    ("stdout", 'std::printf("x");'),
    ("stderr", "std::cerr << 1;"),
    ("sleep", "std::this_thread::sleep_for(1s);"),
    ("assert", "assert(a);"),
    ("throw", "throw Error{};"),
    ("stoi", "int i = std::stoi(text);"),
    ("unbounded", 'sprintf(text, "%d", 1);'),
    ("detach", "thread.detach();"),
])
def test_tokens(tree, rule, line):
    tree.add("gateway/http/session.h", line, "namespace")
    tree.finds("tokens", "gateway/http/session.h:5", f"({rule})", "use ")
    text = tree.read("gateway/http/session.h")
    tree.write("gateway/http/session.h",
               text.replace(line, f"{line}  // lint-allow({rule}): the test wants it"))
    assert tree.problems("tokens") == []
    tree.write("gateway/http/session.h", text.replace(line, f"// {line}"))
    assert tree.problems("tokens") == []


@pytest.mark.parametrize("line", [
    "Box(const Box&) = delete;", 'log("a new day, time(0)");', "renew(new_stream, renewed);",
    "std::snprintf(text, sizeof text, format);", "void* operator new(std::size_t);",
    "int n = 1'000'000; call(grand());", "/* throw */", "#include <new>", "stream.sleep(1);",
])
def test_tokens_let_pass(tree, line):
    tree.add("gateway/http/session.h", line, "namespace")
    assert tree.problems("tokens") == []


def test_tokens_have_homes(tree):
    tree.add("gateway/base/words.cc", "auto t = std::chrono::system_clock::now();")
    tree.write("gateway/app/main.cc", "int main() { std::cout << 1; }\n")
    assert tree.problems("tokens") == []


def test_tokens_find_unfinished_work(tree):
    tree.add("run.sh", "# TO" + "DO: the rest", "set")
    tree.finds("tokens", "run.sh:3", "unfinished")


@pytest.mark.parametrize("line, words", [
    ("-----BEGIN EC PRIVATE" + " KEY-----", ("private key",)),
    ("file = /ho" + "me/me/file", ("path of one machine",)),
    ("a b ", ("white space",)),
    ("\tindented", ("a tab",)),
    ("line\r", ("carriage return",)),
])
def test_text(tree, line, words):
    tree.write("config/some.yaml", f"# first\n{line}\n")
    tree.finds("text", "config/some.yaml:2", *words)


def test_text_lets_a_message_name_what_it_looked_for(tree):
    tree.write("config/some.yaml", "# no key (-----BEGIN PRIVATE" + " KEY-----) in it\n")
    assert tree.problems("text") == []


def test_text_ends_of_files_and_key_files(tree):
    tree.write("README.md", "no line break")
    tree.finds("text", "README.md", "no line break at the end")
    tree.write("README.md", "too many\n\n")
    tree.finds("text", "README.md", "empty lines")
    tree.write("certs/dev.key", "")
    tree.finds("text", "certs/dev.key", "not committed")


def test_format(tree):
    tree.add("gateway/http/session.cc", "int   crooked( );", "namespace")
    tree.finds("format", "gateway/http/session.cc:4", "clang-format")


def test_scripts(tree):
    tree.write("run.sh", "#!/usr/bin/env bash\nset -euo pipefail\nrm $1\n")
    tree.finds("scripts", "SC2086")
    tree.write("run.sh", "#!/usr/bin/env bash\necho served\n")
    tree.finds("scripts", "run.sh", "set -euo pipefail")
    tree.write("dev", "#!/usr/bin/env bash\nset -euo pipefail\nrm $1\n")
    os.chmod(tree.root / "dev", stat.S_IRWXU)
    tree.finds("scripts", "dev")


def test_a_missing_tool_is_a_problem(tree, monkeypatch):
    monkeypatch.setenv("PATH", str(tree.root))
    tree.finds("format", "clang-format-14 is not installed")
    tree.finds("scripts", "shellcheck is not installed")


def test_comments_and_strings_are_blanked():
    text = 'a("x // y", \'"\', 1\'000); // b "c\nR"(d " e)" /* f\n */ g'
    hidden = blank(text)
    assert len(hidden) == len(text) and hidden.count("\n") == text.count("\n")
    assert not set("xybcdef") & set(hidden) and "g" in hidden and "1'000" in hidden
    assert includes('#include "a/b.h"\n// #include "c/d.h"\n # include <e>\n') == [
        (1, '"', "a/b.h"), (3, "<", "e")]
