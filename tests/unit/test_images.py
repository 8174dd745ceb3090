from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_engine import FakeEngine

from lab import images
from lab.errors import ImageError
from lab.text import Text, same

Told = list[str]


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def progress(told: Told) -> Callable[[Text], None]:
    return lambda text: told.append(text.en)


@pytest.fixture
def engine() -> FakeEngine:
    made = FakeEngine()
    made.references = {}
    return made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An images/ folder with one image in it."""
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "Dockerfile").write_text("FROM debian")
    (tmp_path / "host" / "init.py").write_text("run()")
    (tmp_path / "notes").mkdir()
    monkeypatch.setattr(images, "IMAGES", tmp_path)
    return tmp_path


@pytest.fixture
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in images.PROXIES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def mmdebstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mmdebstrap on PATH that writes its arguments into the archive, run as if by root."""
    program = tmp_path / "bin" / "mmdebstrap"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nfor last; do :; done\necho "$@" > "$last"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return program


def test_the_images_are_the_folders_with_a_dockerfile(folder: Path) -> None:
    assert images.names() == ["host"]
    assert (folder / "notes").is_dir()


def test_the_lab_has_its_two_images() -> None:
    assert {"host", "tap"} <= set(images.names())


def test_a_tag_names_the_content(folder: Path) -> None:
    tag = images.tag("host")
    assert tag.startswith("socket-lab/host:")
    assert images.tag("host") == tag


@pytest.mark.parametrize(
    "change",
    [
        lambda f: (f / "init.py").write_text("run(1)"),
        lambda f: (f / "more").touch(),
        lambda f: (f / "init.py").rename(f / "start.py"),
        lambda f: (f / "Dockerfile").write_text("FROM debian\n"),
        lambda f: ((f / "etc").mkdir(), (f / "init.py").rename(f / "etc" / "init.py")),
    ],
)
def test_a_tag_changes_with_the_content(folder: Path, change: Callable[[Path], object]) -> None:
    before = images.tag("host")
    change(folder / "host")
    assert images.tag("host") != before


def test_a_tag_does_not_change_with_what_python_leaves_behind(folder: Path) -> None:
    before = images.tag("host")
    (folder / "host" / "__pycache__").mkdir()
    (folder / "host" / "__pycache__" / "init.pyc").touch()
    assert images.tag("host") == before


def test_an_image_that_is_there_is_not_built(engine: FakeEngine, progress: Callable[[Text], None], told: Told) -> None:
    engine.references[images.tag("host")] = "sha256:1"
    assert images.ensure(engine, ["host"], progress) == {"host": "sha256:1"}
    assert (engine.calls, told) == ([], [])


@pytest.mark.usefixtures("without_proxies")
def test_a_missing_image_is_built_once_on_the_registrys_base(
    engine: FakeEngine, progress: Callable[[Text], None], told: Told
) -> None:
    engine.registry.add(images.REGISTRY_BASE)
    for _ in range(2):
        assert images.ensure(engine, ["host"], progress) == {"host": "sha256:host"}
    assert engine.builds == [(images.tag("host"), {"BASE": images.REGISTRY_BASE})]
    assert told[:2] == [f"fetching {images.REGISTRY_BASE}", "building image host"]


@pytest.mark.usefixtures("without_proxies")
def test_a_base_that_is_there_is_not_fetched(engine: FakeEngine, progress: Callable[[Text], None]) -> None:
    engine.references[images.REGISTRY_BASE] = "sha256:base"
    images.ensure(engine, ["host", "tap"], progress)
    assert [call.split()[0] for call in engine.calls] == ["build", "build"]


@pytest.mark.usefixtures("without_proxies")
def test_a_build_goes_through_the_proxy_of_the_environment(
    engine: FakeEngine, progress: Callable[[Text], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    engine.registry.add(images.REGISTRY_BASE)
    images.ensure(engine, ["tap"], progress)
    assert engine.builds[0][1]["http_proxy"] == "http://proxy:3128"


@pytest.mark.usefixtures("without_proxies", "mmdebstrap")
def test_without_a_registry_the_base_is_made_from_packages(
    engine: FakeEngine, progress: Callable[[Text], None], told: Told
) -> None:
    images.ensure(engine, ["host", "tap"], progress)
    (base,) = {arguments["BASE"] for _, arguments in engine.builds}
    assert base.startswith("socket-lab/base:")
    assert engine.calls.count(f"load_root {base}") == 1
    assert any("no registry can be reached" in line for line in told)


@pytest.mark.usefixtures("without_proxies")
def test_mmdebstrap_failing_is_one_line(engine: FakeEngine, progress: Callable[[Text], None], mmdebstrap: Path) -> None:
    mmdebstrap.write_text("#!/bin/sh\necho I: starting >&2\necho E: no mirror >&2\nexit 25\n")
    with pytest.raises(ImageError, match="mmdebstrap failed: I: starting / E: no mirror"):
        images.ensure(engine, ["host"], progress)
    assert engine.references == {}


@pytest.mark.parametrize("user", [0, 1000])
def test_without_a_registry_and_mmdebstrap_the_remedy_is_said(
    engine: FakeEngine, progress: Callable[[Text], None], monkeypatch: pytest.MonkeyPatch, user: int
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(shutil, "which", lambda _: None if user == 0 else "/usr/bin/mmdebstrap")
    with pytest.raises(ImageError, match="cannot be fetched from a registry: on Debian or Ubuntu as root, `lab doctor"):
        images.ensure(engine, ["host"], progress)


@pytest.mark.usefixtures("without_proxies")
def test_a_build_that_fails_is_the_engines_error(engine: FakeEngine, progress: Callable[[Text], None]) -> None:
    engine.registry.add(images.REGISTRY_BASE)
    engine.fails["build"] = ImageError(same("image x could not be built: E: no mirror"))
    with pytest.raises(ImageError, match="E: no mirror"):
        images.ensure(engine, ["host"], progress)


def test_an_image_that_vanishes_is_an_error(engine: FakeEngine, progress: Callable[[Text], None]) -> None:
    engine.registry.add(images.REGISTRY_BASE)
    engine.build = lambda *_: None  # type: ignore[method-assign, assignment]
    with pytest.raises(ImageError, match="image host is gone right after its build"):
        images.ensure(engine, ["host"], progress)


def test_remove_all_removes_the_labs_images_of_every_version_and_no_others(engine: FakeEngine) -> None:
    engine.references = {"socket-lab/host:1": "a", "socket-lab/host:2": "b", "debian:trixie-slim": "c"}
    assert images.remove_all(engine) == 2
    assert list(engine.references) == ["debian:trixie-slim"]
