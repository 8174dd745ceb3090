"""The text of a scenario file to plain values and the places where they stand (the only `yaml` import).

Nothing here trusts PyYAML's idea of a value: it gives the events and their marks, and the plain
values are made here, so that what YAML 1.1 and 1.2 (and therefore a teacher's editor and the lab)
read differently is refused instead of guessed. Of YAML's features a scenario needs mappings, lists
and scalars; anchors, aliases, merge keys and tags are refused, and with them every "billion laughs".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from lab.reading import faults as f
from lab.reading.faults import Faults, Mark
from lab.reading.plain import plain, trap
from lab.reading.syntax import NO_SPACE, Problem, missing_space, syntax_fault
from lab.text import Text, say

DEEPEST = 24  # levels of nesting; the deepest that any model has is 8
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def read(content: bytes, faults: Faults) -> dict[str, object] | None:
    """The values of the file, lists as tuples; None, and why in `faults`, where it is no mapping in YAML."""
    text = _decode(content, faults)
    return None if text is None else _mapping_of(text, faults)


def _decode(content: bytes, faults: Faults) -> str | None:
    """The text of the file, or None and a fault."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", "replace")
        what = say(
            "not UTF-8: the byte {byte}; save the file as UTF-8",
            "不是 UTF-8：字节 {byte}；请将文件另存为 UTF-8",
            byte=f"0x{error.object[error.start]:02x}",
        )
        faults.at(_end_of(before), (), what)
        return None
    if (odd := UNPRINTABLE.search(text)) is not None:
        what = say(
            "a character that may not stand in YAML: U+{code}; in double quotes it can be written as an escape",
            "YAML 中不允许的字符：U+{code}；在双引号中可写成转义序列",
            code=f"{ord(odd.group()):04X}",
        )
        faults.at(_end_of(text[: odd.start()]), (), what)
        return None
    return text


def _end_of(text: str) -> Mark:
    lines = re.split(r"\r\n|\r|\n", text)
    return Mark(len(lines), len(lines[-1]) + 1)


def _mapping_of(text: str, faults: Faults) -> dict[str, object] | None:
    """The top-level mapping of the only document in `text`, or None and the faults."""
    reading = _Reading(text, faults)
    try:
        value = reading.document()
    except yaml.MarkedYAMLError as error:
        faults.at(*reading.broken(error))
        return None
    except _TooDeepError:
        return None
    if isinstance(value, dict):
        return value
    if value is None:
        faults.at(Mark(1, 1), (), say("the file is empty", "文件是空的"))
    elif () not in faults.places.refused:
        what = say(
            "wanted a mapping with the keys `title`, `hosts`, …; found {kind}",
            "此处应为含有 `title`、`hosts` 等键的映射；实际是：{kind}",
            kind=f.kind_of(value),
        )
        faults.at_value((), what)
    return None


class _TooDeepError(Exception):
    """The file is nested deeper than any scenario; the fault is in the list."""


