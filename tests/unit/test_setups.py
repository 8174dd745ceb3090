"""The set-ups that teachers copy: their files are whole and valid, and a result is there whatever happens."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from lab import cli
from lab.loader import names
from lab.report.formats import FORMATS

ROOT = Path(__file__).resolve().parents[2]
GRADESCOPE = ROOT / "docs" / "setups" / "gradescope"
WORKFLOW = ROOT / "docs" / "setups" / "github-actions" / "grade.yml"
SCRIPTS = [GRADESCOPE / "setup.sh", GRADESCOPE / "run_autograder"]


def build(exercise: str, engine: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(GRADESCOPE / "build.py"), exercise, str(engine), str(out)]
    environment = {**os.environ, "LC_ALL": "C", "LAB_KEY": str(out.parent / "mine.pem")}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    folder = tmp_path / "engine"
    folder.mkdir()
    (folder / "engine.env").write_text("DOCKER_HOST=tcp://engine.example.org:2376\n")
    (folder / "key.pem").write_text("secret")
    return folder


@pytest.fixture
def autograder(tmp_path: Path, engine: Path) -> Path:
    """Gradescope's folder as its image has it, with a stand-in for the lab; `lab` in it is to be written."""
    out = tmp_path / "autograder.zip"
    assert build("tcp-hello", engine, out).returncode == 0
    root = tmp_path / "autograder"
    with zipfile.ZipFile(out) as made:
        made.extractall(root / "source")
    (root / "submission").mkdir()
    (root / "source" / "socket-lab" / ".venv" / "bin").mkdir(parents=True)
    return root


def run(root: Path, lab: str) -> tuple[int, dict[str, Any], list[str]]:
    """The exit code of run_autograder, its results.json and the lab's arguments; `lab` is what the lab does.

    What the lab tells on its standard output is told to nobody.
    """
    program = root / "source" / "socket-lab" / ".venv" / "bin" / "lab"
    told = root / "told"
    program.write_text(
        f'#!/bin/bash\nprintf "%s\\n" "$@" "$LAB_KEY" "$DOCKER_HOST" >{told}\nout=$5\necho SECRET\n{lab}\n'
    )
    program.chmod(0o755)
    command = ["bash", str(root / "source" / "run_autograder")]
    temporary = root / "tmp"
    temporary.mkdir()
    environment = {**os.environ, "AUTOGRADER": str(root), "TMPDIR": str(temporary)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert "SECRET" not in done.stdout + done.stderr
    assert not list(temporary.iterdir())
    assert [file.name for file in (root / "results").iterdir()] == ["results.json"]
    results = json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))
    return done.returncode, results, told.read_text().splitlines() if told.exists() else []


def options(script: str) -> set[str]:
    """The options that a script gives to `lab grade`."""
    (call,) = re.findall(r"lab grade (?:.*\\\n)*.*", script)
    return set(re.findall(r" (--[a-z]+)", call))


@pytest.mark.parametrize("script", [*SCRIPTS, WORKFLOW], ids=lambda file: file.name)
def test_scripts_are_valid(script: Path):
    text = script.read_text(encoding="utf-8")
    if script is WORKFLOW:
        text = "\n".join(step.get("run", "") for step in steps())
    assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0
    assert script is WORKFLOW or os.access(script, os.X_OK)


@pytest.mark.parametrize("script", [SCRIPTS[1], WORKFLOW], ids=lambda file: file.name)
def test_scripts_ask_for_what_there_is(script: Path):
    text = script.read_text(encoding="utf-8")
    known = {name for p in typer.main.get_command(cli.app).commands["grade"].params for name in p.opts}  # type: ignore[attr-defined]
    assert options(text) <= known
    assert set(re.findall(r"--format (\w+)", text)) <= set(FORMATS)


# Gradescope


def test_the_zip_has_what_gradescope_and_the_lab_need(engine: Path, tmp_path: Path):
    out = tmp_path / "a.zip"
    done = build("tcp-hello", engine, out)
    assert (done.returncode, done.stdout) == (0, f"{out}\n")
    with zipfile.ZipFile(out) as made:
        modes = {member.filename: member.external_attr >> 16 & 0o777 for member in made.infolist()}
        assert made.read("signing.pem") == (tmp_path / "mine.pem").read_bytes()
        assert made.read("exercise.env") == b"EXERCISE=tcp-hello\nLAB_LANGUAGE=en\n"
    assert {name for name, mode in modes.items() if mode == 0o755} == {"setup.sh", "run_autograder"}
    assert {name for name, mode in modes.items() if mode == 0o600} == {
        "engine/engine.env",
        "engine/key.pem",
        "signing.pem",
    }
    lab = {name.removeprefix("socket-lab/") for name in modes if name.startswith("socket-lab/")}
    sources = [*(ROOT / "lab").rglob("*.py"), *(ROOT / "images").rglob("*")]
    wanted = {f.relative_to(ROOT).as_posix() for f in sources if f.is_file() and "__pycache__" not in f.parts}
    assert lab >= wanted | {"pyproject.toml", "constraints.txt", "README.md", "LICENSE"}
    assert {name.split("/")[1] for name in lab if name.startswith("scenarios/")} == {"tcp-hello"}
    assert not [name for name in modes if "__pycache__" in name or "/." in name]


