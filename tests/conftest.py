"""What tests on real containers share: an engine that answers, with the lab's images."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from lab.engine import Engine, connect

SET_UP = """
from lab import doctor, images
doctor.ensure_images(doctor.ready(print, lambda _: True), images.names(), print)
"""
TIMEOUT = 120  # seconds of a test on containers, its set-up not counted: the first of them may have to build the images


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine, started and given its images if need be; parallel workers wait for the one that does it."""
    subprocess.run([sys.executable, "-c", SET_UP], check=True, stdout=subprocess.DEVNULL)
    found = connect()
    yield found
    found._api.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the engine."""
    for item in items:
        if "engine" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.engine)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(TIMEOUT, func_only=True))
