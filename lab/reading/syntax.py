"""What libyaml reports of text that is no YAML, in both languages, with a guess of the cause."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lab.reading.faults import Mark, shown
from lab.text import Text, say

NO_SPACE = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*):(?!//)([^\s:].*)", re.DOTALL)
"""A key and its value with no space after the colon."""
QUOTES = ('"', "'")
BRACKETS = {"[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What libyaml reports: in its words, the place, and where what it was reading began."""

    reported: str
    at: Mark
    began: Mark | None
    lines: list[str]

    def line(self, mark: Mark) -> str:
        """The line of the file that `mark` is in."""
        return self.lines[mark.line - 1] if mark.line <= len(self.lines) else ""

    @property
    def before(self) -> str:
        """What stands in the line before the place."""
        return self.line(self.at)[: self.at.column - 1]

    @property
    def character(self) -> str:
        """The character at the place; nothing at the end of a line."""
        return self.line(self.at)[self.at.column - 1 : self.at.column]


def syntax_fault(problem: Problem) -> tuple[Mark, Text]:
    """Where the cause of `problem` most likely stands, and what to say of it."""
    if problem.character == "\t":
        return problem.at, say("a tab; YAML is indented with spaces", "这里是制表符；YAML 只能用空格缩进")
    if problem.character == "{" and problem.before.endswith("$"):
        return Mark(problem.at.line, problem.at.column - 1), say(
            "in braces and brackets a value with `${` stands in quotes",
            "在花括号和方括号中，含有 `${` 的值要加引号",
        )
    if problem.reported not in REPORTED:
        return problem.at, say("broken YAML: {reason}", "YAML 语法错误：{reason}", reason=problem.reported)
    reason, guess = REPORTED[problem.reported]
    what = say(
        "broken YAML: {reason}; {guess}", "YAML 语法错误：{reason}；{guess}", reason=reason, guess=guess(problem)
    )
    return (problem.began or problem.at if problem.reported == NO_COLON else problem.at), what


def missing_space(key: str, value: str) -> Text:
    """That `key` and `value` stand without a space between them."""
    return say(
        "a space is missing after the colon; write `{key}: {value}`",
        "冒号后缺少空格；请写 `{key}: {value}`",
        key=shown(key),
        value=shown(value),
    )


def _colon_in_text(_: Problem) -> Text:
    return say(
        "a colon followed by a space stands in a text: put the text in quotes",
        "文本中有后跟空格的冒号：请给文本加引号",
    )


def _indentation(_: Problem) -> Text:
    return say(
        "the indentation differs from that of the lines before it",
        "缩进与前面的行不一致",
    )


def _mapping_values(problem: Problem) -> Text:
    joined = NO_SPACE.fullmatch(problem.line(problem.at).strip().removeprefix("- "))
    if joined is not None:
        return missing_space(joined[1], joined[2])
    if ":" in problem.before:
        return _colon_in_text(problem)
    above = problem.lines[problem.at.line - 2].strip().removeprefix("- ") if problem.at.line > 1 else ""
    if (found := NO_SPACE.fullmatch(above)) is not None and ": " not in above:
        return say("in line {n} ", "第 {n} 行", n=problem.at.line - 1) + missing_space(found[1], found[2])
    return _indentation(problem)


def _list_item(problem: Problem) -> Text:
    if problem.began is not None and not problem.before.strip() and problem.at.column == problem.began.column:
        return say(
            "the list that begins in line {n} goes on: an item begins with `- `, other keys stand further left",
            "从第 {n} 行开始的列表尚未结束：列表项以 `- ` 开头，其他键应减少缩进",
            n=problem.began.line,
        )
    return _indentation(problem)


def _key(problem: Problem) -> Text:
    if problem.before.rstrip().endswith(QUOTES):
        return say(
            "text goes on after the closing quote: put the whole of it in one pair of quotes",
            "右引号之后还有文本：请把整段文本放在同一对引号中",
        )
    if problem.character in BRACKETS.values() and problem.character:
        return say("this `{c}` closes nothing", "这个 `{c}` 没有与之对应的左括号", c=problem.character)
    if problem.character == "-" and not problem.before.strip():
        return say(
            "a list item stands among keys: its own key is missing above it", "列表项与键混在一起：其上方缺少它的键"
        )
    return _indentation(problem)


