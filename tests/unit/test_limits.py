from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from lab.limits import FATAL, HIT, Limits, limit_words
from lab.record import LimitFacts


def test_full_folders_leave_room_for_programs() -> None:
    assert Limits().memory >= 2 * Limits().disk
    with pytest.raises(ValidationError, match=r"needs `memory` of 464 MiB at least"):
        Limits(disk=200)
    assert Limits(disk=200, memory=464).disk == 200


@pytest.mark.parametrize("what", get_args(LimitFacts.model_fields["what"].annotation))
def test_every_limit_has_words_and_a_number(what: str) -> None:
    facts = LimitFacts.model_validate({"what": what, "host": "server", "program": "p", "limit": 7, "time": 0})
    told = limit_words(facts)
    assert told.en.startswith("p (server) ")
    assert told.en != told.zh
    assert what == "output" or isinstance(getattr(Limits(), what), int)


def test_what_is_fatal_is_a_limit() -> None:
    assert set(FATAL) <= set(HIT)
