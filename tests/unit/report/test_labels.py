from __future__ import annotations

from lab.conversations import Mark
from lab.report.labels import MARKS


def test_every_mark_has_words() -> None:
    assert set(MARKS) == set(Mark)
