"""Hidden checks on real containers: no byte of what they look at comes into what students get."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from pathlib import Path

import driving
import pytest

from lab.engine import Engine
from lab.graded import Graded, Mark
from lab.grading.marking import mark
from lab.grading.task import Marked, Task
from lab.report import feedback
from lab.report.formats import FORMATS, Context
from lab.results import Verdict
from lab.submissions import Student, Submission
from lab.text import same

WORD = "芝麻开门"
SECRET = f"secret-{WORD}-bravo"
SCENARIO = f"""
title: {{en: Hidden, zh: 隐藏}}
hosts: {{server: {{}}, alice: {{}}, bob: {{}}}}
programs:
  server: {{host: server, run: [python3, server.py, "8080"]}}
  alice: {{host: alice, run: [python3, client.py, public-alpha]}}
  bob: {{host: bob, run: [python3, client.py]}}
steps:
  - start: server
    until: {{listening: {{tcp: 8080}}}}
  - start: alice
  - wait: alice
  - start: bob
  - send: {{to: bob, line: {SECRET}}}
  - wait: bob
checks:
  connected:
    tcp.handshake: {{to: {{host: server, port: 8080}}, at_least: 1}}
  left:
    tcp.close: {{to: {{host: server, port: 8080}}}}
  goes-on:
    exit: {{program: server, running: true}}
  unseen:
    output: {{program: bob, text: {SECRET}, count: 4}}
    hidden: true
exercise: {{files: [server.py]}}
"""
CLIENT = """
import socket, sys

word = sys.argv[1] if len(sys.argv) > 1 else input()
with socket.create_connection(("server", 8080)) as s:
    s.sendall(word.encode())
    print(s.recv(1024).decode())
    s.shutdown(socket.SHUT_WR)
    s.recv(1)
print(word)
"""
SERVER = """
import os, socket, sys

with socket.create_server(("", int(sys.argv[1]))) as listener:
    while True:
        client, _ = listener.accept()
        with client:
            data = client.recv(1024)
            print(data, data.decode(), data.hex(), flush=True)
            client.sendall(data)
            client.recv(1)
        if data.startswith(b"secret"):
            {end}
"""
ENDS = ["os._exit(data[7])", "raise ValueError(data.decode())", "os.kill(os.getpid(), data[0] % 16)", "pass"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The exercise."""
    folder = tmp_path / "hidden"
    (folder / "solution").mkdir(parents=True)
    (folder / "scenario.yaml").write_text(SCENARIO)
    (folder / "client.py").write_text(CLIENT)
    (folder / "solution" / "server.py").write_text(SERVER.format(end="pass"))
    return folder


@pytest.fixture
def work(engine: Engine, tmp_path: Path) -> Iterator[Path]:
    """A folder for run directories; nothing may be left of the runs."""
    with driving.no_leaks(engine, tmp_path / "work"):
        yield tmp_path / "work"


@pytest.mark.parametrize("end", ENDS)
def test_what_a_hidden_check_looks_at_reaches_no_student(engine: Engine, folder: Path, work: Path, end: str) -> None:
    submission = Submission(Student("张三", "zhang", "1"), {"server.py": SERVER.format(end=end).encode()})
    marked = mark(Task.of(submission, str(folder / "scenario.yaml"), 0), engine, work)
    graded = marked.graded
    assert graded.verdict is not Verdict.ERROR, graded.problem
    assert [check.verdict for check in graded.checks][:2] == ["passed", "passed"]
    for name, content in _given(marked, submission.student):
        for form in _forms():
            assert form not in content, (name, form)
        assert "ended with status" not in content.decode("utf-8", "replace")
    assert "public-alpha" in "".join(check.excerpt.en for check in graded.checks if check.excerpt)
    [program] = graded.programs
    assert "line" not in "".join(program.output)


def _forms() -> Iterator[bytes]:
    for word in (WORD, "bravo"):
        for encoding in ("utf-8", "gbk"):
            data = word.encode(encoding)
            yield data
            yield data.hex().encode()
            yield data.hex(" ").encode()
            yield repr(data)[2:-1].encode()
    for encoding in ("utf-8", "gbk"):
        for shift in range(3):
            yield base64.b64encode(b"\0" * shift + SECRET.encode(encoding))[4:-4]


def _given(marked: Marked, student: Student) -> Iterator[tuple[str, bytes]]:
    graded: Graded = marked.graded
    assert marked.capture is not None
    yield "capture", gzip.decompress(base64.b64decode(marked.capture))
    yield "page", feedback.page(graded, "en", "capture.pcapng").encode()
    context = Context(exercise="hidden", title=same("Hidden"), language="zh", started=graded.started)
    for name in ("gradescope", "prairielearn", "classroom"):
        yield from FORMATS[name].write([Mark(student, graded)], context).items()