class _Reading:
    """One pass over the parser's events: plain values, the places of keys and values, and the traps."""

    def __init__(self, text: str, faults: Faults) -> None:
        self.events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=yaml.CSafeLoader))
        self.faults = faults
        self.text = text
        self.end = _end_of(text)

    def place(self, mark: Any) -> Mark:  # noqa: ANN401  PyYAML has two unrelated classes of it
        """PyYAML's mark, counted from 1; of what the file does not end with, the end of the file."""
        return Mark(1, 1) if mark is None else min(Mark(mark.line + 1, mark.column + 1), self.end)

    def broken(self, error: yaml.MarkedYAMLError) -> tuple[Mark, f.Path, Text]:
        """The fault of text that is no YAML."""
        began = None if error.context_mark is None else self.place(error.context_mark)
        at = self.place(error.problem_mark or error.context_mark)
        mark, what = syntax_fault(Problem(str(error.problem), at, began, re.split(r"\r\n|\r|\n", self.text)))
        return mark, (), what

    def document(self) -> object:
        """The value of the document; lists come as tuples."""
        value: object = None
        seen = False
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if seen:
                    what = say("a second document; a file holds one scenario", "第二个文档；一个文件只能有一个场景")
                    self.faults.at(self.place(event.start_mark), (), what)
                    self.faults.places.refused_keys.add(())
                    break
                seen = True
                value = self._value(next(self.events), ())
        return value

    def _value(self, event: yaml.Event, path: f.Path) -> object:
        mark = self.place(event.start_mark)
        self.faults.places.values[path] = mark
        if len(path) > DEEPEST:
            self.faults.at(mark, path[:3], say("nested too deeply", "嵌套太深"))
            raise _TooDeepError
        if isinstance(event, yaml.AliasEvent):
            self._refuse(path, say("an alias; write out what it stands for", "不支持别名（*）；请把内容写出来"))
            return None
        if getattr(event, "anchor", None) is not None:
            self._refuse(path, say("an anchor; a scenario file has none", "不支持锚点（&）"))
        if getattr(event, "tag", None) is not None:
            self._refuse(path, say("a tag; a scenario file has none", "不支持标签（!）"))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path, in_braces=bool(event.flow_style))
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        assert isinstance(event, yaml.ScalarEvent)
        value = event.value if event.style else self._plain(event.value, path)
        if value is None and path:
            self._refuse(path, _nothing(path))
        return value

    def _list(self, path: f.Path) -> tuple[object, ...]:
        items: list[object] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return tuple(items)

    def _mapping(self, path: f.Path, *, in_braces: bool) -> dict[str, object]:
        values: dict[str, object] = {}
        text_before: f.Path | None = None
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            mark = self.place(event.start_mark)
            key = self._key(event, path)
            value = next(self.events)
            is_bare = in_braces and self._is_bare(event, value)
            joined = NO_SPACE.fullmatch(key) if is_bare else None
            key = joined[1] if joined else key
            here = (*path, key)
            if key in values:
                self._refuse_second(mark, here)
                if isinstance(value, yaml.CollectionStartEvent):
                    self._skip(1)
                continue
            self.faults.places.keys[here] = mark
            values[key] = self._joined(joined, mark, here) if joined else self._value(value, here)
            if is_bare and not joined and text_before is not None:
                self.faults.places.splits[here] = text_before
            elif not isinstance(values[key], str) or getattr(value, "style", None):
                text_before = None
                continue
            text_before = here
        return values

    def _is_bare(self, key: yaml.Event, value: yaml.Event) -> bool:
        """Whether `key` stands in braces with neither a colon nor a value."""
        if not isinstance(key, yaml.ScalarEvent) or not isinstance(value, yaml.ScalarEvent):
            return False
        begin: Any = key.end_mark
        end: Any = value.end_mark
        between = self.text[begin.index : end.index]
        return not key.style and not value.style and not value.value and ":" not in between

    def _joined(self, joined: re.Match[str], mark: Mark, path: f.Path) -> object:
        """The value of a key that no space parts from it: a fault, and nothing else is said of it."""
        key, text = joined.groups()
        self.faults.places.values[path] = Mark(mark.line, mark.column + len(key) + 1)
        value = self._plain(text, path)
        self._refuse(path, missing_space(key, text))
        return value

    def _refuse_second(self, mark: Mark, path: f.Path) -> None:
        what = say(
            "the key `{key}` stands here twice; the first is in line {line}",
            "键 `{key}` 重复；第一次出现在第 {line} 行",
            key=f.shown(str(path[-1])),
            line=self.faults.places.keys[path].line,
        )
        self.faults.at(mark, path, what)

    def _key(self, event: yaml.Event, path: f.Path) -> str:
        mark = self.place(event.start_mark)
        if not isinstance(event, yaml.ScalarEvent) or event.tag is not None or event.anchor is not None:
            self.faults.at(mark, path, say("a key must be plain text", "键必须是普通文本"))
            if isinstance(event, yaml.CollectionStartEvent):
                self._skip(1)
            self.faults.places.refused_keys.add((*path, ""))
            return ""
        if not event.style and event.value == "<<":
            self.faults.at(
                mark, (*path, "<<"), say("a merge key; write its content out", "不支持合并键；请把内容写出来")
            )
            self.faults.places.refused_keys.add((*path, "<<"))
        elif not event.style and (what := trap(event.value)) is not None:
            self.faults.at(mark, (*path, event.value), what)
            self.faults.places.refused_keys.add((*path, event.value))
        return event.value

    def _skip(self, depth: int) -> None:
        """Pass over the rest of the collections that were begun, `depth` of them."""
        while True:
            event = next(self.events)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth == 0:
                return

    def _plain(self, text: str, path: f.Path) -> object:
        if (what := trap(text)) is not None:
            self._refuse(path, what)
        return plain(text)

    def _refuse(self, path: f.Path, what: Text) -> None:
        self.faults.at_value(path, what)
        self.faults.places.refused.add(path)


def _nothing(path: f.Path) -> Text:
    if len(path) == 2 and path[0] in {"hosts", "networks"}:  # noqa: PLR2004  the section and the name in it
        return say("nothing stands here; write {}", "这里没有值；请写 {}")
    return say("nothing stands here; write a value or leave the key out", "这里没有值；请写出值，或去掉这个键")
