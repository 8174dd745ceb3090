"""What tests on real containers share: an engine that answers, with the lab's images."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from lab.dockerengine import connect
from lab.engine import Engine

SET_UP = """
from lab import doctor, images
doctor.ensure_images(doctor.ready(print, lambda _: True), images.names(), print)
"""
TIMEOUT = 450  # seconds of a test on containers, its set-up not counted: the first of them may have to build the images


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell; what is tested heeds Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("lab", deadline=None)  # no test asserts how fast the machine is
settings.load_profile("lab")


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine, started and given its images if need be; parallel workers wait for the one that does it."""
    subprocess.run([sys.executable, "-c", SET_UP], check=True, stdout=subprocess.DEVNULL)
    found = connect()
    yield found
    found._api.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the engine; where several workers share the tests, let each have some that wait and some that compute."""
    for item in items:
        if "engine" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.engine)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(TIMEOUT, func_only=True))
    if "PYTEST_XDIST_WORKER" in os.environ:
        items[:] = spread(items)


def spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """Tests on containers mostly wait, the others compute: a share of these after each of those.

    One test that wants the class of attacks graded comes first, so that this begins at once, and the others last, since
    they all wait for it. Tests of a module that share what they set up stay together.
    """
    of_the_class = [item for item in items if "classroom" in getattr(item, "fixturenames", ())]
    waiting = [item for item in items if item.get_closest_marker("engine") and item not in of_the_class]
    computing = [item for item in items if not item.get_closest_marker("engine")]
    together: dict[object, list[pytest.Item]] = {}
    for item in waiting:
        together.setdefault(_together(item), []).append(item)
    blocks = list(together.values())
    spread_out = of_the_class[:1]
    for number, block in enumerate(blocks):
        share = slice(number * len(computing) // len(blocks), (number + 1) * len(computing) // len(blocks))
        spread_out += [*block, *computing[share]]
    return [*spread_out, *(computing if not blocks else []), *of_the_class[1:]]


def _together(item: pytest.Item) -> object:
    """What is equal for tests that share something, besides the engine, which is set up once for many."""
    found = {name: made[-1] for name, made in item._fixtureinfo.name2fixturedefs.items()}  # type: ignore[attr-defined]
    of_module = {item.path for fixture in found.values() if fixture.scope == "module"}
    of_folder = {fixture.baseid for fixture in found.values() if fixture.scope == "session" and "/" in fixture.baseid}
    return frozenset(of_module | of_folder) or item
