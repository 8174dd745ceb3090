"""The list of a course: plain CSV, Canvas' gradebook export, Moodle's offline grading worksheet.

A plain list has the columns of `headings.PLAIN`, of which only `name` must be there, in any order and in English or
Chinese. What separates the cells is a comma, a semicolon (as where numbers have decimal commas) or a tab.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab.errors import InputError
from lab.limits import MIB
from lab.oserrors import why
from lab.submissions import headings
from lab.submissions.headings import CANVAS, MOODLE, PLAIN, POINTS_POSSIBLE
from lab.submissions.names import shown
from lab.submissions.people import with_slugs
from lab.submissions.submission import Roster, Student
from lab.text import Language, Text, say

MOST_BYTES = 8 * MIB
SEPARATORS = ",;\t"
LANGUAGES: Mapping[str, Language] = {
    "en": "en",
    "english": "en",
    "zh": "zh",
    "zh-cn": "zh",
    "chinese": "zh",
    "中文": "zh",
}
PARTICIPANT = re.compile(r".*?(\d+)")
Kind = Literal["plain", "canvas", "moodle"]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the file and the line that it ends in, counted from 1."""

    line: int
    cells: tuple[str, ...]


def read(path: Path) -> Roster:
    """The list in a CSV file: UTF-8 with or without a BOM, else GB 18030.

    Raises `InputError` with `file:line` where it cannot be read, has no such columns, or gives two students one id.
    """
    text = _text(path)
    separator = _separator(text)
    rows = list(_rows(text, separator, path))
    if not rows:
        raise InputError(say("{file}: the list is empty", "{file}：名单是空的", file=path))
    header, *rest = rows
    columns = [headings.plain(cell) for cell in header.cells]
    kind = _kind(columns)
    if kind is None:
        raise _fault(path, header.line, say("there is no column `name`", "缺少 `name` 列"))
    cell = _cells(columns, {"plain": PLAIN, "canvas": CANVAS, "moodle": MOODLE}[kind])
    found = [_student(row, cell, kind, path) for row in rest]
    _check_unique(rest, found, path)
    slugs = iter(with_slugs(student for student in found if student is not None))
    width = len(header.cells)
    return Roster(
        kind,
        header.cells,
        tuple(row.cells + ("",) * (width - len(row.cells)) for row in rest),
        tuple(None if student is None else next(slugs) for student in found),
        separator,
    )


def _kind(columns: list[str]) -> Kind | None:
    def has(names: tuple[str, ...]) -> bool:
        return not set(names).isdisjoint(columns)

    if {"id", "section"} <= set(columns) and ("student" in columns or {"lastname", "firstname"} <= set(columns)):
        return "canvas"
    if has(MOODLE["id"]) and (has(MOODLE["grade"]) or has(MOODLE["name"])):
        return "moodle"
    return "plain" if has(PLAIN["name"]) else None


def _cells(columns: list[str], keys: Mapping[str, tuple[str, ...]]) -> Callable[[_Row, str], str | None]:
    """What tells the cell of a row by the key of its column: the first of that key's columns that is not empty."""

    def cell(row: _Row, key: str) -> str | None:
        places = [columns.index(name) for name in keys.get(key, ()) if name in columns]
        told = (row.cells[place].strip() for place in places if place < len(row.cells))
        return next((text for text in told if text), None)

    return cell


def _student(row: _Row, cell: Callable[[_Row, str], str | None], kind: Kind, path: Path) -> Student | None:
    """The student of a row; None where it is nobody's."""
    name, number, login = cell(row, "name"), cell(row, "id"), cell(row, "login")
    if name is None and (parts := [part for key in ("last", "first") if (part := cell(row, key)) is not None]):
        name = ", ".join(parts)
    name = number if name is None and kind == "moodle" else name
    if kind == "canvas" and (number is None or (name or "").casefold() == POINTS_POSSIBLE):
        return None
    if name is None:
        raise _fault(path, row.line, say("the student has no name", "这名学生没有姓名"))
    if kind == "moodle" and number is not None and (digits := PARTICIPANT.fullmatch(number)) is not None:
        number = digits[1]
    email = cell(row, "email") or (login if login and "@" in login else None)
    language = _language(cell(row, "language"), row, path)
    return Student(name, "", number, login, email, cell(row, "section"), language)


def _language(told: str | None, row: _Row, path: Path) -> Language | None:
    if told is None:
        return None
    if told.casefold() not in LANGUAGES:
        what = say("the language is en or zh, not {told}", "语言只能是 en 或 zh，而不是 {told}", told=shown(told))
        raise _fault(path, row.line, what)
    return LANGUAGES[told.casefold()]


def _check_unique(rows: list[_Row], students: list[Student | None], path: Path) -> None:
    """No two students share what they are told apart by."""
    keys: tuple[tuple[str, Callable[[Student], str | None]], ...] = (
        ("id", lambda student: student.id),
        ("login", lambda student: student.login),
        ("email", lambda student: student.email),
    )
    for key, told_by in keys:
        lines: dict[str, int] = {}
        for row, student in zip(rows, students, strict=True):
            told = None if student is None else told_by(student)
            if told is not None and lines.setdefault(told.casefold(), row.line) != row.line:
                what = say(
                    "the {key} {told} is in line {line} already",
                    "{key} {told} 在第 {line} 行已出现过",
                    key=key,
                    told=shown(told),
                    line=lines[told.casefold()],
                )
                raise _fault(path, row.line, what)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = why(error) if isinstance(error, OSError) else say("a path that cannot be", "这样的路径不可能存在")
        what = say("cannot read {file}: {why}", "无法读取 {file}：{why}", file=shown(str(path)), why=reason)
        raise InputError(what) from error
    if len(content) > MOST_BYTES:
        raise InputError(say("{file} is larger than {n} bytes", "{file} 超过 {n} 字节", file=path, n=MOST_BYTES))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(say("{file} is neither UTF-8 nor GB 18030", "{file} 既不是 UTF-8 也不是 GB 18030", file=path))


def _separator(text: str) -> str:
    """What separates the cells: that which gives most headings. `csv.Sniffer` falls for their text."""
    first = text.lstrip("\r\n").partition("\n")[:1]
    try:
        return max(SEPARATORS, key=lambda separator: len(next(csv.reader(first, delimiter=separator), [])))
    except csv.Error:
        return SEPARATORS[0]  # whoever reads the rows tells the fault


def _rows(text: str, separator: str, path: Path) -> Iterator[_Row]:
    """The rows that have a cell with something in it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _Row(reader.line_num, tuple(cells))
    except csv.Error as error:
        what = say("broken CSV: {why}", "CSV 格式错误：{why}", why=str(error))
        raise _fault(path, max(reader.line_num, 1), what) from error


def _fault(path: Path, line: int, what: Text) -> InputError:
    return InputError(say("{file}:{line}: {what}", "{file}:{line}：{what}", file=path, line=line, what=what))
