"""What an exercise takes of a submission: its files, by the names that it has for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from lab.errors import InputError
from lab.reading.faults import nearest
from lab.scenario import Exercise, Instead, Scenario, as_posix
from lab.submissions.names import shown
from lab.submissions.submission import Handed, Refused, Submission
from lab.text import Text, join, same, say
from lab.values import Arguments

COPY = re.compile(r"(?P<stem>.+?)[ _]?\(\d+\)(?P<suffix>\.[^.]*)?")
"""`server (1).py`: what browsers and systems make of a second file of one name."""
MOST = 8  # names that a text tells


@dataclass(slots=True)
class _Choice:
    """What is taken so far: the exercise's name for a file -> its path in the submission."""

    exercise: Exercise
    submission: Submission
    taken: dict[str, str] = field(default_factory=dict)
    run: dict[str, Arguments] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def handed_in(scenario: Scenario, submission: Submission) -> Handed:
    """The files that the exercise wants, by its names for them; what is missing is told in `Handed.missing`.

    A file is taken by its own name, else by another that the exercise gives, else by one of these in other case, or
    numbered as a copy, or in a folder if it is the only one; the only program handed in for an exercise of one file is
    taken whatever it is called. Raises `InputError` where the scenario is no exercise.
    """
    if scenario.exercise is None:
        raise InputError(
            say(
                "{name} is no exercise: nothing can be submitted to it",
                "{name} 不是练习，不接受提交",
                name=scenario.name,
            )
        )
    choice = _Choice(scenario.exercise, submission)
    for wanted in dict.fromkeys(map(as_posix, scenario.exercise.files)):
        path = _path_of(wanted, choice)
        if path is None:
            choice.missing.append(wanted)
        else:
            choice.taken[wanted] = path
    for instead in scenario.exercise.instead if choice.missing else ():
        _take_instead(instead, scenario, choice)
    if choice.missing:
        choice.taken |= _the_only_program(choice)
        choice.missing = [wanted for wanted in choice.missing if wanted not in choice.taken]
    return Handed(
        {wanted: submission.files[path] for wanted, path in choice.taken.items()},
        choice.run,
        _missing(choice) if choice.missing else None,
        tuple(_notes(choice)),
    )


def replaced_by(instead: Instead, scenario: Scenario) -> frozenset[str]:
    """The files of the exercise that no program reads any more where `instead` runs."""
    assert scenario.exercise is not None
    others = [program for name, program in scenario.programs.items() if name not in instead.run]
    its = [program for name, program in scenario.programs.items() if name in instead.run]
    return scenario.exercise.read_by(its) - scenario.exercise.read_by(others)


def _path_of(wanted: str, choice: _Choice) -> str | None:
    """The file of the submission that is taken as `wanted`, if there is one, and only one."""
    if _refusal(wanted, choice) is not None:
        return None
    files = choice.submission.files
    alike = _alike(wanted, choice)
    return alike[0] if len({files[path] for path in alike}) == 1 else None


def _alike(wanted: str, choice: _Choice) -> list[str]:
    """The files of the submission that are named as nearly as `wanted` as any is."""
    called = {as_posix(file): names for file, names in choice.exercise.called.items()}
    names = [wanted, *map(as_posix, called.get(wanted, ()))]
    files = choice.submission.files
    for name in names:
        if name in files:
            return [name]
    small = {name.casefold() for name in names}
    kinds: tuple[Callable[[str], bool], ...] = (
        lambda path: path.casefold() in small,
        lambda path: _without_number(path).casefold() in small,
        lambda path: any(path.casefold().endswith(f"/{name}") for name in small),
    )
    return next((found for is_alike in kinds if (found := [path for path in files if is_alike(path)])), [])


def _without_number(path: str) -> str:
    copy = COPY.fullmatch(path)
    return path if copy is None else copy["stem"] + (copy["suffix"] or "")


