from __future__ import annotations

import ast
from pathlib import Path

import pytest

from lab.checks import PARAMS
from lab.errors import InputError
from lab.handouts.pages import read
from lab.loader import load
from lab.scenario import program_files
from lab.template import write_template


def test_the_template_loads_without_fault(tmp_path: Path) -> None:
    files = write_template(tmp_path / "scenarios" / "my-lab", "my-lab")
    assert [file.relative_to(tmp_path).as_posix() for file in files] == [
        f"scenarios/my-lab/{name}" for name in ("scenario.yaml", "server.py", "client.py", "README.md", "README.zh.md")
    ]
    scenario = load(files[0].parent, PARAMS, {"host"})
    assert scenario.title.en.startswith("my-lab")
    assert [program_files(scenario, p) for p in scenario.programs.values()] == [("server.py",), ("client.py",)]
    for program in files[1:3]:
        ast.parse(program.read_text(encoding="utf-8"))
    (handout,) = read([str(files[0].parent)], pytest.fail)
    assert [slot.figure.kind for page in handout.pages for slot in page.slots] == ["ladder", "ladder"]
    for page in files[3:]:
        assert page.read_text(encoding="utf-8").startswith("# my-lab")
        assert "make handouts NAME=my-lab" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["My Lab", "", "../up", "a\n"])
def test_a_name_that_cannot_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot name a scenario"):
        write_template(tmp_path / "new", name)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    write_template(tmp_path / "my-lab", "my-lab")
    with pytest.raises(InputError, match="exists already"):
        write_template(tmp_path / "my-lab", "my-lab")


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write_template(tmp_path / "file" / "my-lab", "my-lab")
