from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from marks import HOSTILE, check, graded, hostile, mark, nothing, words

from lab.graded import Mark
from lab.marks import Alike, Marks
from lab.report.classpage import page
from lab.results import Verdict
from lab.text import Language, Text

ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "input",
    "label",
    "main",
    "h1",
    "h2",
    "p",
    "ul",
    "li",
    "div",
    "section",
    "svg",
    "rect",
    "text",
    "line",
    "details",
    "summary",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "code",
    "meter",
    "a",
    "b",
    "span",
}
VOID = {"meta", "input", "rect", "line"}


class Parsed(HTMLParser):
    """The tags of a page, in order, with its links and its text; each that is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.said: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def made(marks: list[Mark], language: Language = "en", **more: Any) -> str:
    fields: dict[str, Any] = {"before": {}, "folder": Path("/out"), "max": 10} | more
    return page(Marks(exercise="tcp-multiclient", title=Text("Three", "三个"), marks=tuple(marks), **fields), language)


def some() -> list[Mark]:
    good = graded(check("connected"), check("at-once"), score=10, max=10, capture="ab", images={"host": "sha256:12"})
    bad = graded(check("connected"), check("at-once", Verdict.FAILED), score=5, max=10)
    broken = graded(verdict=Verdict.ERROR, problem=words("no engine", "没有引擎"), max=10, runs=2)
    return [mark("Zhang", good, "zhang"), mark("Li", bad, "li"), mark("Wang", broken, "wang")]


def test_a_page_of_its_own_in_both_languages() -> None:
    found = Parsed(made(some()))
    assert set(found.tags) <= ALLOWED
    text = " ".join(found.said)
    for words_ in (
        "3 submissions",
        "3 份提交",
        "no engine",
        "没有引擎",
        "Distribution",
        "分数分布",
        "sha256:12",
        "7.5 / 10",
    ):
        assert words_ in text
    assert '<html lang="zh-CN">' in made(some(), "zh")
    assert re.search(r'id="zh" checked', made(some(), "zh"))
    assert "http" not in re.sub(r"http-equiv", "", made(some()))


def test_every_student_has_links_to_what_there_is() -> None:
    links = Parsed(made(some())).links
    assert links == [
        "feedback/zhang.html",
        "captures/zhang.pcapng",
        "bundles/zhang.json",
        "feedback/li.html",
        "bundles/li.json",
        "feedback/wang.html",
        "bundles/wang.json",
    ]


def test_the_distribution_leaves_errors_out() -> None:
    assert [float(n) for n in re.findall(r'height="([\d.]+)"/>', made(some()))] == [0, 0, 0, 0, 0, 120, 0, 0, 0, 0, 120]


@pytest.mark.parametrize(("score", "bar"), [(0, 0), (0.9, 0), (1, 1), (9.99, 9), (10, 10), (12, 10)])
def test_which_bar(score: float, bar: int) -> None:
    heights = re.findall(r'height="([\d.]+)"/>', made([mark("a", graded(check(), score=score, max=10))]))
    assert [n for n, height in enumerate(heights) if float(height)] == [bar]


def test_an_error_has_no_score() -> None:
    row = re.search(r'Wang</span></th>\s*<td class="number">(.*?)</td>', made(some()))
    assert row is not None
    assert row[1] == ""


def test_who_handed_in_nothing_has_no_score() -> None:
    page_ = made([*some(), mark("nobody", nothing())])
    row = page_[page_.index(">nobody</span></th>") :].partition("</tr>")[0]
    assert "handed in nothing" in row
    assert '<td class="number"></td>' in row


def test_who_is_alike_and_whose_score_fell() -> None:
    text = made(some(), alike=(Alike(("zhang", "li"), 0.93),), before={"li": graded(check(points=10))})
    assert "93% alike" in text
    assert "lower than before: 5 of 10, it was 10 of 10" in text
    assert "Alike" not in made(some())


def test_a_class_of_nobody_who_could_be_graded() -> None:
    Parsed(made([some()[2]]))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_students_write_is_text(text: str) -> None:
    evil = [mark(text, hostile(text), "one"), mark(text + "2", hostile(text), "two")]
    harmless = [mark("x", hostile("x"), "one"), mark("x2", hostile("x"), "two")]
    more: dict[str, Any] = {"alike": (Alike(("one", "two"), 1.0),), "before": {"one": graded(check())}}
    found, plain = Parsed(made(evil, **more)), Parsed(made(harmless, **more))
    assert (found.tags, found.links, found.attributes) == (plain.tags, plain.links, plain.attributes)
    assert not set("\x1b\x07\x00\x08\x7f\x85\u2028\u202e\u2066") & set(made(evil, **more))
    made(evil, **more).encode()
