from __future__ import annotations

import base64
import gzip
import hashlib
from pathlib import Path

import pytest
from fake_engine import FakeEngine, FakeProgram

from lab import reader
from lab.capturefile import opened
from lab.errors import EngineError, Interrupted
from lab.grading import shown
from lab.grading.definition import definition_of
from lab.grading.marking import exercise_of, full_marks, mark
from lab.grading.shown import EMPTY
from lab.grading.task import Marked, Task
from lab.results import Verdict
from lab.submissions import Student, Submission
from lab.text import same

SCENARIO = """
title: {en: Hello, zh: 你好}
hosts: {server: {}, alice: {}}
programs:
  server: {host: server, run: [python3, server.py]}
  alice: {host: alice, run: [python3, "-c", pass]}
steps:
  - start: server
    until: {listening: {udp: 53}}
    within: 0.2
  - start: alice
  - wait: alice
    within: 0.2
checks:
  asked:
    udp.datagrams: {to: {host: server, port: 53}, count: 1}
    points: 3
    hint: {en: "bind()?", zh: "bind()？"}
  quiet:
    output: {program: server, match: ., count: 0}
    needs: [asked]
    points: 1
  extra:
    output: {program: alice, line: bonus}
    points: 1
    bonus: true
exercise: {files: [server.py], worth: 10}
"""
HIDDEN = """
  unseen:
    udp.datagrams: {to: {host: server, port: 54}, count: 1}
    points: 4
    hidden: true
exercise:"""


def datagram(payload: bytes, port: int = 53, host: int = 11) -> bytes:
    """From port 5000 of alice, or of another host, to the server."""
    head = bytes.fromhex("4500") + (28 + len(payload)).to_bytes(2) + bytes.fromhex("0000400040110000")
    udp = (5000).to_bytes(2) + port.to_bytes(2) + (8 + len(payload)).to_bytes(2) + b"\0\0"
    return b"\x02\x77\0\0\0\0\x02\x77\0\0\0\1\x08\x00" + head + bytes([10, 77, 0, host, 10, 77, 0, 10]) + udp + payload


class Class:
    """An exercise, a folder for run directories, and hosts whose programs the tests write."""

    def __init__(self, folder: Path, scenario: str = SCENARIO) -> None:
        self.folder = folder / "hello"
        (self.folder / "solution").mkdir(parents=True)
        (self.folder / "solution" / "server.py").write_text("serve()\n")
        (self.folder / "scenario.yaml").write_text(scenario)
        self.work = folder / "work"
        self.engine = FakeEngine({"server": self.server, "alice": self.alice})
        self.frames = [datagram(b"hi")]

    def server(self, program: FakeProgram) -> None:
        program.listens(53, "udp")

    def alice(self, program: FakeProgram) -> None:
        for frame in self.frames:
            self.engine.tap.carries("lan", frame)
        program.ends()

    def mark(self, files: dict[str, bytes] | None = None, runs: int = 1) -> Marked:
        handed = {"server.py": b"serve()\n"} if files is None else files
        submission = Submission(Student("张三", "zhang"), handed)
        marked = mark(Task.of(submission, str(self.folder / "scenario.yaml"), 0, runs), self.engine, self.work)
        assert Marked.model_validate_json(marked.model_dump_json()) == marked
        assert [path for path in self.work.rglob("*") if not path.is_dir()] == []
        assert self.engine.existing == {}
        return marked


@pytest.fixture
def course(tmp_path: Path) -> Class:
    return Class(tmp_path)


def test_full_marks_without_the_bonus(course: Class) -> None:
    graded = course.mark(runs=2).graded
    assert (graded.verdict, graded.score, graded.max) == (Verdict.PASSED, 10, 10)
    assert [(c.id, c.verdict, c.points, c.earned, c.bonus) for c in graded.checks] == [
        ("asked", "passed", 7.5, 7.5, False),
        ("quiet", "passed", 2.5, 2.5, False),
        ("extra", "failed", 2.5, 0, True),
    ]
    assert (graded.exercise, graded.title.zh, graded.student, graded.seed, graded.runs) == (
        "hello",
        "你好",
        "张三",
        0,
        2,
    )
    assert [(f.name, f.size) for f in graded.files] == [("server.py", 8)]
    assert graded.files[0].sha256 == hashlib.sha256(b"serve()\n").hexdigest()
    assert graded.images["host"] == "sha256:host"
    assert graded.problem is None
    assert graded.seconds > 0


