from __future__ import annotations

import pytest

from lab import yamltext
from lab.reading.faults import Faults, Mark


def faults(content: str | bytes) -> list[str]:
    found = Faults()
    yamltext.read(content.encode() if isinstance(content, str) else content, found)
    return [f"{f.line}:{f.column} {f.path}: {f.what.en}".replace(" : ", " ") for f in found.in_order()]


def test_values_are_plain_and_have_places() -> None:
    found = Faults()
    assert yamltext.read(b'a: [1, "2", {b: yes}]\nc: 3.5\nd: 1:30\n', found) == {
        "a": (1, "2", {"b": "yes"}),
        "c": 3.5,
        "d": "1:30",
    }
    assert (found.places.values["a", 2], found.places.keys["a", 2, "b"]) == (Mark(1, 13), Mark(1, 14))


def test_bytes_that_are_not_utf8_have_a_place() -> None:
    assert faults("a: b\nc: 你".encode("gbk")) == ["2:4 not UTF-8: the byte 0xc4; save the file as UTF-8"]


@pytest.mark.parametrize(("character", "code"), [("\0", "0000"), ("\x1b", "001B"), ("\u2028", "2028")])
def test_characters_that_yaml_does_not_have(character: str, code: str) -> None:
    [fault] = faults(f"a: b\n你{character}")
    assert fault.startswith("2:2 a character that may not stand in YAML: U+" + code)


def test_a_thousand_levels_are_refused_at_once() -> None:
    [fault] = faults("a: " + "[" * 100_000)
    assert fault == "1:28 a[1][1]: nested too deeply"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "1:1 the file is empty"),
        ("- a", "1:1 wanted a mapping"),
        ("a: 1\na: 2", "2:1 a: the key `a` stands here twice; the first is in line 1"),
        ("a: &x 1", "1:4 a: an anchor"),
        ("a: !x 1", "1:4 a: a tag"),
        ("<<: {a: 1}", "1:1 <<: a merge key"),
        ("a: 1\n---\nb: 2", "2:1 a second document"),
        ("a:", "1:3 a: nothing stands here"),
    ],
)
def test_what_a_scenario_does_not_need_is_refused(text: str, fault: str) -> None:
    [found] = faults(text)
    assert found.startswith(fault)
