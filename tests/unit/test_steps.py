from __future__ import annotations

import pytest
from pydantic import ValidationError

from lab.steps import Expect, Send, SocketPort, Until, WaitStep, WaitUntil
from lab.values import Wrong


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (SocketPort, {}),
        (SocketPort, {"tcp": 1, "udp": 1}),
        (Until, {}),
        (Until, {"line": "x", "connected": SocketPort(tcp=1)}),
        (WaitUntil, {}),
        (WaitUntil, {"receiving": SocketPort(tcp=1), "connected": SocketPort(tcp=1)}),
        (WaitUntil, {"line": "x"}),
        (WaitStep, {"wait": "a", "exit": 0, "until": WaitUntil(receiving=SocketPort(tcp=1))}),
        (Expect, {"from": "a"}),
        (Expect, {"from": "a", "line": "x", "text": "y"}),
        (Send, {"to": "a"}),
        (Send, {"to": "a", "text": "x", "hex": "00"}),
    ],
)
def test_exactly_one_of_several_keys(model: type[Send], values: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(values)
    [error] = caught.value.errors()
    assert isinstance(error["ctx"]["error"], Wrong)


def test_an_expression_may_be_odd_but_must_compile() -> None:
    Expect.model_validate({"from": "a", "match": "[[a]"})  # Python warns of a possible nested set
    for wrong in ("(", "a{9999999999999}", "(" * 5000 + ")" * 5000):
        with pytest.raises(ValidationError):
            Expect.model_validate({"from": "a", "match": wrong})


def test_models_are_strict_and_immutable() -> None:
    with pytest.raises(ValidationError):
        SocketPort.model_validate({"tcp": "8080"})
    with pytest.raises(ValidationError):
        WaitStep.model_validate({"wait": "a", "exit": True})
    with pytest.raises(ValidationError):
        SocketPort(tcp=1).tcp = 2  # type: ignore[misc]


def test_a_port_knows_its_transport() -> None:
    assert (SocketPort(udp=53).transport, SocketPort(udp=53).port) == ("udp", 53)
    assert (SocketPort(tcp=80).transport, SocketPort(tcp=80).port) == ("tcp", 80)