def test_nothing_is_traced_whatever_the_scenario_says(tmp_path: Path) -> None:
    traced = SCENARIO.replace("{host: alice, ", "{host: alice, trace: true, ")
    assert traced != SCENARIO
    course = Class(tmp_path, traced)
    started: list[str | None] = []
    course.engine.behaviours["alice"] = lambda program: (started.append(program.trace), course.alice(program))
    assert course.mark().graded.verdict == Verdict.PASSED
    assert started == [None]


def test_the_capture_is_the_one_of_its_digest(course: Class) -> None:
    marked = course.mark()
    assert marked.capture is not None
    content = gzip.decompress(base64.b64decode(marked.capture))
    assert marked.graded.capture == hashlib.sha256(content).hexdigest()


def test_a_capture_that_is_too_large_is_handed_to_nobody(course: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "MOST_CAPTURE", 100)
    marked = course.mark()
    assert (marked.capture, marked.graded.capture) == (None, None)
    assert [note.en for note in marked.graded.notes] == ["the capture has 0 MiB: too large to hand out"]


def test_a_step_that_was_waited_for_in_vain_is_told(course: Class) -> None:
    course.engine.behaviours = {"server": lambda program: program.ends(1), "alice": course.alice}
    graded = course.mark().graded
    assert graded.verdict is Verdict.FAILED
    assert graded.notes == ()
    assert graded.stalled is not None
    assert graded.stalled.en == (
        "the exchange stalled at step 1, server started and listening on udp 53: server had ended, exit 1"
    )
    assert graded.checks[0].hint is not None


def test_of_a_program_that_cannot_be_read_only_the_clue_is_told(course: Class) -> None:
    def server(program: FakeProgram) -> None:
        program.prints(b"  File \"server.py\", line 2\nSyntaxError: expected ':'\n", "err")
        program.ends(1)

    course.engine.behaviours = {"server": server, "alice": course.alice}
    graded = course.mark({"server.py": b"import socket\nwhile True\n"}).graded
    assert [(clue.id, clue.line) for clue in graded.clues] == [("syntax-error", 2)]
    assert graded.stalled is None
    assert [check.hint for check in graded.checks] == [None] * len(graded.checks)


def test_a_failed_check_shows_what_its_programs_did(course: Class) -> None:
    def server(program: FakeProgram) -> None:
        program.listens(53, "udp")
        program.prints(b"\x1b[2J" + b"x" * 300 + b"\nlast\n")

    course.engine.behaviours = {"server": server, "alice": course.alice}
    graded = course.mark().graded
    assert (graded.verdict, graded.score) == (Verdict.FAILED, 7.5)
    [program] = graded.programs
    assert program.name == "server"
    assert program.output[0].startswith("\\x1b[2Jxxx")
    assert (len(program.output[0]), program.output[1]) == (200, "last")
    assert graded.checks[0].excerpt is not None
    assert "hi" in graded.checks[0].excerpt.en


def test_a_missing_file_is_a_failure_and_nothing_runs(course: Class) -> None:
    graded = course.mark({"sever.txt": b""}).graded
    assert (graded.verdict, graded.score, graded.max, graded.checks) == (Verdict.FAILED, 0, 10, ())
    assert graded.problem is not None
    assert "server.py" in graded.problem.en
    assert course.engine.calls == []


def test_what_the_lab_fails_in_is_an_error_and_no_score(course: Class) -> None:
    course.engine.fails = {"create": EngineError(same("no room left"))}
    graded = course.mark().graded
    assert (graded.verdict, graded.score, graded.max) == (Verdict.ERROR, 0, 10)
    assert graded.problem is not None
    assert "no room left" in graded.problem.en


