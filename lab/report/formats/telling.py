"""A grading in the words and numbers that all formats share."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from lab.graded import Graded, GradedCheck, GradedProgram, Mark
from lab.limits import limit_words
from lab.report.wording import VERDICTS
from lab.results import Verdict
from lab.text import Language, Text, same, say
from lab.visible import visible, visible_lines

_DECIMALS = 6
_HIDDEN = "hidden"
ABSENT = "absent"
HANDED_IN_NOTHING = say("handed in nothing", "未提交")
_NOTICE = 60
"""Room for saying what is left out."""


@dataclass(frozen=True, slots=True)
class Told:
    """A graded check as a `lab.report.judged.Judged`."""

    id: str
    kind: str
    verdict: Verdict
    expected: Text
    actual: Text
    points: float = 0.0
    earned: float = 0.0
    bonus: bool = False
    hidden: bool = False
    details: tuple[Text, ...] = ()
    packets: tuple[tuple[int, ...], ...] = ()
    hint: Text | None = None


def in_full(check: GradedCheck) -> Told:
    """All of `check`: for teachers."""
    return Told(
        id=check.id,
        kind=check.kind,
        verdict=check.verdict,
        expected=check.expected.text,
        actual=check.actual.text,
        points=check.points,
        earned=check.earned,
        bonus=check.bonus,
        hidden=check.hidden,
        details=tuple(detail.text for detail in check.details),
        packets=check.packets,
        hint=None if check.hint is None else check.hint.text,
    )


def for_student(check: GradedCheck) -> Told:
    """What the student may know of `check`: of a hidden one its id, verdict and points."""
    if not check.hidden:
        return in_full(check)
    expected = say("this check is hidden: only its outcome is shown", "这是隐藏检查：只显示结果")
    actual = say(
        "{earned} of {points} points",
        "得 {earned} 分，共 {points} 分",
        earned=text(check.earned),
        points=text(check.points),
    )
    return replace(in_full(check), kind=_HIDDEN, expected=expected, actual=actual, details=(), packets=(), hint=None)


def not_run(graded: Graded) -> bool:
    """Whether there was nothing to run, by the fault of what was handed in."""
    return graded.verdict is Verdict.FAILED and not graded.checks


def without_grade(graded: Graded) -> bool:
    """Whether no grade may be made of it: the lab could not tell, or nothing was handed in."""
    return graded.verdict is Verdict.ERROR or not graded.handed_in


def verdict(graded: Graded) -> str:
    """The verdict as sheets and documents have it: where nothing was handed in, `absent`."""
    return str(graded.verdict) if graded.handed_in else ABSENT


def verdict_words(graded: Graded) -> Text:
    """The verdict as pages have it."""
    return VERDICTS[graded.verdict] if graded.handed_in else HANDED_IN_NOTHING


def earned(graded: Graded, check: GradedCheck) -> float:
    """The points that `check` adds to the score: none where the whole scores nothing, as after a fatal limit."""
    return check.earned if graded.score else 0.0


def problem(graded: Graded) -> Text:
    """Why nothing was run, or what the lab failed in."""
    if graded.problem is not None:
        return graded.problem.text
    return say("the lab could not tell", "实验室无法判断") if graded.verdict is Verdict.ERROR else same("")


def failed_by_lab(graded: Graded) -> Text:
    """That it is the lab's fault, and what it failed in."""
    return say(
        "the lab failed, not the submission; this counts for nothing, grade it again: {why}",
        "是实验室出错，不是提交的问题；本次结果不计，请重新评分：{why}",
        why=problem(graded),
    )


def why_no_grade(graded: Graded) -> Text:
    """Why `without_grade`: that nothing was handed in, or what the lab failed in."""
    return failed_by_lab(graded) if graded.handed_in else HANDED_IN_NOTHING


def summary(graded: Graded, language: Language) -> list[str]:
    """All there is to say of it, in `visible` lines: problem, stall, notes, limits, clues, programs' last lines."""
    told = [] if graded.problem is None else [problem(graded)]
    told += [] if graded.stalled is None else [graded.stalled.text]
    told += [note.text for note in graded.notes]
    told += [limit_words(limit) for limit in graded.limits_hit]
    for clue in graded.clues:
        place = same("" if clue.file is None else f"{clue.file}:{clue.line or 1}: ")
        told.append(say("hint: {place}{what}", "提示：{place}{what}", place=place, what=clue.text.text))
    lines = [line for said in told for line in visible_lines(said.in_(language))]
    return lines + [line for program in graded.programs for line in _last_lines(program, language)]


def name_of(mark: Mark) -> str:
    """The student's name on one harmless line."""
    return visible(mark.student.name)


def number(value: float) -> int | float:
    """`value` without what adding up floats leaves, whole numbers as such."""
    rounded = round(value, _DECIMALS)
    return int(rounded) if rounded == int(rounded) else rounded


def text(value: float) -> str:
    """`value` in its shortest form, without an exponent and of no locale: `8`, `6.5`."""
    shortest = f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if shortest == "-0" else shortest


def cut(lines: str, limit: int, language: Language) -> str:
    """`lines` in at most `limit` characters, taken out of the middle, which says so where there is room."""
    if len(lines) <= limit:
        return lines
    kept = limit - _NOTICE
    if kept <= 0:
        return lines[:limit]
    notice = say("\n… {n} characters left out …\n", "\n……此处略去 {n} 个字符……\n", n=len(lines) - kept)
    return lines[: kept - kept // 2] + notice.in_(language) + lines[len(lines) - kept // 2 :]


def dumps(document: object) -> bytes:
    """`document` as JSON in UTF-8, for a machine."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _last_lines(program: GradedProgram, language: Language) -> list[str]:
    end = say("{name}: {end}", "{name}：{end}", name=program.name, end=program.end.text).in_(language)
    return [visible(end), *(f"  {visible(line)}" for line in program.output)]
