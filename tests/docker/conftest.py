"""Fixtures of the tests on real containers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import driving
import pytest

from lab.engine import Engine


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """Where the run directories of a test go."""
    return tmp_path / "runs"


@pytest.fixture
def run(engine: Engine, into: Path) -> Iterator[Callable[..., driving.Ran]]:
    """`driving.run` on the engine; nothing may be left of the run."""
    with driving.no_leaks(engine, into):
        yield partial(driving.run, engine, into=into)


@pytest.fixture
def lab(engine: Engine, into: Path) -> driving.Command:
    """The `lab` command; the engine is there."""
    assert engine
    return driving.Command(into)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """`driving.written` into a folder of the test's."""
    return partial(driving.written, tmp_path / "made")
