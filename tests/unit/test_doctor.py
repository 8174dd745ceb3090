from __future__ import annotations

import ctypes.util
import fcntl
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_engine import FakeEngine, dead_run, left_behind

from lab import doctor, images
from lab.checks import libpcap
from lab.errors import EngineMissing, LabError
from lab.text import Text, say

MISSING = EngineMissing(
    say("no container engine answers", "没有容器引擎应答"), say("`lab doctor --fix` starts one", "`lab doctor --fix`")
)
NOT_ALLOWED = EngineMissing(
    say("you may not use the container engine", "没有权限"), say("as root: `usermod -aG docker $USER`", "usermod")
)


class Machine:
    """What the doctor sees of a machine; commands on PATH write down that they were called."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.called = folder / "called"
        self.engine = FakeEngine()
        self.answers: list[FakeEngine | EngineMissing] = [self.engine]
        monkeypatch.setattr(doctor, "connect", self.connect)
        monkeypatch.setattr(doctor, "RUNS", folder / "runs")
        monkeypatch.setattr(doctor, "SYSTEMD", folder / "no-systemd")
        monkeypatch.setattr(doctor, "DAEMON_LOG", folder / "dockerd.log")
        monkeypatch.setenv("PATH", f"{self.bin}:/usr/bin:/bin")
        monkeypatch.setattr(doctor.shutil, "which", self.which)
        monkeypatch.delenv("DOCKER_HOST", raising=False)
        self.is_(debian=True, root=True)

    def is_(self, *, debian: bool, root: bool) -> None:
        self.monkeypatch.setattr(doctor, "_is_debian", lambda: debian)
        self.monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)

    def has(self, name: str, script: str = "") -> None:
        file = self.bin / name
        file.write_text(f'#!/bin/sh\necho {name} "$@" >> {self.called}\n{script}\n')
        file.chmod(0o755)

    def which(self, name: str) -> str | None:
        return str(self.bin / name) if (self.bin / name).exists() else None

    def connect(self) -> FakeEngine:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, EngineMissing):
            raise answer
        return answer

    @property
    def calls(self) -> list[str]:
        return self.called.read_text().splitlines() if self.called.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def progress(told: list[str]) -> Callable[[Text], None]:
    return lambda text: told.append(text.en)


def yes(_: Text) -> bool:
    return True


def never(what: Text) -> bool:
    raise AssertionError(what)


# ready


def test_an_engine_that_answers_is_taken_and_nothing_is_asked(machine: Machine, told: list[str]) -> None:
    assert doctor.ready(told.append, never) is machine.engine  # type: ignore[arg-type, comparison-overlap]
    assert (told, machine.calls) == ([], [])


def test_what_dead_runs_left_is_swept_first(machine: Machine, tmp_path: Path, progress: Callable[[Text], None]) -> None:
    machine.engine.found = [left_behind(dead_run(tmp_path / "runs"))]
    doctor.ready(progress, never)
    assert machine.engine.removed == ["host1"]


def test_a_missing_engine_is_installed_and_started(
    machine: Machine, progress: Callable[[Text], None], told: list[str]
) -> None:
    machine.answers = [MISSING, MISSING, MISSING, machine.engine]
    machine.has("later", "sleep 5")  # a daemon that goes on
    machine.has("apt-get", f"cp {machine.bin}/later {machine.bin}/dockerd")
    asked: list[str] = []
    assert doctor.ready(progress, lambda what: asked.append(what.en) or True) is machine.engine  # type: ignore[comparison-overlap, func-returns-value]
    assert asked == ["install Debian's docker.io and start it"]
    assert told == [
        "installing docker.io, iptables, mmdebstrap, ca-certificates",
        "starting the container engine",
    ]
    assert machine.calls[:2] == [
        "apt-get update -q",
        "apt-get install -y -q --no-install-recommends docker.io iptables mmdebstrap ca-certificates",
    ]


def test_an_engine_that_is_installed_is_only_started(
    machine: Machine, progress: Callable[[Text], None], told: list[str]
) -> None:
    machine.answers = [MISSING, MISSING, machine.engine]
    machine.has("dockerd")
    machine.has("iptables")
    asked: list[str] = []
    doctor.ready(progress, lambda what: asked.append(what.en) or True)  # type: ignore[func-returns-value]
    assert asked == ["start the container engine (dockerd)"]
    assert told == ["starting the container engine"]


def test_systemd_starts_the_engine_where_there_is_one(
    machine: Machine, progress: Callable[[Text], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "SYSTEMD", tmp_path)
    machine.answers = [MISSING, MISSING, machine.engine]
    for name in ("dockerd", "iptables", "systemctl"):
        machine.has(name)
    doctor.ready(progress, yes)
    assert machine.calls == ["systemctl start docker"]


def test_another_command_started_it_meanwhile(
    machine: Machine, progress: Callable[[Text], None], told: list[str]
) -> None:
    machine.answers = [MISSING, machine.engine]
    doctor.ready(progress, yes)
    assert (told, machine.calls) == ([], [])


def test_whoever_says_no_is_told_what_is_missing(machine: Machine, progress: Callable[[Text], None]) -> None:
    machine.answers = [MISSING]
    with pytest.raises(EngineMissing, match="no container engine answers"):
        doctor.ready(progress, lambda _: False)
    assert machine.calls == []


@pytest.mark.parametrize(("debian", "root", "docker_host"), [(False, True, ""), (True, False, ""), (True, True, "x")])
def test_where_it_cannot_mend_it_neither_asks_nor_tries(
    machine: Machine,
    progress: Callable[[Text], None],
    monkeypatch: pytest.MonkeyPatch,
    debian: bool,
    root: bool,
    docker_host: str,
) -> None:
    machine.is_(debian=debian, root=root)
    if docker_host:
        monkeypatch.setenv("DOCKER_HOST", docker_host)
    machine.answers = [MISSING]
    with pytest.raises(EngineMissing):
        doctor.ready(progress, never)
    assert machine.calls == []


def test_a_daemon_that_ends_at_once_says_why(machine: Machine, progress: Callable[[Text], None]) -> None:
    machine.answers = [MISSING]
    machine.has("dockerd", "echo failed to start: no cgroups >&2; exit 1")
    machine.has("iptables")
    with pytest.raises(EngineMissing, match=r"ended at once: failed to start: no cgroups: see .*dockerd\.log"):
        doctor.ready(progress, yes)


def test_a_daemon_that_never_answers(
    machine: Machine, progress: Callable[[Text], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "ENGINE_WITHIN", 0.2)
    monkeypatch.setattr(doctor, "SYSTEMD", machine.bin)
    machine.answers = [MISSING]
    for name in ("dockerd", "iptables", "systemctl"):
        machine.has(name)
    with pytest.raises(EngineMissing, match="no container engine answers"):
        doctor.ready(progress, yes)


def test_an_installation_that_fails_is_one_line(machine: Machine, progress: Callable[[Text], None]) -> None:
    machine.answers = [MISSING]
    machine.has("apt-get", "echo E: no route to the mirror >&2; exit 100")
    with pytest.raises(LabError, match="`apt-get update -q` failed: E: no route to the mirror") as error:
        doctor.ready(progress, yes)
    assert error.value.exit_code == 3


# images


def test_an_image_that_is_not_built_yet_is_no_fault(machine: Machine) -> None:
    machine.engine.references = {}
    found = findings()["image host"]
    assert (found.ok, found.optional) == (False, True)
    assert not findings()["leftovers"].optional


def test_images_that_are_there_cost_no_lock(machine: Machine, progress: Callable[[Text], None]) -> None:
    assert doctor.ensure_images(machine.engine, ["host"], progress) == {"host": "sha256:host"}
    assert not doctor.RUNS.exists()


def test_images_are_built_by_one_command_at_a_time(machine: Machine, progress: Callable[[Text], None]) -> None:
    class Watched(FakeEngine):
        def build(self, *arguments: object) -> None:
            with (doctor.RUNS / ".set-up").open("w") as lock, pytest.raises(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            super().build(*arguments)  # type: ignore[arg-type]

    machine.has("mmdebstrap")
    engine = Watched()
    engine.references = {images.REGISTRY_BASE: "sha256:base"}
    assert doctor.ensure_images(engine, ["tap"], progress) == {"tap": "sha256:tap"}
    assert [tag for tag, _ in engine.builds] == [images.tag("tap")]


# lab doctor


def findings() -> dict[str, doctor.Finding]:
    return {finding.name.en: finding for finding in doctor.examine()}


def test_a_machine_that_has_everything(machine: Machine) -> None:
    found = findings()
    assert all(finding.ok and finding.remedy is None and finding.mend is None for finding in found.values())
    assert [*found] == ["Python", "engine", "image host", "image tap", "leftovers", "BPF expressions", "disk"]
    assert found["engine"].found.en == "fake 1, amd64, kernel 6.1"


def test_an_engine_that_can_be_mended(machine: Machine) -> None:
    machine.answers = [MISSING]
    engine = findings()["engine"]
    assert not engine.ok
    assert engine.remedy is not None
    assert engine.remedy.en == "install Debian's docker.io and start it"


@pytest.mark.parametrize(
    ("debian", "platform", "remedy"),
    [
        (True, "linux", "as root: `apt-get install docker.io iptables mmdebstrap`"),
        (False, "linux", "install Docker (docs.docker.com/engine/install) and start it"),
        (False, "darwin", "start Docker Desktop"),
    ],
)
def test_an_engine_that_cannot_be_mended(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, debian: bool, platform: str, remedy: str
) -> None:
    machine.is_(debian=debian, root=False)
    monkeypatch.setattr(sys, "platform", platform)
    machine.answers = [MISSING]
    engine = findings()["engine"]
    assert engine.mend is None
    assert engine.remedy is not None
    assert engine.remedy.en == remedy


def test_whoever_may_not_use_the_engine_is_told_how(machine: Machine) -> None:
    machine.is_(debian=True, root=False)
    machine.answers = [NOT_ALLOWED]
    assert findings()["engine"].remedy == NOT_ALLOWED.remedy


def test_a_docker_host_of_ones_own_is_not_mended(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.1:2375")
    machine.answers = [MISSING]
    engine = findings()["engine"]
    assert (engine.mend, engine.remedy) == (None, MISSING.remedy)


def test_mending_builds_the_images_that_a_missing_engine_hid(
    machine: Machine, progress: Callable[[Text], None]
) -> None:
    machine.engine.references = {images.REGISTRY_BASE: "sha256:base"}
    machine.answers = [MISSING, MISSING, machine.engine]
    machine.has("mmdebstrap")
    assert doctor.mend(findings().values(), progress, yes)
    assert [tag for tag, _ in machine.engine.builds] == [images.tag("host"), images.tag("tap")]


def test_mending_builds_sweeps_and_asks_first(
    machine: Machine, tmp_path: Path, progress: Callable[[Text], None]
) -> None:
    machine.has("mmdebstrap")
    machine.engine.references = {images.REGISTRY_BASE: "sha256:base"}
    machine.engine.found = [left_behind(dead_run(tmp_path / "runs"))]
    asked: list[str] = []
    assert not doctor.mend(findings().values(), progress, lambda what: bool(asked.append(what.en)))  # type: ignore[func-returns-value]
    assert asked == ["build image host", "build image tap", "clean up 1 dead run"]
    assert (machine.engine.builds, machine.engine.removed) == ([], [])
    assert doctor.mend(findings().values(), progress, yes)
    assert [tag for tag, _ in machine.engine.builds] == [images.tag("host"), images.tag("tap")]
    assert machine.engine.removed == ["host1"]


def test_a_disk_that_is_nearly_full(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ENOUGH_DISK", 1 << 60)
    disk = findings()["disk"]
    assert not disk.ok
    assert disk.found.en.endswith(f"GiB free in {doctor.RUNS.parent}")
    assert disk.remedy is not None


def test_a_libpcap_that_cannot_be_loaded(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libpcap, "_shipped", lambda: Path("nowhere"))
    monkeypatch.setattr(ctypes.util, "find_library", lambda _: None)
    libpcap.library.cache_clear()
    found = findings()["BPF expressions"]
    assert not found.ok
    assert found.remedy is not None


@pytest.mark.parametrize(
    ("release", "debian"),
    [
        ("ID=debian\n", True),
        ("NAME=x\nID=ubuntu\nID_LIKE=debian\n", True),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', True),
        ("ID=fedora\n", False),
        ('ID="rhel"\nID_LIKE="fedora"\nHOME_URL="https://debian.org"\n', False),
    ],
)
def test_debian_and_what_is_like_it(monkeypatch: pytest.MonkeyPatch, release: str, debian: bool) -> None:
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: release)
    assert doctor._is_debian() is debian
