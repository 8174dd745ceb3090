"""What pydantic finds wrong with a value, said in plain words with its place."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lab.reading.faults import Faults, Path, kind_of, listed, nearest, shown, suggestion
from lab.reading.fields import keys_at
from lab.reading.plain import plain, trap
from lab.reading.syntax import NO_SPACE, missing_space
from lab.text import Text, join, same, say
from lab.values import CLAIM, NAME, NO_NUL, VARIABLE, Model, Wrong

M = TypeVar("M", bound=Model)

WANTED: Mapping[str, Text] = {
    "string_type": say("text", "文本"),
    "int_type": say("a whole number", "整数"),
    "int_from_float": say("a whole number", "整数"),
    "float_type": say("a number", "数字"),
    "bool_type": say("true or false", "true 或 false"),
    "tuple_type": say("a list", "列表"),
    "mapping_type": say("a mapping", "映射"),
    "dict_type": say("a mapping", "映射"),
    "model_type": say("a mapping", "映射"),
    "model_attributes_type": say("a mapping", "映射"),
}
"""What was wanted where a value is of the wrong type, by pydantic's name of the error."""

BOUNDS: Mapping[str, tuple[str, Text]] = {
    "greater_than": ("gt", say("more than {bound}", "大于 {bound}")),
    "greater_than_equal": ("ge", say("at least {bound}", "至少为 {bound}")),
    "less_than": ("lt", say("less than {bound}", "小于 {bound}")),
    "less_than_equal": ("le", say("at most {bound}", "至多为 {bound}")),
}
"""Limits of numbers: the name of the limit in pydantic's context, and its wording."""

PATTERNS: Mapping[str, Text] = {
    NAME.pattern: say(
        "a name: lower-case letters, digits and hyphens, a letter first, 31 at most",
        "名字：只用小写字母、数字和连字符，以字母开头，最多 31 个字符",
    ),
    CLAIM: say("a claim, C01 to C53", "论断编号，C01 到 C53"),
    VARIABLE: say("the name of an environment variable", "环境变量名"),
    NO_NUL: say("text without the character NUL", "不含 NUL 字符的文本"),
}
"""What text must be where it does not fit a pattern."""

NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
LISTS_OF_TEXT = frozenset({"run", "files"})
NO_QUOTES = re.compile(r"[A-Za-z0-9./_-]*[A-Za-z0-9]")
"""Words in which no character means anything to YAML."""


def validated(model: type[M], value: object, path: Path, faults: Faults) -> M | None:
    """`value`, which stands at `path`, as a `model`; or None, and what is wrong with it in `faults`."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        _report(model, value, path, error.errors(include_url=False), faults)
        return None


def salvaged(model: type[M], value: object, stand_ins: Mapping[str, object] | None = None) -> M | None:
    """What `value` says without the parts of it that are at fault, so that the rest can be looked at; or None.

    `stand_ins` are taken for keys without which there is no `model`.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        wrong = {_keys_only(_follow(value, e["loc"])) for e in error.errors(include_url=False)}
    rest = _without(value, wrong, ())
    if not isinstance(rest, Mapping):
        return None
    try:
        return model.model_validate({**(stand_ins or {}), **rest})
    except ValidationError:
        return None


def _keys_only(path: Path) -> Path:
    """`path` up to the first list: of a list with a wrong item nothing is kept."""
    return tuple(itertools.takewhile(lambda part: isinstance(part, str), path))


def _without(value: object, wrong: set[Path], path: Path) -> object:
    if not isinstance(value, Mapping):
        return value
    return {key: _without(item, wrong, (*path, key)) for key, item in value.items() if (*path, key) not in wrong}


def _report(model: type[Model], value: object, path: Path, errors: list[ErrorDetails], faults: Faults) -> None:
    places = [_follow(value, error["loc"]) for error in errors]
    unknown = [place for error, place in zip(errors, places, strict=True) if error["type"] == "extra_forbidden"]
    missing = [(*place, e["loc"][-1]) for e, place in zip(errors, places, strict=True) if e["type"] == "missing"]
    faulty = [*places, *missing]
    meant = {(place[:-1], nearest(str(place[-1]), keys_at(model, place[:-1]))) for place in unknown}
    wanted: dict[Path, tuple[object, list[Text]]] = {}
    for error, place in zip(errors, places, strict=True):
        here = (*path, *place)
        if error["type"] == "missing":
            key = str(error["loc"][-1])
            if (place, key) not in meant:
                faults.at_key(here, say("the key `{key}` is missing", "缺少键 `{key}`", key=key))
        elif error["type"] == "extra_forbidden":
            key = str(place[-1])
            what = say("unknown key `{key}`", "未知的键 `{key}`", key=shown(key))
            faults.at_unknown_key(here, what + suggestion(key, keys_at(model, place[:-1])))
        elif error["loc"][-1:] == ("[key]",):
            faults.at_unknown_key(here, _unfit(error))
        elif error["type"] in {*WANTED, "too_short"} and any(_is_inside(other, place) for other in faulty):
            pass  # of a union, not what was meant; of a list, the items at fault were not counted
        elif (alternative := _alternative(error)) is not None:
            wanted.setdefault(here, (error["input"], []))[1].append(alternative)
        else:
            faults.at_value(here, _unfit(error))
    for here, (found, alternatives) in wanted.items():
        faults.at_value(here, _mismatch(found, alternatives, errors) + _advice(here[-1], found, alternatives))


