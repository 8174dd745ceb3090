from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import InputError
from lab.scenario import Exercise, Host, Network, Program, Scenario
from lab.submissions import Handed, Refused, Student, Submission
from lab.submissions.taking import A_LINK
from lab.submissions.wanted import handed_in
from lab.text import same
from lab.values import Words

SHELL = {"files": ["server.sh"], "run": {"server": ["bash", "server.sh", "8080"]}}
BOTH = {"files": ["server.py", "client.py"]}


def scenario(exercise: Mapping[str, Any] | None) -> Scenario:
    programs = {
        "server": {"host": "box", "run": ["python3", "server.py", "8080"]},
        "client": {"host": "box", "run": ["python3", "client.py"]},
    }
    return Scenario(
        name="test",
        folder=Path("/nowhere"),
        title=Words(en="t", zh="t"),
        networks={"lan": Network()},
        hosts={"box": Host()},
        programs={name: Program.model_validate(program) for name, program in programs.items()},
        steps=(),
        checks={},
        exercise=None if exercise is None else Exercise.model_validate(exercise),
    )


def take(held: Mapping[str, str], *refused: Refused, **exercise: Any) -> Handed:
    submission = Submission(Student("s", "s"), {name: text.encode() for name, text in held.items()}, refused)
    instead = tuple(exercise.pop("instead", ()))
    return handed_in(scenario({"files": ["server.py"], "instead": instead, **exercise}), submission)


def notes(handed: Handed) -> list[str]:
    return [str(note) for note in handed.notes]


def test_the_file_by_its_own_name() -> None:
    assert take({"server.py": "x"}) == Handed({"server.py": b"x"})


def test_what_else_lies_there_never_reaches_the_host() -> None:
    handed = take({"server.py": "x", "socket.py": "y", "sitecustomize.py": "z", "lib/threading.py": ""})
    assert handed.files == {"server.py": b"x"}
    assert notes(handed) == ["left out: lib/threading.py, sitecustomize.py, socket.py"]


@pytest.mark.parametrize(
    "name",
    ["tcp_server.py", "Server.py", "SERVER.PY", "server (1).py", "server(2).py", "src/server.py", "a/b/Tcp_Server.py"],
)
def test_other_names_under_which_it_is_taken(name: str) -> None:
    handed = take({name: "x", "notes.py": "y"}, called={"./server.py": ["tcp_server.py"]})
    assert handed.files == {"server.py": b"x"}
    assert handed.missing is None
    assert notes(handed) == [f"`{name}` was taken as `server.py`", "left out: notes.py"]


def test_its_own_name_comes_before_the_others() -> None:
    handed = take(
        {"tcp_server.py": "called", "Server.py": "case", "src/server.py": "folder", "server.py": "own"},
        called={"server.py": ["tcp_server.py"]},
    )
    assert handed.files == {"server.py": b"own"}


def test_the_only_program_is_taken_whatever_it_is_called() -> None:
    handed = take({"my homework.py": "x", "README.txt": "y"})
    assert handed.files == {"server.py": b"x"}
    assert notes(handed) == ["`my homework.py` was taken as `server.py`", "left out: README.txt"]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "nothing was handed in: the submission is empty"),
        (
            {"serve.py": "x", "tests.py": "y"},
            "the submission has no `server.py`; it holds: serve.py, tests.py; if `serve.py` is meant, call it `server.py`",
        ),
        ({"server.java": "x"}, "the submission has no `server.py`; it holds: server.java; if `server.java` is meant, "),
        ({"server.py/a.txt": "x"}, "`server.py` is a folder where a file is wanted; it holds: server.py/a.txt"),
        (
            {"v1/server.py": "x", "v2/server.py": "y"},
            "there are several that may be `server.py`: v1/server.py, v2/server.py; it holds: ",
        ),
        ({f"{n}.py": "x" for n in range(12)}, "it holds: 0.py, 1.py, 10.py, 11.py, 2.py, 3.py, 4.py, 5.py, 4 more"),
    ],
)
def test_what_is_missing(files: Mapping[str, str], told: str) -> None:
    handed = take(files)
    assert handed.files == {}
    assert handed.missing is not None
    assert told in str(handed.missing)
    assert handed.missing.zh != handed.missing.en


