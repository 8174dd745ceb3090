"""Text from programs and packets, made harmless.

What a program prints or a packet carries may hold escape sequences, control characters, overrides
of the writing direction or halves of characters. Everything of that origin passes through
`visible` before a person sees it, on a terminal, in a log or in a page.
"""

from __future__ import annotations

from unicodedata import category


def visible(text: str) -> str:
    r"""`text` in one line of characters that only show themselves.

    Letters, marks, numbers, punctuation, symbols and spaces of any script stay. All others (Unicode's
    categories Cc, Cf, Cs, Co, Cn, Zl, Zp: control, format, surrogate, private, unassigned, line and
    paragraph separators) become Python's escapes: ``\n``, ``\x1b``, ``\u202e``.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or category(c) == "Zs" else _escape(c) for c in text)


def visible_lines(text: str) -> list[str]:
    """The lines of `text`, each `visible`, tabs as the spaces that they stand for."""
    return [visible(line.removesuffix("\r").expandtabs()) for line in text.split("\n")]


def one_line(text: str) -> str:
    """`text` on one line, `visible`, its line ends and runs of space as single spaces."""
    return visible(" ".join(text.split()))


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
