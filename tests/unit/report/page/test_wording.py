from __future__ import annotations

import re

import pytest

from lab.report.page.wording import ARROWS, LABELS

SHAFT = re.compile(r'<line x1="(\S+)" x2="(\S+)"')


def test_what_stands_on_the_page_is_in_both_languages() -> None:
    assert not [name for name, text in LABELS.items() if text.en == text.zh]


@pytest.mark.parametrize(
    ("role", "lost", "shaft"),
    [
        ("client", False, ("0", "100%")),
        ("server", False, ("100%", "0")),
        ("client", True, ("0", "74%")),
        ("server", True, ("100%", "26%")),
    ],
)
def test_an_arrow_goes_from_its_sender_to_the_other_rail_unless_it_is_lost(
    role: str, lost: bool, shaft: tuple[str, str]
) -> None:
    found = SHAFT.search(ARROWS[role, lost])
    assert found is not None
    assert found.groups() == shaft
