from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
FILE = ROOT / "lab" / "bootstrap.py"


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """As the machine's own python3 runs it: a file, not a module of the lab."""
    spec = importlib.util.spec_from_file_location("bootstrap", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return module


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A virtual environment whose pip writes down what it was asked for."""
    folder = tmp_path / "venv"
    pip(folder, f'echo "$@" > {tmp_path}/asked')
    return folder


def pip(folder: Path, script: str) -> None:
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    (folder / "bin" / "pip").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "bin" / "pip").chmod(0o755)


def test_it_needs_the_standard_library_only() -> None:
    imports = [line.split()[1] for line in FILE.read_text().splitlines() if line.startswith(("import ", "from "))]
    assert set(imports) <= sys.stdlib_module_names


def test_packages_are_those_of_the_project_at_pinned_versions(
    bootstrap: ModuleType, environment: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bootstrap.main(environment, "dev") == 0
    asked = (tmp_path / "asked").read_text()
    assert f"-c {ROOT}/constraints.txt -e {ROOT}[dev]" in asked
    assert capsys.readouterr().err == "  installing the lab's Python packages …\n"


def test_without_extras(bootstrap: ModuleType, environment: Path, tmp_path: Path) -> None:
    bootstrap.main(environment, "")
    assert (tmp_path / "asked").read_text().endswith(f"-e {ROOT}\n")


def test_what_pip_has_against_it_is_one_line(
    bootstrap: ModuleType, environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pip(environment, "echo 'WARNING: retrying\nERROR: No matching distribution\nhint: see above\n' >&2; exit 1")
    assert bootstrap.main(environment, "") == 3
    assert capsys.readouterr().err.splitlines()[-1] == "pip failed: ERROR: No matching distribution"


def test_a_python_that_is_too_old(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "NEEDED", (4, 0))
    assert bootstrap.main(tmp_path / "venv", "") == 3
    assert "the lab needs Python 4.0 or newer; this is 3." in capsys.readouterr().err


def test_it_speaks_chinese_under_a_chinese_locale(
    bootstrap: ModuleType, environment: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    bootstrap.main(environment, "")
    assert "正在安装实验室所需的 Python 包" in capsys.readouterr().err


class Machine:
    """A Debian whose python3 makes virtual environments once python3-venv is installed."""

    def __init__(self, bootstrap: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch, user: int = 0) -> None:
        self.installed = folder / "installed"
        self.venv = folder / "venv"
        apt = folder / "bin" / "apt-get"
        apt.parent.mkdir()
        apt.write_text(f'#!/bin/sh\necho "$@" $DEBIAN_FRONTEND >> {self.installed}\n')
        apt.chmod(0o755)
        monkeypatch.setenv("PATH", f"{apt.parent}:/usr/bin:/bin")
        monkeypatch.setattr(os, "geteuid", lambda: user)
        monkeypatch.setattr(bootstrap, "venv", self.make)

    def make(self, folder: Path) -> bool:
        if not self.installed.exists():
            return False
        pip(folder, "exit 0")
        return True


def test_python3_venv_is_installed_by_root(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(bootstrap, tmp_path, monkeypatch)
    assert bootstrap.main(machine.venv, "") == 0
    assert machine.installed.read_text().splitlines() == [
        "update -q noninteractive",
        "install -y -q --no-install-recommends python3-venv noninteractive",
    ]


def test_whoever_is_not_root_is_told_what_to_install(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(bootstrap, tmp_path, monkeypatch, user=1000)
    assert bootstrap.main(machine.venv, "") == 3
    assert "as root, `apt-get install python3-venv`" in capsys.readouterr().err
    assert not machine.installed.exists()


def test_a_python_that_can_make_one_is_not_mended(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "venv", lambda folder: pip(folder, "exit 0") is None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bootstrap.main(tmp_path / "venv", "") == 0


# make


def make(*arguments: str, locale: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "MAKE"))}  # `make test` runs this
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, env=clean | {"LC_ALL": locale}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("target", "locale", "said"),
    [
        ("scenario", "C.UTF-8", "*** which one? make scenario NAME="),
        ("inspect", "zh_CN.UTF-8", "*** 哪一个？ make inspect NAME="),
        ("grade", "C.UTF-8", "*** which exercise, and what was handed in? make grade EXERCISE="),
    ],
)
def test_make_asks_which_one_before_it_installs_anything(tmp_path: Path, target: str, locale: str, said: str) -> None:
    done = make(target, f"VENV={tmp_path}/venv", f"PYTHON={tmp_path}/no-python", locale=locale)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "venv").exists()


def test_make_inspects_a_run_by_its_name() -> None:
    done = make("-n", "inspect", "NAME=x", "RUN=y", "CONVERSATION=u1")
    assert " ".join(done.stdout.split()).endswith("lab inspect x -c u1 --run y")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "make scenario takes no SUBMISION; it takes NAME SUBMISSION SEED"),
        (("LC_ALL=zh_CN.UTF-8",), "make scenario 没有变量 SUBMISION；它有：NAME SUBMISSION SEED"),
    ],
)
def test_make_refuses_a_misspelt_variable(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = make("scenario", "NAME=tcp-hello", "SUBMISION=foo", f"VENV={tmp_path}/venv", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "venv").exists()


def test_make_takes_no_variable_of_another_target() -> None:
    assert "make shell takes no WATCH" in make("shell", "NAME=tcp-hello", "WATCH=1").stderr
    assert "make unit lint takes no FIX" in make("unit", "lint", "FIX=1").stderr


def test_a_target_that_is_none_is_what_make_complains_of() -> None:
    assert "No rule to make target 'scenaro'" in make("scenaro", "NAME=tcp-hello").stderr


def test_help_tells_of_every_variable_that_a_recipe_reads_in_both_languages() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    read = {
        target: set(re.findall(r"\$\(?(?:or \$\()?([A-Z]+)\b", recipe)) - {"LAB", "PYTEST", "VENV", "F", "P"}
        for target, recipe in re.findall(r"^([a-z]+):.* ## .*\n((?:\t.*\n)+)", text, re.MULTILINE)
        if target != "help"
    }
    for locale, said in (("C.UTF-8", "Run one"), ("zh_CN.UTF-8", "运行一个场景")):
        shown = make("help", locale=locale).stdout
        assert said in shown
        told = re.split(r"^  make ([a-z]+) .*\n", shown, flags=re.MULTILINE)[1:]
        variables = {
            target: set(re.findall(r"([A-Z]+)=", rest)) for target, rest in zip(told[::2], told[1::2], strict=True)
        }
        assert variables == read | {"help": set()}
