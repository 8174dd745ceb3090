"""The programs of the images import one another by plain names, from their own folder."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

IMAGES = Path(__file__).parents[3] / "images"
Load = Callable[[str, str], ModuleType]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """A module of an image, fresh: `load("host", "sockets")`."""
    loaded: list[str] = []

    def one(image: str, name: str) -> ModuleType:
        monkeypatch.syspath_prepend(str(IMAGES / image))
        spec = importlib.util.spec_from_file_location(name, IMAGES / image / f"{name}.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        loaded.append(name)
        spec.loader.exec_module(module)
        return module

    yield one
    for name in {
        *loaded,
        "student",
        "recorder",
        "follower",
        "frames",
        "faults",
        "cap",
        "switch",
        "sockets",
        "calls",
        "scheduling",
        "spawn",
        "limits",
        "netlink",
        "tables",
        "seccomp",
        "privilege",
        "tracing",
    }:
        sys.modules.pop(name, None)
