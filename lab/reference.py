"""The reference pages of the kinds of checks, made from their models: `python -m lab.reference` writes them."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lab.checks import KINDS
from lab.ends import Zh
from lab.text import LANGUAGES, Language, Text, join, same, say
from lab.values import Refers

FOLDER = Path(__file__).parents[1] / "docs" / "reference" / "checks"
ENDINGS: Mapping[Language, str] = {"en": ".md", "zh": ".zh.md"}
HEAD = say("| key | value | meaning |\n|---|---|---|", "| 键 | 值 | 含义 |\n|---|---|---|")
MADE = say(
    "<!-- made by `python -m lab.reference` from lab/checks -->",
    "<!-- 由 `python -m lab.reference` 根据 lab/checks 生成 -->",
)
NUMBERS = ("count", "at_least", "at_most")  # the last rows of a table
SIMPLE = {
    str: say("text", "文本"),
    int: say("whole number", "整数"),
    float: say("number", "数"),
    bool: say("`true` or `false`", "`true` 或 `false`"),
}
NAMES = {
    "host": say("a host's name", "主机名"),
    "program": say("a program's name", "程序名"),
    "network": say("a network's name", "网络名"),
    "observation": say("an observation's name", "观察点的名字"),
    "file": say("a file's name", "文件名"),
}


def pages() -> dict[str, str]:
    """File name -> content of every page, the indexes among them."""
    made = {f"{name}{ENDINGS[language]}": page(name).in_(language) for name in KINDS for language in LANGUAGES}
    made |= {f"README{ENDINGS[language]}": _index(language) for language in LANGUAGES}
    return {name: content + "\n" for name, content in made.items()}


def page(name: str) -> Text:
    """The page of the kind `name`."""
    model = KINDS[name].params
    parts = [
        MADE,
        same(f"# {name}"),
        Text(inspect.cleandoc(model.__doc__ or ""), model.zh),
        same(f"```yaml\n{in_a_scenario(name)}\n```"),
        _table(model),
    ]
    parts += [_section(path, inner) for path, inner in _nested(model)]
    if "at_least" in model.model_fields:
        parts.append(_numbers())
    return join("\n\n", parts)


def in_a_scenario(name: str) -> str:
    """The example of the kind `name` as it stands in a scenario file."""
    example = KINDS[name].params.example
    head = f"checks:\n  example:\n    {name}:"
    if "\n" not in example:
        return f"{head} {example}"
    return "\n".join([head, *(f"      {line}" for line in example.splitlines())])


def write(folder: Path = FOLDER) -> None:
    """Write every page into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in pages().items():
        (folder / name).write_text(content, encoding="utf-8")


def _index(language: Language) -> str:
    title = say("# The kinds of checks", "# 检查的种类")
    rows = [
        Text(
            f"- [{name}]({name}.md): {inspect.cleandoc(kind.params.__doc__ or '').splitlines()[0]}",
            f"- [{name}]({name}.zh.md)：{kind.params.zh.splitlines()[0]}",
        )
        for name, kind in KINDS.items()
    ]
    return join("\n\n", [MADE, title, join("\n", rows)]).in_(language)


def _numbers() -> Text:
    return say(
        "Without any number there must be at least one, where nothing else is said above. A check that none at all"
        " would satisfy must need one that proves that the exchange took place.",
        "除上文另有说明外，不给任何个数时至少要有一个。如果一个都没有也能满足某个检查，它就必须依赖另一个证明交换确实发生过的检查。",
    )


def _table(model: type[BaseModel]) -> Text:
    fields = sorted(model.model_fields.items(), key=lambda item: (not item[1].is_required(), item[0] in NUMBERS))
    return join("\n", [HEAD, *(_row(name, field) for name, field in fields)])


def _row(name: str, field: FieldInfo) -> Text:
    parts = [
        same(f"`{field.alias or name}`"),
        shape(field.annotation, tuple(field.metadata)),
        meaning(field) + _else(field),
    ]
    return same("| ") + join(" | ", parts) + same(" |")


def _else(field: FieldInfo) -> Text:
    """What holds where the key is left out."""
    if field.is_required():
        return say(" (required)", "（必填）")
    if field.default is None:
        return same("")
    value = str(field.default).lower() if isinstance(field.default, bool) else field.default
    return say("; `{value}` if left out", "；省略时为 `{value}`", value=value)


def meaning(field: FieldInfo) -> Text:
    """The description of `field` in both languages."""
    chinese = next(m.wording for m in field.metadata if isinstance(m, Zh))
    return Text(field.description or "", chinese)


def shape(annotation: object, metadata: tuple[Any, ...] = ()) -> Text:
    """What values a field of the type `annotation` takes."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape(arguments[0], (*metadata, *arguments[1:]))
    if origin in {Union, types.UnionType}:
        return join(say(" or ", " 或 "), [shape(a, metadata) for a in arguments if a is not types.NoneType])
    if origin is tuple:
        return say("{item}, or a list", "{item}，或其列表", item=shape(arguments[0]))
    if origin is Literal:
        return same(", ".join("`true`" if a is True else f"`{a}`" for a in arguments))
    refers = next((mark.to for mark in metadata if isinstance(mark, Refers)), None)
    return _one_value(annotation) if refers is None else NAMES[refers]


def _one_value(annotation: object) -> Text:
    assert isinstance(annotation, type)
    return say("keys, see below", "若干键，见下") if issubclass(annotation, BaseModel) else SIMPLE[annotation]


def _nested(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """The models inside `model`, each once, with the keys that hold them."""
    found: dict[type[BaseModel], list[str]] = {}
    _collect(model, found)
    for inner, keys in found.items():
        yield ", ".join(f"`{key}`" for key in keys), inner


def _collect(model: type[BaseModel], found: dict[type[BaseModel], list[str]]) -> None:
    for name, field in model.model_fields.items():
        for inner in (a for a in (field.annotation, *get_args(field.annotation)) if isinstance(a, type)):
            if issubclass(inner, BaseModel):
                keys = found.setdefault(inner, [])
                if (key := field.alias or name) not in keys:
                    keys.append(key)
                    _collect(inner, found)


def _section(keys: str, model: type[BaseModel]) -> Text:
    return join("\n\n", [say("## Inside {keys}", "## {keys} 之内", keys=keys), _table(model)])


if __name__ == "__main__":
    write()
