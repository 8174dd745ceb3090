from __future__ import annotations

import io

import pytest
from rich.console import Console

from lab.doctor import Finding
from lab.report.findings import findings_lines
from lab.text import Language, same, say

FOUND = [
    Finding(say("engine", "引擎"), ok=True, found=same("docker 28.1")),
    Finding(
        say("image host", "镜像 host"),
        ok=False,
        found=say("not built yet", "尚未构建"),
        remedy=say("the next run builds it", "下次运行时会构建"),
    ),
    Finding(say("disk", "磁盘"), ok=False, found=same("a\x1b[31mb\nc")),
]


def drawn(language: Language) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=100, force_terminal=False).print(findings_lines(FOUND, language))
    return [line.rstrip() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("en", ["✓", "engine", "docker 28.1"], ["✗", "image host", "not built yet", "→ the next run builds it"]),
        ("zh", ["✓", "引擎", "docker 28.1"], ["✗", "镜像 host", "尚未构建", "→ 下次运行时会构建"]),
    ],
)
def test_a_line_a_finding_with_its_remedy(language: Language, first: list[str], second: list[str]) -> None:
    lines = drawn(language)
    assert len(lines) == 3
    for line, words in zip(lines, (first, second), strict=False):
        assert [word for word in words if word in line] == words
    assert "→" not in lines[0]


def test_what_was_found_cannot_speak_to_the_terminal() -> None:
    assert "\x1b" not in "".join(drawn("en"))
