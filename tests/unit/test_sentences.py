"""A step as its verb and as the bytes that it types; the sentences are tested where steps run (test_exchange)."""

from typing import Any

import pytest

from lab.sentences import typed_text, verb_of, what
from lab.steps import STEPS

STEP: dict[str, Any] = {
    "start": {"start": ["p"]},
    "send": {"send": {"to": ["p"], "line": "x"}},
    "expect": {"expect": {"from": "p", "line": "x"}},
    "close": {"close": ["p"]},
    "signal": {"signal": {"to": ["p"], "name": "INT"}},
    "wait": {"wait": ["p"]},
    "observe": {"observe": {"name": "now", "hosts": ["h"]}},
    "fault": {"fault": {"name": "lost", "into": "h", "drop": {"from": {"host": "g"}, "payload": True}}},
    "lift": {"lift": "lost"},
    "passed": {"passed": {"protocol": "udp", "to": {"port": 53}}},
    "inject": {"inject": {"from": {"host": "g"}, "to": {"host": "h"}, "tcp": {"flags": "RST"}}},
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
    ("step", "en", "zh"),
    [
        (
            {"fault": {"name": "a", "into": "h", "drop": {"flags": "SYN", "from": {"host": "g", "port": 9}}}},
            "fault a on the wire into h: drops TCP [SYN] from g:9",
            "故障 a（通往 h 的线路，丢弃）：来自 g:9 的 TCP [SYN]",
        ),
        (
            {"fault": {"name": "a", "into": "h", "delay": {"by": 0.5, "payload": False, "to": {"port": 80}}}},
            "fault a on the wire into h: delays packets to *:80 without payload",
            "故障 a（通往 h 的线路，延迟）：发往 *:80 的不带数据的数据包",
        ),
        ({"passed": {"window": 0, "count": 2}}, "2 × TCP window 0 passed", "已出现 2 个：窗口为 0 的 TCP"),
        (
            {"inject": {"from": {"address": "10.0.0.9"}, "to": {"host": "h"}, "icmp": [3, 1], "count": 4}},
            "4 × ICMP 3/1 from 10.0.0.9 to h injected",
            "已注入 4 个：ICMP 3/1（10.0.0.9 → h）",
        ),
    ],
)
def test_what_is_done_on_the_wire_is_said(step: dict[str, Any], en: str, zh: str) -> None:
    said = what(STEPS[next(iter(step))].model_validate(step))
    assert (said.en, said.zh) == (en, zh)


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
