"""The page of a class keeps names whole where there is room, and none wider than the window."""

from __future__ import annotations

from pathlib import Path

from browsing import DESK, PHONE, Browser
from marks import graded, mark, words

from lab.marks import Marks
from lab.report.classpage import page
from lab.results import Verdict
from lab.text import Text

WHOLE = "Wilhelmina Oppenheimer"
ENDLESS = "x" * 200
LINES = """
const cell = [...document.querySelectorAll(".students th[scope=row]")].find((e) => e.textContent === arguments[0]);
const range = document.createRange();
range.selectNodeContents(document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode());
return range.getClientRects().length
"""


def test_names_are_broken_only_where_they_must_be(browser: Browser, tmp_path: Path) -> None:
    problem = words("what was handed in lacks a file that the exercise needs: " + "server.py " * 20)
    missing = graded(verdict=Verdict.FAILED, problem=problem)
    file = tmp_path / "index.html"
    for names in ([WHOLE], [WHOLE, ENDLESS]):
        marks = tuple(mark(name, missing, f"s{n}") for n, name in enumerate(names))
        file.write_text(
            page(Marks("tcp-hello", Text("Hello", "你好"), 10, marks, tmp_path, {}), "en"), encoding="utf-8"
        )
        browser.open(file)
        assert browser.run(LINES, WHOLE) == 1
        for width in (DESK, PHONE):
            browser.open(file, width)
            assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.violations() == []
