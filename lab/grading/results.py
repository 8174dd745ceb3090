"""The output folder of a class: what each student gets, what the course's system takes, what the teacher reads."""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lab.errors import InputError, LabError
from lab.graded import Mark
from lab.grading import bundle
from lab.marks import BUNDLES, CAPTURES, FEEDBACK, INDEX, WORK, Marks
from lab.oserrors import why
from lab.report import classpage, feedback
from lab.report.formats import FORMATS, Context
from lab.text import say

ALWAYS = ("json", "csv")
"""The formats that are written whether asked for or not."""
FOLDERS = (FEEDBACK, CAPTURES, BUNDLES, WORK)
FILES = (INDEX, "results.json", "results.csv")
FOLDER, FILE = say("folder", "文件夹"), say("file", "文件")


class Results:
    """Writes into `folder`; a file is there whole or not at all. Every method raises `LabError` where it cannot."""

    def __init__(self, folder: Path, key: Ed25519PrivateKey, context: Context) -> None:
        self._folder = folder
        self._key = key
        self._context = context

    def capture(self, slug: str, packed: str | None) -> None:
        """The capture of a student, as a worker gave it; of None there is none any more."""
        self._replace(
            f"{CAPTURES}/{slug}.pcapng", None if packed is None else gzip.decompress(base64.b64decode(packed))
        )

    def has_capture(self, slug: str, digest: str | None, holders: Iterable[str]) -> bool:
        """Whether the capture of a student is there that `digest` (SHA-256; of None there is none) tells of.

        It may be that of one of `holders`, who handed in the same: then the student gets a copy.
        """
        if digest is None:
            self.capture(slug, None)
            return True
        for other in dict.fromkeys((slug, *holders)):
            content = self._captured(other)
            if content is not None and hashlib.sha256(content).hexdigest() == digest:
                if other != slug:
                    self._replace(f"{CAPTURES}/{slug}.pcapng", content)
                return True
        return False

    def student(self, mark: Mark) -> None:
        """The feedback of a student and the signed bundle; after the capture."""
        slug = mark.student.slug
        there = (self._folder / CAPTURES / f"{slug}.pcapng").is_file()
        capture = f"../{CAPTURES}/{slug}.pcapng" if there else None
        with _making(f"{FEEDBACK}/{slug}.html"):
            page = feedback.page(mark.graded, self._context.language_of(mark.student), capture).encode()
        self._replace(f"{FEEDBACK}/{slug}.html", page)
        self._replace(f"{BUNDLES}/{slug}.json", bundle.sign(mark.graded, self._key))

    def class_(self, marks: Marks, formats: Iterable[str]) -> None:
        """The sheets in `formats`, and the page of the class."""
        for name in dict.fromkeys((*ALWAYS, *formats)):
            with _making(name):
                files = FORMATS[name].write(marks.marks, self._context)
            for path, content in files.items():
                self._replace(path, content)
        with _making(INDEX):
            page = classpage.page(marks, self._context.language).encode()
        self._replace(INDEX, page)

    def _captured(self, slug: str) -> bytes | None:
        try:
            return (self._folder / CAPTURES / f"{slug}.pcapng").read_bytes()
        except OSError:
            return None

    def _replace(self, path: str, content: bytes | None) -> None:
        replace(self._folder / path, content)


def check_folder(folder: Path) -> None:
    """Raise `InputError` where something in `folder` is in the way of what is to be written."""
    for names, wanted, is_so in ((FOLDERS, FOLDER, Path.is_dir), (FILES, FILE, Path.is_file)):
        for file in (folder / name for name in names):
            if os.path.lexists(file) and not is_so(file):
                raise InputError(
                    say(
                        "{file} is in the way: it is no {wanted}",
                        "{file} 挡住了路：它不是{wanted}",
                        file=file,
                        wanted=wanted,
                    ),
                    say("remove it, or name another folder with --out", "请删除它，或用 --out 指定另一个文件夹"),
                )


@contextmanager
def _making(what: str) -> Iterator[None]:
    """Raise `LabError` for whatever goes wrong in the making of a page or a sheet: it is the lab's fault."""
    try:
        yield
    except LabError:
        raise
    except Exception as error:
        kind = type(error).__name__
        raise LabError(
            say(
                "{what} cannot be made ({kind}: {error})",
                "无法生成 {what}（{kind}：{error}）",
                what=what,
                kind=kind,
                error=error,
            ),
            say(
                "it is a fault of the lab; what was graded is kept in the journal",
                "这是实验室的错误；已评的结果保存在日志中",
            ),
        ) from error


def replace(file: Path, content: bytes | None) -> None:
    """Write `file` whole, or remove it for None. Raises `LabError` where it cannot be."""
    try:
        if content is None:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        whole = file.with_name(f".{file.name}.part")
        whole.write_bytes(content)
        whole.replace(file)
    except OSError as error:
        what = say("{file} cannot be written: {why}", "无法写入 {file}：{why}", file=file, why=why(error))
        raise LabError(what) from error
