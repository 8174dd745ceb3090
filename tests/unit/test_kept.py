from __future__ import annotations

from pathlib import Path

import pytest

from lab import kept, loader
from lab.checks import PARAMS
from lab.errors import ScenarioError

SCENARIO = """\
title: {en: A copy, zh: 一份副本}
hosts: {alice: {}}
programs:
  copy: {host: alice, run: [python3, copy.py]}
steps:
  - start: copy
  - wait: copy
  - observe: {name: after, hosts: [alice], files: [here.txt]}
checks:
  same: {file: {host: alice, path: here.txt, same_as: ./data/notes.txt, at: after}}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    (folder / "data").mkdir(parents=True)
    (folder / loader.FILE).write_text(SCENARIO)
    (folder / "copy.py").touch()
    (folder / "data" / "notes.txt").write_bytes(b"to be the same")
    return folder


def keep(scenario: Path, run: Path) -> dict[str, bytes]:
    files = dict(kept.files_of(loader.load(scenario, PARAMS)))
    for name, content in files.items():
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_bytes(content)
    return files


def test_the_file_and_what_checks_compare_with_are_kept(scenario: Path, tmp_path: Path) -> None:
    assert keep(scenario, tmp_path / "run") == {
        "scenario/scenario.yaml": SCENARIO.encode(),
        "scenario/data/notes.txt": b"to be the same",
    }


def test_what_was_kept_is_the_scenario_by_its_name_and_needs_no_programs(scenario: Path, tmp_path: Path) -> None:
    keep(scenario, tmp_path / "20261120-120000-abcd")
    found = kept.load(tmp_path / "20261120-120000-abcd", "copy", 0)
    original = loader.load(scenario, PARAMS)
    assert found.name == "copy"
    assert found.checks == original.checks
    assert (found.folder / "data" / "notes.txt").read_bytes() == b"to be the same"


def test_a_file_of_a_host_to_compare_with_is_in_the_record_already(scenario: Path, tmp_path: Path) -> None:
    of_host = SCENARIO.replace("same_as: ./data/notes.txt, at: after", "same_as: {host: alice, path: there.txt}")
    (scenario / loader.FILE).write_text(of_host)
    assert list(keep(scenario, tmp_path / "run")) == ["scenario/scenario.yaml"]
    assert kept.load(tmp_path / "run", "copy", 0).checks == loader.load(scenario, PARAMS).checks


def test_a_kept_scenario_with_faults_is_refused(scenario: Path, tmp_path: Path) -> None:
    keep(scenario, tmp_path / "run")
    (tmp_path / "run" / "scenario" / loader.FILE).write_text(SCENARIO.replace("wait: copy", "wait: copies"))
    with pytest.raises(ScenarioError):
        kept.load(tmp_path / "run", "copy", 0)