def test_the_same_files_make_the_same_zip(engine: Path, tmp_path: Path):
    build("tcp-hello", engine, tmp_path / "a.zip")
    build("tcp-hello", engine, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize(
    ("exercise", "what"), [("tcp-helo", "no scenario"), ("", "no scenario"), ("..", "no scenario")]
)
def test_an_exercise_that_is_not_there(exercise: str, what: str, engine: Path, tmp_path: Path):
    done = build(exercise, engine, tmp_path / "a.zip")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert what in done.stderr


def test_an_engine_that_is_not_named(tmp_path: Path):
    done = build("tcp-hello", tmp_path, tmp_path / "a.zip")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "engine.env" in done.stderr


def test_the_labs_result_becomes_gradescopes(autograder: Path):
    lab = 'mkdir -p "$out/gradescope"; echo \'{"score": 7}\' >"$out/gradescope/x.json"; exit 1'
    code, results, told = run(autograder, lab)
    assert (code, results) == (0, {"score": 7})
    assert told[:3] == ["grade", "scenarios/tcp-hello", str(autograder / "submission")]
    assert "--one" in told
    assert told[-2:] == [str(autograder / "source" / "signing.pem"), "tcp://engine.example.org:2376"]


@pytest.mark.parametrize("lab", ["exit 3", "exit 2", "kill -9 $$", "mkdir -p $out/gradescope; exit 130"])
def test_a_lab_that_fails_leaves_a_result_without_a_score(lab: str, autograder: Path):
    code, results, _ = run(autograder, lab)
    assert code > 1
    assert "score" not in results
    assert "tests" not in results
    assert "could not grade" in results["output"]


def test_a_result_that_says_that_the_lab_failed_is_kept(autograder: Path):
    lab = 'mkdir -p "$out/gradescope"; echo \'{"output": "why"}\' >"$out/gradescope/x.json"; exit 3'
    assert run(autograder, lab)[:2] == (3, {"output": "why"})


@pytest.mark.parametrize("settings", ["", "ENGINE_SSH=nobody@127.0.0.1\n"])
def test_an_engine_that_cannot_be_reached(settings: str, autograder: Path):
    (autograder / "source" / "engine" / "engine.env").write_text(settings)
    (autograder / "source" / "engine" / "id").write_text("no key")
    code, results, told = run(autograder, "exit 0")
    assert (code, "score" in results, told) == (3, False, [])


# GitHub


def workflow() -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return found


def steps() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workflow()["jobs"]["grade"]["steps"]
    return found


def test_the_workflow_is_one():
    found = workflow()
    assert set(found[True]) == {"push", "workflow_dispatch"}  # `on`, as YAML 1.1 reads it
    assert found["permissions"] == {"contents": "read"}
    assert found["env"]["EXERCISE"] in names(ROOT / "scenarios")
    assert found["jobs"]["grade"]["timeout-minutes"] > 0
    for step in steps():
        assert ("uses" in step) != ("run" in step)
        assert "uses" not in step or re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"])


def test_the_reporter_gets_what_the_step_writes():
    by_id = {step["id"]: step for step in steps() if "id" in step}
    reporter = steps()[-1]
    assert reporter["uses"].startswith("classroom-resources/autograding-grading-reporter@")
    step, output = re.fullmatch(r"\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}", reporter["with"]["runners"]).groups()  # type: ignore[union-attr]
    assert output == "runners"
    assert '>> "$GITHUB_ENV"' in by_id[step]["run"]
    assert '>> "$GITHUB_OUTPUT"' in by_id[step]["run"]


def test_what_students_wrote_is_never_filled_into_a_command():
    assert not [step["run"] for step in steps() if "${{" in step.get("run", "")]


@pytest.mark.parametrize(
    ("lab", "code"), [("exit 1", 1), ("mkdir -p ../results/classroom; touch ../results/classroom/x.{env,output}", 0)]
)
def test_what_the_lab_says_does_not_reach_the_log(lab: str, code: int, tmp_path: Path):
    """Students read the log; the lab may say there what hidden checks are."""
    (script,) = (step["run"] for step in steps() if step.get("id") == "lab")
    program = tmp_path / "socket-lab" / ".venv" / "bin" / "lab"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/bash\necho SECRET; echo SECRET >&2\n{lab}\n")
    program.chmod(0o755)
    files = {name: str(tmp_path / name) for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "RUNNER_TEMP")}
    files["LAB_SIGNING_KEY"] = "a key"
    (tmp_path / "RUNNER_TEMP").mkdir()
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=tmp_path / "socket-lab",
        env={**os.environ, **files, "EXERCISE": "x"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    key = tmp_path / "RUNNER_TEMP" / "signing.pem"
    assert (key.read_text(), key.stat().st_mode & 0o777) == ("a key\n", 0o600)
    assert "SECRET" not in done.stdout + done.stderr
    assert ("::error::the lab failed (exit code 1)" in done.stdout) == bool(code)
