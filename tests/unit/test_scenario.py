from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from lab.scenario import (
    Exercise,
    Expect,
    Host,
    Program,
    Scenario,
    Send,
    SocketPort,
    Until,
    WaitStep,
    WaitUntil,
    program_files,
)
from lab.values import Words, Wrong


def scenario(folder: Path, program: Program, *handed_in: str) -> Scenario:
    return Scenario.model_validate(
        {
            "name": "my-lab",
            "folder": folder,
            "title": Words(en="x", zh="x"),
            "networks": {},
            "hosts": {"server": Host()},
            "programs": {"server": program},
            "steps": (),
            "checks": {},
            "exercise": Exercise(files=handed_in) if handed_in else None,
        }
    )


def files(folder: Path, program: Program, *handed_in: str) -> tuple[str, ...]:
    return program_files(scenario(folder, program, *handed_in), program)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    for name in ("server.py", "helpers.py", "data/a.txt", "8080"):
        (tmp_path / name).write_text("")
    return tmp_path


def test_arguments_that_name_files_go_to_the_host(folder: Path) -> None:
    program = Program(host="server", run=("python3", "./server.py", "data//a.txt", "data", "nobody.py", "--x"))
    assert files(folder, program) == ("server.py", "data/a.txt")


def test_absolute_arguments_are_the_hosts_own(folder: Path) -> None:
    assert files(folder, Program(host="server", run=("cat", f"{folder}/server.py", "/etc/hosts"))) == ()


def test_files_of_the_exercise_come_from_elsewhere(folder: Path) -> None:
    program = Program(host="server", run=("python3", "./answer.py"), files=("helpers.py", "./answer.py"))
    assert files(folder, program, "answer.py") == ("answer.py", "helpers.py")


def test_an_argument_that_no_file_can_be_called(folder: Path) -> None:
    assert files(folder, Program(host="server", run=("echo", "x" * 5000, "."))) == ()


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
