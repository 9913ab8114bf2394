"""Rooms only include what gateway/CMakeLists.txt lets them, and third parties stay where they live.

The edges are read from the room(…) declarations there, so that they are written down once.
"""

import re

from source import includes

DECLARATIONS = "gateway/CMakeLists.txt"
GENERATED = {"app/build_info.h"}

# The headers that come with a third party that a room links.
HEADERS_OF = {
    "spdlog::spdlog": ("spdlog/", "fmt/"),
    "PkgConfig::libevent": ("event2/", "event.h", "evutil.h"),
    "PkgConfig::nghttp2": ("nghttp2/",),
    "Boost::headers": ("boost/",),
    # The library for TLS comes with the one for keys, which has headers of its own.
    "OpenSSL::SSL": ("openssl/",),
    "OpenSSL::Crypto": ("openssl/core_names.h", "openssl/err.h", "openssl/evp.h", "openssl/pem.h"),
    "PkgConfig::hiredis": ("hiredis/",),
    # TLS to Redis, made of OpenSSL's.
    "redis_tls": ("openssl/err.h", "openssl/ssl.h", "openssl/x509v3.h"),
    "PkgConfig::cjose": ("cjose/",),
    "PkgConfig::jansson": ("jansson.h",),
    "PkgConfig::libcurl": ("curl/",),
    "PkgConfig::RapidJSON": ("rapidjson/",),
    "PkgConfig::prometheus-cpp": ("prometheus/",),
    "PkgConfig::yaml-cpp": ("yaml-cpp/",),
    "CLI11::CLI11": ("CLI/",),
}
SYSTEM = ("sys/", "asm/", "net/", "netinet/", "arpa/", "linux/", "sanitizer/")


class Room:
    def __init__(self, name):
        self.name = name
        self.uses = {"MAY_USE": [], "OPTIONS_OF": [], "LINKS": []}

    def may_include(self, room, file):
        return (room == self.name or room in self.uses["MAY_USE"]
                or (room in self.uses["OPTIONS_OF"] and file == "options.h"))


def declared(text):
    """The rooms in the order of their declaration."""
    rooms = {}
    text = re.sub(r"#[^\n]*", "", text)
    for body in re.findall(r"^room\(([^)]*)\)", text, re.MULTILINE):
        name, *words = body.split()
        room = rooms[name] = Room(name)
        part = None
        for word in words:
            if word in room.uses:
                part = word
            elif part:
                room.uses[part].append(word)
    return rooms


def _declaration_problems(rooms):
    above = set()
    linked_by = {}
    for room in rooms.values():
        for used in room.uses["MAY_USE"] + room.uses["OPTIONS_OF"]:
            if used not in above:
                yield f"{DECLARATIONS}: {room.name} uses {used}, which is not declared above it"
        for target in room.uses["LINKS"]:
            if target not in HEADERS_OF:
                yield (f"{DECLARATIONS}: {room.name} links {target}: say in tests/lint/layers.py "
                       "which headers come with it")
            elif linked_by.setdefault(target, room.name) != room.name:
                yield (f"{DECLARATIONS}: {target} is linked by {linked_by[target]} and "
                       f"{room.name}; a third party lives in one room")
        above.add(room.name)


def _owners_of(header, rooms):
    """(is foreign, names of the rooms that may include it)"""
    targets = [target for target, prefixes in HEADERS_OF.items() if header.startswith(prefixes)]
    owners = [r.name for r in rooms.values() if set(targets) & set(r.uses["LINKS"])]
    return bool(targets) or "/" in header and not header.startswith(SYSTEM), owners


def _foreign_problem(where, room, header, rooms):
    foreign, owners = _owners_of(header, rooms)
    if foreign and room.name not in owners:
        home = f"only {' and '.join(owners)} includes it" if owners else "no room links it"
        return f"{where}: <{header}> does not belong in {room.name}: {home}"
    return None


def _own_problem(tree_files, where, room, header, rooms):
    form = re.fullmatch(r"([a-z0-9_]+)/([a-z0-9_]+\.(?:h|inc))", header)
    if not form:
        return f'{where}: "{header}": write the room and the file, "room/file.h"'
    other, file = form.groups()
    if other not in rooms:
        return f'{where}: "{header}": there is no room {other}'
    if not room.may_include(other, file):
        return (f'{where}: {room.name} may not use "{header}": the edge {room.name} -> {other} '
                f"is not declared in {DECLARATIONS}")
    if f"gateway/{header}" not in tree_files and header not in GENERATED:
        return f'{where}: "{header}" does not exist'
    return None


def _public_headers(included):
    """Headers that another room includes, with all that they include in turn."""
    public = {header for name, headers in included.items() for header in headers
              if header.split("/")[0] != name.split("/")[1]}
    todo = list(public)
    while todo:
        for header in included.get(f"gateway/{todo.pop()}", []):
            if header not in public:
                public.add(header)
                todo.append(header)
    return public


def check(tree):
    if DECLARATIONS not in tree.files:
        return [f"{DECLARATIONS} is missing"]
    rooms = declared(tree.text(DECLARATIONS))
    problems = list(_declaration_problems(rooms))
    if not rooms:
        problems.append(f"{DECLARATIONS}: no room(…) found")
    files = set(tree.files)
    included, foreign_at = {}, {}
    for name in tree.cpp("gateway"):
        room = rooms.get(name.split("/")[1])
        if room is None or name.count("/") != 2:
            problems.append(f"{name}: not directly in the folder of a declared room")
            continue
        text = tree.text(name)
        if not name.endswith("/main.cc") and f"namespace gateway::{room.name}" not in text:
            problems.append(f"{name}: nothing in namespace gateway::{room.name}")
        for line, kind, header in includes(text):
            where = f"{name}:{line}"
            if kind == "<":
                problems.append(_foreign_problem(where, room, header, rooms))
                if _owners_of(header, rooms)[0]:
                    foreign_at.setdefault(name, where)
            else:
                problems.append(_own_problem(files, where, room, header, rooms))
                included.setdefault(name, []).append(header)
    for header in sorted(_public_headers(included)):
        where = foreign_at.get(f"gateway/{header}")
        if where:
            problems.append(f"{where}: a header that other rooms see includes a third party; "
                            "hide it behind a forward declaration or a pimpl")
    return [problem for problem in problems if problem]
