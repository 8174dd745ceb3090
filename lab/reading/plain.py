"""What text without quotes is in YAML: nothing, true or false, a number, or text; and what is not the same to all."""

from __future__ import annotations

import re

from lab.reading.faults import shown
from lab.text import Text, say

BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
NOTHING = {"", "~", "null", "Null", "NULL"}
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
# What one version of YAML, or one reader of it, takes for something other than text.
WORDS = re.compile(r"yes|no|on|off", re.IGNORECASE)
SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?")
NUMBERLIKE = re.compile(
    r"[-+]?(?=\.?[0-9]|\.[iI])(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*|\.(inf|Inf|INF)|"
    r"([0-9][0-9_]*)?\.[0-9_]*([eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+)|\.(nan|NaN|NAN)"
)


def plain(text: str) -> object:
    """The value of `text` without quotes."""
    if text in NOTHING:
        return None
    if text in BOOLEANS:
        return BOOLEANS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text) if DECIMAL.fullmatch(text) else text


def trap(text: str) -> Text | None:
    """Why `text` without quotes is not the same to every reader of YAML, or None."""
    if INTEGER.fullmatch(text) or DECIMAL.fullmatch(text):
        return None
    if WORDS.fullmatch(text):
        return say(
            'YAML may read `{text}` as {truth}; write {truth}, or "{text}" in quotes if it is text',
            'YAML 可能把 `{text}` 读作 {truth}；请写 {truth}，若是文本请加引号："{text}"',
            text=text,
            truth="true" if text.lower() in {"yes", "on"} else "false",
        )
    if SEXAGESIMAL.fullmatch(text):
        as_what = say("a number in base 60", "六十进制数")
    elif DATE.fullmatch(text):
        as_what = say("a date", "日期")
    elif NUMBERLIKE.fullmatch(text):
        as_what = say("a number other than it looks", "与字面不同的数字")
    else:
        return None
    return say(
        'YAML may read `{text}` as {what}; put it in quotes if it is text ("{text}"), else write a plain decimal',
        'YAML 可能把 `{text}` 读作{what}；若是文本请加引号（"{text}"），否则请写普通十进制数',
        text=shown(text),
        what=as_what,
    )
