"""From a scenario's checks and a run to results: order of dependency, verdicts and points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter

from lab.checks import KINDS
from lab.checks.facts import RunFacts
from lab.errors import CaptureError, LabError
from lab.results import Finding, Result, Verdict
from lab.scenario import EXCHANGE, Check, Scenario
from lab.text import Text, join, same, say

STEPS = "steps"  # its kind


def grade(scenario: Scenario, run: RunFacts) -> tuple[Result, ...]:
    """The results of the scenario's checks, in the order of the file.

    A check is skipped where one that it needs did not pass. An error of the lab, or of the scenario, makes it
    an error; so does a capture that is not whole, where the check reads packets. Where every check passed and
    yet a step did not come to its end, a failed result called `exchange` follows; of a run that was interrupted
    it is an error and the only result, since nothing can be told of what did not get its time.
    """
    if run.record.interrupted:
        return (_interrupted(run),)
    done: dict[str, Result] = {}
    order = TopologicalSorter({check.id: check.needs for check in scenario.checks.values()}).static_order()
    for name in order:
        check = scenario.checks[name]
        missing = [n for n in check.needs if done[n].verdict is not Verdict.PASSED]
        done[name] = _skipped(check, missing, done) if missing else _evaluated(check, run)
    results = tuple(done[name] for name in scenario.checks)
    return results + _exchange(run, results)


def _interrupted(run: RunFacts) -> Result:
    done = sum(step.outcome == "done" for step in run.record.steps)
    actual = say("it was interrupted after {n} steps", "运行在 {n} 个步骤之后被中断", n=done)
    expected = say("the exchange to come to its end", "交互进行到结束")
    return Result(EXCHANGE, STEPS, Verdict.ERROR, expected, actual, points=0)


def verdict_of(results: Iterable[Result]) -> Verdict:
    """The verdict of the whole: an error outweighs a failure, a failure what passed."""
    verdicts = {result.verdict for result in results}
    return next((v for v in (Verdict.ERROR, Verdict.FAILED, Verdict.SKIPPED) if v in verdicts), Verdict.PASSED)


def points(results: Iterable[Result]) -> tuple[float, float]:
    """The points earned and possible; only what passed earns."""
    results = tuple(results)
    return (
        sum(result.points for result in results if result.verdict is Verdict.PASSED),
        sum(result.points for result in results),
    )


def _evaluated(check: Check, run: RunFacts) -> Result:
    kind = KINDS[check.kind]
    try:
        if kind.reads_packets:
            _require_whole(run)
        finding = kind.find(run, check.params)
    except LabError as error:
        remedy = () if error.remedy is None else (error.remedy,)
        return _result(check, Verdict.ERROR, expected=_could_be_told(), actual=error.what, details=remedy)
    return _judged(check, finding)


def _require_whole(run: RunFacts) -> None:
    """Raise `CaptureError` where packets are missing from the capture: neither presence nor absence can be told."""
    capture, damage = run.record.capture, run.conversations.damage
    if damage is not None:
        raise CaptureError(say("the capture is damaged: {how}", "抓包文件已损坏：{how}", how=damage))
    read = run.conversations.packets
    if read < capture.packets:
        raise CaptureError(
            say(
                "the capture holds {read} of the {all} packets that were captured",
                "抓包文件只含所捕获的 {all} 个数据包中的 {read} 个",
                read=read,
                all=capture.packets,
            )
        )
    if not capture.whole:
        lost = [
            same(f"{name} {s.captured}/{s.received}, {s.dropped}")
            for name, s in capture.networks.items()
            if not s.whole
        ]
        raise CaptureError(
            say(
                "the capture is not whole (captured/received, dropped: {lost})",
                "抓包不完整（捕获/收到，丢弃：{lost}）",
                lost=join("; ", lost),
            )
        )


def _could_be_told() -> Text:
    return say("the check to be decided", "能够作出判断")


def _judged(check: Check, finding: Finding) -> Result:
    return _result(
        check,
        Verdict.PASSED if finding.ok else Verdict.FAILED,
        expected=finding.expected,
        actual=finding.actual,
        details=finding.details,
        packets=finding.packets,
    )


def _skipped(check: Check, missing: Iterable[str], done: Mapping[str, Result]) -> Result:
    reasons = [
        say("`{id}` {verdict}", "`{id}` {verdict}", id=name, verdict=WORDS[done[name].verdict]) for name in missing
    ]
    names = join(say(", ", "、"), [same(f"`{name}`") for name in check.needs])
    return _result(
        check,
        Verdict.SKIPPED,
        expected=say("what it needs to pass: {names}", "所依赖的检查通过：{names}", names=names),
        actual=join(say(", ", "、"), reasons),
    )


WORDS: Mapping[Verdict, Text] = {
    Verdict.PASSED: say("passed", "通过"),
    Verdict.FAILED: say("failed", "未通过"),
    Verdict.SKIPPED: say("was skipped", "被跳过"),
    Verdict.ERROR: say("could not be decided", "无法判断"),
}


def _result(
    check: Check,
    verdict: Verdict,
    *,
    expected: Text,
    actual: Text,
    details: tuple[Text, ...] = (),
    packets: tuple[tuple[int, ...], ...] = (),
) -> Result:
    hint = check.hint.text if check.hint is not None and verdict is Verdict.FAILED else None
    return Result(check.id, check.kind, verdict, expected, actual, details, packets, hint, check.points)


def _exchange(run: RunFacts, results: Iterable[Result]) -> tuple[Result, ...]:
    """A failed result where all checks passed but a step did not come to its end."""
    failed = [step for step in run.record.steps if step.outcome == "failed"]
    if not failed or any(result.verdict is not Verdict.PASSED for result in results):
        return ()
    step = failed[0]
    actual = step.actual.text if step.actual is not None else say("it did not happen", "没有发生")
    return (Result(EXCHANGE, STEPS, Verdict.FAILED, step.what.text, actual, points=0),)
