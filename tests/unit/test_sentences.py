"""A step as its verb and as the bytes that it types; the sentences are tested where steps run (test_exchange)."""

from typing import Any

import pytest

from lab.scenario import STEPS
from lab.sentences import typed_text, verb_of, what

STEP: dict[str, Any] = {
    "start": {"start": ["p"]},
    "send": {"send": {"to": ["p"], "line": "x"}},
    "expect": {"expect": {"from": "p", "line": "x"}},
    "close": {"close": ["p"]},
    "signal": {"signal": {"to": ["p"], "name": "INT"}},
    "wait": {"wait": ["p"]},
    "observe": {"observe": {"name": "now", "hosts": ["h"]}},
}


@pytest.mark.parametrize("verb", STEPS)
def test_every_step_has_its_verb_and_a_sentence_in_both_languages(verb: str) -> None:
    step = STEPS[verb].model_validate(STEP[verb])
    assert verb_of(step) == verb
    assert what(step).en != what(step).zh


@pytest.mark.parametrize("verb", ["start", "wait"])
def test_what_is_waited_for_is_said(verb: str) -> None:
    step = STEPS[verb].model_validate({verb: ["p", "q"], "until": {"receiving": {"udp": 53}}})
    assert what(step).en.endswith("waiting in recv() on udp 53")
    assert what(step).zh.endswith("在 recv() 中等待（udp 53）")


@pytest.mark.parametrize(
    ("sent", "encoding", "typed"),
    [
        ({"line": "你好"}, "gbk", b"\xc4\xe3\xba\xc3\n"),
        ({"text": "1"}, "utf-8", b"1"),
        ({"hex": "ff 00"}, "utf-8", b"\xff\x00"),
    ],
)
def test_what_is_typed(sent: dict[str, str], encoding: str, typed: bytes) -> None:
    step = STEPS["send"].model_validate({"send": {"to": ["p"], **sent}})
    assert typed_text(step, encoding) == typed  # type: ignore[arg-type]
