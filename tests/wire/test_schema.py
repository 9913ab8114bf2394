"""The JSON Schema that editors use agrees with the configurations we ship and refuses bad ones."""

import json
import re

import jsonschema
import pytest
import yaml

SHIPPED = ["config/boardcast.yaml", "config/dev.yaml"]


class Yaml12(yaml.SafeLoader):
    """Scalars as YAML 1.2 has them, which the gateway and editors read: `off` is a word."""


Yaml12.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (("bool", r"true|false", "tf"), ("null", r"~|null|", "~n"),
                               ("int", r"[-+]?[0-9]+", "-+0123456789"),
                               ("float", r"[-+]?[0-9]+\.[0-9]+", "-+0123456789")):
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"),
                                 list(_first) + ([""] if _tag == "null" else []))


def parse(text):
    return yaml.load(text, Loader=Yaml12)


@pytest.fixture(scope="module")
def schema():
    with open("config/boardcast.schema.json", encoding="utf-8") as file:
        return json.load(file)


@pytest.fixture(scope="module")
def accepts(schema):
    validator = jsonschema.Draft7Validator(schema)
    return lambda text: next(validator.iter_errors(parse(text)), None) is None


def test_is_a_schema(schema):
    jsonschema.Draft7Validator.check_schema(schema)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_files_are_valid(schema, name):
    with open(name, encoding="utf-8") as file:
        text = file.read()
    assert text.startswith("# yaml-language-server: $schema=boardcast.schema.json\n")
    jsonschema.validate(parse(text), schema, cls=jsonschema.Draft7Validator)


def keys_of(section):
    """What has no keys of its own is one value itself, such as `boards`."""
    if "properties" not in section:
        return [section]
    return [key for inner in section["properties"].values() for key in keys_of(inner)]


def test_defaults_satisfy_their_own_schema(schema):
    keys = keys_of(schema)
    for key in keys:
        jsonschema.Draft7Validator({**key, "definitions": schema["definitions"]}).validate(
            key["default"])
    assert len(keys) > 30


def test_the_reference_shows_what_the_schema_knows(schema):
    with open("config/boardcast.yaml", encoding="utf-8") as file:
        reference = parse(file.read())
    assert ({name: set(section) for name, section in reference.items()}
            == {name: set(section.get("properties", []))
                for name, section in schema["properties"].items()})


@pytest.mark.parametrize("text", [
    "", "server:", "server: {workers: 4}", "server: {workers: auto}", "server: {workers: '${W}'}",
    "limits: {body_bytes: 4096, header_bytes: 8KiB}", "stream:\n  heartbeat: ${BEAT:-5s}",
    "tls: {min_version: 1.3}", "tls: {min_version: '1.2'}", "auth: {open: '${OPEN}'}",
    "auth: {keys: [{file: a, algorithm: ES256, kid: b}, {file: c}], jwks: d, issuer: ''}",
    "auth: {query_token: on, cookie: '', anonymous: {subscribe: ['*'], publish: [a]}}",
    "server: {listen: ['localhost:1', 'h2c://[::1]:2', '${A}']}", "admin: {public: off}",
    "cors: {origins: ['http://localhost:*', 'https://a.example:8443', 'https://[::1]:*']}",
    "boards: []", "boards: [{match: 'a-*', history: {events: 0, bytes: 64KiB, age: 1m}}]",
    "boards: [{match: '*'}, {match: 'Ä, b', history: {}}]",
    "boards: [{match: '${A}-*', history: {events: '${B}', bytes: 4096}}]"])
def test_takes_what_the_gateway_takes(accepts, text):
    assert accepts(text)


@pytest.mark.parametrize("text", [
    "[]", "text", "nope: {}", "stream: {hearbeat: 5s}", "stream: 5s", "stream: {heartbeat: 15}",
    "stream: {heartbeat: 15 s}", "stream: {heartbeat: }", "stream: {format: xml}",
    "server: {workers: 0}", "server: {workers: 65}", "server: {workers: '4'}",
    "server: {listen: []}", "server: {listen: 'localhost:1'}", "server: {listen: [localhost]}",
    "server: {hosts: ['https://a']}", "limits: {body_bytes: 1MB}", "limits: {body_bytes: 1}",
    "limits: {connections: 1.5}", "auth: {open: yes}", "auth: {mode: oauth}",
        "auth: {query_token: true}", "auth: {keys: [a]}", "auth: {keys: [{algorithm: HS256}]}",
        "auth: {keys: [{file: a, algorithm: none}]}", "auth: {anonymous: {subscribe: ['a*b']}}",
        "auth: {anonymous: {read: [a]}}", "auth: {issuer: [a]}",
    "tls: {min_version: 1.1}",
    "tls: {certificates: [{cert: a}]}", "tls: {certificates: [{cert: a, key: b, c: d}]}",
    "cors: {origins: ['*']}", "cors: {origins: ['https://a.example/']}",
    "cors: {origins: ['https://*.example']}", "admin: {listen: 'https://localhost:1'}",
    "boards:", "boards: {}", "boards: {match: a}", "boards: [a]", "boards: [{}]",
    "boards: [{history: {events: 1}}]", "boards: [{match: ''}]", "boards: [{match: 'a*b'}]",
    "boards: [{match: '**'}]", 'boards: [{match: "a\\u0085"}]', "boards: [{match: [a]}]",
    "boards: [{match: a, mach: b}]", "boards: [{match: a, events: 1}]",
    "boards: [{match: a, history: }]", "boards: [{match: a, history: [1]}]",
    "boards: [{match: a, history: {events: -1}}]", "boards: [{match: a, history: {event: 1}}]",
    "boards: [{match: a, history: {bytes: 1}}]", "boards: [{match: a, history: {age: 5}}]",
    pytest.param("boards:\n" + "- {match: a}\n" * 1001, id="1001 boards")])
def test_refuses_what_the_gateway_refuses(accepts, text):
    assert not accepts(text)
