"""`lab verify`: what a bundle says, and whether the capture and the submission are those that it tells of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lab import arguments, reader
from lab.errors import CaptureFileError, InputError
from lab.graded import Graded
from lab.grading import bundle
from lab.grading.keys import SHORT, key_id
from lab.marks import CAPTURES
from lab.oserrors import why
from lab.report.wording import VERDICTS
from lab.results import Statement, Verdict
from lab.scenario import Exercise
from lab.submissions.find import find
from lab.text import Language, Text, join, same, say

SECOND = 1_000_000_000  # nanoseconds
NOTHING = "-"  # stands for the files of a submission of which nothing was taken
LISTED = say(", ", "、")


COMPARED = {Verdict.PASSED: "ok", Verdict.SKIPPED: "absent", Verdict.FAILED: "changed"}


@dataclass(frozen=True, slots=True)
class Examined:
    """A bundle that a trusted key signed, with what came of comparing it with the capture and the submission."""

    file: Path
    graded: Graded
    signer: str
    """The id of the key."""
    capture: Statement
    submission: Statement | None
    """None where no submission was given."""

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All that there is to say of it."""
        signature = say("by the key {key}", "由密钥 {key} 签名", key=self.signer[:SHORT])
        compared = () if self.submission is None else (self.submission,)
        return (
            *_said(self.graded),
            Statement(say("signature", "签名"), signature, Verdict.PASSED),
            self.capture,
            *compared,
        )

    @property
    def differing(self) -> tuple[Text, ...]:
        """What is another than it says."""
        return tuple(each.found for each in self.statements if each.verdict is Verdict.FAILED)


@dataclass(frozen=True, slots=True)
class Refused:
    """A bundle of which nothing can be believed."""

    file: Path
    error: InputError


def check_call(bundles: Sequence[Path], capture: Path | None, submission: Path | None) -> None:
    """Raise `InputError` where one capture or submission would be compared with several bundles."""
    for option, given in (("--capture", capture), ("--submission", submission)):
        if given is not None and len(bundles) > 1:
            raise InputError(say("{option} goes with one bundle", "{option} 只能用于单个结果包", option=option))


def examine(
    file: Path, trusted: Iterable[Ed25519PublicKey], capture: Path | None = None, submission: Path | None = None
) -> Examined:
    """Verify the bundle in `file`, and compare it with a capture and with a submission.

    Where no capture is given, the one beside the bundles is taken, if it is there. Raises `NotGenuine`, and
    `InputError` where something cannot be read or is no bundle.
    """
    content = _content(file)
    try:
        graded, signer = bundle.verify(content, trusted)
    except InputError as error:
        error.what = say("{file}: ", "{file}：", file=file) + error.what
        raise
    captured = _captured(graded, file, capture)
    handed_in = None if submission is None else _handed_in(graded, submission)
    return Examined(file, graded, key_id(signer), captured, handed_in)


def document(found: Iterable[Examined | Refused], language: Language) -> dict[str, Any]:
    """The document that `lab verify --json` prints: `bundles`, in the order of the call."""
    bundles = [_refused(each, language) if isinstance(each, Refused) else _examined(each, language) for each in found]
    return {"bundles": bundles}


def _examined(each: Examined, language: Language) -> dict[str, Any]:
    graded = each.graded
    return {
        "bundle": str(each.file),
        "signature": "ok",
        "key": each.signer,
        "exercise": graded.exercise,
        "student": graded.student,
        "verdict": str(graded.verdict),
        "score": None if graded.verdict is Verdict.ERROR else graded.score,
        "max": graded.max,
        "capture": _compared(each.capture),
        "submission": _compared(each.submission),
        "problems": [what.in_(language) for what in each.differing],
    }


def _refused(each: Refused, language: Language) -> dict[str, Any]:
    what = ("key", "exercise", "student", "verdict", "score", "max", "capture", "submission")
    return {
        "bundle": str(each.file),
        "signature": "wrong" if isinstance(each.error, bundle.NotGenuine) else None,
        **dict.fromkeys(what),
        "problems": [each.error.whole.in_(language)],
    }


