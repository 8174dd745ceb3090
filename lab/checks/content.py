"""Whether bytes say what they must, and how to show what they say instead."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, model_validator

from lab.checks.parameters import Content
from lab.checks.wording import BYTES
from lab.ends import Zh
from lab.errors import InputError
from lab.text import Text, same, say
from lab.values import Encoding, Model, Wrong

SHOWN = 60  # characters of content in a sentence
SHOWN_BYTES = 24
OTHER_ENCODINGS: tuple[Encoding, ...] = ("utf-8", "gbk")  # latin-1 decodes anything, ascii is part of all


class Mojibake(Model):
    """What the bytes of a text become when they are read in another encoding than they were written in."""

    text: Annotated[str, Field(min_length=1, description="the text as it was meant"), Zh("原本的文本")]
    from_: Annotated[Encoding, Field(alias="from", description="what it was written in"), Zh("书写时的编码")]
    as_: Annotated[Encoding, Field(alias="as", description="what it was read in"), Zh("读取时的编码")]

    @model_validator(mode="after")
    def _other_text(self) -> Mojibake:
        try:
            self.text.encode(self.from_)
        except UnicodeEncodeError as error:
            raise Wrong(
                say("`{text}` cannot be written in {e}", "`{text}` 无法用 {e} 编码", text=self.text, e=self.from_)
            ) from error
        if self.read == self.text:
            raise Wrong(
                say(
                    "read in {e} it is the same text: nothing would show",
                    "按 {e} 读取得到同样的文本，看不出差别",
                    e=self.as_,
                )
            )
        return self

    @property
    def read(self) -> str:
        """The text that is read; U+FFFD stands where the bytes mean nothing, as `errors="replace"` puts it."""
        return self.text.encode(self.from_).decode(self.as_, "replace")


def holds(content: Content, data: bytes, encoding: str) -> bool:
    r"""Whether `data` says what `content` asks for; bytes outside the encoding read as `\xNN`.

    Raises `InputError` where the text asked for does not exist in the encoding.
    """
    encoding = content.encoding or encoding
    if content.hex is not None:
        return data == bytes.fromhex(content.hex)
    if content.text is not None:
        return data == encoded(content.text, encoding)
    if content.contains is not None:
        encoded(content.contains, encoding)
        return content.contains in data.decode(encoding, "backslashreplace")
    if content.match is not None:
        return re.search(content.match, data.decode(encoding, "backslashreplace")) is not None
    return True


def place(content: Content, data: bytes, encoding: str) -> range:
    """Which bytes of `data` show that it `holds`: all, but where a part was asked for the first such part."""
    encoding = content.encoding or encoding
    if not decodes(data, encoding):
        return range(len(data))
    text = data.decode(encoding)
    if content.contains is not None and content.contains in text:
        first = text.index(content.contains)
        last = first + len(content.contains)
    elif content.match is not None and (found := re.search(content.match, text)) is not None and found[0]:
        first, last = found.span()
    else:
        return range(len(data))
    return range(len(text[:first].encode(encoding)), len(text[:last].encode(encoding)))


def encoded(text: str, encoding: str) -> bytes:
    """`text` in `encoding`; raises `InputError` where it cannot be."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        what = say(
            "`{text}` cannot be written in {encoding}", "`{text}` 无法用 {encoding} 编码", text=text, encoding=encoding
        )
        raise InputError(what) from error


def wanted(content: Content) -> Text:
    """What `content` asks for: in English the object of a sentence, in Chinese a clause about the noun before it."""
    if content.hex is not None:
        return say("exactly the bytes {it}", "内容恰为字节 `{it}`", it=spaced(bytes.fromhex(content.hex)))
    if content.text is not None:
        return say("exactly `{it}`", "内容恰为 `{it}`", it=visible(content.text))
    if content.contains is not None:
        return say("`{it}`", "内容含有 `{it}`", it=visible(content.contains))
    return say("text that matches `{it}`", "内容与 `{it}` 匹配", it=content.match)


def came(content: Content, data: bytes, encoding: str) -> Text:
    """What `data` says, for a reader who expected `content`."""
    encoding = content.encoding or encoding
    if not data:
        return say("nothing", "没有内容")
    size = BYTES.of(len(data))
    if content.hex is not None:
        return say("{hex} ({size})", "{hex}（{size}）", hex=spaced(data), size=size)
    shown = same(f"`{visible(data.decode(encoding, 'backslashreplace'))}`")
    if not decodes(data, encoding):
        shown = say(
            "{text} ({size}, not {encoding}: {hex})",
            "{text}（{size}，不是 {encoding}：{hex}）",
            text=shown,
            size=size,
            encoding=encoding,
            hex=spaced(data),
        )
    else:
        shown = say("{text} ({size})", "{text}（{size}）", text=shown, size=size)
    other = other_encoding(content, data, encoding)
    if other is None:
        return shown
    meant = say(
        "; the bytes are valid {other} for `{text}`",
        "；这些字节按 {other} 解码是 `{text}`",
        other=other,
        text=visible(data.decode(other)),
    )
    return shown + meant


def other_encoding(content: Content, data: bytes, encoding: str) -> str | None:
    """The encoding that `data` was probably written in, where it is not what was expected."""
    if holds(content, data, encoding):
        return None
    candidates = [e for e in OTHER_ENCODINGS if decodes(data, e)]
    for candidate in candidates:
        if _would_hold(content, data, candidate):
            return candidate
    return None if decodes(data, encoding) else next(iter(candidates), None)


def _would_hold(content: Content, data: bytes, encoding: Encoding) -> bool:
    try:
        return holds(content.model_copy(update={"encoding": encoding}), data, encoding)
    except InputError:
        return False


def decodes(data: bytes, encoding: str) -> bool:
    """Whether all of `data` is valid in `encoding`."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def visible(text: str) -> str:
    """`text` with what cannot be seen escaped, cut after some sixty characters."""
    cut = text if len(text) <= SHOWN else text[:SHOWN] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def spaced(data: bytes) -> str:
    """`data` in hexadecimal, cut after some bytes."""
    return data[:SHOWN_BYTES].hex(" ") + (" …" if len(data) > SHOWN_BYTES else "")
