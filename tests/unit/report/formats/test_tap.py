from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from marks import HOSTILE, check, context, flooded, good, graded, hostile, lab_error, mark, missing, nothing, partly

from lab.report.formats.tap import TAP

LINE = re.compile(r"(?P<ok>not ok|ok) (?P<number>\d+) - (?P<description>(?:[^#\\]|\\[#\\])*?)(?: # SKIP (?P<skip>.*))?")


def read(content: str) -> tuple[list[dict[str, Any]], str | None]:
    """The test points of a TAP 14 document with their blocks, and what it bailed out for."""
    version, *lines = content.splitlines()
    assert version == "TAP version 14"
    if lines[0].startswith("Bail out!"):
        assert len(lines) == 1
        return [], lines[0]
    plan = re.fullmatch(r"1\.\.(\d+)", lines.pop(0))
    points: list[dict[str, Any]] = []
    while lines:
        found = LINE.fullmatch(lines.pop(0))
        assert found is not None
        points.append(found.groupdict())
        if lines and lines[0] == "  ---":
            end = lines.index("  ...")
            block = lines[1:end]
            assert all(line.startswith("  ") for line in block)
            points[-1]["block"] = yaml.safe_load("\n".join(line[2:] for line in block))
            lines = lines[end + 1 :]
    assert plan is not None
    assert [int(point["number"]) for point in points] == list(range(1, int(plan[1]) + 1))
    return points, None


def tap(result: Any, **more: Any) -> tuple[list[dict[str, Any]], str | None]:
    return read(TAP.write([mark("ada", result)], context(**more))["tap/ada.tap"].decode())


def test_a_point_a_check():
    points, _ = tap(partly())
    assert [(p["ok"], p["description"], p["skip"]) for p in points] == [
        ("ok", "connected", None),
        ("not ok", "at-once", None),
        ("ok", "closed", "`at-once` failed"),
        ("not ok", "secret", None),
        ("ok", "fast", None),
    ]
    assert points[1]["block"] == {
        "points": 2,
        "max_points": 3,
        "expected": "3 complete handshakes",
        "actual": "only 1",
        "details": ["bob came late"],
        "packets": [5, 6, 7],
        "hint": "accept() again",
    }


def test_a_lab_error_bails_out():
    assert "the capture is not whole" in (tap(lab_error())[1] or "")


def test_one_students_lab_error_ends_nobody_elses_document():
    files = TAP.write([mark("ada", lab_error()), mark("bob", good())], context())
    assert len(read(files["tap/bob.tap"].decode())[0]) == 2


@pytest.mark.parametrize(("result", "name"), [(missing(), "submission"), (flooded(), "limits")])
def test_what_scores_nothing_as_a_whole_is_not_ok(result: Any, name: str):
    points, _ = tap(result)
    assert (points[0]["ok"], points[0]["description"]) == ("not ok", name)
    assert all(point["block"]["points"] == 0 for point in points[1:])


def test_who_handed_in_nothing_is_skipped():
    content = TAP.write([mark("ada", nothing())], context())["tap/ada.tap"].decode()
    assert content == "TAP version 14\n1..0 # SKIP server.py is missing\n"


def test_what_would_begin_a_directive_or_an_escape_is_escaped():
    content = TAP.write([mark("ada", graded(check("a # SKIP b\\")))], context())["tap/ada.tap"].decode()
    assert "ok 1 - a \\# SKIP b\\\\\n" in content
    assert read(content)[0][0]["skip"] is None


def test_a_hidden_check_shows_its_outcome_only():
    assert b"SECRET" not in TAP.write([mark("ada", partly())], context())["tap/ada.tap"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_ends_a_line_a_block_or_the_document(text: str):
    content = TAP.write([mark("ada", hostile(text))], context())["tap/ada.tap"].decode()
    assert all(line.isprintable() for line in content.splitlines())
    points, bailed = read(content)
    assert bailed is None
    assert [point["ok"] for point in points] == ["not ok", "not ok", "ok", "ok"]
    assert points[1]["block"]["actual"].isprintable()
