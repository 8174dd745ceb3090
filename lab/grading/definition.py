"""What an exercise is made of, as a digest: when it changes, what was graded by it is graded again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lab.oserrors import content_of
from lab.scenario import Scenario

ASIDE = frozenset({"README.md", "README.zh.md", "broken", "starter", "matrix.yaml", "__pycache__"})
"""In the folder of an exercise: what no grading reads."""


def definition_of(scenario: Scenario) -> str:
    """The SHA-256, in hex, of the names and contents of the files that a grading by `scenario` may read.

    Raises `InputError` where one of them cannot be read.
    """
    digest = hashlib.sha256()
    for file in sorted(scenario.folder.rglob("*")):
        inside = file.relative_to(scenario.folder)
        if file.is_file() and (inside == Path(scenario.file) or not _aside(inside)):
            name, content = inside.as_posix().encode("utf-8", "surrogateescape"), content_of(file)
            digest.update(b"%d:%s%d:" % (len(name), name, len(content)))
            digest.update(content)
    return digest.hexdigest()


def _aside(inside: Path) -> bool:
    return inside.parts[0] in ASIDE or any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