def _take_instead(instead: Instead, scenario: Scenario, choice: _Choice) -> None:
    """Take the files of another language, if all are there, for those that are missing."""
    replaced = replaced_by(instead, scenario)
    found = {file: _path_of(file, choice) for file in map(as_posix, instead.files)}
    if replaced.isdisjoint(choice.missing) or None in found.values():
        return
    choice.missing = [wanted for wanted in choice.missing if wanted not in replaced]
    for wanted in replaced:
        choice.taken.pop(wanted, None)
    choice.taken |= {file: path for file, path in found.items() if path is not None}
    choice.run |= instead.run


def _the_only_program(choice: _Choice) -> dict[str, str]:
    """For an exercise of one file the only file that has its ending."""
    if len(choice.exercise.files) > 1 or _refusal(choice.missing[0], choice) is not None:
        return {}
    suffix = PurePosixPath(choice.missing[0]).suffix
    fit = [path for path in choice.submission.files if suffix and PurePosixPath(path).suffix.lower() == suffix]
    return {choice.missing[0]: fit[0]} if len(fit) == 1 else {}


def _refusal(wanted: str, choice: _Choice) -> Refused | None:
    return next((r for r in choice.submission.refused if r.name.casefold() == wanted.casefold()), None)


def _missing(choice: _Choice) -> Text:
    """What is missing, and what was found instead."""
    files, refused = choice.submission.files, choice.submission.refused
    if not files and not refused:
        return say("nothing was handed in: the submission is empty", "没有提交任何内容：提交是空的")
    told = join(say("; ", "；"), [_why_missing(wanted, choice) for wanted in choice.missing])
    if files:
        told += say("; it holds: {there}", "；其中有：{there}", there=_listed(sorted(files)))
    names = {PurePosixPath(path).name: path for path in files if path not in choice.taken.values()}
    for wanted in choice.missing:
        if (near := nearest(wanted, names)) is not None and near != PurePosixPath(wanted).name:
            told += say(
                "; if `{near}` is meant, call it `{wanted}`",
                "；如果指的是 `{near}`，请改名为 `{wanted}`",
                near=shown(names[near]),
                wanted=wanted,
            )
    others = [each for each in refused if each.name.casefold() not in {w.casefold() for w in choice.missing}]
    return told + say("; ", "；") + _not_taken(others) if others else told


def _why_missing(wanted: str, choice: _Choice) -> Text:
    if (refused := _refusal(wanted, choice)) is not None:
        return say("`{name}` was not taken: {why}", "`{name}` 未取用：{why}", name=wanted, why=refused.why)
    if any(path.casefold().startswith(f"{wanted.casefold()}/") for path in choice.submission.files):
        return say("`{name}` is a folder where a file is wanted", "`{name}` 是文件夹，此处应为文件", name=wanted)
    if several := _alike(wanted, choice):
        return say(
            "there are several that may be `{name}`: {there}",
            "有多个文件可能是 `{name}`：{there}",
            name=wanted,
            there=_listed(several),
        )
    return say("the submission has no `{name}`", "提交中没有 `{name}`", name=wanted)


def _notes(choice: _Choice) -> Iterator[Text]:
    yield from choice.submission.notes
    for wanted, path in choice.taken.items():
        if path != wanted:
            yield say("`{path}` was taken as `{name}`", "`{path}` 作为 `{name}` 取用", path=shown(path), name=wanted)
    if rest := sorted(choice.submission.files.keys() - choice.taken.values()):
        yield say("left out: {files}", "未取用：{files}", files=_listed(rest))
    if choice.submission.refused:
        yield _not_taken(choice.submission.refused)


def _not_taken(refused: Sequence[Refused]) -> Text:
    told = [say("{name} ({why})", "{name}（{why}）", name=shown(each.name), why=each.why) for each in refused[:MOST]]
    return say("not taken: {told}", "未能取用：{told}", told=join(say(", ", "、"), [*told, *_more(len(refused))]))


def _listed(names: Sequence[str]) -> Text:
    return join(say(", ", "、"), [*(same(shown(name)) for name in names[:MOST]), *_more(len(names))])


def _more(number: int) -> list[Text]:
    return [say("{n} more", "另外 {n} 个", n=number - MOST)] if number > MOST else []
