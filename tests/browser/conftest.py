"""Fixtures of the tests in a browser: one Chromium a worker, and the pages of real runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import driving
import pytest
from browsing import Browser, chromium
from packages import ensure_packages

from lab.engine import Engine
from lab.report.summary import PAGE_FILE

SCENARIOS = ("tcp-multiclient", "udp-chat", "name-lookup")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    ensure_packages(["chromium", "chromium-driver"])
    with chromium() as driver:
        yield Browser(driver)


@pytest.fixture(params=SCENARIOS)
def report(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> Path:
    """The page of a run."""
    lab = driving.Command(tmp_path)
    said = lab("run", request.param, "-q")
    assert said.status == 0, said.out + said.err
    (folder,) = lab.run_folders()
    return folder / PAGE_FILE
