"""The clue to text in another encoding than the exercise's."""

from __future__ import annotations

import ast
import codecs
from collections.abc import Iterator

from lab.graded import Clue
from lab.grading.evidence import Handled
from lab.grading.source import Call
from lab.record import Words
from lab.text import say

FAMILY = {"gb2312": "gbk", "gb18030": "gbk", "gbk": "gbk", "utf-8": "utf-8", "ascii": "ascii"}
"""Encodings by the one that says the same of what exercises send."""
TRIED = ("utf-8", "gbk")


def encoding_clues(file: Handled) -> Iterator[Clue]:
    """Bytes that make sense in another encoding only, or that could not be decoded in it, and a text that names it."""
    wanted = family(file.scenario.encoding)
    sent = next((e for data in file.sent() if (e := foreign(data, wanted)) is not None), None)
    stumbled = any(crash.raised == "UnicodeDecodeError" for crash in file.crashes())
    if sent is None and not stumbled:
        return
    line = None
    if file.text is not None:
        names = ("encode",) if sent is not None else ("decode",)
        calls = [call for call in file.text.named(*names, "str", "bytes", "bytearray") if _other(call, wanted)]
        if not calls:
            return
        line = calls[0].line
    elif sent is None:
        return
    checks = file.failed_of()
    if checks:
        text = say(
            "The other side speaks {wanted}; which encoding is used here, and which one if none is named?",
            "对方使用 {wanted} 编码；这里用的是什么编码？不写时又是什么编码？",
            wanted=file.scenario.encoding,
        )
        yield Clue(id="wrong-encoding", text=Words.of(text), checks=checks, file=file.name, line=line)


def foreign(data: bytes, wanted: str) -> str | None:
    """The encoding in which `data` makes sense, if it is another than `wanted`; None where that cannot be told."""
    if data.isascii():
        return None
    for other in TRIED:
        # bytes of UTF-8 often make (senseless) gbk characters too, those of gbk hardly ever UTF-8
        if other != wanted and decodes(data, other) and (other == "utf-8" or not decodes(data, wanted)):
            return other
    return None


def decodes(data: bytes, encoding: str) -> bool:
    """Whether `data` is text in `encoding`, whole or cut at its end."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(data)
    except (UnicodeError, LookupError):
        return False
    return True


def family(name: str) -> str:
    """The encoding `name`, or the one that says the same of what exercises send."""
    try:
        name = codecs.lookup(name).name
    except LookupError:
        return name
    return FAMILY.get(name, name)


def _other(call: Call, wanted: str) -> bool:
    """Whether a call encodes or decodes in another encoding than `wanted`."""
    named = [k.value for k in call.node.keywords if k.arg == "encoding"]
    place = 0 if call.name in ("encode", "decode") else 1
    named += call.node.args[place : place + 1]
    if not named:
        return place == 0 and wanted != "utf-8"
    first = named[0]
    return isinstance(first, ast.Constant) and isinstance(first.value, str) and family(first.value) != wanted
