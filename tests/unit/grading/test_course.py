from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError
from marks import check, graded

from lab.errors import EngineMissing, InputError, LabError
from lab.graded import Graded
from lab.grading import course, results
from lab.grading.course import Order, grade
from lab.grading.task import Answer, Marked, Task
from lab.marks import Marks
from lab.record import Words
from lab.results import Verdict
from lab.text import Language, say

WRONG = "print('wrong')\n"
RIGHT = "print('right')\n"


def result_of(task: Task, **more: Any) -> Graded:
    text = "".join(content.decode() for content in task.submission.files.values())
    checks = (check("a"), check("b", Verdict.PASSED if "right" in text else Verdict.FAILED))
    told = {"student": task.student, "submission": task.submission.sha256, "seed": task.seed, "runs": task.runs}
    handed_in = bool(task.files or task.refused)
    return graded(*checks, handed_in=handed_in, **told | more)


class Fake:
    """Workers that answer at once; what they do with a task may be changed by its slug."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, bool]] = []
        self.instead: dict[str, Callable[[Task], Answer]] = {}

    def run(
        self,
        tasks: Sequence[Task],
        *,
        ended: Callable[[Task, Answer], None],
        alone: bool = False,
    ) -> None:
        for task in tasks:
            self.asked.append((task.slug, task.runs, alone))
            answer = self.instead.get(task.slug, lambda each: Answer(marked=Marked(graded=result_of(each))))
            ended(task, answer(task))


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Fake:
    fake = Fake()

    @contextmanager
    def there(*_: object) -> Iterator[Fake]:
        yield fake

    monkeypatch.setattr(course, "_workers", there)
    monkeypatch.setattr(course, "make_ready", lambda *_, **__: None)
    monkeypatch.setattr(course.interrupts, "heed", lambda: None)
    monkeypatch.setenv("LAB_KEY", str(tmp_path / "key.pem"))
    monkeypatch.chdir(tmp_path)
    return fake


@pytest.fixture
def class_(tmp_path: Path) -> Callable[..., Path]:
    """A class of students who handed in `server.py`; the exercise is real."""

    def make(**students: str) -> Path:
        for name, text in students.items():
            (tmp_path / "class" / name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "class" / name / "server.py").write_text(text)
        return tmp_path / "class"

    return make


def order(path: Path, **more: Any) -> Order:
    return Order("tcp-multiclient", [path], path.parent / "out", **more)


def graded_again(path: Path, **more: Any) -> Marks:
    return grade(order(path, **more), "en", as_json=False, quiet=True)


def scores(marks: Marks) -> Mapping[str, float]:
    return {mark.student.slug: mark.graded.score for mark in marks.marks}


def test_a_class_and_what_is_written_of_it(workers: Fake, class_: Callable[..., Path], tmp_path: Path) -> None:
    marks = graded_again(class_(li=WRONG, zhang=RIGHT), formats=("gradescope",))
    assert scores(marks) == {"li": 1, "zhang": 2}
    out = tmp_path / "out"
    document = json.loads((out / "results.json").read_text())
    assert [each["student"] for each in document["submissions"]] == ["li", "zhang"]
    for path in (
        "results.csv",
        "index.html",
        "journal.jsonl",
        "feedback/li.html",
        "bundles/zhang.json",
        "gradescope/li.json",
    ):
        assert (out / path).is_file(), path
    assert not [*out.rglob(".*.part"), *out.rglob(".work")]


def test_a_single_submission_leaves_the_sheets_of_the_class_alone(
    workers: Fake, class_: Callable[..., Path], tmp_path: Path
) -> None:
    path = class_(li=WRONG, zhang=RIGHT)
    for given in (path, path / "li", path / "zhang/server.py"):
        grade(Order("tcp-multiclient", [given]), "en", as_json=False, quiet=True)
    results = tmp_path / "results"
    assert sorted(folder.name for folder in results.iterdir()) == [
        *("tcp-multiclient", "tcp-multiclient-li", "tcp-multiclient-server")
    ]
    assert len((results / "tcp-multiclient/results.csv").read_text().splitlines()) == 3
    assert len((results / "tcp-multiclient-li/results.csv").read_text().splitlines()) == 2


def test_what_is_unchanged_is_not_run_again(workers: Fake, class_: Callable[..., Path]) -> None:
    path = class_(li=WRONG, zhang=RIGHT)
    first = graded_again(path)
    class_(li=RIGHT + "# now\n")
    workers.asked.clear()
    second = graded_again(path)
    assert workers.asked == [("li", 1, False)]
    assert (first.from_journal, second.from_journal) == (0, 1)
    assert scores(second) == {"li": 2, "zhang": 2}
    workers.asked.clear()
    graded_again(path, again=True)
    assert [slug for slug, _, _ in workers.asked] == ["li", "zhang"]


def test_an_interrupted_grading_goes_on(workers: Fake, class_: Callable[..., Path]) -> None:
    path = class_(a=WRONG, b=RIGHT, c=RIGHT + "\n", d=RIGHT + "\n\n")

    def interrupted(_: Task) -> Answer:
        raise KeyboardInterrupt

    workers.instead["c"] = interrupted
    with pytest.raises(KeyboardInterrupt):
        graded_again(path)
    workers.instead.clear()
    workers.asked.clear()
    assert graded_again(path).from_journal == 2
    assert [slug for slug, _, _ in workers.asked] == ["c", "d"]


def test_the_same_submission_is_run_once_for_all_who_handed_it_in(
    workers: Fake, class_: Callable[..., Path], tmp_path: Path
) -> None:
    path = class_(a=WRONG, b=WRONG, c=RIGHT)
    marks = graded_again(path)
    assert [slug for slug, _, _ in workers.asked] == ["a", "c"]
    assert [mark.graded.student for mark in marks.marks] == ["a", "b", "c"]
    assert marks.marks[0].graded.seed == marks.marks[1].graded.seed != marks.marks[2].graded.seed
    assert (tmp_path / "out/bundles/b.json").is_file()
    workers.asked.clear()
    assert graded_again(class_(d=WRONG)).from_journal == 4
    assert workers.asked == []


def captured(content: bytes) -> Callable[[Task], Answer]:
    packed = base64.b64encode(gzip.compress(content)).decode()
    digest = hashlib.sha256(content).hexdigest()
    return lambda task: Answer(marked=Marked(graded=result_of(task, capture=digest), capture=packed))


def captures(out: Path) -> dict[str, bytes]:
    """The captures by slug, each the one that the student's bundle tells of."""
    found = {file.stem: file.read_bytes() for file in (out / "captures").iterdir()}
    for slug, content in found.items():
        payload = json.loads((out / "bundles" / f"{slug}.json").read_text())["payload"]
        assert json.loads(base64.b64decode(payload))["capture"] == hashlib.sha256(content).hexdigest()
    return found


