"""Handouts are filled from real runs, and hold against later ones."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from driving import Command, Said

from lab.template import write_template

PAGE = """\
# A page

<!-- figure: table -->
<!-- end -->
<!-- figure: ladder client -->
<!-- end -->
<!-- figure: output server -->
<!-- end -->
<!-- figure: checks with=broken/answered -->
<!-- end -->
"""
SAYS = 'b"you said: " + data'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An exercise with a program that does not answer what it should, and pages that nobody has filled."""
    made = tmp_path / "echo"
    file, *_ = write_template(made, "echo")
    text = file.read_text(encoding="utf-8").replace('from: client, line: "you said: hello"', "from: client, match: .")
    text = re.sub(r"^(  - (?:start|expect|wait): .*)$", r"\1\n    within: 50", text, flags=re.MULTILINE)
    file.write_text(text + "exercise:\n  files: [server.py]\n", encoding="utf-8")
    for place in ("solution", "broken/answered"):
        (made / place).mkdir(parents=True)
        shutil.copy(made / "server.py", made / place)
    broken = made / "broken" / "answered" / "server.py"
    broken.write_text(broken.read_text(encoding="utf-8").replace(SAYS, 'b"you say: " + data'), encoding="utf-8")
    for name in ("README.md", "README.zh.md"):
        (made / name).write_text(PAGE, encoding="utf-8")
    return made


def handouts(lab: Command, *arguments: str | Path) -> Said:
    return lab("handouts", *arguments, LAB_RUNS=str(lab.runs))


@pytest.mark.timeout(300, func_only=True)  # six runs
def test_pages_are_filled_and_then_hold_until_they_are_changed(lab: Command, folder: Path) -> None:
    said = handouts(lab, folder)
    assert (said.status, said.out, said.err) == (0, "echo: 4 figures from 2 runs\n", "")
    english, chinese = ((folder / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md"))
    for text in (english, chinese):
        assert text.count("```text\n$ ") == 4
        assert "len 15   you said: hello" in text
        assert "\nconnected: ('10.77.0.11', " in text
        assert "✗ answered" in text
    assert "$ lab inspect echo -c 1\nconversation 1" in english
    assert "$ lab inspect echo -c 1\n会话 1" in chinese
    assert handouts(lab, folder, "--check").status == 0
    (folder / "README.zh.md").write_text(chinese.replace("you said: hello", "you said: hallo"), encoding="utf-8")
    said = handouts(lab, folder, "--check")
    assert said.status == 1
    line = chinese[: chinese.index("<!-- figure: ladder")].count("\n") + 1
    assert said.err == f"{folder}/README.zh.md:{line}:14: a run shows something else\n"


def test_pages_stay_as_they_are_where_a_run_is_not_what_they_tell_of(lab: Command, folder: Path) -> None:
    shutil.copy(folder / "solution" / "server.py", folder / "broken" / "answered")
    said = handouts(lab, folder)
    assert said.status == 1
    wrong, stay = said.err.splitlines()
    assert wrong.startswith(f"echo: broken/answered: passed, and it should be failed; see {lab.runs}/echo/")
    assert stay == "echo: its pages stay as they are"
    assert (folder / "README.md").read_text(encoding="utf-8") == PAGE


def test_nothing_is_run_where_a_marker_is_wrong(lab: Command, folder: Path) -> None:
    (folder / "README.zh.md").write_text(PAGE.replace("ladder client", "ladder alice"), encoding="utf-8")
    said = handouts(lab, folder, "--lang", "zh")
    assert said.status == 2
    assert said.err.splitlines() == [
        f"{folder}/README.zh.md:5:21: 没有名为 `alice` 的主机；现有 server, client",
        "1 处错误，什么都没有运行",
    ]
    assert not lab.run_folders()