def _compared(statement: Statement | None) -> str | None:
    return None if statement is None or statement.verdict is None else COMPARED[statement.verdict]


def _said(graded: Graded) -> list[Statement]:
    """Who, what, when, and the score."""
    began = datetime.fromtimestamp(graded.started / SECOND, UTC)
    what = say(
        "{exercise}: submission {digest}, seed {seed}",
        "{exercise}：提交 {digest}，种子 {seed}",
        exercise=graded.exercise,
        digest=graded.submission[:SHORT],
        seed=graded.seed,
    )
    score = say(
        "{score} of {max}: {verdict}",
        "{score} / {max}：{verdict}",
        score=f"{graded.score:g}",
        max=f"{graded.max:g}",
        verdict=VERDICTS[graded.verdict],
    )
    if failed := [same(check.id) for check in graded.checks if check.verdict is Verdict.FAILED]:
        score += say(" ({failed})", "（{failed}）", failed=join(LISTED, failed))
    return [
        Statement(say("who", "学生"), same(graded.student)),
        Statement(say("what", "内容"), what),
        Statement(say("when", "时间"), same(f"{began:%Y-%m-%d %H:%M:%S} UTC   lab {graded.lab}")),
        Statement(say("score", "分数"), score),
    ]


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(bundle.MOST_BYTES + 1)
    except OSError as error:
        raise InputError(
            say("{file} cannot be read: {why}", "无法读取 {file}：{why}", file=file, why=why(error))
        ) from error
    if len(content) > bundle.MOST_BYTES:
        raise InputError(say("{file} is too large for a bundle", "{file} 太大，不是结果包", file=file))
    return content


def _captured(graded: Graded, file: Path, given: Path | None) -> Statement:
    name = say("capture", "抓包")
    capture = given or file.absolute().parent.parent / CAPTURES / f"{file.stem}.pcapng"
    if graded.capture is None:
        verdict = Verdict.SKIPPED if given is None else Verdict.FAILED
        return Statement(name, say("none was taken: nothing was run", "没有抓包：没有运行任何程序"), verdict)
    if given is None and not capture.is_file():
        return Statement(
            name, say("not compared: there is no {file}", "未比较：没有 {file}", file=capture), Verdict.SKIPPED
        )
    try:
        with capture.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            say("{file} cannot be read: {why}", "无法读取 {file}：{why}", file=capture, why=why(error))
        ) from error
    if digest == graded.capture:
        return Statement(name, say("{file}, as it was graded", "{file}，与评分时相同", file=capture), Verdict.PASSED)
    found = say("{file} is not the one that was graded", "{file} 不是评分时的那一个", file=capture)
    if (damage := _damage(capture)) is not None:
        found += say("; it is damaged: {how}", "；文件已损坏：{how}", how=damage)
    return Statement(name, found, Verdict.FAILED)


def _damage(capture: Path) -> Text | None:
    try:
        return reader.read(capture, keep=reader.Keep.TABLES).damage
    except CaptureFileError as error:
        return error.what


def _handed_in(graded: Graded, path: Path) -> Statement:
    name = say("submission", "提交")
    exercise = _exercise(graded)
    found = [each.sha256 for whole in (False, True) for each in find([path], exercise, whole=whole)]
    if graded.submission in found:
        return Statement(name, say("{path}, as it was graded", "{path}，与评分时相同", path=path), Verdict.PASSED)
    another = say("{path} is not what was graded", "{path} 不是评分时的提交", path=path)
    return Statement(name, another, Verdict.FAILED)


def _exercise(graded: Graded) -> Exercise:
    """The exercise, by which submissions are told apart; of one that is not among the lab's, what was graded of it."""
    if graded.exercise in arguments.names() and (known := arguments.scenario(graded.exercise).exercise) is not None:
        return known
    return Exercise(files=tuple(file.name for file in graded.files) or (NOTHING,))