def test_copies_of_the_same_content_are_one() -> None:
    assert take({"v1/server.py": "x", "v2/server.py": "x"}).files == {"server.py": b"x"}


def test_a_file_that_was_refused_is_named_and_nothing_else_is_taken_for_it() -> None:
    handed = take({"old/server.py": "x", "other.py": ""}, Refused("server.py", A_LINK), Refused("link", A_LINK))
    assert handed.files == {}
    assert str(handed.missing) == (
        "`server.py` was not taken: it is a link; it holds: old/server.py, other.py; not taken: link (it is a link)"
    )
    assert take({"my.py": "x"}, Refused("server.py", A_LINK)).files == {}


def test_a_refused_member_beside_what_is_wanted_is_a_note() -> None:
    handed = take({"server.py": "x"}, Refused("link", A_LINK))
    assert handed.missing is None
    assert notes(handed) == ["not taken: link (it is a link)"]


def test_the_notes_of_a_submission_are_told_first() -> None:
    submission = Submission(Student("s", "s"), {"Server.py": b"x"}, (), (same("it is the latest"),))
    handed = handed_in(scenario({"files": ["server.py"]}), submission)
    assert notes(handed) == ["it is the latest", "`Server.py` was taken as `server.py`"]


def test_several_files_each_by_itself() -> None:
    assert take({"client.py": "c", "server.py": "s"}, **BOTH).files == {"server.py": b"s", "client.py": b"c"}
    handed = take({"server.py": "s", "x.py": "?"}, **BOTH)
    assert handed.files == {"server.py": b"s"}
    assert str(handed.missing).startswith("the submission has no `client.py`; it holds: server.py, x.py")


def test_another_language() -> None:
    handed = take({"server.sh": "x", "notes.txt": ""}, instead=[SHELL])
    assert handed.files == {"server.sh": b"x"}
    assert handed.run == {"server": ("bash", "server.sh", "8080")}
    assert handed.missing is None


def test_another_language_for_one_of_two_files() -> None:
    handed = take({"server.sh": "x", "client.py": "c"}, **BOTH, instead=[SHELL])
    assert handed.files == {"server.sh": b"x", "client.py": b"c"}
    assert handed.run.keys() == {"server"}
    assert take({"server.sh": "x"}, **BOTH, instead=[SHELL]).missing is not None


def test_the_own_language_comes_before_another() -> None:
    handed = take({"server.py": "own", "server.sh": "x"}, instead=[SHELL])
    assert handed.files == {"server.py": b"own"}
    assert handed.run == {}
    assert notes(handed) == ["left out: server.sh"]


def test_of_two_other_languages_the_first_that_is_whole() -> None:
    c = {"files": ["server.c", "net.h"], "run": {"server": ["make"]}}
    handed = take({"server.c": "x", "server.sh": "y"}, instead=[c, SHELL])
    assert handed.files == {"server.sh": b"y"}
    assert take({"server.c": "x", "server.sh": "y", "net.h": ""}, instead=[c, SHELL]).run["server"] == ("make",)


def test_a_scenario_that_is_no_exercise() -> None:
    with pytest.raises(InputError, match="test is no exercise"):
        handed_in(scenario(None), Submission(Student("s", "s"), {}))


HOSTILE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(st.dictionaries(HOSTILE, st.text(max_size=3), max_size=6), st.lists(HOSTILE, max_size=3))
def test_no_name_reaches_a_text_alive(files: dict[str, str], refused: list[str]) -> None:
    handed = take(files, *(Refused(name, A_LINK) for name in refused), **BOTH)
    for text in (*handed.notes, *([handed.missing] if handed.missing else [])):
        for wording in (text.en, text.zh):
            assert all(c.isprintable() or category(c) == "Zs" for c in wording)
    assert set(handed.files) <= {"server.py", "client.py"}
