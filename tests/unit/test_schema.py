from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.checks import PARAMS
from lab.loader import load, names
from lab.schema import FILE, as_text, json_schema
from lab.steps import STEPS

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json_schema(PARAMS)


def resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref")
    return schema["$defs"][reference.rsplit("/", 1)[1]] if reference else part


def parts(part: object) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
    for item in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from parts(item)


def fits(schema: dict[str, Any], part: dict[str, Any], value: Any) -> bool:
    """Whether `value` is valid, by the words of JSON Schema that the lab's schema uses."""
    part = resolved(schema, part)
    types = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
    checks = [
        "type" not in part
        or (isinstance(value, types[part["type"]]) and (part["type"] == "boolean") == isinstance(value, bool)),
        "enum" not in part or value in part["enum"],
        "const" not in part or value == part["const"],
        "not" not in part or not fits(schema, part["not"], value),
        "anyOf" not in part or any(fits(schema, option, value) for option in part["anyOf"]),
        "oneOf" not in part or sum(fits(schema, option, value) for option in part["oneOf"]) == 1,
    ]
    if isinstance(value, str):
        checks += [re.search(part.get("pattern", ""), value) is not None, len(value) >= part.get("minLength", 0)]
    if isinstance(value, list):
        checks += [fits(schema, part.get("items", {}), item) for item in value]
        checks += [len(value) >= part.get("minItems", 0)]
    if isinstance(value, dict):
        checks += [key in value for key in part.get("required", [])]
        checks += [len(value) >= part.get("minProperties", 0)]
        checks += [fits_key(schema, part, key, item) for key, item in value.items()]
    return all(checks)


def fits_key(schema: dict[str, Any], part: dict[str, Any], key: str, item: Any) -> bool:
    if key in part.get("properties", {}):
        return fits(schema, part["properties"][key], item)
    for pattern, inner in part.get("patternProperties", {}).items():
        if re.search(pattern, key):
            return fits(schema, inner, item)
    extra = part.get("additionalProperties", True)
    return extra if isinstance(extra, bool) else fits(schema, extra, item)


def document(name: str) -> dict[str, Any]:
    """A scenario of the project as plain values; that it loads keeps the two readers together."""
    load(SCENARIOS / name, PARAMS)
    tree: dict[str, Any] = yaml.safe_load((SCENARIOS / name / "scenario.yaml").read_text(encoding="utf-8"))
    return tree


def test_the_committed_schema_is_true(schema: dict[str, Any]) -> None:
    committed = (SCENARIOS / FILE).read_text(encoding="utf-8")
    assert committed == as_text(schema), "`lab schema` writes it anew"


@pytest.mark.parametrize("name", names(SCENARIOS))
def test_the_scenarios_of_the_project_fit(schema: dict[str, Any], name: str) -> None:
    assert fits(schema, schema, document(name))


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("titel",), "x"),
        (("title",), {"en": "x"}),
        (("encoding",), "gb2312"),
        (("hosts",), {}),
        (("hosts", "Alice"), {}),
        (("hosts", "server", "imge"), "host"),
        (("programs", "server", "run"), "python3"),
        (("programs", "server", "run"), ["python3", 8080]),
        (("steps", 0), {"begin": "server"}),
        (("steps", 0), {"start": "server", "until": {}}),
        (("steps", 0), {"start": "server", "until": {"listening": {"tcp": 1, "udp": 1}}}),
        (("steps", 0), {"start": "server", "wait": "server"}),
        (("steps", 0), {"wait": "server", "until": {"line": "ready"}}),
        (("steps", 0), {"wait": "server", "until": {}}),
        (("steps", 0), {"wait": "server", "until": {"receiving": {"tcp": 1}}, "exit": 0}),
        (("steps", 0), {"send": {"to": "server", "line": "a", "text": "b"}}),
        (("steps", 0, "within"), None),
        (("checks", "connected"), {}),
        (("checks", "connected"), {"tcp.handshake": {}, "tcp.close": {}}),
        (("checks", "connected", "tcp.handshake", "complet"), 3),
        (("checks", "connected", "need"), ["x"]),
    ],
)
def test_what_the_loader_refuses_for_its_shape_does_not_fit(
    schema: dict[str, Any], where: tuple[str | int, ...], value: object
) -> None:
    tree: Any = document("tcp-multiclient")
    inner = tree
    for part in where[:-1]:
        inner = inner[part]
    inner[where[-1]] = value
    assert not fits(schema, schema, tree)


def test_names_may_be_one_or_a_list_and_sentences_one_or_two(schema: dict[str, Any]) -> None:
    tree = document("tcp-multiclient")
    tree["title"] = "Hello"
    tree["steps"] += [{"wait": "alice"}, {"wait": ["alice", "bob"], "exit": "TERM"}]
    tree["steps"] += [{"wait": "server", "until": {"receiving": {"tcp": 8080}}}]
    tree["checks"]["closed"] |= {"needs": "connected", "hint": "Why?"}
    assert fits(schema, schema, tree)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("programs", "server", "encoding"), "${encoding}"),
        (("steps", 0, "within"), "${patience}"),
        (("steps", 0, "start"), "${who}"),
        (("checks", "connected", "points"), "${port}"),
    ],
)
def test_a_name_of_vary_may_stand_for_any_value(
    schema: dict[str, Any], where: tuple[str | int, ...], value: object
) -> None:
    tree: Any = document("tcp-multiclient")
    inner = tree
    for part in where[:-1]:
        inner = inner[part]
    inner[where[-1]] = value
    assert fits(schema, schema, tree)
    inner[where[-1]] = "Else"
    assert not fits(schema, schema, tree)
    tree["deadline"] = "${port}"
    assert not fits(schema, schema, tree)


def test_every_verb_kind_and_key_is_described_for_the_editor(schema: dict[str, Any]) -> None:
    steps = [resolved(schema, option) for option in schema["properties"]["steps"]["items"]["anyOf"]]
    assert [step["required"] for step in steps] == [[verb] for verb in STEPS]
    [check] = schema["properties"]["checks"]["patternProperties"].values()
    assert set(check["properties"]) == {*PARAMS, "needs", "hint", "points", "partial", "hidden", "bonus"}
    for kind in PARAMS:
        assert resolved(schema, check["properties"][kind])["description"]
    assert all("description" in step for step in steps)
    assert all("description" in schema["properties"][key] for key in schema["properties"])


def test_there_are_no_nulls_and_no_dangling_references(schema: dict[str, Any]) -> None:
    for part in parts(schema):
        assert part.get("type") != "null"
        if isinstance(reference := part.get("$ref"), str):
            assert reference.removeprefix("#/$defs/") in schema["$defs"]
