"""Gradings on real containers: what submissions get, the clues to faults that keep them from starting, and that nothing is left of them."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import driving
import pytest

from lab import reader
from lab.engine import Engine
from lab.errors import EngineError
from lab.grading.marking import mark
from lab.grading.task import Marked, Task
from lab.results import Verdict
from lab.submissions import Student, Submission
from lab.text import same


@pytest.fixture
def graded(engine: Engine, tmp_path: Path) -> Iterator[Callable[..., Marked]]:
    """Grade files; nothing may be left of it."""
    with driving.no_leaks(engine, tmp_path / "work"):
        yield partial(driving.graded, engine, tmp_path / "work")
    assert [path for path in (tmp_path / "work").rglob("*") if not path.is_dir()] == []


@pytest.mark.parametrize("seed", [0, 7])
def test_a_solution_gets_full_marks(graded: Callable[..., Marked], tmp_path: Path, seed: int) -> None:
    marked = graded("tcp-oneshot", driving.files_of("tcp-oneshot"), seed)
    told = marked.graded
    assert (told.verdict, told.score, told.problem) == (Verdict.PASSED, told.max, None)
    assert told.clues == ()
    assert {program.name for program in told.programs} == {"client", "server", "again"}
    assert marked.capture is not None
    capture = tmp_path / "capture.pcapng"
    capture.write_bytes(gzip.decompress(base64.b64decode(marked.capture)))
    assert told.capture == hashlib.sha256(capture.read_bytes()).hexdigest()
    assert reader.read(capture).damage is None


@pytest.mark.parametrize(
    ("content", "clue"),
    [
        (b'import sys\nprint "hello"\n', ("python-2-print", 2)),
        (b"import sys\nwhile True\n    pass\n", ("syntax-error", 2)),
        ("import sys\nprint('你好')\n".encode("gbk"), ("source-encoding", 2)),
        (b"\xef\xbb\xbf\xef\xbb\xbfimport sys\n", ("byte-order-mark", 1)),
        (b"import sys\nsys.undefined()\n", ("crash", 2)),
    ],
)
def test_a_program_that_cannot_even_start(graded: Callable[..., Marked], content: bytes, clue: tuple[str, int]) -> None:
    told = graded("udp-hello", driving.files_of("udp-hello") | {"server.py": content}).graded
    assert told.verdict is Verdict.FAILED
    assert [(c.id, c.line) for c in told.clues if c.file == "server.py"] == [clue]
    server = next(program for program in told.programs if program.name == "server")
    assert server.end.en == "ended with status 1"


def test_a_missing_file_is_told_and_nothing_is_run(graded: Callable[..., Marked]) -> None:
    told = graded("tcp-multiclient", {"notes.txt": b""}).graded
    assert (told.verdict, told.score, told.checks, told.programs) == (Verdict.FAILED, 0, (), ())
    assert told.problem is not None


@dataclass
class Failing:
    """An engine that goes away when the hosts are up."""

    engine: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def copy_out(self, *_: object) -> Any:
        raise EngineError(same("the engine went away"))


def test_an_engine_that_goes_away_is_the_labs_error(engine: Engine, tmp_path: Path) -> None:
    with driving.no_leaks(engine, tmp_path / "work"):
        told = driving.graded(Failing(engine), tmp_path / "work", "udp-hello", driving.files_of("udp-hello")).graded
    assert (told.verdict, told.score) == (Verdict.ERROR, 0)
    assert told.problem is not None
    assert "went away" in told.problem.en


COUNTING = """\
title: {en: Twice the same, zh: 同样的两次}
hosts: {server: {}, alice: {}}
programs:
  server: {host: server, run: [python3, server.py, "8080"]}
  alice: {host: alice, run: [nc, -d, server, "8080"]}
steps:
  - start: server
    until: {listening: {tcp: 8080}}
  - start: alice
    until: {connected: {tcp: 8080}}
  - wait: alice
checks:
  listens: {tcp.handshake: {to: {host: server, port: 8080}, complete: 1}, points: 2}
  greets: {output: {program: alice, match: hello, count: 2}, needs: [listens], points: 4, partial: true}
  closes: {tcp.close: {to: {host: server, port: 8080}, by: server, kind: fin}, needs: [listens], points: 1, bonus: true}
exercise:
  files: [server.py]
  instead:
    - files: [server.sh]
      run: {server: [bash, server.sh, "8080"]}
"""
IN_PYTHON = "import socket\nsocket.create_server(('', 8080)).accept()[0].sendall(b'%s')\n"
IN_SHELL = "printf '%s' | nc -l -N \"$1\"\n"


@pytest.mark.parametrize(
    ("file", "program", "score"),
    [
        ("server.py", IN_PYTHON % r"hello\nhello\n", 7),
        ("server.sh", IN_SHELL % r"hello\nhello\n", 7),
        ("server.sh", IN_SHELL % r"hello\n", 5),  # one of two: half of four points
        ("server.sh", IN_SHELL % r"goodbye\n", 3),  # what the server closed is a bonus all the same
    ],
)
def test_another_language_partial_credit_and_a_bonus(
    engine: Engine, tmp_path: Path, file: str, program: str, score: float
) -> None:
    folder = driving.written(tmp_path / "twice", COUNTING.partition("\n")[2])
    (folder / "solution").mkdir()
    (folder / "solution" / "server.py").write_text(IN_PYTHON % r"hello\nhello\n")
    submission = Submission(Student("张三", "zhang"), {file: program.encode()})
    told = mark(Task.of(submission, str(folder / "scenario.yaml"), 0), engine, tmp_path / "work").graded
    assert (told.score, told.max, told.problem) == (score, 6, None)
    assert [each.name for each in told.files] == [file]