def _bracket(problem: Problem) -> Text:
    if problem.character == ":" and ": " in problem.before:
        return _colon_in_text(problem)
    began = problem.began or problem.at
    opened = problem.line(began)[began.column - 1 : began.column]
    what = say("the `{c}` of line {n} is not closed", "第 {n} 行的 `{c}` 没有闭合", c=opened, n=began.line)
    if problem.character and problem.character in BRACKETS.values():
        closes = problem.character
        return say(
            "this `{closes}` does not close the `{c}` of line {n}",
            "这个 `{closes}` 与第 {n} 行的 `{c}` 不配对",
            closes=closes,
            c=opened,
            n=began.line,
        )
    if began.line != problem.at.line:
        return _quote(problem) if problem.line(began).count('"') % 2 else what
    return what + say(", or a comma is missing", "，或者缺少逗号")


def _quote(problem: Problem) -> Text:
    began = problem.began or problem.at
    return say("the quote of line {n} is not closed", "第 {n} 行的引号没有闭合", n=began.line)


def _first_character(problem: Problem) -> Text:
    return say(
        "a text that begins with `{c}` must be in quotes",
        "以 `{c}` 开头的文本必须加引号",
        c=problem.character,
    )


def _no_colon(problem: Problem) -> Text:
    began = problem.began or problem.at
    text = problem.line(began)[began.column - 1 :].rstrip()
    if (found := NO_SPACE.fullmatch(text)) is not None:
        return missing_space(found[1], found[2])
    return say(
        "`{text}` is a key without a colon, or a text that should be in quotes",
        "`{text}` 是没有冒号的键，或是应加引号的文本",
        text=shown(text),
    )


def _over(_: Problem) -> Text:
    return say("what stands before this line is a whole document", "这一行之前的内容已是完整的文档")


def _own_line(_: Problem) -> Text:
    return say("a list begins on a line of its own", "列表应另起一行")


def _backslash(_: Problem) -> Text:
    return say("in double quotes a backslash is written twice", "在双引号中反斜杠要写两个")


def _unexpected_colon(_: Problem) -> Text:
    return say("write a space after the colon, or put the text in quotes", "请在冒号后加空格，或给文本加引号")


NO_COLON = "could not find expected ':'"
Guess = Callable[[Problem], Text]
REPORTED: Mapping[str, tuple[Text, Guess]] = {
    "did not find expected '-' indicator": (say("expected a `-`", "此处应为 `-`"), _list_item),
    "did not find expected key": (say("expected a key", "此处应为键"), _key),
    "did not find expected ',' or '}'": (say("expected `,` or `}`", "此处应为 `,` 或 `}`"), _bracket),
    "did not find expected ',' or ']'": (say("expected `,` or `]`", "此处应为 `,` 或 `]`"), _bracket),
    "mapping values are not allowed in this context": (
        say("a key and its value cannot stand here", "此处不能出现键和值"),
        _mapping_values,
    ),
    "found unexpected end of stream": (say("the file ends too early", "文件过早结束"), _quote),
    "found unexpected document indicator": (say("the document ends too early", "文档过早结束"), _quote),
    "found character that cannot start any token": (
        say("nothing can begin with this character", "不能以这个字符开头"),
        _first_character,
    ),
    NO_COLON: (say("a colon is missing", "缺少冒号"), _no_colon),
    "did not find expected <document start>": (say("more after the end", "结束之后还有内容"), _over),
    "block sequence entries are not allowed in this context": (
        say("a list item cannot stand here", "此处不能出现列表项"),
        _own_line,
    ),
    "found unknown escape character": (say("an unknown escape", "未知的转义"), _backslash),
    "found unexpected ':'": (say("a colon cannot stand here", "此处不能出现冒号"), _unexpected_colon),
}
"""What libyaml reports, in plain words, and how the cause is guessed."""
