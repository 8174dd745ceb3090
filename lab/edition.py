"""Which lab this is, to tell it from another checkout of the same version."""

from __future__ import annotations

import functools
import hashlib

from lab import __version__
from lab.places import ROOT

SHORT = 12  # hex digits


@functools.cache
def edition() -> str:
    """The version with the beginning of a SHA-256 over the package's files, such as `0.1.0+3f9c1a7be204`."""
    package = ROOT / "lab"
    digest = hashlib.sha256()
    for file in sorted(path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        name, content = file.relative_to(package).as_posix().encode(), file.read_bytes()
        digest.update(b"%d:%s%d:" % (len(name), name, len(content)))
        digest.update(content)
    return f"{__version__}+{digest.hexdigest()[:SHORT]}"
