from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.errors import InputError
from lab.handouts import pages
from lab.handouts.pages import Figure, Handout

SCENARIO = """\
title: Hello
hosts: {server: {}, alice: {}}
programs:
  service: {host: server, run: [python3, server.py]}
steps:
  - start: service
exercise: {files: [server.py]}
"""
SOUND = "# Hello\n\n<!-- figure: table -->\n<!-- end -->\n\nand then\n<!-- figure: ladder alice -->\n<!-- end -->\n"


class Folder:
    """A scenario's folder with its pages, and what is complained of when they are read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("solution", "starter", "broken/silent"):
            (folder / name).mkdir(parents=True)
            (folder / name / "server.py").touch()
        (folder / "scenario.yaml").write_text(SCENARIO)
        self.write(SOUND)

    def write(self, english: str, chinese: str | None = None) -> None:
        (self.folder / "README.md").write_text(english)
        (self.folder / "README.zh.md").write_text(english if chinese is None else chinese)

    def read(self) -> Handout:
        (handout,) = pages.read([str(self.folder)], lambda fault: pytest.fail(str(fault)))
        return handout

    def faults(self) -> list[str]:
        """Each without the folder; in Chinese there is as much of a place."""
        told: list[InputError] = []
        with pytest.raises(InputError, match="nothing was run"):
            pages.read([str(self.folder)], told.append)
        for fault in told:
            assert re.findall(r"^[^：]+:\d+:\d+: ", fault.what.zh) == re.findall(r"^.+?:\d+:\d+: ", fault.what.en)
        return [fault.what.en.removeprefix(f"{self.folder}/") for fault in told]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "hello")


@pytest.mark.parametrize(
    ("marker", "figure"),
    [
        ("ladder alice", Figure("ladder", "alice")),
        ("ladder alice 12", Figure("ladder", "alice", 12)),
        ("ladder server 2 with=broken/silent", Figure("ladder", "server", 2, submission="broken/silent")),
        ("table", Figure("table")),
        ("table all with=starter", Figure("table", everything=True, submission="starter")),
        ("output service", Figure("output", "service")),
        ("checks", Figure("checks")),
    ],
)
def test_what_markers_ask_for(folder: Folder, marker: str, figure: Figure) -> None:
    folder.write(f"<!-- figure: {marker} -->\n<!-- end -->\n")
    for page in folder.read().pages:
        assert [slot.figure for slot in page.slots] == [figure]


@pytest.mark.parametrize(
    ("marker", "column", "told"),
    [
        ("picture alice", 14, "no figure is called `picture`; there is ladder, table, output, checks, diff"),
        ("ladder", 21, "the name of a host is missing; there is server, alice"),
        ("ladder dave", 21, "no host is called `dave`; there is server, alice"),
        ("ladder service", 21, "no host is called `service`; there is server, alice"),
        ("output alice", 21, "no program is called `alice`; there is service"),
        ("ladder alice 0", 27, "`0` is no number from 1"),
        ("ladder alice second", 27, "`second` is no number from 1"),
        ("ladder alice 1 2", 29, "`2` is too much here"),
        ("table alice", 20, "`alice` is too much here"),
        ("checks with=broken/deaf", 26, "the scenario has no folder `broken/deaf`"),
        ("checks with=", 26, "the scenario has no folder ``"),
        ("checks with=../hello", 26, ""),
        ("diff", 19, "a diff needs `with=` and the folder of other programs"),
        ("checks with=../..", 26, "the scenario has no folder `../..`"),
    ],
)
def test_a_faulty_marker_is_told_with_its_place(folder: Folder, marker: str, column: int, told: str) -> None:
    text = f"# Hello\n<!-- figure: {marker} -->\n<!-- end -->\n"
    folder.write(text)
    if not told:
        folder.read()
        return
    assert folder.faults() == [f"{page}:2:{column}: {told}" for page in ("README.md", "README.zh.md")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<!-- figure: table -->\n\ntext\n", ["1:1: this figure has no `<!-- end -->`"]),
        ("<!-- figure: table -->\n```text\n<!-- end -->\n", ["1:1: this figure has no `<!-- end -->`"]),
        (
            "<!-- figure: table -->\n<!-- figure: checks -->\n<!-- end -->\n",
            ["1:1: this figure has no `<!-- end -->`"],
        ),
        ("text\n<!-- end -->\n", ["2:1: no figure begins before this end"]),
        ("see <!-- figure: table -->\n<!-- end -->\n", ["1:5: a marker is a line `<!-- figure: KIND … -->`"]),
        ("<!--figure table-->\n<!-- end -->\n", ["1:1: a marker is a line `<!-- figure: KIND … -->`"]),
    ],
)
def test_markers_and_ends_belong_together(folder: Folder, text: str, told: list[str]) -> None:
    folder.write(text, SOUND)
    assert [fault for fault in folder.faults() if "another" not in fault][: len(told)] == [
        f"README.md:{each}" for each in told
    ]


def test_every_fault_of_both_pages_is_told(folder: Folder) -> None:
    folder.write(
        "<!-- figure: picture -->\n<!-- end -->\n<!-- figure: ladder dave -->\n<!-- end -->\n", "<!-- end -->\n"
    )
    assert [fault.split(": ")[0] for fault in folder.faults()] == [
        "README.md:1:14",
        "README.md:3:21",
        "README.zh.md:1:1",
    ]


@pytest.mark.parametrize(
    ("chinese", "told"),
    [
        (SOUND.replace("table", "checks"), "README.zh.md:3:14: README.md has another figure here"),
        (SOUND[: SOUND.index("and then")], "README.md:7:14: README.zh.md does not have this figure"),
        (SOUND + "<!-- figure: checks -->\n<!-- end -->\n", "README.zh.md:9:14: README.md does not have this figure"),
    ],
)
def test_both_pages_have_the_same_figures_in_the_same_order(folder: Folder, chinese: str, told: str) -> None:
    folder.write(SOUND, chinese)
    assert folder.faults() == [told]


def test_a_page_that_is_missing_or_no_text_is_told(folder: Folder) -> None:
    (folder.folder / "README.zh.md").unlink()
    (folder.folder / "README.md").write_bytes(b"\xff\xfe")
    assert folder.faults() == [
        "README.md cannot be read: it is not UTF-8",
        "README.zh.md cannot be read: No such file or directory",
    ]


def test_no_other_program_is_run_in_what_is_no_exercise(folder: Folder) -> None:
    (folder.folder / "scenario.yaml").write_text(SCENARIO[: SCENARIO.index("exercise")])
    (folder.folder / "server.py").touch()
    folder.write("<!-- figure: checks with=broken/silent -->\n<!-- end -->\n")
    assert folder.faults()[0] == "README.md:1:26: hello is no exercise: it has no other programs"


def test_markers_that_a_page_shows_in_a_fence_are_none(folder: Folder) -> None:
    folder.write("~~~~md\n<!-- figure: picture -->\n~~~\n~~~~\n" + SOUND)
    assert [slot.marker for slot in folder.read().pages[0].slots] == [6, 10]


def test_a_scenario_named_twice_is_read_once(folder: Folder) -> None:
    assert len(pages.read([str(folder.folder), f"{folder.folder}/"], lambda _: None)) == 1


def test_filling_replaces_what_stands_between_the_markers_only(folder: Folder) -> None:
    page = folder.read().pages[0]
    once = page.filled([["$ make", "a  b"], ["c"]])
    assert once == (
        "# Hello\n\n<!-- figure: table -->\n```text\n$ make\na  b\n```\n<!-- end -->\n\nand then\n"
        "<!-- figure: ladder alice -->\n```text\nc\n```\n<!-- end -->\n"
    )
    folder.write(once)
    page = folder.read().pages[0]
    assert [page.shown(slot) for slot in page.slots] == [["$ make", "a  b"], ["c"]]
    assert page.filled([["$ make", "a  b"], ["c"]]) == once
    assert page.filled([["other"], []]).count("a  b") == 0


def test_a_figure_that_was_never_filled_shows_nothing(folder: Folder) -> None:
    page = folder.read().pages[0]
    assert [page.shown(slot) for slot in page.slots] == [[], []]


@pytest.mark.parametrize("line", ["```", "`````", "<!-- end -->", "<!-- figure: table -->"])
def test_what_a_program_prints_ends_neither_fence_nor_figure(folder: Folder, line: str) -> None:
    figures = [[line, "more"], [line]]
    folder.write(folder.read().pages[0].filled(figures))
    page = folder.read().pages[0]
    assert [page.shown(slot) for slot in page.slots] == figures
    fences = [page.lines[slot.marker + 1].removesuffix("text") for slot in page.slots]
    assert all(set(fence) == {"`"} and not line.startswith(fence) for fence in fences)


def test_a_handout_needs_each_run_once(folder: Folder) -> None:
    folder.write(SOUND + "<!-- figure: checks with=starter -->\n<!-- end -->\n" * 2)
    assert folder.read().submissions == [None, "starter"]