def test_an_exercise_that_is_not_there_is_an_error(course: Class) -> None:
    (course.folder / "scenario.yaml").unlink()
    graded = course.mark().graded
    assert (graded.verdict, graded.exercise) == (Verdict.ERROR, "hello")


@pytest.mark.parametrize("interruption", [Interrupted(same("Ctrl-C")), KeyboardInterrupt()])
def test_ctrl_c_passes_through_and_leaves_nothing(course: Class, interruption: BaseException) -> None:
    course.engine.fails = {"create": interruption}
    with pytest.raises(type(interruption)):
        course.mark()
    assert [path for path in course.work.rglob("*") if not path.is_dir()] == []


def test_a_fatal_limit_takes_all_points(course: Class) -> None:
    def alice(program: FakeProgram) -> None:
        course.alice(program)
        course.engine.tap.cuts("server")

    course.engine.behaviours = {"server": course.server, "alice": alice}
    graded = course.mark().graded
    assert (graded.verdict, graded.score) == (Verdict.FAILED, 0)
    assert {check.earned for check in graded.checks} == {0}
    assert [limit.what for limit in graded.limits_hit] == ["traffic"]
    assert graded.problem is not None
    assert "64" in graded.problem.en
    assert "流量" in graded.problem.zh


def test_inputs_of_hidden_checks_are_nowhere(tmp_path: Path) -> None:
    course = Class(tmp_path, SCENARIO.replace("\nexercise:", HIDDEN))
    course.frames = [datagram(b"public"), datagram(b"SECRET", 54)]

    def server(program: FakeProgram) -> None:
        program.listens(53, "udp")
        program.prints(b"SECRET\nTraceback (most recent call last):\n", "err")
        program.prints(b'  File "/work/server.py", line 1, in SECRET\nValueError: SECRET\n', "err")

    course.engine.behaviours = {"server": server, "alice": course.alice}
    marked = course.mark()
    assert marked.capture is not None
    content = gzip.decompress(base64.b64decode(marked.capture))
    assert b"SECRET" not in content
    assert b"public" in content
    assert "SECRET" not in marked.model_dump_json()
    [program] = marked.graded.programs
    assert program.output == ("Traceback (most recent call last):", '  File "server.py", line 1', "ValueError")
    assert [(c.id, c.verdict) for c in marked.graded.checks if c.hidden] == [("unseen", "passed")]
    assert [c.excerpt is None for c in marked.graded.checks] == [False, True, True, True]

    capture = tmp_path / "shown.pcapng"
    capture.write_bytes(content)
    [cited] = marked.graded.checks[0].packets
    found = reader.read(capture)
    assert [d.number for d in found.datagrams] == list(cited)
    assert found.damage is None
    with opened(capture) as frames:
        assert [data == EMPTY for *_, data, _ in frames].count(True) == 1


def test_full_marks_are_the_worth_or_the_sum_of_points(tmp_path: Path) -> None:
    worth, points = Class(tmp_path / "a"), Class(tmp_path / "b", SCENARIO.replace(", worth: 10", ""))
    assert full_marks(exercise_of(worth.folder / "scenario.yaml", 0)) == 10
    assert full_marks(exercise_of(points.folder / "scenario.yaml", 0)) == 4


def test_the_definition_is_of_what_gradings_read(course: Class) -> None:
    scenario = exercise_of(course.folder / "scenario.yaml", 0)
    before = definition_of(scenario)
    (course.folder / "README.md").write_text("text")
    (course.folder / "broken" / "asked").mkdir(parents=True)
    (course.folder / "broken" / "asked" / "server.py").write_text("")
    assert definition_of(scenario) == before
    (course.folder / "solution" / "server.py").write_text("other\n")
    assert definition_of(scenario) != before


def test_an_exercise_that_changed_is_read_again(course: Class) -> None:
    file = course.folder / "scenario.yaml"
    first = exercise_of(file, 0)
    assert exercise_of(file, 0) is first
    file.write_text(SCENARIO.replace("worth: 10", "worth: 20"))
    assert full_marks(exercise_of(file, 0)) == 20


