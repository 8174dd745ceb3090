"""`lab selftest`: what a teacher wants to know of an exercise before students do.

The solution gets full marks, the starter what is declared of it; each broken program fails the check that it is
broken for, and it alone; the same program is told the same in every run, whatever the seed chose.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import arguments, interrupts, plan
from lab.errors import InputError
from lab.graded import Graded
from lab.grading.marking import exercise_of
from lab.grading.task import Task
from lab.grading.trials import Asked, graded
from lab.pipes import told_apart
from lab.report.document import dumps
from lab.report.layout import console_on, show
from lab.report.statements import statements_screen
from lab.results import Statement, Verdict
from lab.scenario import Exercise, Scenario
from lab.submissions.find import BROKEN, SOLUTION, STARTER, one
from lab.submissions.submission import Student, Submission
from lab.submissions.wanted import handed_in
from lab.text import Language, Text, join, same, say

TIMES = 10
LISTED = say(", ", "、")


@dataclass(frozen=True, slots=True)
class Tested:
    """An exercise, and what was found of it."""

    scenario: Scenario
    statements: tuple[Statement, ...]


def several(names: Sequence[str], jobs: int | None, language: Language, *, as_json: bool, quiet: bool) -> list[Tested]:
    """Test exercises by name, and tell of each; faults of any are raised (`InputError`) before anything is run."""
    scenarios = [exercise(arguments.exercise(name)) for name in names]
    tested = []
    interrupts.heed()
    with told_apart(document=as_json) as stream:
        for scenario in scenarios:
            each = found(scenario, graded(scenario, tasks(scenario), Asked(language, stream, quiet=quiet, jobs=jobs)))
            shown = [s for s in each.statements if not (quiet and s.verdict is Verdict.PASSED)]
            show(console_on(stream), statements_screen(scenario.name, shown, language))
            tested.append(each)
    if as_json:
        sys.stdout.write(dumps(document(tested, language)))
    return tested


def exercise(scenario: Scenario) -> Scenario:
    """`scenario`. Raises `InputError` where it is no exercise, or has no starter/."""
    if scenario.exercise is None:
        raise InputError(say("{name} is no exercise", "{name} 不是练习", name=scenario.name))
    if not (scenario.folder / STARTER).is_dir():
        raise InputError(say("{name} has no folder starter/", "{name} 没有 starter/ 文件夹", name=scenario.name))
    return scenario


def tasks(scenario: Scenario) -> list[Task]:
    """What is graded of an exercise, each under a slug of its own; what takes longest is first."""
    file = str(scenario.folder / scenario.file)

    def task(path: Path, slug: str, seed: int = 0) -> Task:
        found = one(path, scenario)
        return Task.of(Submission(Student(slug, slug), found.files, found.refused), file, seed)

    solution = scenario.folder / SOLUTION
    return [
        task(scenario.folder / STARTER, STARTER),
        *(task(scenario.folder / BROKEN / name, _broken(name)) for name in broken(scenario)),
        *(task(solution, _again(n)) for n in range(TIMES)),
        *(task(solution, _seeded(n), seed=n) for n in range(1, TIMES + 1) if varies(scenario)),
    ]


def broken(scenario: Scenario) -> list[str]:
    """The names of the broken programs, in order."""
    folder = scenario.folder / BROKEN
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def varies(scenario: Scenario) -> bool:
    """Whether a seed makes another run of it: other values, or other addresses."""
    file = scenario.folder / scenario.file
    return any(_made(exercise_of(file, seed)) != _made(scenario) for seed in range(1, TIMES + 1))


def found(scenario: Scenario, by_slug: Mapping[str, Graded]) -> Tested:
    """What the gradings of `tasks`, by slug, tell of the exercise."""
    statements = [
        _solution(by_slug[_again(0)]),
        _starter(scenario, by_slug[STARTER]),
        _alike(say("{n} runs", "运行 {n} 次", n=TIMES), [by_slug[_again(n)] for n in range(TIMES)]),
    ]
    if seeded := [by_slug[slug] for n in range(1, TIMES + 1) if (slug := _seeded(n)) in by_slug]:
        statements.append(_alike(say("{n} seeds", "{n} 个种子", n=len(seeded)), [by_slug[_again(0)], *seeded]))
    names = broken(scenario)
    statements += [_caught(scenario, name, by_slug[_broken(name)]) for name in names]
    statements += [_uncaught(check) for check in scenario.checks if check not in names]
    return Tested(scenario, tuple(statements))


def document(tested: Sequence[Tested], language: Language) -> dict[str, Any]:
    """The document that `lab selftest --json` prints: `exercises`, each with its name and its statements."""
    return {
        "exercises": [
            {
                "exercise": each.scenario.name,
                "statements": [
                    {"name": s.name.in_(language), "verdict": s.verdict, "found": s.found.in_(language)}
                    for s in each.statements
                ],
            }
            for each in tested
        ]
    }


def _again(n: int) -> str:
    return f"{SOLUTION}-{n}"


def _seeded(n: int) -> str:
    return f"seed-{n}"


def _broken(name: str) -> str:
    return f"{BROKEN}-{name}"


def _made(scenario: Scenario) -> object:
    """What a seed may choose: values and addresses."""
    planned = plan.make(scenario, handed_in(scenario, one(scenario.folder / SOLUTION, scenario)))
    return scenario.vary, planned.networks, [host.facts for host in planned.hosts.values()]


def _solution(graded: Graded) -> Statement:
    name = same(f"{SOLUTION}/")
    if graded.verdict is Verdict.ERROR:
        return Statement(name, _error(graded), Verdict.ERROR)
    return Statement(name, _score(graded), graded.verdict)


def _starter(scenario: Scenario, graded: Graded) -> Statement:
    assert isinstance(scenario.exercise, Exercise)
    name, declared = same(f"{STARTER}/"), scenario.exercise.starter
    if graded.verdict is Verdict.ERROR:
        return Statement(name, _error(graded), Verdict.ERROR)
    if graded.score == declared:
        return Statement(name, _score(graded), Verdict.PASSED)
    differs = say(
        "{score}; `exercise: starter` says {declared}",
        "{score}；`exercise: starter` 写的是 {declared}",
        score=_score(graded),
        declared=f"{declared:g}",
    )
    return Statement(name, differs, Verdict.FAILED)


def _alike(name: Text, graded: Sequence[Graded]) -> Statement:
    """Whether all gradings of one program came to the same."""
    errors = [each for each in graded if each.verdict is Verdict.ERROR]
    if errors:
        return Statement(name, _error(errors[0]), Verdict.ERROR)
    first = graded[0]
    for each in graded[1:]:
        if (other := next(_differences(first, each), None)) is not None:
            return Statement(name, other, Verdict.FAILED)
    return Statement(name, say("all alike", "结果全部相同"), Verdict.PASSED)


def _differences(one_: Graded, other: Graded) -> Iterator[Text]:
    """Where two gradings of the same program differ."""
    seeds = say("", "") if one_.seed == other.seed else say(" (seed {n})", "（种子 {n}）", n=other.seed)
    theirs = {check.id: check for check in other.checks}
    for check in one_.checks:
        its = theirs.pop(check.id, None)
        if its is None or (its.verdict, its.earned) != (check.verdict, check.earned):
            then = same("–") if its is None else same(f"{its.verdict} {its.earned:g}")
            yield _unlike(check.id, same(f"{check.verdict} {check.earned:g}"), then) + seeds
    for check in theirs.values():
        yield _unlike(check.id, same("–"), same(f"{check.verdict} {check.earned:g}")) + seeds
    if (one_.verdict, one_.score) != (other.verdict, other.score):
        yield _unlike("score", _score(one_), _score(other)) + seeds


def _unlike(what: str, once: Text, then: Text) -> Text:
    return say(
        "not alike: `{what}` {once}, then {then}",
        "结果不同：`{what}` 先是 {once}，后是 {then}",
        what=what,
        once=once,
        then=then,
    )


def _caught(scenario: Scenario, name: str, graded: Graded) -> Statement:
    """Whether the program of broken/`name` fails the check of that name, and no other."""
    named = same(f"{BROKEN}/{name}")
    if name not in scenario.checks:
        return Statement(named, say("no check has this name", "没有同名的检查"), Verdict.FAILED)
    if graded.verdict is Verdict.ERROR:
        return Statement(named, _error(graded), Verdict.ERROR)
    failed = [check.id for check in graded.checks if check.verdict is Verdict.FAILED]
    if failed == [name]:
        skipped = sum(check.verdict is Verdict.SKIPPED for check in graded.checks)
        alone = say("fails it alone", "只有这一项未通过")
        if skipped:
            alone += say(", {n} skipped", "，{n} 项跳过", n=skipped)
        return Statement(named, alone, Verdict.PASSED)
    if not failed:
        why = say("fails nothing", "没有任何检查未通过") if graded.problem is None else graded.problem.text
        return Statement(named, why, Verdict.FAILED)
    ids = join(LISTED, [same(each) for each in failed])
    return Statement(named, say("fails {ids}", "未通过的有 {ids}", ids=ids), Verdict.FAILED)


def _uncaught(check: str) -> Statement:
    name = same(f"{BROKEN}{os.sep}{check}")
    return Statement(
        name,
        say("there is no such program: nothing shows that the check fails", "没有这个程序：无从证明该检查会失败"),
        Verdict.FAILED,
    )


def _score(graded: Graded) -> Text:
    score = say("{score} of {max}", "{score}/{max}", score=f"{graded.score:g}", max=f"{graded.max:g}")
    if graded.problem is not None:
        score += say(": {problem}", "：{problem}", problem=graded.problem.text)
    return score


def _error(graded: Graded) -> Text:
    why = same("") if graded.problem is None else say(": {why}", "：{why}", why=graded.problem.text)
    return say("the lab could not tell", "实验室无法判断") + why
