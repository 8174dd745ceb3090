"""The journal of a class: what was graded, a line each, kept before it is counted.

It makes a grading that was interrupted go on where it was, and keeps what is unchanged from being run again. A line is
known again by its key: a digest of all that a result depends on.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from lab import images
from lab.damage import damage
from lab.edition import edition
from lab.errors import InputError, LabError
from lab.graded import Graded
from lab.hosts import TAP
from lab.oserrors import why
from lab.record import Fact
from lab.report.wording import plural
from lab.results import Verdict
from lab.scenario import Scenario
from lab.text import Text, say

JOURNAL_FILE = "journal.jsonl"
LOCK_FILE = ".grading"
SEEDS = 1 << 31
ELSEWHERE = say("make it writable, or name another folder with --out", "请使其可写，或用 --out 指定另一个文件夹")


class Line(Fact):
    """A submission that was graded. `at` is when, in nanoseconds since the epoch."""

    key: str
    slug: str
    graded: Graded
    at: int


@dataclass(frozen=True, slots=True)
class Grounds:
    """What results of an exercise depend on besides the submission: its definition, the images' tags, the lab."""

    definition: str
    images: tuple[str, ...]
    lab: str = field(default_factory=edition)

    @classmethod
    def of(cls, scenario: Scenario, definition: str) -> Grounds:
        """The grounds of an exercise with the digest of its definition."""
        wanted = sorted({TAP} | {host.image for host in scenario.hosts.values()})
        return cls(definition, tuple(images.tag(name) for name in wanted))

    def key(self, submission: str, seed: int) -> str:
        """By which the result of a submission (`Submission.digest`) with a seed is known again."""
        return _digest(submission, self.definition, *self.images, self.lab, str(seed))

    def seed(self, submission: str, secret: bytes) -> int:
        """The seed of a submission (its `sha256`): the same in every grading of it by who has the `secret`.

        Nobody else knows it before, and so nobody can add comments until a seed comes up that suits.
        """
        made = hmac.digest(secret, f"{submission}\n{self.definition}".encode(), "sha256")
        return 1 + int.from_bytes(made[:8]) % (SEEDS - 1)


class Journal:
    """The journal of an exercise's results in an output folder, open for more lines.

    `torn` says what of the file was left out, because it is damaged or its writing was cut short; it is told once.
    Raises `InputError` where the file can be neither read nor written, or tells of another exercise.
    """

    def __init__(self, folder: Path, exercise: str) -> None:
        self._file = folder / JOURNAL_FILE
        self._exercise = exercise
        self._known: dict[str, Line] = {}
        self._holders: dict[str, dict[str, None]] = {}
        self._last: dict[str, Line] = {}
        self._before: dict[str, Line] = {}
        try:
            self.torn: tuple[Text, ...] = tuple(self._read())
            self._file.open("ab").close()
        except OSError as error:
            raise InputError(_unwritable(self._file, error), ELSEWHERE) from error

    def known(self, key: str) -> Line | None:
        """The result under `key`; None where there is none. An error of the lab is none."""
        return self._known.get(key)

    def holders(self, key: str) -> tuple[str, ...]:
        """The students (their slugs) who ever had the result under `key`."""
        return tuple(self._holders.get(key, ()))

    def last_of(self, slug: str) -> Line | None:
        """The latest result of a student."""
        return self._last.get(slug)

    def before(self, slug: str) -> Line | None:
        """The result of a student before the latest."""
        return self._before.get(slug)

    def add(self, key: str, slug: str, graded: Graded) -> None:
        """Write a result down, so that it stays whatever happens next. Raises `LabError` where it cannot be."""
        line = Line(key=key, slug=slug, graded=graded, at=time.time_ns())
        try:
            with self._file.open("ab") as file:
                file.write(line.model_dump_json().encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise LabError(_unwritable(self._file, error), ELSEWHERE) from error
        self._take(line)

    def _take(self, line: Line) -> None:
        if line.graded.verdict is not Verdict.ERROR:
            self._known[line.key] = line
            self._holders.setdefault(line.key, {})[line.slug] = None
            if (last := self._last.get(line.slug)) is not None:
                self._before[line.slug] = last
            self._last[line.slug] = line

    def _read(self) -> Iterator[Text]:
        *lines, rest = self._content().split(b"\n")
        whole: list[bytes] = []
        damaged: list[tuple[int, Text]] = []
        for number, content in enumerate(lines, 1):
            try:
                line = Line.model_validate_json(content)
            except ValidationError as error:
                damaged.append((number, damage(error)))
                continue
            self._check_exercise(line.graded.exercise)
            self._take(line)
            whole.append(content)
        if damaged:
            shutil.copyfile(self._file, self._damaged)
            yield self._left_out(damaged)
        if rest:
            yield say(
                "the last line of {file} was cut short: left out", "{file} 的最后一行不完整：已略去", file=self._file
            )
        if damaged or rest:
            self._keep_only(whole)

    def _content(self) -> bytes:
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            what = say("{file} cannot be read: {why}", "无法读取 {file}：{why}", file=self._file, why=why(error))
            raise InputError(what) from error

    def _check_exercise(self, exercise: str) -> None:
        if exercise != self._exercise:
            raise InputError(
                say(
                    "{folder} holds the results of {other}, not of {exercise}",
                    "{folder} 中是 {other} 的结果，不是 {exercise} 的",
                    folder=self._file.parent,
                    other=exercise,
                    exercise=self._exercise,
                ),
                say("name another folder with --out", "请用 --out 指定另一个文件夹"),
            )

    @property
    def _damaged(self) -> Path:
        """Where a journal is kept as it was before damaged lines were left out."""
        return self._file.with_name(f"{JOURNAL_FILE}.damaged")

    def _left_out(self, damaged: Sequence[tuple[int, Text]]) -> Text:
        first, how = damaged[0]
        return say(
            "{file}: {lines} left out, damaged (the first, line {n}: {how}); it is kept as it was in {old}",
            "{file}：略去了损坏的{lines}（首先是第 {n} 行：{how}）；原文件保存为 {old}",
            file=self._file,
            lines=plural(len(damaged), "line", "lines", "行"),
            n=first,
            how=how,
            old=self._damaged.name,
        )

    def _keep_only(self, lines: Iterable[bytes]) -> None:
        """Have the file hold `lines` alone; until that is done it stays as it is."""
        part = self._file.with_name(f".{JOURNAL_FILE}.part")
        with part.open("wb") as file:
            file.writelines(line + b"\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._file)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Make `folder`, and let no other grading write in it. Raises `InputError` where one does, or it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK_FILE).open("w")
    except OSError as error:
        what = say("{folder} cannot be written: {why}", "无法写入 {folder}：{why}", folder=folder, why=why(error))
        raise InputError(what) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                say("another grading writes into {folder}", "另一个评分正在写入 {folder}", folder=folder),
                say("wait for its end, or name another folder with --out", "请等它结束，或用 --out 指定另一个文件夹"),
            ) from error
        yield


def _unwritable(file: Path, error: OSError) -> Text:
    return say("{file} cannot be written: {why}", "无法写入 {file}：{why}", file=file, why=why(error))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
