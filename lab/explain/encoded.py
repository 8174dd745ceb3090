"""Bytes of a conversation as text, and where they are cut inside a character."""

from __future__ import annotations

import codecs
from collections.abc import Iterable

from lab.text import Text, same, say
from lab.visible import visible

SHOWN = 60  # characters of what was said at once


def quoted(data: bytes, encoding: str) -> Text:
    """`data` as text on one line, its beginning where it is long; bytes that are no text of the encoding escaped."""
    text = visible(data.decode(encoding, "backslashreplace"))
    if len(text) <= SHOWN:
        return same(f"`{text}`")
    return say("`{text}` …", "`{text}` …", text=text[:SHOWN])


def cuts(data: bytes, ends: Iterable[int], encoding: str) -> frozenset[int]:
    """Those of the offsets `ends` in `data` that lie inside a character.

    None where `data` is no text of `encoding`, but for a last character that is not whole: then nobody knows.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    found = set()
    at = 0
    for end in sorted(set(ends)):
        try:
            decoder.decode(data[at:end])
        except UnicodeDecodeError:
            return frozenset()
        at = end
        if decoder.getstate()[0]:
            found.add(end)
    try:
        decoder.decode(data[at:])
    except UnicodeDecodeError:
        return frozenset()
    return frozenset(found)
