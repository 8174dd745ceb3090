"""The handouts of the scenarios: their layout, their questions, their commands, and figures of one run in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from lab import arguments
from lab.handouts import pages
from lab.handouts.figures import MOST, MOST_OF_DIFF, WIDTH
from lab.handouts.pages import FILES, Handout, Page
from lab.places import ROOT, SCENARIOS
from lab.text import Language

NAMES = arguments.names()
HEADINGS: dict[Language, list[str]] = {
    "en": ["Run it", "The exchange", "Three questions", "What the book got wrong", "Your turn"],
    "zh": ["运行", "交互过程", "三个问题", "书里的错误", "轮到你了"],
}
QUESTIONS, ERRORS, TURN = 2, 3, 4  # places of headings
COMMANDS = 3  # lines of a figure, at most, before what it shows
RECIPES = dict(
    re.findall(r"^([a-z]+):.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)


def handout(name: str) -> Handout:
    (found,) = pages.read([str(SCENARIOS / name)], lambda fault: pytest.fail(str(fault)))
    return found


def prose(page: Page) -> str:
    """The page without what its figures show."""
    return page.filled([[] for _ in page.slots])


def parts(page: Page) -> dict[str, str]:
    """Heading of the second level -> what stands below it, figures left out."""
    text = re.sub(r"^```.*?^```$", "", prose(page), flags=re.MULTILINE | re.DOTALL)
    found = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def figures(page: Page) -> list[tuple[str, list[str]]]:
    """The kind of each figure, and the lines that the page shows for it."""
    return [(slot.figure.kind, page.shown(slot)) for slot in page.slots]


def commands(page: Page) -> Iterator[list[str]]:
    """The calls of make in the text, in its blocks of code and in its figures."""
    for quoted in re.findall(r"`(make [^`]*)`", prose(page)):
        yield quoted.split()
    for line in page.lines:
        if found := re.match(r"(?: {4}|\$ )?(make .*)", line):
            yield found[1].split()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("file", FILES.values())
def test_every_scenario_has_a_handout(name: str, file: str) -> None:
    assert (SCENARIOS / name / file).is_file()


WRITTEN = [name for name in NAMES if all((SCENARIOS / name / file).is_file() for file in FILES.values())]


@pytest.mark.parametrize("name", WRITTEN)
def test_it_is_titled_and_laid_out_like_all(name: str) -> None:
    found = handout(name)
    for page in found.pages:
        assert page.lines[0] == f"# {found.scenario.title.text.in_(page.language)}"
        headings = HEADINGS[page.language]
        wanted = set(headings) - {headings[ERRORS]} - ({headings[TURN]} if found.scenario.exercise is None else set())
        assert wanted <= parts(page).keys() <= wanted | {headings[ERRORS]}
        assert list(parts(page)) == [heading for heading in headings if heading in parts(page)]
    english, chinese = found.pages
    assert len(parts(english)) == len(parts(chinese))


@pytest.mark.parametrize("name", WRITTEN)
def test_it_asks_three_questions_each_with_the_command_that_shows_the_answer(name: str) -> None:
    for page in handout(name).pages:
        asked = parts(page)[HEADINGS[page.language][QUESTIONS]]
        questions = re.split(r"^(\d+)\. ", asked, flags=re.MULTILINE)
        assert questions[1::2] == ["1", "2", "3"]
        for question in questions[2::2]:
            assert re.search(rf"`[^`]*\b{name}\b[^`]*`", questions[0] + question)  # or once for all of them


@pytest.mark.parametrize("name", WRITTEN)
def test_its_commands_are_targets_with_what_these_read(name: str) -> None:
    for page in handout(name).pages:
        assert ["make", "scenario", f"NAME={name}"] in commands(page)
        for _, target, *given in commands(page):
            assert target in RECIPES
            for variable, _, value in (word.partition("=") for word in given):
                assert f"$({variable})" in RECIPES[target]
                assert variable != "NAME" or value in NAMES
                assert variable != "SUBMISSION" or "/" not in value or (ROOT / value).exists()
        for path in re.findall(r"\bscenarios/[\w./-]+\w", prose(page)):
            assert (ROOT / path).exists()


@pytest.mark.parametrize("name", WRITTEN)
def test_its_figures_are_filled_and_no_larger_than_a_page_takes(name: str) -> None:
    for page in handout(name).pages:
        assert page.slots
        for kind, shown in figures(page):
            assert shown, "make handouts"
            assert shown[0].startswith("$ ")
            assert len(shown) <= (MOST_OF_DIFF if kind == "diff" else MOST) + COMMANDS
            assert max(cell_len(line) for line in shown if not line.startswith("$ ")) <= WIDTH


def of_the_run(kind: str, shown: list[str]) -> object:
    """What no two runs have in common, and both languages."""
    if kind == "output":
        return shown
    return sorted(re.findall(r"\d+-\d+" if kind == "checks" else r"\b\w+:\d+\b", "\n".join(shown)))


@pytest.mark.parametrize("name", WRITTEN)
def test_the_figures_of_both_languages_are_of_one_run(name: str) -> None:
    english, chinese = handout(name).pages
    for (kind, ours), (_, theirs) in zip(figures(english), figures(chinese), strict=True):
        assert of_the_run(kind, ours) == of_the_run(kind, theirs)


@pytest.mark.parametrize("name", WRITTEN)
def test_its_chinese_has_full_width_punctuation(name: str) -> None:
    page = handout(name).pages[1]
    text = re.sub(r"`[^`\n]*`|\]\([^)]*\)", "", "\n".join(parts(page).values()))
    assert re.findall(r"[\u4e00-\u9fff][,;:?!(]", text) == []


def test_there_are_scenarios_with_handouts() -> None:
    assert len(WRITTEN) > 0
