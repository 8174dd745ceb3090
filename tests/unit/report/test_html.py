from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lab.report.html import environment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of one template, with room for what is compiled."""
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "page.html").write_text("<b>{{ name }}</b>", encoding="utf-8")
    return tmp_path


def page(folder: Path) -> str:
    return environment(folder).get_template("page.html").render(name="<i>")


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def test_a_template_is_compiled_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert page(folder) == "<b>&lt;i&gt;</b>"
    monkeypatch.setattr("jinja2.environment.Environment._generate", lambda *_: pytest.fail("compiled again"))
    assert page(folder) == "<b>&lt;i&gt;</b>"


def test_a_template_that_has_changed_is_compiled_anew(folder: Path) -> None:
    page(folder)
    (folder / "page.html").write_text("<u>{{ name }}</u>", encoding="utf-8")
    assert page(folder) == "<u>&lt;i&gt;</u>"


def test_where_nothing_can_be_kept_there_is_a_page(folder: Path) -> None:
    (folder / "__pycache__").rmdir()
    assert page(folder) == "<b>&lt;i&gt;</b>"


def test_nothing_is_kept_where_python_keeps_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    page(folder)
    assert list((folder / "__pycache__").iterdir()) == []
