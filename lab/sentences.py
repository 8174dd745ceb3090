"""A step of the exchange in other forms: its verb, the bytes that it types, and the sentence that people read."""

from __future__ import annotations

from lab import crafting, wirefaults
from lab.steps import (
    STEPS,
    CloseStep,
    ExpectStep,
    FaultStep,
    InjectStep,
    LiftStep,
    ObserveStep,
    OnSocket,
    PassedStep,
    Said,
    SendStep,
    SignalStep,
    StartStep,
    Step,
    Until,
    WaitStep,
    WireStep,
)
from lab.text import Text, join, same, say


def verb_of(step: Step) -> str:
    """The key of a step in the scenario file."""
    return next(verb for verb, model in STEPS.items() if isinstance(step, model))


def typed_text(step: SendStep, encoding: str) -> bytes:
    """The bytes that a send step types."""
    if step.send.hex is not None:
        return bytes.fromhex(step.send.hex)
    if step.send.line is not None:
        return (step.send.line + "\n").encode(encoding)
    return (step.send.text or "").encode(encoding)


def what(step: Step) -> Text:
    """A step as a sentence: what is to come about."""
    match step:
        case StartStep(until=None):
            return say("{who} started", "{who} 已启动", who=", ".join(step.start))
        case StartStep():
            return say(
                "{who} started and {ready}",
                "{who} 已启动并且{ready}",
                who=", ".join(step.start),
                ready=ready(step.until),
            )
        case SendStep():
            return say("something typed to {who}", "向 {who} 输入", who=", ".join(step.send.to))
        case ExpectStep():
            return say("{who} prints {said}", "{who} 打印 {said}", who=step.expect.from_, said=_said(step.expect))
        case CloseStep():
            return say("the input of {who} closed", "{who} 的输入已关闭", who=", ".join(step.close))
        case SignalStep():
            return say(
                "SIG{name} sent to {who}",
                "向 {who} 发送 SIG{name}",
                name=step.signal.name,
                who=", ".join(step.signal.to),
            )
        case WaitStep(until=until) if until is not None:
            return say("{who} {ready}", "{who} {ready}", who=", ".join(step.wait), ready=ready(until))
        case WaitStep(exit=None):
            return say("{who} ended", "{who} 已结束", who=", ".join(step.wait))
        case WaitStep():
            return say(
                "{who} ended, exit {exit}", "{who} 已结束，退出码 {exit}", who=", ".join(step.wait), exit=step.exit
            )
        case ObserveStep():
            return say("{who} observed", "已观察 {who}", who=", ".join(step.observe.hosts))
        case WireStep():
            return _on_wire(step)
    raise TypeError(step)


def _on_wire(step: WireStep) -> Text:
    match step:
        case FaultStep(fault=fault):
            return say(
                "fault {name} on the wire into {into}: {does} {packets}",
                "故障 {name}（通往 {into} 的线路，{does}）：{packets}",
                name=fault.name,
                into=fault.into,
                does=wirefaults.KINDS[fault.kind],
                packets=wirefaults.words(fault.chosen),
            )
        case LiftStep():
            return say("fault {name} lifted", "故障 {name} 已解除", name=step.lift)
        case PassedStep(passed=passed):
            return say(
                "{n} × {packets} passed", "已出现 {n} 个：{packets}", n=passed.count, packets=wirefaults.words(passed)
            )
        case InjectStep(inject=inject):
            return say("{n} × {what} injected", "已注入 {n} 个：{what}", n=inject.count, what=crafting.words(inject))
    raise TypeError(step)


def ready(until: OnSocket | None) -> Text:
    """What a program is waited for to do, or to have printed."""
    assert until is not None
    if until.listening is not None:
        port = until.listening
        return say("listening on {t} {p}", "监听 {t} {p}", t=port.transport, p=port.port)
    if until.connected is not None:
        port = until.connected
        return say("connected to {t} {p}", "已连接到 {t} {p}", t=port.transport, p=port.port)
    if until.receiving is not None:
        port = until.receiving
        return say("waiting in recv() on {t} {p}", "在 recv() 中等待（{t} {p}）", t=port.transport, p=port.port)
    assert isinstance(until, Until)
    return join("", [say("printed ", "打印了 "), _said(until)])


def _said(said: Said) -> Text:
    wanted = said.line if said.line is not None else said.text if said.text is not None else said.match
    return same(f"`{wanted}`")