def _is_inside(inner: Path, outer: Path) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _follow(value: object, loc: tuple[str | int, ...]) -> Path:
    """The part of a pydantic location that is a way through `value`; the rest names types and missing keys."""
    path: list[str | int] = []
    for part in loc:
        match value, part:
            case Mapping(), _ if part in value:
                value = value[part]
            case tuple(), int(index) if index < len(value):
                value = value[index]
            case _:
                continue
        path.append(part)
    return tuple(path)


def _alternative(error: ErrorDetails) -> Text | None:
    """What was wanted, where the type was wrong or the value is none of a list."""
    if error["type"] == "literal_error":
        allowed = _allowed(error)
        return same(f"`{allowed[0]}`") if len(allowed) == 1 else say("one of {a}", "{a} 之一", a=listed(allowed))
    return WANTED.get(error["type"])


def _allowed(error: ErrorDetails) -> list[str]:
    expected = str(error["ctx"]["expected"])
    return re.findall(r"'([^']*)'", expected) or [expected]


def _mismatch(found: object, alternatives: list[Text], errors: list[ErrorDetails]) -> Text:
    what = say(
        "wanted {wanted}; found {found}",
        "此处应为：{wanted}；实际是：{found}",
        wanted=join(say(" or ", "或"), list(dict.fromkeys(alternatives))),
        found=kind_of(found),
    )
    if isinstance(found, str):
        choices = [c for e in errors if e["type"] == "literal_error" and e["input"] is found for c in _allowed(e)]
        near = nearest(found, choices)
        return what if near is None else what + say("; did you mean `{near}`?", "；是否想写 `{near}`？", near=near)
    return what


def _advice(key: str | int, found: object, alternatives: list[Text]) -> Text:
    """How a value of the wrong type, at `key`, is written as the right one."""
    wanted = set(alternatives)
    if isinstance(found, int | float) and WANTED["string_type"] in wanted:
        return say("; put it in quotes", "；请加引号")
    if not isinstance(found, str):
        return same("")
    if wanted & {WANTED["int_type"], WANTED["float_type"]} and NUMBER.fullmatch(found):
        return say("; write it without quotes", "；请去掉引号")
    if WANTED["tuple_type"] in wanted and key in LISTS_OF_TEXT:
        return say("; write `{list}`", "；请写 `{list}`", list=_as_list(found))
    if WANTED["mapping_type"] in wanted and (joined := NO_SPACE.fullmatch(found)) is not None:
        return say("; ", "；") + missing_space(joined[1], joined[2])
    return same("")


def _as_list(text: str) -> str:
    """The words of a command as a list in YAML."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    return shown(f"[{', '.join(map(_in_yaml, words))}]")


def _in_yaml(word: str) -> str:
    is_text = NO_QUOTES.fullmatch(word) and isinstance(plain(word), str) and trap(word) is None
    return word if is_text else json.dumps(word, ensure_ascii=False)


def _unfit(error: ErrorDetails) -> Text:
    """Why a value of the right type will not do."""
    context: Mapping[str, Any] = error.get("ctx", {})
    kind = error["type"]
    if kind in BOUNDS:
        limit, wording = BOUNDS[kind]
        wanted = Text(wording.en.format(bound=context[limit]), wording.zh.format(bound=context[limit]))
    elif kind == "string_pattern_mismatch":
        pattern = context["pattern"]
        wanted = PATTERNS.get(pattern, say("text that fits `{p}`", "符合 `{p}` 的文本", p=pattern))
    elif kind in {"too_short", "string_too_short"}:
        if context["min_length"] == 1:
            return say("must not be empty", "不能为空")
        wanted = say("{n} or more", "至少 {n} 个", n=context["min_length"])
    elif kind == "value_error":
        reason = context["error"]
        return reason.what if isinstance(reason, Wrong) else same(str(reason))
    else:
        return same(error["msg"])
    return say(
        "wanted {wanted}; found {found}",
        "此处应为：{wanted}；实际是：{found}",
        wanted=wanted,
        found=kind_of(error["input"]),
    )
