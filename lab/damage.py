"""What is wrong with a file that the lab wrote, and somebody or something changed."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from lab.text import Text, say

KINDS: Mapping[str, Text] = {
    "missing": say("the key is missing", "缺少这个键"),
    "extra_forbidden": say("an unknown key", "未知的键"),
    "string_type": say("this is no text", "这里不是文本"),
    "literal_error": say("not one of the values that can stand here", "不是此处允许的值"),
    "enum": say("not one of the values that can stand here", "不是此处允许的值"),
}
"""The reasons by pydantic's names of them."""
WRONG_TYPES: Mapping[str, Text] = {
    "int": say("this is no whole number", "这里不是整数"),
    "float": say("this is no number", "这里不是数字"),
    "bool": say("this is neither true nor false", "这里既不是 true 也不是 false"),
    "tuple": say("this is no list", "这里不是列表"),
    "list": say("this is no list", "这里不是列表"),
    "model": say("this is no object", "这里不是对象"),
    "dataclass": say("this is no object", "这里不是对象"),
    "mapping": say("this is no object", "这里不是对象"),
    "dict": say("this is no object", "这里不是对象"),
}
"""The reasons by the first word of pydantic's names of them."""


def damage(error: ValidationError) -> Text:
    """The first of what pydantic has against a JSON file: where, and why; in its own English where that is rare."""
    first = error.errors(include_url=False)[0]
    kind = first["type"]
    if kind == "json_invalid":
        at = str(first["ctx"]["error"]).rpartition(" at ")[2].split()  # "… at line 3 column 7"
        place = say("line {n}", "第 {n} 行", n=at[1]) if at[:1] == ["line"] else say("top", "顶层")
        return say("{place}: this is not JSON", "{place}：不是 JSON", place=place)
    reason = KINDS.get(kind) or WRONG_TYPES.get(kind.partition("_")[0]) or first["msg"]
    keys = ".".join(str(part) for part in first["loc"])
    return say("{place}: {reason}", "{place}：{reason}", place=keys or say("top", "顶层"), reason=reason)
