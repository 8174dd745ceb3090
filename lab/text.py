"""Text that people read, in English and in Chinese.

The two wordings stand side by side where they are said, so that neither can be forgotten
(`docs/explanation/decisions.md` says why there is no catalogue)::

    say("no program is called `{name}`", "没有名为 `{name}` 的程序", name=name)
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Text:
    """One statement in both languages. `str(text)` is the English one."""

    en: str
    zh: str

    def in_(self, language: Language) -> str:
        """The wording in `language`."""
        return self.zh if language == "zh" else self.en

    def __str__(self) -> str:
        return self.en

    def __add__(self, other: Text) -> Text:
        return Text(self.en + other.en, self.zh + other.zh)


def say(en: str, zh: str, **values: object) -> Text:
    """A `Text` whose `{fields}` are filled in; a value that is itself a `Text` fills each language."""
    return Text(_fill(en, "en", values), _fill(zh, "zh", values))


def same(wording: str) -> Text:
    """A `Text` that reads the same in every language: a name, a number, an address."""
    return Text(wording, wording)


def join(separator: Text | str, parts: list[Text]) -> Text:
    """`parts` in one `Text`, `separator` between them."""
    between = separator if isinstance(separator, Text) else same(separator)
    return Text(between.en.join(p.en for p in parts), between.zh.join(p.zh for p in parts))


def language_of_locale(environ: dict[str, str] | None = None) -> Language:
    """The language of the locale, by POSIX's order: LC_ALL, LC_MESSAGES, LANG."""
    env = os.environ if environ is None else environ
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := env.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def _fill(template: str, language: Language, values: dict[str, object]) -> str:
    if not values:
        return template
    plain = {k: v.in_(language) if isinstance(v, Text) else v for k, v in values.items()}
    return template.format(**plain)
