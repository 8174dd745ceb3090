"""All submissions of the table graded as one class, once; what came of it lies in a folder for all who ask."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import Any

from lab.submissions.names import spelt
from lab.visible import visible
from tests.attacks.building import EXERCISE, HOST_SECRET
from tests.attacks.listening import Listener
from tests.attacks.remains import Remains
from tests.attacks.table import ATTACKS, HONEST, Attack

FORMATS = ("gradescope", "prairielearn", "classroom", "junit", "tap", "csv", "json")
AT_ONCE = 3
WITHIN = 1800  # seconds of the whole class, which takes minutes; where others keep the machine busy, many of them
DONE = "class.json"


@dataclass(frozen=True)
class Class:
    """The graded class: its output folder, what was on the terminal, what was heard and what was left."""

    folder: Path
    seconds: float
    status: int
    heard: Sequence[str]
    left: Sequence[str]
    documents: dict[str, Any] = field(repr=False)
    """By language: what `lab grade --json` said."""

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @cached_property
    def terminals(self) -> list[str]:
        """What a person saw, in each language."""
        return [
            (self.folder / f"terminal.{language}").read_text(encoding="utf-8", errors="surrogateescape")
            for language in ("en", "zh")
        ]

    @cached_property
    def _by_student(self) -> dict[str, dict[str, Any]]:
        return {visible(told["student"]): told for told in self.documents["en"]["submissions"]}

    def of(self, attack: Attack) -> dict[str, Any]:
        """What the document tells of a submission."""
        return self._by_student[visible(spelt(attack.handed_in_by))]

    def slug(self, attack: Attack) -> str:
        return Path(self.of(attack)["bundle"]).stem

    def feedback(self, attack: Attack) -> str:
        """The page of a submission's student."""
        return (self.out / "feedback" / f"{self.slug(attack)}.html").read_text(encoding="utf-8")

    def bundle(self, attack: Attack) -> str:
        """What the bundle of a submission says, out of its envelope."""
        envelope = json.loads((self.out / "bundles" / f"{self.slug(attack)}.json").read_text(encoding="utf-8"))
        return base64.b64decode(envelope["payload"]).decode()

    def capture(self, attack: Attack) -> bytes:
        """The capture of its run; empty where nothing was run."""
        path = self.out / "captures" / f"{self.slug(attack)}.pcapng"
        return path.read_bytes() if path.exists() else b""


def graded(folder: Path, attacks: Sequence[Attack] = (*ATTACKS, *HONEST)) -> Class:
    """The class, graded now or by whoever was here before; others wait meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / DONE
        if not done.exists():
            found = _grade(folder, attacks)
            done.write_text(json.dumps(found), encoding="utf-8")
        return Class(folder, **json.loads(done.read_text(encoding="utf-8")))


def _grade(folder: Path, attacks: Sequence[Attack]) -> dict[str, Any]:
    for name in ("class", "tmp", "runs", "out"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    for attack in attacks:
        attack.make(folder / "class")
    HOST_SECRET[0].write_text(HOST_SECRET[1], encoding="utf-8")
    before = Remains.now(folder)
    began = time.monotonic()
    with Listener() as listener:
        status = _on_terminal(folder, "en", _command(folder))
    seconds = time.monotonic() - began
    _on_terminal(folder, "zh", [*_command(folder), "--lang", "zh"])  # of the journal
    documents = {language: _document(folder, language) for language in ("en", "zh")}
    HOST_SECRET[0].unlink()
    return {
        "seconds": seconds,
        "status": status,
        "heard": listener.heard,
        "left": before.missing_in(Remains.settled(folder, before)),
        "documents": documents,
    }


def _command(folder: Path) -> list[str]:
    formats = [word for name in FORMATS for word in ("--format", name)]
    whole = [sys.executable, "-m", "lab", "grade", str(EXERCISE), str(folder / "class"), "--out", str(folder / "out")]
    return [*whole, "--jobs", str(AT_ONCE), *formats]


def _document(folder: Path, language: str) -> Any:
    done = subprocess.run(
        [*_command(folder), "--json", "--lang", language],
        env=_environment(folder), capture_output=True, check=False, timeout=WITHIN,
    )  # fmt: skip
    assert done.stdout, done.stderr.decode(errors="replace")
    return json.loads(done.stdout)


def _on_terminal(folder: Path, language: str, command: Sequence[str]) -> int:
    """Run a command on a terminal of its own, and keep what came there; its exit status."""
    ours, theirs = pty.openpty()
    said = folder / f"terminal.{language}"
    process = subprocess.Popen(
        command, env=_environment(folder), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    with said.open("wb") as kept, _reading(ours, kept):
        try:
            return process.wait(timeout=WITHIN)
        except subprocess.TimeoutExpired:
            process.terminate()  # it cleans up
            process.wait()
            raise


@contextmanager
def _reading(terminal: int, kept: Any) -> Iterator[None]:
    def read() -> None:
        while True:
            try:
                data = os.read(terminal, 1 << 16)
            except OSError:  # its last holder is gone
                return
            if not data:
                return
            kept.write(data)

    reader = Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        reader.join(timeout=10)
        os.close(terminal)


def _environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not re.match("LC_|LANG|PYTEST|COLUMNS|LINES|NO_COLOR", k)}
    places = {
        "LAB_RUNS": str(folder / "runs"),
        "TMPDIR": str(folder / "tmp"),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    return kept | places | {"LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "COLUMNS": "120"}
