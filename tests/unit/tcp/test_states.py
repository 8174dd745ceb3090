import re

import pytest

from lab.tcp import states
from lab.tcp.states import TRANSITIONS, after


def test_the_picture_names_every_state_of_the_table():
    drawn = set(re.findall(r"[A-Z]+(?:-[A-Z0-9]+)+|CLOSED|LISTEN|ESTABLISHED|CLOSING", states.__doc__))
    named = {state for state, _ in TRANSITIONS} | set(TRANSITIONS.values())
    assert named <= drawn


@pytest.mark.parametrize("state", sorted({state for state, _ in TRANSITIONS}))
def test_a_reset_closes_from_everywhere(state):
    assert after(state, states.GETS_RST) == after(state, states.SENDS_RST) == "CLOSED"


def test_what_the_table_does_not_name_changes_nothing():
    assert after("TIME-WAIT", states.GETS_FIN) == "TIME-WAIT"
