"""Names that students gave: of members of archives and of files; what they may be, and which are left out."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from lab.text import Text, say
from lab.visible import visible

LONGEST = 255  # bytes of one name, as file systems have it
LONGEST_PATH = 1024
SHOWN = 80  # characters of a name that a text repeats
DRIVE = re.compile(r"[A-Za-z]:")
LEFT_OUT_FOLDERS = frozenset(
    {"__MACOSX", "__pycache__", ".git", ".svn", ".hg", ".idea", ".vscode", ".venv", "venv", "site-packages"}
    | {"node_modules", ".mypy_cache", ".pytest_cache", ".ruff_cache", "$RECYCLE.BIN", "System Volume Information"}
)
"""What tools put into folders; no student wrote it."""
LEFT_OUT_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", ".gitignore", ".gitattributes", "Icon\r"})
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")
OTHER_ARCHIVES = (".rar", ".7z", ".gz", ".bz2", ".xz", ".zst", ".lz", ".cab", ".iso", ".jar", ".whl", ".egg")


def decoded(raw: bytes) -> str:
    """A path as text, each part by itself: UTF-8, else as Chinese Windows writes it, else its bytes as they are."""
    return "/".join(map(_decoded, raw.split(b"/")))


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "surrogateescape")


def parts_of(name: str) -> list[str]:
    """The folders and the name at their end; a backslash separates too, as some archivers of Windows write it."""
    return [part for part in name.replace("\\", "/").split("/") if part not in {"", "."}]


def is_junk(name: str) -> bool:
    """Whether a tool left it there: what macOS, Python, git and editors put beside the files of people."""
    parts = parts_of(name)
    return any(part in LEFT_OUT_FOLDERS for part in parts) or (
        bool(parts) and (parts[-1] in LEFT_OUT_FILES or parts[-1].startswith("._") or parts[-1].endswith(".pyc"))
    )


def leads_away(name: str) -> Text | None:
    """Why the path `name`, whoever's it is, tells of no place in what was handed in; None where it does."""
    parts = parts_of(name)
    if name.startswith(("/", "\\")) or DRIVE.match(name):
        return say("its path is absolute", "路径是绝对路径")
    if ".." in parts:
        return say("its path leads out of the submission", "路径指向提交之外")
    return None if parts else say("it has no name", "没有名字")


def unsound(path: str) -> Text | None:
    """Why a student's own file cannot be taken by its path in the submission; None where it can."""
    if visible(path) != path:
        return say("its name has characters that cannot be shown", "名字中含有无法显示的字符")
    if len(path.encode()) > LONGEST_PATH or any(len(part.encode()) > LONGEST for part in parts_of(path)):
        return say("its name is longer than {n} bytes", "名字超过 {n} 字节", n=LONGEST)
    return None


def sound(name: str) -> str:
    """`name`, which the system of the course made, with `_` for what cannot be shown."""
    return "".join(c if visible(c) == c else "_" for c in name)


def same_to_some(path: str) -> str:
    """What is equal for paths that are one file where names are compared without case, or by their letters only."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())


def shown(name: str) -> str:
    """`name` on one line, harmless, cut in the middle if it is long."""
    line = visible(name[: 4 * SHOWN])
    return line if len(line) <= SHOWN else line[: SHOWN // 2] + "…" + line[-SHOWN // 2 + 1 :]


def spelt(name: str) -> str:
    """`name` as text that can be written anywhere: bytes that are no UTF-8 as escapes."""
    return (
        decoded(name.encode("utf-8", "surrogateescape"))
        .encode("utf-8", "surrogateescape")
        .decode("utf-8", "backslashreplace")
    )


def is_archive(name: str) -> bool:
    """Whether its ending is of an archive, one that can be read or not."""
    return name.lower().endswith((*ARCHIVES, *OTHER_ARCHIVES))


def stem(name: str) -> str:
    """The last part of `name` without what tells an archive or a program from others."""
    last = PurePosixPath(name).name
    ending = next((e for e in sorted(ARCHIVES, key=len, reverse=True) if last.lower().endswith(e)), None)
    cut = last[: -len(ending)] if ending else PurePosixPath(last).stem
    return cut or last