def test_a_conversation_that_a_hidden_check_cites_too_is_not_shown(tmp_path: Path) -> None:
    course = Class(tmp_path, SCENARIO.replace("\nexercise:", HIDDEN.replace("port: 54", "port: 53")))
    course.frames = [datagram(b"SECRET")]
    marked = course.mark()
    assert marked.capture is not None
    assert marked.graded.checks[0].packets
    assert marked.graded.checks[0].excerpt is None
    assert b"SECRET" not in gzip.decompress(base64.b64decode(marked.capture))


SHARED = """
title: {en: Hello, zh: 你好}
hosts: {server: {}, alice: {}, bob: {}}
programs:
  server: {host: server, run: [python3, server.py]}
  alice: {host: alice, run: [python3, "-c", pass]}
  bob: {host: bob, run: [python3, "-c", pass]}
steps:
  - start: server
    until: {listening: {udp: 53}}
    within: 0.2
  - start: alice
  - wait: alice
    within: 0.2
  - start: bob
  - wait: bob
    within: 0.2
checks:
  asked:
    udp.datagrams: {to: {host: server, port: 53}, at_least: 1}
  goes-on:
    exit: {program: server, running: true}
  unseen:
    output: {program: bob, line: answer}
    hidden: true
exercise: {files: [server.py]}
"""


@pytest.fixture
def shared(tmp_path: Path) -> Class:
    """An exercise with a hidden check of what bob printed; a visible one cites what everybody sent."""
    course = Class(tmp_path, SHARED)

    def alice(program: FakeProgram) -> None:
        course.engine.tap.carries("lan", datagram(b"public"))
        program.ends()

    def bob(program: FakeProgram) -> None:
        course.engine.tap.carries("lan", datagram(b"SECRET", host=12))
        program.prints(b"SECRET\n")
        program.ends()

    course.engine.behaviours = {"server": course.server, "alice": alice, "bob": bob}
    return course


def test_what_a_host_sends_that_a_hidden_check_names_is_nowhere(shared: Class) -> None:
    marked = shared.mark()
    assert marked.capture is not None
    content = gzip.decompress(base64.b64decode(marked.capture))
    assert b"SECRET" not in content
    assert b"public" in content
    told = tuple(check for check in marked.graded.checks if not check.hidden)
    assert "SECRET" not in marked.graded.model_copy(update={"checks": told}).model_dump_json()
    asked = marked.graded.checks[0]
    assert (asked.id, asked.verdict, len([n for group in asked.packets for n in group])) == ("asked", "passed", 2)
    assert asked.actual == asked.expected
    assert asked.excerpt is not None
    assert "public" in asked.excerpt.en


@pytest.mark.parametrize(
    ("status", "end"), [(0, "ended by itself"), (98, "ended with an error"), (1, "ended with an error")]
)
def test_a_program_tells_nothing_by_its_exit_status(shared: Class, status: int, end: str) -> None:
    def server(program: FakeProgram) -> None:
        program.listens(53, "udp")
        program.ends(status)

    shared.engine.behaviours["server"] = server
    graded = shared.mark().graded
    assert [program.end.en for program in graded.programs] == [end]
    assert graded.checks[1].verdict is Verdict.FAILED
    assert "98" not in graded.checks[1].actual.en + graded.checks[1].actual.zh
    assert "hidden" in graded.checks[1].actual.en


def test_a_program_tells_nothing_by_the_line_of_a_crash_after_the_first_secret(shared: Class) -> None:
    crash = b'Traceback (most recent call last):\n  File "/work/server.py", line %d, in x\nValueError\n'
    servers: list[FakeProgram] = []

    def server(program: FakeProgram) -> None:
        servers.append(program)
        program.listens(53, "udp")
        program.prints(crash % 2, "err")

    bob = shared.engine.behaviours["bob"]

    def after(program: FakeProgram) -> None:
        bob(program)
        servers[0].prints(crash % 7, "err")

    shared.engine.behaviours |= {"server": server, "bob": after}
    graded = shared.mark({"server.py": b"\n" * 9}).graded
    [program] = graded.programs
    assert '  File "server.py", line 2' in program.output
    assert "line 7" not in "".join(program.output)
    assert {clue.line for clue in graded.clues} <= {2}
