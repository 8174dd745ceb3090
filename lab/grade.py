"""From a scenario's checks and a run to results: order of dependency, verdicts and points."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from graphlib import TopologicalSorter

from lab.checks import KINDS
from lab.checks.facts import RunFacts
from lab.errors import CaptureError, LabError
from lab.limits import limit_words
from lab.record import FaultFacts, LimitFacts
from lab.results import Finding, Result, Verdict
from lab.scenario import EXCHANGE, Check, Scenario, program_files
from lab.text import Text, join, same, say

STEPS = "steps"  # its kind
DECIMALS = 2  # of points as they are told
PARTS = 10**DECIMALS  # of a point


def grade(scenario: Scenario, run: RunFacts) -> tuple[Result, ...]:
    """The results of the scenario's checks, in the order of the file.

    A check is skipped where one that it needs did not pass. An error of the lab, or of the scenario, makes it
    an error; so does a capture that is not whole, where the check reads packets; what cannot be told because of a
    submission that ran into a limit is failed. Where the exchange was ended since its deadline had passed, what failed
    says so instead of giving a hint: it may concern what never came about. Where every check passed and yet a step did
    not come to its end, or a limit ended the exchange, a failed result called `exchange` follows; of a run that was
    interrupted it is an error and the only result, since nothing can be told of what did not get its time.
    """
    if run.record.interrupted:
        return (_interrupted(run),)
    limit = _limit_of_submission(scenario, run)
    done: dict[str, Result] = {}
    order = TopologicalSorter({check.id: check.needs for check in scenario.checks.values()}).static_order()
    for name in order:
        check = scenario.checks[name]
        missing = [n for n in check.needs if done[n].verdict is not Verdict.PASSED]
        done[name] = _skipped(check, missing, done) if missing else _evaluated(check, run, limit)
    results = tuple(_told_overdue(done[name], run) for name in scenario.checks)
    return results + _exchange(run, results)


def _interrupted(run: RunFacts) -> Result:
    done = sum(step.outcome == "done" for step in run.record.steps)
    actual = say("it was interrupted after {n} steps", "运行在 {n} 个步骤之后被中断", n=done)
    expected = say("the exchange to come to its end", "交互进行到结束")
    return Result(EXCHANGE, STEPS, Verdict.ERROR, expected, actual, points=0)


def _told_overdue(result: Result, run: RunFacts) -> Result:
    """The result, without a hint where the exchange was ended before its steps had the time that they may take."""
    overdue = run.record.overdue
    if overdue is None or result.verdict is not Verdict.FAILED:
        return result
    ended = say(
        "the whole exchange was ended after {n:g} s, its deadline: not everything came about",
        "整个交互在 {n:g} 秒的时限之后被结束：并非所有步骤都得以进行",
        n=overdue,
    )
    return replace(result, hint=None, details=(*result.details, ended))


def verdict_of(results: Iterable[Result]) -> Verdict:
    """The verdict of the whole: an error outweighs a failure, a failure what passed; a bonus may be missed."""
    verdicts = {r.verdict for r in results if not r.bonus or r.verdict is Verdict.ERROR}
    return next((v for v in (Verdict.ERROR, Verdict.FAILED, Verdict.SKIPPED) if v in verdicts), Verdict.PASSED)


def points(results: Iterable[Result], worth: float | None = None) -> tuple[float, float]:
    """The points earned, a bonus among them, and full marks, in which no bonus is, on the exercise's scale.

    They are the sums of what is told of each check (`scaled`, `rounded`), to the last decimal.
    """
    results = scaled(results, worth)
    full = math.fsum(result.points for result in results if not result.bonus)
    return rounded(math.fsum(rounded(result.earned) for result in results)), rounded(full)


def scaled(results: Iterable[Result], worth: float | None) -> tuple[Result, ...]:
    """The results with their points on the exercise's scale, to two decimals, so that they add up to full marks.

    Full marks are `worth`, or else the sum of the checks' own points; the bonus is scaled with them.
    """
    results = tuple(results)
    full = math.fsum(result.points for result in results if not result.bonus)
    if not full:
        return results
    whole = full_marks((r.points for r in results if not r.bonus), worth)
    counted = iter(_shared([r.points for r in results if not r.bonus], round(whole * PARTS)))
    return tuple(
        replace(r, points=rounded(r.points * (whole / full)) if r.bonus else next(counted) / PARTS) for r in results
    )


def full_marks(points: Iterable[float], worth: float | None) -> float:
    """What full marks are: `worth`, or else the sum of the `points` of the checks that are no bonus."""
    return rounded(math.fsum(points) if worth is None else worth)


def _shared(points: Sequence[float], parts: int) -> list[int]:
    """So many whole parts shared out by points: what rounding down leaves goes to the largest remainders."""
    exact = [Fraction(value) for value in points]
    shares = [value * parts / sum(exact) for value in exact]
    given = [math.floor(share) for share in shares]
    left = parts - sum(given)
    for place in sorted(range(len(shares)), key=lambda i: given[i] - shares[i])[:left]:
        given[place] += 1
    return given


def rounded(points: float) -> float:
    """Points as they are told: to two decimals."""
    return round(points, DECIMALS)


def _limit_of_submission(scenario: Scenario, run: RunFacts) -> LimitFacts | None:
    """The limit that a host which runs what was handed in ran into, if one did."""
    if scenario.exercise is None:
        return None
    files = scenario.exercise.all_files
    hosts = {p.host for p in scenario.programs.values() if files.intersection(program_files(scenario, p))}
    return next((facts for facts in run.record.limits if facts.host in hosts), None)


def _evaluated(check: Check, run: RunFacts, limit: LimitFacts | None) -> Result:
    kind = KINDS[check.kind]
    try:
        if kind.reads_packets:
            _require_whole(run)
        finding = kind.find(run, check.params)
    except LabError as error:
        if limit is not None:
            actual = limit_words(limit)
            return _result(check, Verdict.FAILED, expected=_could_be_told(), actual=actual, details=(error.what,))
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
    verdict = Verdict.PASSED if finding.ok else Verdict.FAILED
    result = _result(check, verdict, expected=finding.expected, actual=finding.actual, details=finding.details)
    share = finding.share if check.partial and not finding.ok else 0.0
    return replace(result, packets=finding.packets, share=share)


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
) -> Result:
    hint = check.hint.text if check.hint is not None and verdict is Verdict.FAILED else None
    return Result(
        check.id,
        check.kind,
        verdict,
        expected,
        actual,
        details,
        hint=hint,
        points=check.points,
        bonus=check.bonus,
        hidden=check.hidden,
    )


def _idle(fault: FaultFacts) -> Result:
    """A fault that met no packet: what passed shows nothing of what the scenario is about."""
    expected = say(
        "fault {name} to meet {what} on the way into {into}",
        "故障 {name} 作用于发往 {into} 的数据包：{what}",
        name=fault.name,
        what=fault.what.text,
        into=fault.into,
    )
    actual = say("{n} packets fitted; it acted on none", "有 {n} 个数据包符合，但对一个也没有起作用", n=fault.met)
    return Result(EXCHANGE, STEPS, Verdict.ERROR, expected, actual, points=0)


def _exchange(run: RunFacts, results: Iterable[Result]) -> tuple[Result, ...]:
    """Where all checks passed: a failed result where a step did not come to its end or a limit ended the exchange.

    It is an error where a fault of the scenario met no packet.
    """
    failed = [step for step in run.record.steps if step.outcome == "failed"]
    fatal = next((facts for facts in run.record.limits if facts.ended), None)
    idle = [fault for fault in run.record.faults if not fault.acted]
    if not (failed or fatal or idle) or any(result.verdict is not Verdict.PASSED for result in results):
        return ()
    if fatal is not None:
        expected = say("the exchange to come to its end", "交互进行到结束")
        return (Result(EXCHANGE, STEPS, Verdict.FAILED, expected, limit_words(fatal), points=0),)
    if not failed:
        return (_idle(idle[0]),)
    step = failed[0]
    actual = step.actual.text if step.actual is not None else say("it did not happen", "没有发生")
    return (Result(EXCHANGE, STEPS, Verdict.FAILED, step.what.text, actual, points=0),)
