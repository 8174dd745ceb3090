"""Students: names of files that tell them apart, and who of a roster a submission is of."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from lab.submissions.submission import Student

LONGEST = 60  # characters of a slug, besides what tells it from others
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))})
"""Names that Windows keeps for devices."""
FEW_DIGITS = 4
MOST_WORDS = 5  # of a name whose words are tried in any order
SPLIT = re.compile(r"[\s,;_()（）\[\]\-]+")


def slug(name: str) -> str:
    """`name` as a file name that reads like it: letters and digits of any script, `-`, `_` and `.`."""
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in unicodedata.normalize("NFKC", name))
    text = re.sub(r"-{2,}", "-", re.sub(r"\.{2,}", ".", kept))[:LONGEST].strip("-.")
    is_reserved = text.partition(".")[0].casefold() in RESERVED
    return f"{text}-student" if is_reserved else text or "student"


def with_slugs(students: Iterable[Student], taken: Iterable[str] = ()) -> list[Student]:
    """`students`, each with a slug of its own: its name, where needed its id after it, or else a number.

    Names that differ in case only are told apart too; `taken` are slugs that others have.
    """
    listed = list(students)
    plain = [slug(student.name) for student in listed]
    used = {each.casefold() for each in taken}
    often = {each for each in map(str.casefold, plain) if sum(p.casefold() == each for p in plain) > 1}
    found = []
    for student, text in zip(listed, plain, strict=True):
        told = student.id or student.login
        wanted = f"{text}-{slug(told)}" if told and text.casefold() in often | used else text
        numbered = (f"{wanted}-{number}" for number in itertools.count(2))
        mine = next(each for each in itertools.chain([wanted], numbered) if each.casefold() not in used)
        used.add(mine.casefold())
        found.append(replace(student, slug=mine))
    return found


@dataclass(frozen=True, slots=True)
class _Keys:
    """What a student of a roster is known by, each key only where it is nobody else's."""

    exact: dict[str, int]
    names: dict[str, int]


def matched(found: Sequence[Student], roster: Sequence[Student]) -> dict[int, int]:
    """Index in `found` -> index in `roster`: by id, login and e-mail, then by name; several may be of one student.

    A name matches whatever its words' order, case and punctuation. What fits two is matched with neither. What only has
    a student's key among its words (`1042-final`) is not matched with one of whom there is more certain a submission.
    """
    ids = _unique((_plain(s.id), n) for n, s in enumerate(roster) if s.id)
    logins = _unique((_plain(key), n) for n, s in enumerate(roster) for key in (s.login, s.email) if key)
    locals_ = _unique((_plain(s.email).partition("@")[0], n) for n, s in enumerate(roster) if s.email)
    names = _unique((key, n) for n, s in enumerate(roster) for key in _spellings(s.name))
    pairs: dict[int, int] = {}
    by_id = [[_plain(s.id)] if s.id else [] for s in found]
    whole = [[_plain(s.name)] for s in found]
    words = [[word for word in SPLIT.split(_plain(s.name)) if word] for s in found]
    squeezed = [[_squeezed(s.name)] for s in found]
    for keys, known in ((by_id, ids), (whole, ids), (whole, logins), (whole, locals_), (squeezed, names)):
        _pair(keys, known, pairs, frozenset())
    for known in (ids, logins, names):
        _pair(words, known, pairs, frozenset(pairs.values()))
    return pairs


def goes_by(roster: Sequence[Student]) -> Callable[[str], bool]:
    """What tells whether a student of `roster` goes by a name: an id, a login, an e-mail address or the name itself.

    A number of few digits is nobody's: homework has such numbers too.
    """
    keys = {_plain(key) for s in roster for key in (s.id, s.login, s.email) if key}
    keys |= {_plain(s.email).partition("@")[0] for s in roster if s.email}
    names = {spelling for s in roster for spelling in _spellings(s.name)}

    def is_student(name: str) -> bool:
        plain = _plain(name)
        return (plain in keys or _squeezed(name) in names) and not (plain.isdecimal() and len(plain) < FEW_DIGITS)

    return is_student


def _pair(keys: Sequence[Sequence[str]], known: dict[str, int], pairs: dict[int, int], others: frozenset[int]) -> None:
    """Match those that are not yet, where one key leads to one student who is none of `others`."""
    for number, mine in enumerate(keys):
        fits = {known[key] for key in mine if key in known} - others
        if number not in pairs and len(fits) == 1:
            pairs[number] = fits.pop()


def _unique(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Key -> number, of those keys that have one number only."""
    found: dict[str, set[int]] = {}
    for key, number in pairs:
        found.setdefault(key, set()).add(number)
    return {key: next(iter(numbers)) for key, numbers in found.items() if key and len(numbers) == 1}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _squeezed(text: str) -> str:
    return "".join(c for c in _plain(text) if c.isalnum())


def _spellings(name: str) -> set[str]:
    """The letters of `name` with its words in any order, as systems put family names first or last."""
    words = [_squeezed(word) for word in SPLIT.split(name)]
    words = [word for word in words if word]
    if len(words) > MOST_WORDS:
        return {"".join(words)}
    return {"".join(order) for order in itertools.permutations(words)}
