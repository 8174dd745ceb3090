from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab import __version__, edition
from lab.places import ROOT


def test_it_is_the_version_and_a_digest_of_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "lab", tmp_path / "lab", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(edition, "ROOT", tmp_path)
    version, _, digest = edition.edition.__wrapped__().partition("+")
    assert version == __version__
    assert len(digest) == edition.SHORT
    assert edition.edition.__wrapped__() == edition.edition()
    (tmp_path / "lab" / "text.py").write_text("# another\n")
    assert edition.edition.__wrapped__() != edition.edition()


def test_what_the_interpreter_leaves_is_no_part_of_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(edition, "ROOT", tmp_path)
    (tmp_path / "lab" / "__pycache__").mkdir(parents=True)
    before = edition.edition.__wrapped__()
    (tmp_path / "lab" / "__pycache__" / "text.pyc").write_bytes(b"x")
    assert edition.edition.__wrapped__() == before
