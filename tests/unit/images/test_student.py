from __future__ import annotations

import os
from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    made: list[tuple[str, int]] = []
    monkeypatch.setattr(os, "seteuid", lambda user: made.append(("user", user)))
    monkeypatch.setattr(os, "setegid", lambda group: made.append(("group", group)))
    return made


BECOMES, RETURNS = [("group", 1000), ("user", 1000)], [("user", 0), ("group", 0)]


def test_the_group_goes_first_and_comes_back_last(
    load: Callable[[str, str], ModuleType], changes: list[tuple[str, int]]
) -> None:
    with load("host", "student").acting():
        assert changes == BECOMES
    assert changes == BECOMES + RETURNS


def test_it_comes_back_after_a_failure_too(
    load: Callable[[str, str], ModuleType], changes: list[tuple[str, int]]
) -> None:
    with pytest.raises(OSError, match="full"), load("host", "student").acting():
        raise OSError(28, "full")
    assert changes == BECOMES + RETURNS
