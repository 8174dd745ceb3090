"""Submissions that are alike, by what their programs are made of: for a teacher to look at, never a verdict.

A program is its tokens without comments and blanks, its names and its literals each as one; of these, every run of
`RUN` tokens. So it matters neither how things are called nor in which order functions stand. Runs that the starter
has too, or that much of the class has, tell nothing of who wrote them and are left out.

How long lexers take over what students write, and how many pairs there are, nobody can promise: `within` compares in a
child that is given so many seconds and no more.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, groupby

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_for_filename
from pygments.lexers.special import TextLexer
from pygments.token import Comment, Literal, Name, String, Whitespace, _TokenType
from pygments.util import ClassNotFound
from rapidfuzz.distance import Indel

from lab import batch
from lab.marks import Alike

COMMAND = (sys.executable, "-P", "-m", "lab.grading.similar")
SECONDS = 60.0
RUN = 6  # tokens
LEAST = 40  # runs of its own that a submission has, to be compared at all
ALIKE = 0.9
MOST = 100_000  # characters that are looked at of each file
LONGEST = 2_000  # and of each line
SMALL_CLASS = 10  # in one of fewer, nothing counts as what much of the class has
MUCH = 0.5
STRING = "''"
FIRST, SURROGATES = 0x100, range(0xD800, 0xE000)

Files = Mapping[str, bytes]


def within(seconds: float, class_: Mapping[str, Files], starter: Files) -> tuple[Alike, ...] | None:
    """As `groups`; None where that takes longer than `seconds`, or the child fails."""
    packed = json.dumps([{slug: _packed(files) for slug, files in class_.items()}, _packed(starter)])
    try:
        done = subprocess.run(
            COMMAND,
            input=packed.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=batch.environment(),
            timeout=seconds,
            check=True,
            start_new_session=True,
        )
    except (subprocess.SubprocessError, OSError):
        return None
    return tuple(Alike(tuple(slugs), similarity, identical) for slugs, similarity, identical in json.loads(done.stdout))


def main() -> None:
    """The child of `within`: the class from stdin, its groups to stdout."""
    class_, starter = json.load(sys.stdin.buffer)
    found = groups({slug: _unpacked(files) for slug, files in class_.items()}, _unpacked(starter))
    json.dump([(each.slugs, each.similarity, each.identical) for each in found], sys.stdout)


def groups(class_: Mapping[str, Files], starter: Files) -> tuple[Alike, ...]:
    """The groups of alike submissions (slug -> the files of the exercise), the identical ones first.

    Of the others each member is alike to one more of its group at least, and the `similarity` of a group is the least
    that it takes to join it. Who handed in little besides the `starter` is in none.
    """
    given = set(_runs(starter))
    equal: dict[tuple[tuple[str, bytes], ...], list[str]] = {}
    for slug, files in sorted(class_.items()):
        equal.setdefault(tuple(sorted(files.items())), []).append(slug)
    own = {slugs[0]: [run for run in _runs(dict(files)) if run not in given] for files, slugs in equal.items()}
    same_as = {slugs[0]: slugs for slugs in equal.values() if own[slugs[0]]}
    identical = [Alike(tuple(slugs), 1.0, identical=True) for slugs in same_as.values() if len(slugs) > 1]
    links = [link for link in _compared(_drawn(own, same_as)) if link[2] >= ALIKE]
    near = [
        Alike(tuple(sorted(slug for one in members for slug in same_as[one])), _weakest(members, links))
        for members in _joined(links)
    ]
    return (*identical, *sorted(near, key=lambda alike: (-alike.similarity, alike.slugs)))


def tokens(name: str, content: bytes) -> Iterator[str]:
    """The tokens of a file: names and literals as one each, the rest as written, without comments and blanks."""
    lines = (line[:LONGEST].rstrip() for line in _text(content)[:MOST].splitlines())
    text = "\n".join(line for line in lines if line)  # on many blank lines the lexers take quadratic time
    for kind, value in _lexer(name).get_tokens(text):
        if value.strip() and not _is(kind, Comment, Whitespace, String.Doc):
            yield _normal(kind, value)


def _packed(files: Files) -> dict[str, str]:
    return {name: base64.b64encode(content).decode() for name, content in files.items()}


def _unpacked(files: Mapping[str, str]) -> Files:
    return {name: base64.b64decode(content) for name, content in files.items()}


def _normal(kind: _TokenType, value: str) -> str:
    if _is(kind, String):
        return STRING
    if _is(kind, Literal):
        return "0"
    if _is(kind, Name) and not _is(kind, Name.Builtin):
        return "x"
    return value


def _is(kind: _TokenType, *families: _TokenType) -> bool:
    return any(kind[: len(family)] == family for family in families)


def _runs(files: Files) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, content in sorted(files.items()):
        sequence = [token for token, same in groupby(tokens(name, content)) for _ in _once(token, same)]
        found += [tuple(sequence[at : at + RUN]) for at in range(len(sequence) - RUN + 1)]
    return found


def _once(piece: str, equal: Iterable[str]) -> Iterable[str]:
    """The pieces of a string, such as its quotes, as one."""
    return [piece] if piece == STRING else equal


def _drawn(own: Mapping[str, Sequence[tuple[str, ...]]], same_as: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Each submission as a string: a character a run, in order, without those that much of the class has."""
    had_by = Counter(run for slug, slugs in same_as.items() for run in set(own[slug]) for _ in slugs)
    students = sum(map(len, same_as.values()))
    most = MUCH * students if students >= SMALL_CLASS else students
    codes = (code for code in range(FIRST, 0x110000) if code not in SURROGATES)
    characters = {run: chr(code) for (run, had), code in zip(had_by.items(), codes, strict=False) if had <= most}
    drawn = {slug: "".join(sorted(characters[run] for run in own[slug] if run in characters)) for slug in same_as}
    return {slug: runs for slug, runs in drawn.items() if len(runs) >= LEAST}


def _compared(drawn: Mapping[str, str]) -> Iterator[tuple[str, str, float]]:
    """Every two with their similarity: of strings in order, it is twice what both have by what they have together."""
    for (one, a), (two, b) in combinations(drawn.items(), 2):
        yield one, two, Indel.normalized_similarity(a, b, score_cutoff=ALIKE)


def _joined(links: Iterable[tuple[str, str, float]]) -> list[list[str]]:
    """Those who are linked, directly or through others."""
    group_of: dict[str, list[str]] = {}
    for one, two, _ in links:
        a, b = group_of.setdefault(one, [one]), group_of.setdefault(two, [two])
        if a is not b:
            a += b
            group_of.update(dict.fromkeys(b, a))
    return [sorted(group) for group in {id(group): group for group in group_of.values()}.values()]


def _weakest(members: Iterable[str], links: Iterable[tuple[str, str, float]]) -> float:
    """The weakest of the links that it takes to hold the members together: of a spanning tree of the strongest."""
    joined = {slug: frozenset((slug,)) for slug in members}
    weakest = 1.0
    for one, two, like in sorted((link for link in links if link[0] in joined), key=lambda link: -link[2]):
        if two not in joined[one]:
            together = joined[one] | joined[two]
            joined |= dict.fromkeys(together, together)
            weakest = like
    return weakest


def _lexer(name: str) -> Lexer:
    try:
        return get_lexer_for_filename(name)
    except ClassNotFound:
        return TextLexer()


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


if __name__ == "__main__":
    main()
