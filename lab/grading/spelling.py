"""Clues to a program that its interpreter could not even read: what it said, explained."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab.graded import Clue
from lab.grading.encodings import decodes
from lab.grading.evidence import Handled
from lab.record import Words
from lab.text import Text, say

REFUSED = re.compile(r"(?:SyntaxError|IndentationError|TabError): ")
PLACE = re.compile(r"(?:line |on line )(\d{1,6})\b")
UNREAD = frozenset({"syntax-error", "python-2-print", "source-encoding", "byte-order-mark", "line-ends"})
"""The ids of these clues: nothing of the program was run."""
CARRIAGE = re.compile(r"\r|\\r|\$'\\r'")


def spelling_clues(file: Handled) -> Iterator[Clue]:
    """The interpreter refused the text of a program, or took the end of its lines for a part of a name."""
    for program in file.programs.values():
        lines = [line.text for line in program.output if line.stream == "err"]
        said = next((line for line in reversed(lines) if REFUSED.match(line)), None)
        found = None
        if program.exit and said is not None and file.text is None:
            found = (*_explained(said, file.content), _line(lines, said, file))
        elif program.exit and b"\r\n" in file.content and any(map(CARRIAGE.search, lines)):
            found = ("line-ends", _CARRIAGE, None)
        if found is not None and (checks := file.failed_of()):
            name, text, line = found
            yield Clue(id=name, text=Words.of(text), checks=checks, file=file.name, line=line)
            return


_CARRIAGE = say(
    "The lines of the file end in CR LF, as on Windows: the interpreter takes the CR for a part of the command.",
    "文件的行以 CR LF 结尾（Windows 格式）：解释器把 CR 当成了命令的一部分。",
)


def _explained(said: str, content: bytes) -> tuple[str, Text]:
    if "Missing parentheses in call to 'print'" in said:
        return "python-2-print", say(
            "This is the print statement of Python 2; the lab runs Python 3, in which print is a function.",
            "这是 Python 2 的 print 语句；实验室运行的是 Python 3，print 是函数。",
        )
    if "U+FEFF" in said or content.startswith(b"\xef\xbb\xbf\xef\xbb\xbf"):
        return "byte-order-mark", say(
            "The file has a byte order mark (U+FEFF) where the interpreter expects text; save it as UTF-8 without BOM.",
            "文件中有解释器不接受的字节顺序标记（U+FEFF）；请保存为不带 BOM 的 UTF-8。",
        )
    if not decodes(content, "utf-8") or b"\0" in content:
        kind = say("UTF-16", "UTF-16") if b"\0" in content else say("gbk", "gbk")
        if b"\0" not in content and not decodes(content, "gbk"):
            kind = say("another encoding", "其他编码")
        return "source-encoding", say(
            "The file is not saved as UTF-8 (it looks like {kind}), and Python reads its programs as UTF-8.",
            "文件没有保存为 UTF-8（看起来是{kind}），而 Python 按 UTF-8 读取程序。",
            kind=kind,
        )
    return "syntax-error", say(
        "Python could not read the program: look at this line, and at the one before it.",
        "Python 无法读懂这个程序：请检查这一行以及它的前一行。",
    )


def _line(lines: list[str], said: str, file: Handled) -> int | None:
    """The line that the interpreter gave, in its last word or before it, if the file has such a line."""
    short = file.name.rpartition("/")[2]
    places = [said, *(line for line in reversed(lines) if f'{short}"' in line)]
    for text in places:
        found = PLACE.search(text)
        if found is not None and 1 <= int(found[1]) <= file.content.count(b"\n") + 1:
            return int(found[1])
    return None