def test_nobody_gets_the_capture_of_another_submission(
    workers: Fake, class_: Callable[..., Path], tmp_path: Path
) -> None:
    workers.instead["anna"] = captured(b"first")
    graded_again(class_(anna=WRONG, ben=WRONG))
    assert captures(tmp_path / "out") == {"anna": b"first", "ben": b"first"}
    workers.instead["ben"] = captured(b"second")
    for _ in range(2):
        graded_again(class_(anna=WRONG, ben=RIGHT))
        assert captures(tmp_path / "out") == {"anna": b"first", "ben": b"second"}
    graded_again(class_(carl=WRONG, dora=RIGHT))
    assert captures(tmp_path / "out") == {"anna": b"first", "ben": b"second", "carl": b"first", "dora": b"second"}
    assert [slug for slug, _, _ in workers.asked] == ["anna", "ben"]


def test_what_lost_its_capture_is_graded_again(
    workers: Fake, class_: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workers.instead["a"] = captured(b"first")
    path = class_(a=WRONG, b=RIGHT)
    graded_again(path)
    (tmp_path / "out/captures/a.pcapng").write_bytes(b"another")
    (tmp_path / "out/captures/b.pcapng").write_bytes(b"of nothing that was graded")
    workers.instead["a"] = captured(b"second")
    workers.asked.clear()
    grade(order(path), "en", as_json=False, quiet=False)
    assert "a  the capture is gone: graded again" in capsys.readouterr().out
    assert workers.asked == [("a", 1, False)]
    assert captures(tmp_path / "out") == {"a": b"second"}


def test_what_was_refused_is_a_part_of_what_was_handed_in(workers: Fake, class_: Callable[..., Path]) -> None:
    path = class_(a=RIGHT)
    for name in ("b", "c", "d"):
        (path / name).mkdir()
    (path / "b" / "server.py").symlink_to("/etc/passwd")
    os.mkfifo(path / "c" / "server.py")
    first = graded_again(path)
    assert [slug for slug, _, _ in workers.asked] == ["a", "b", "c", "d"]
    assert len({mark.graded.seed for mark in first.marks}) == 2
    (path / "b" / "server.py").unlink()
    os.mkfifo(path / "b" / "server.py")
    workers.asked.clear()
    assert graded_again(path).from_journal == 4
    assert workers.asked == []
    (path / "b" / "link").symlink_to("/etc/passwd")
    graded_again(path)
    assert [slug for slug, _, _ in workers.asked] == ["b"]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            [
                "class: the submissions of a class (2, and 1 with nothing in it)",
                "2 submissions ",
                "handed in nothing   Ada, Eve, Max",
                "not on the roster   Max, li",
            ],
        ),
        ("zh", ["class：全班的提交（2 份，另有 1 份是空的）", "未提交   Ada、Eve、Max", "不在名单上   Max、li"]),
    ],
)
def test_who_is_missing_and_who_is_a_stranger(
    workers: Fake,
    class_: Callable[..., Path],
    tmp_path: Path,
    language: Language,
    told: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = class_(li=RIGHT, zhang=RIGHT)
    (path / "Max").mkdir()
    (tmp_path / "roster.csv").write_text("name\nAda\nZhang\nEve\n")
    asked = order(Path(path.name), roster=tmp_path / "roster.csv")
    marks = grade(asked, language, as_json=False, quiet=False)
    assert [mark.student.name for mark in marks.marks] == ["Ada", "Zhang", "Eve", "Max", "li"]
    said = capsys.readouterr().out
    for each in told:
        assert each in said
    page = (tmp_path / "out" / "index.html").read_text()
    assert ("Ada, Eve" if language == "en" else "Ada、Eve") in page


def test_of_many_paths_it_is_not_told_how_each_was_read(
    workers: Fake, class_: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = class_(a=RIGHT, b=RIGHT, c=WRONG, d=WRONG)
    for most, is_told in ((3, True), (4, False)):
        paths = sorted(path.iterdir())[:most]
        grade(Order("tcp-multiclient", paths, tmp_path / str(most)), "en", as_json=False, quiet=False)
        assert ("one submission, of a" in capsys.readouterr().out) == is_told


def test_a_path_that_is_taken_whole(workers: Fake, class_: Callable[..., Path]) -> None:
    path = class_(client=RIGHT, server=WRONG)
    assert [mark.student.name for mark in graded_again(path, whole=True).marks] == ["class"]
    assert [mark.student.name for mark in graded_again(path).marks] == ["client", "server"]


def test_a_comparison_that_is_given_up_is_told(
    workers: Fake, class_: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(course.similar, "within", lambda *_: None)
    assert grade(order(class_(a=RIGHT, b=WRONG)), "en", as_json=False, quiet=False).alike == ()
    assert "who is alike is not known" in capsys.readouterr().out


def test_an_engine_that_is_gone_ends_the_grading_and_keeps_what_was_graded(
    workers: Fake, class_: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(_: Task) -> Answer:
        raise EngineMissing(say("no engine answers", "没有引擎应答"))

    path = class_(a=WRONG, b=RIGHT, c=WRONG + "\n")
    workers.instead["c"] = gone
    with pytest.raises(EngineMissing):
        grade(order(path), "en", as_json=False, quiet=False)
    assert "stopped   2 of 3 graded; the same command goes on from here" in capsys.readouterr().out
    workers.instead.clear()
    assert graded_again(path).from_journal == 2


def test_a_seed_for_all(workers: Fake, class_: Callable[..., Path]) -> None:
    path = class_(a=WRONG, b=RIGHT)
    assert {mark.graded.seed for mark in graded_again(path, seed=7).marks} == {7}
    assert 7 not in {mark.graded.seed for mark in graded_again(path).marks}


def error(task: Task) -> Answer:
    if task.runs > 1:
        return Answer(marked=Marked(graded=result_of(task)))
    return Answer(marked=Marked(graded=result_of(task, verdict=Verdict.ERROR, score=0)))


def lost(_: Task) -> Answer:
    return Answer(failed=Words.of(say("the worker ended", "评分进程结束")))


def test_an_error_is_run_again_alone_after_all_others(workers: Fake, class_: Callable[..., Path]) -> None:
    workers.instead["a"] = error
    marks = graded_again(class_(a=RIGHT, b=WRONG, c=WRONG + "\n"))
    assert workers.asked == [("a", 1, False), ("b", 1, False), ("c", 1, False), ("a", 2, True)]
    assert [(mark.graded.runs, mark.graded.verdict) for mark in marks.rerun] == [(2, Verdict.PASSED)]
    assert marks.errors == []


def test_an_error_that_stays_never_scores_and_is_never_taken_from_the_journal(
    workers: Fake, class_: Callable[..., Path]
) -> None:
    workers.instead["a"] = lost
    path = class_(a=RIGHT, b=WRONG)
    marks = graded_again(path)
    (mark,) = marks.errors
    assert (mark.graded.score, mark.graded.runs, mark.graded.submission) == (0, 2, marks.marks[0].graded.submission)
    assert mark.graded.problem is not None
    assert mark.graded.problem.en == "the worker ended"
    workers.instead.clear()
    workers.asked.clear()
    assert scores(graded_again(path)) == {"a": 2, "b": 1}
    assert workers.asked == [("a", 1, False)]


def test_a_score_that_is_lower_now_is_said(
    workers: Fake, class_: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    graded_again(class_(a=RIGHT, b=RIGHT + "\n"))
    marks = grade(order(class_(a=WRONG)), "en", as_json=False, quiet=False)
    assert {slug: was.score for slug, was in marks.before.items()} == {"a": 2}
    assert "a  lower than before: 1 of 2, it was 2 of 2" in capsys.readouterr().out
    assert "lower than before: 1 of 2" in (marks.folder / "index.html").read_text()
    capsys.readouterr()
    unchanged = grade(order(class_()), "en", as_json=False, quiet=False)
    assert unchanged.before == marks.before
    said = capsys.readouterr().out
    assert ("lower now   a" in said, "lower than before" in said) == (True, False)
    assert "lower than before: 1 of 2" in (marks.folder / "index.html").read_text()
    assert graded_again(class_(a=RIGHT)).before == {}


def test_a_score_that_was_lowered_before_an_interrupt_is_said_after_it(
    workers: Fake, class_: Callable[..., Path]
) -> None:
    graded_again(class_(a=RIGHT, b=RIGHT))

    def interrupted(_: Task) -> Answer:
        raise KeyboardInterrupt

    workers.instead["b"] = interrupted
    with pytest.raises(KeyboardInterrupt):
        graded_again(class_(a=WRONG, b=RIGHT + "\n"))
    workers.instead.clear()
    marks = graded_again(class_())
    assert {slug: was.score for slug, was in marks.before.items()} == {"a": 2}
    assert "lower than before: 1 of 2" in (marks.folder / "index.html").read_text()


def test_an_older_result_from_the_journal_may_be_lower_too(workers: Fake, class_: Callable[..., Path]) -> None:
    graded_again(class_(a=WRONG, b=RIGHT))
    graded_again(class_(a=RIGHT))
    workers.asked.clear()
    assert set(graded_again(class_(a=WRONG)).before) == {"a"}
    assert workers.asked == []
    assert set(graded_again(class_(a=WRONG)).before) == {"a"}


def test_the_document_stands_alone(
    workers: Fake, class_: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    grade(order(class_(a=RIGHT, b=WRONG)), "en", as_json=True, quiet=False)
    said = capsys.readouterr()
    assert [each["score"] for each in json.loads(said.out)["submissions"]] == [2, 1]
    assert "2 submissions" in said.err


def test_a_torn_journal_is_told(
    workers: Fake, class_: Callable[..., Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = class_(a=RIGHT, b=WRONG)
    graded_again(path)
    journal = tmp_path / "out/journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-5])
    workers.asked.clear()
    grade(order(path), "en", as_json=False, quiet=False)
    assert "cut short" in capsys.readouterr().out
    assert [slug for slug, _, _ in workers.asked] == ["b"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"exercise": "tcp-mismatch"}, "is no exercise"),
        ({"exercise": "tcp-multclient"}, "no exercise `tcp-multclient`; did you mean `tcp-multiclient`"),
        ({"exercise": "no-such"}, "no exercise `no-such`: `lab list` tells of all"),
        ({"formats": ("excel",)}, "no format `excel`; there are gradescope"),
        ({"formats": ("moodle",)}, "roster"),
        ({"roster": Path("no.csv")}, "no.csv"),
        ({"paths": [Path("nowhere")]}, "nowhere"),
        ({"paths": [Path("class"), Path("class/../class")]}, "class/../class is given twice"),
    ],
)
def test_wrong_input_runs_nothing(workers: Fake, class_: Callable[..., Path], more: Any, told: str) -> None:
    path = class_(a=RIGHT)
    fields = {"exercise": "tcp-multiclient", "paths": [path], "out": path.parent / "out"} | more
    with pytest.raises(InputError, match=told):
        grade(Order(**fields), "en", as_json=False, quiet=True)
    assert workers.asked == []
    assert not (path.parent / "out").exists()


def test_a_wrong_key_is_told_before_anything_is_made(
    workers: Fake, class_: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_text("no key")
    (tmp_path / "key.pem").chmod(0o600)
    with pytest.raises(InputError, match="no Ed25519 private key"):
        graded_again(class_(a=RIGHT))
    assert (workers.asked, (tmp_path / "out").exists()) == ([], False)


@pytest.mark.parametrize("name", ["feedback", "captures", "bundles", ".work", "index.html", "results.csv"])
def test_what_is_in_the_way_is_told_before_anything_is_run(
    workers: Fake, class_: Callable[..., Path], tmp_path: Path, name: str
) -> None:
    (tmp_path / "out").mkdir()
    is_file = "." in name[1:]
    (tmp_path / "out" / name).mkdir() if is_file else (tmp_path / "out" / name).touch()
    with pytest.raises(
        InputError, match=f"{name} is in the way: it is no {'file' if is_file else 'folder'}: remove it"
    ):
        graded_again(class_(a=RIGHT))
    assert workers.asked == []


def test_an_output_folder_is_of_one_exercise(workers: Fake, class_: Callable[..., Path], tmp_path: Path) -> None:
    path = class_(a=RIGHT, b=WRONG)
    graded_again(path)
    page = (tmp_path / "out/feedback/a.html").read_bytes()
    with pytest.raises(InputError, match="holds the results of tcp-multiclient, not of tcp-hello"):
        grade(Order("tcp-hello", [path], tmp_path / "out"), "en", as_json=False, quiet=True)
    assert (tmp_path / "out/feedback/a.html").read_bytes() == page


@pytest.mark.parametrize("page", ["classpage", "feedback"])
def test_a_page_that_cannot_be_made_is_the_labs_fault(
    workers: Fake, class_: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    def broken(*_: object) -> str:
        raise UndefinedError("no `marks`")

    path = class_(a=RIGHT, b=WRONG)
    with (
        monkeypatch.context() as patched,
        pytest.raises(LabError, match="cannot be made \\(UndefinedError: no") as told,
    ):
        patched.setattr(getattr(results, page), "page", broken)
        graded_again(path)
    assert told.value.exit_code == 3
    assert graded_again(path).from_journal == (2 if page == "classpage" else 1)
