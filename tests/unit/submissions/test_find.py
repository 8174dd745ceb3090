from __future__ import annotations

import io
import os
import socket
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import InputError
from lab.scenario import Exercise, Host, Network, Scenario
from lab.submissions import Refused, Roster, Student, Submission, archives, layouts
from lab.submissions.find import find, one
from lab.submissions.find import found as handed_in
from lab.submissions.people import matched, slug, with_slugs
from lab.text import same
from lab.values import Words
from lab.visible import visible

ONE = Exercise(files=("server.py",))
TWO = Exercise(files=("server.py", "client.py"))
A, B = b"print('a')\n", b"print('b')\n"


def packed(members: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def laid(folder: Path, members: Mapping[str, bytes]) -> Path:
    for name, content in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def found(paths: list[Path], exercise: Exercise = ONE, roster: Roster | None = None) -> dict[str, dict[str, bytes]]:
    return {each.student.name: dict(each.files) for each in find(paths, exercise, roster)}


def refusals(submission: Submission) -> dict[str, str]:
    return {refused.name: str(refused.why) for refused in submission.refused}


def roster(*students: Student) -> Roster:
    rows = tuple((student.name,) for student in students)
    return Roster("plain", ("name",), rows, tuple(with_slugs(students)))


# One submission


def test_a_file_is_a_submission_named_by_it(tmp_path: Path) -> None:
    laid(tmp_path, {"alice.py": A})
    assert found([tmp_path / "alice.py"]) == {"alice": {"alice.py": A}}


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize(
    ("members", "files"),
    [
        ({"server.py": A, "notes.txt": B}, {"server.py": A, "notes.txt": B}),
        ({"hw3/server.py": A, "hw3/lib/x.py": B}, {"server.py": A, "lib/x.py": B}),
        ({"hw3/final/server.py": A}, {"server.py": A}),
        ({"server.py/x.txt": A}, {"server.py/x.txt": A}),
        ({"__MACOSX/._server.py": B, "server.py": A, ".git/config": B}, {"server.py": A}),
    ],
)
def test_a_folder_or_an_archive_of_one_student(
    tmp_path: Path, kind: str, members: dict[str, bytes], files: dict[str, bytes]
) -> None:
    path = laid(tmp_path / "alice", members) if kind == "folder" else tmp_path / "alice.zip"
    if kind == "zip":
        path.write_bytes(packed(members))
    assert found([path]) == {"alice": files}


def test_two_folders_are_two_students_on_the_disk_and_one_in_an_archive(tmp_path: Path) -> None:
    members = {"src/server.py": A, "docs/report.pdf": B}
    (tmp_path / "alice.zip").write_bytes(packed(members))
    assert found([tmp_path / "alice.zip"]) == {"alice": members}
    assert found([laid(tmp_path / "hw3", members)]).keys() == {"src", "docs"}


def test_several_paths(tmp_path: Path) -> None:
    laid(tmp_path, {"alice/server.py": A, "bob.py": B, "carol.zip": packed({"server.py": A})})
    paths = [tmp_path / "alice", tmp_path / "bob.py", tmp_path / "carol.zip"]
    assert found(paths) == {"alice": {"server.py": A}, "bob": {"bob.py": B}, "carol": {"server.py": A}}


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such submission"):
        find([tmp_path / "none"], ONE)
    with pytest.raises(InputError, match="no such submission"):
        find([Path("a\0b")], ONE)


def test_an_empty_folder_is_an_empty_submission(tmp_path: Path) -> None:
    (tmp_path / "alice").mkdir()
    assert found([tmp_path / "alice"]) == {"alice": {}}


def test_an_archive_in_an_archive_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "alice.zip").write_bytes(packed({"inner.zip": packed({"server.py": A})}))
    (submission,) = find([tmp_path / "alice.zip"], ONE)
    assert submission.files == {}
    assert refusals(submission).keys() == {"inner.zip"}


def test_the_only_archive_of_a_folder_is_what_was_handed_in(tmp_path: Path) -> None:
    inner = packed({"hw/server.py": A, "hw/more.zip": packed({"x.py": B})})
    (submission,) = find([laid(tmp_path / "alice", {"hw.zip": inner, "report.pdf": B})], ONE)
    assert submission.files == {"server.py": A, "report.pdf": B}
    assert refusals(submission).keys() == {"hw/more.zip"}
    (submission,) = find([laid(tmp_path / "bob", {"hw.zip": inner, "server.py": B})], ONE)
    assert submission.files == {"server.py": B}
    assert refusals(submission).keys() == {"hw.zip"}


# What is no regular file


def test_links_fifos_and_sockets_are_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = laid(tmp_path / "alice", {"client.py": A})
    (tmp_path / "secret").write_text("secret")
    laid(tmp_path / "outside", {"x.py": B})
    (folder / "server.py").symlink_to(tmp_path / "secret")
    (folder / "lib").symlink_to(tmp_path / "outside", target_is_directory=True)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    os.mkfifo(folder / "pipe")
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("sock")
        (submission,) = find([folder], TWO)
    assert submission.files == {"client.py": A}
    link, irregular = "it is a link", "it is no regular file"
    assert refusals(submission) == {"server.py": link, "lib": link, "loop": link, "pipe": irregular, "sock": irregular}


@pytest.mark.parametrize("name", ["server.py", "alice.zip", "folder"])
def test_a_path_that_is_a_link_or_a_fifo(tmp_path: Path, name: str) -> None:
    laid(tmp_path / "there", {"server.py": A})
    paths = [tmp_path / "there", tmp_path / name]
    (tmp_path / name).symlink_to(tmp_path / "there")
    _, submission = find(paths, ONE)
    assert submission.files == {}
    assert refusals(submission) == {name: "it is a link"}
    with pytest.raises(InputError, match=f"cannot read .*{name}: it is a link"):
        find(paths[1:], ONE)
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    _, submission = find(paths, ONE)
    assert refusals(submission) == {name: "it is no regular file"}


def test_a_file_that_is_swapped_for_a_link_when_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = laid(tmp_path / "alice", {"server.py": A})
    (tmp_path / "secret").write_text("secret")
    really = os.open

    def swapping(path: str, *args: int, **kwargs: int | None) -> int:
        if str(path).endswith("server.py"):
            (folder / "server.py").unlink()
            (folder / "server.py").symlink_to(tmp_path / "secret")
        return really(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", swapping)
    (submission,) = find([folder], ONE)
    assert submission.files == {}
    assert refusals(submission).keys() == {"server.py"}


def test_hostile_names_on_the_disk(tmp_path: Path) -> None:
    folder = laid(tmp_path / "alice", {"server.py": A, "a\nb": B, "x\u202egpj.exe": B})
    with open(os.fsencode(folder) + b"/\xff\xfe.py", "wb"):  # noqa: PTH123  bytes
        pass
    (submission,) = find([folder], ONE)
    assert submission.files == {"server.py": A}
    assert refusals(submission).keys() == {"a\\nb", "x\\u202egpj.exe", "\\udcff\\udcfe.py"}


# A class


ODD = {
    "li\n: 10 of 10": "li\n: 10 of 10",
    "li\u202e\x1b]0;x\x07": "li\u202e\x1b]0;x\x07",
    "li\udcff\udcfe\udcc3(": "li\\xff\\xfe\\xc3(",
    os.fsdecode("王芳".encode("gbk")): "王芳",
}
"""Names that the system of a course gave -> how they are written."""


@pytest.mark.parametrize(("odd", "written"), ODD.items())
@pytest.mark.parametrize("kind", ["folders", "files", "archives", "one folder", "one file", "one archive"])
def test_what_a_student_is_called_is_not_the_students_doing(tmp_path: Path, odd: str, written: str, kind: str) -> None:
    zipped = packed({"server.py": A})
    laid(tmp_path / "hw", {"bob/server.py": B} if kind == "folders" else {"bob.py": B})
    name, content = {"fol": (f"{odd}/server.py", A), "fil": (f"{odd}.py", A), "arc": (f"{odd}.zip", zipped)}[
        kind.removeprefix("one ")[:3]
    ]
    path = laid(tmp_path / "hw", {name: content})
    submissions = find([path / name.partition("/")[0] if kind.startswith("one") else path], ONE)
    found = next(each for each in submissions if A in each.files.values())
    assert (found.student.name, found.refused) == (written, ())
    assert found.student.slug.replace("-", "").replace("_", "").isalnum()
    assert all(name == visible(name) for name in found.files)


def test_each_folder_is_decoded_by_itself(tmp_path: Path) -> None:
    gbk = os.fsdecode("王芳".encode("gbk"))
    laid(tmp_path, {"bob/server.py": B, f"{gbk}/server.py": A, f"{gbk}/说明.txt": B})
    assert found([tmp_path])["王芳"] == {"server.py": A, "说明.txt": B}


def test_odd_names_in_an_archive_of_a_class() -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name in ("li\udcff\n/server.py", "bob\x1b/server.py", "bob\x1b/a\x1b.py"):
            archive.addfile(tarfile.TarInfo(name))
    place = layouts.layout(archives.names(made.getvalue())[0], ONE, lambda _: False, in_archive=True)
    assert place is not None
    taken = archives.take(made.getvalue(), "hw.tar", place.place)
    assert {key: list(each.files) for key, each in taken.items()} == {
        "li\udcff\n/": ["server.py"],
        "bob\x1b/": ["server.py"],
    }
    assert [each.name for each in taken["bob\x1b/"].refused] == ["a\\x1b.py"]


CLASS = {
    "alice/server.py": A,
    "bob/hw/server.py": B,
    "carol.zip": packed({"server.py": A}),
    "dave.py": B,
    "erin/main.py": A,
    "roster.csv": b"name\n",
}
OF_CLASS = {
    "alice": {"server.py": A},
    "bob": {"server.py": B},
    "carol": {"server.py": A},
    "dave": {"dave.py": B},
    "erin": {"main.py": A},
    "frank": {},
}


def test_a_folder_of_submissions(tmp_path: Path) -> None:
    folder = laid(tmp_path / "hw3", CLASS)
    (folder / "frank").mkdir()
    assert found([folder]) == OF_CLASS
    assert found([tmp_path]) == OF_CLASS  # one folder too high


def test_plain_programs_named_for_students(tmp_path: Path) -> None:
    folder = laid(tmp_path, {"alice.py": A, "bob.py": B, "carol.py": A})
    assert found([folder]) == {"alice": {"alice.py": A}, "bob": {"bob.py": B}, "carol": {"carol.py": A}}
    assert found([folder], TWO).keys() == {tmp_path.name}


def test_an_archive_of_submissions(tmp_path: Path) -> None:
    (tmp_path / "hw3.zip").write_bytes(packed({f"hw3/{name}": content for name, content in CLASS.items()}))
    assert found([tmp_path / "hw3.zip"]).keys() >= {"alice", "bob", "carol", "erin"}


MOODLE = {
    "Jane Doe_41_assignsubmission_file_/server.py": A,
    "Jane Doe_41_assignsubmission_onlinetext_/onlinetext.html": B,
    "王小明_42_assignsubmission_file_server.py": A,
    "Jo_Ann Smith_43_assignsubmission_file/hw.zip": packed({"hw/server.py": B}),
    "Group 1-Bob_44_assignsubmission_file_/src/server.py": B,
}
CANVAS = {
    "doejane_501_9001_server-2.py": A,
    "doejane_501_9001_notes.txt": B,
    "leebob_LATE_502_9002_hw3.zip": packed({"server.py": B}),
    "obrien_503_9003_server.py": A,
}


@pytest.mark.parametrize("kind", ["folder", "zip", "zip in a folder", "wrapped zip"])
def test_bulk_downloads(tmp_path: Path, kind: str) -> None:
    for members, expected in (
        (
            MOODLE,
            {
                ("Jane Doe", "41"): {"server.py": A, "onlinetext.html": B},
                ("王小明", "42"): {"server.py": A},
                ("Jo_Ann Smith", "43"): {"server.py": B},
                ("Group 1-Bob", "44"): {"server.py": B},
            },
        ),
        (
            CANVAS,
            {
                ("doejane", "501"): {"server.py": A, "notes.txt": B},
                ("leebob", "502"): {"server.py": B},
                ("obrien", "503"): {"server.py": A},
            },
        ),
    ):
        path = tmp_path / f"{len(expected)}"
        if kind == "folder":
            laid(path, members)
        else:
            above = "hw3/" if kind == "wrapped zip" else ""
            content = packed({above + name: data for name, data in members.items()})
            path = laid(path, {"submissions.zip": content}) / "submissions.zip"
            path = path.parent if kind == "zip in a folder" else path
        assert {(s.student.name, s.student.id): dict(s.files) for s in find([path], ONE)} == expected


def test_of_files_that_were_handed_in_again_the_last_is_taken(tmp_path: Path) -> None:
    names = {"doe_1_9_server-1.py": A, "doe_1_9_server-2.py": B, "lee_2_9_part-1.py": A, "wu_3_9_server.py": A}
    laid(tmp_path, {**names, "wu_3_9_server-1.py": B})
    assert found([tmp_path], Exercise(files=("server.py", "part-1.py"))) == {
        "doe": {"server.py": B},
        "lee": {"part-1.py": A},  # it is called so
        "wu": {"server.py": A, "server-1.py": B},  # handed in beside each other
    }


def test_no_student_can_use_up_the_room_of_others(tmp_path: Path) -> None:
    members = {f"mallory/{n:04}.py": b"" for n in range(1500)} | {"zoe/server.py": A, "alice/server.py": B}
    (tmp_path / "hw.zip").write_bytes(packed(members | {"mallory/server.py": A, "mallory/../zoe/server.py": B}))
    of = found([tmp_path / "hw.zip"])
    assert of["zoe"] == {"server.py": A}
    assert of["alice"] == {"server.py": B}
    assert len(of["mallory"]) == 1000


# Students


def test_a_roster_gives_order_names_and_who_handed_in_nothing(tmp_path: Path) -> None:
    folder = laid(tmp_path, {"s1042.py": A, "Bob LEE.py": B, "carol.py": A, "stranger.py": B, "1045-dan.py": A})
    listed = roster(
        Student("Lee, Bob", "", "1041"),
        Student("Alice Wang", "", "1042", login="s1042"),
        Student("Erin", "", "1043"),
        Student("Carol Chen", "", "1044", email="carol@example.org"),
        Student("Dan", "", "1045"),
    )
    of = find([folder], ONE, listed)
    assert [(s.student.name, s.student.slug, sorted(s.files)) for s in of] == [
        ("Lee, Bob", "Lee-Bob", ["Bob LEE.py"]),
        ("Alice Wang", "Alice-Wang", ["s1042.py"]),
        ("Erin", "Erin", []),
        ("Carol Chen", "Carol-Chen", ["carol.py"]),
        ("Dan", "Dan", ["1045-dan.py"]),
        ("stranger", "stranger", ["stranger.py"]),
    ]


def test_canvas_names_and_ids_match_a_gradebook(tmp_path: Path) -> None:
    listed = roster(Student("Doe, Jane", "", "501"), Student("Lee, Bob", "", "999"))
    of = find([laid(tmp_path, {"xyz_501_1_server.py": A, "leebob_77_2_server.py": B})], ONE, listed)
    assert [(s.student.name, dict(s.files)) for s in of] == [
        ("Doe, Jane", {"server.py": A}),
        ("Lee, Bob", {"server.py": B}),
    ]


def test_what_fits_two_students_is_matched_with_neither() -> None:
    twins = [Student("Li Wei", "", "1"), Student("Wei Li", "", "2")]
    assert matched([Student("liwei", "")], twins) == {}
    assert matched([Student("alice", ""), Student("ALICE", "")], [Student("Alice", "")]) == {0: 0, 1: 0}
    assert matched([Student("alice", ""), Student("x", "", "7")], [Student("Alice", "", "7")]) == {0: 0, 1: 0}
    assert matched([Student("wang", ""), Student("wang-li", "")], [Student("W", "", login="wang")]) == {0: 0}
    versions = [Student("1045-dan-v1", ""), Student("1045-dan-v2", "")]
    assert matched(versions, [Student("Dan", "", "1045")]) == {0: 0, 1: 0}


def test_two_submissions_of_one_name_have_slugs_of_their_own(tmp_path: Path) -> None:
    laid(tmp_path, {"a/alice.py": A, "b/Alice.py": B, "c/CON.py": A})
    paths = [tmp_path / "a" / "alice.py", tmp_path / "b" / "Alice.py", tmp_path / "c" / "CON.py"]
    assert [s.student.slug for s in find(paths, ONE)] == ["alice", "Alice-2", "CON-student"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("王小明", "王小明"),
        ("Lee, Bob (CS-1)", "Lee-Bob-CS-1"),
        ("../../etc/passwd", "etc-passwd"),
        (".hidden", "hidden"),
        ("=cmd|' /C calc'!A0", "cmd-C-calc-A0"),
        ("\u202e\n\x1b[31m", "31m"),
        ("...", "student"),
        ("nul.txt", "nul.txt-student"),
        ("x" * 300, "x" * 60),
    ],
)
def test_slugs(name: str, expected: str) -> None:
    assert slug(name) == expected


@given(st.lists(st.tuples(st.text(max_size=80), st.none() | st.text(max_size=5)), max_size=12))
def test_slugs_are_safe_and_each_is_one_students(students: list[tuple[str, str | None]]) -> None:
    made = [s.slug for s in with_slugs(Student(name, "", number) for name, number in students)]
    assert len({each.casefold() for each in made}) == len(made)
    for each in made:
        assert all(c.isalnum() or c in "-_." for c in each)
        assert not each.startswith((".", "-"))
        assert 0 < len(f"{each}.pcapng".encode()) < 255


# A class of one, or one submission


ADA = Student("Ada Lovelace", "", "1815", login="ada")
EVE = Student("Eve", "", "1816", login="eve")


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize(
    "name", ["Lovelace, Ada/server.py", "Lovelace, Ada/hw/main.py", "1815/server.py", "hw/ada/server.py", "ada.py"]
)
def test_one_student_of_the_roster_is_a_class_of_one(tmp_path: Path, kind: str, name: str) -> None:
    path = laid(tmp_path / "hw", {name: A}) if kind == "folder" else tmp_path / "hw.zip"
    if kind == "zip":
        path.write_bytes(packed({name: A}))
    told = handed_in([path], ONE, roster(EVE, ADA))
    assert [(each.student.name, list(each.files.values())) for each in told.submissions] == [
        ("Eve", []),
        ("Ada Lovelace", [A]),
    ]
    assert [each.name for each in told.nothing] == ["Eve"]
    assert told.strangers == ()
    assert [str(reading) for reading in told.readings] == [f"{path}: the submissions of a class (1)"]


def test_the_only_archive_is_that_of_a_student_or_of_a_class_of_one(tmp_path: Path) -> None:
    zipped = packed({"server.py": A})
    laid(tmp_path / "1", {"ada.zip": zipped})
    laid(tmp_path / "2", {"all.zip": packed({"ada/server.py": A})})
    laid(tmp_path / "3", {"all.zip": packed({"ada.zip": zipped})})
    for folder in "123":
        assert found([tmp_path / folder], ONE, roster(ADA)) == {"Ada Lovelace": {"server.py": A}}


def test_a_folder_in_a_folder_that_nobody_is_called_is_one_submission(tmp_path: Path) -> None:
    folder = laid(tmp_path / "alice", {"hw3/server.py": A})
    told = handed_in([folder], ONE, roster(ADA))
    assert [each.name for each in told.strangers] == ["alice"]
    assert [str(reading) for reading in told.readings] == [f"{folder}: one submission, of alice"]


def test_what_is_named_for_a_student_or_taken_whole_is_one_submission(tmp_path: Path) -> None:
    members = {"client/client.py": A, "server/server.py": B}
    ada, bob = laid(tmp_path / "ada", members), laid(tmp_path / "bob", members)
    assert found([ada], TWO, roster(ADA)) == {"Ada Lovelace": members}
    assert found([bob], TWO).keys() == {"client", "server"}
    assert [dict(each.files) for each in find([bob], TWO, whole=True)] == [members]


def test_a_number_of_homework_is_no_student(tmp_path: Path) -> None:
    folder = laid(tmp_path / "3", {"x/server.py": A, "y/server.py": B})
    assert found([folder], ONE, roster(Student("Eve", "", "3"))).keys() == {"Eve", "x", "y"}


def test_programs_side_by_side_are_of_students_in_a_folder_and_in_an_archive(tmp_path: Path) -> None:
    members = {"alice.py": A, "bob.py": B}
    (tmp_path / "hw.zip").write_bytes(packed(members))
    of = {"alice": {"alice.py": A}, "bob": {"bob.py": B}}
    assert found([laid(tmp_path / "hw", members)]) == found([tmp_path / "hw.zip"]) == of
    assert found([tmp_path / "hw.zip"], TWO) == {"hw": members}
    (tmp_path / "hw.zip").write_bytes(packed({"src/server.py": A, "extra.py": B}))
    assert found([tmp_path / "hw.zip"]).keys() == {"hw"}


# Two submissions of a student


def test_of_two_submissions_the_one_modified_last_counts_and_both_are_told(tmp_path: Path) -> None:
    folder = laid(tmp_path / "hw", {"ada.py": A, "Lovelace, Ada/server.py": B, "1815.zip": packed({"server.py": A})})
    for newest, other, path in ((B, A, "Lovelace, Ada/server.py"), (A, B, "ada.py")):
        os.utime(folder / "1815.zip", (1, 1))
        for name in ("ada.py", "Lovelace, Ada/server.py"):
            os.utime(folder / name, (9, 9) if name == path else (5, 5))
        told = handed_in([folder], ONE, roster(ADA))
        assert told.strangers == ()
        (submission,) = told.submissions
        assert list(submission.files.values()) == [newest] != [other]
        (note,) = submission.notes
        graded = "hw/Lovelace, Ada/ was graded" if newest == B else "hw/ada.py was graded"
        assert graded in str(note)
        assert "hw/1815.zip" in str(note)


def test_of_two_paths_the_one_modified_last_counts_but_nothing_never_does(tmp_path: Path) -> None:
    old, new = tmp_path / "old" / "ada.zip", tmp_path / "new" / "ada"
    laid(tmp_path, {"old/ada.zip": packed({"server.py": A}), "new/ada/server.py": B})
    os.utime(old, (5, 5))
    os.utime(new / "server.py", (9, 9))
    for paths in ([old, new], [new, old]):
        (submission,) = find(paths, ONE, roster(ADA))
        assert submission.files == {"server.py": B}
    (new / "server.py").unlink()
    (submission,) = find([old, new], ONE, roster(ADA))
    assert submission.files == {"server.py": A}


def test_what_cannot_be_read_does_not_count_however_late_it_is(tmp_path: Path) -> None:
    folder = laid(tmp_path / "hw", {"ada.py": A, "1815.zip": b"no archive"})
    os.utime(folder / "ada.py", (5, 5))
    (submission,) = find([folder], ONE, roster(ADA))
    assert list(submission.files.values()) == [A]


@pytest.mark.parametrize("last", ["ada", "1815"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_of_a_class_tells_when_its_members_were_modified(tmp_path: Path, kind: str, last: str) -> None:
    made = io.BytesIO()
    years = {name: 2020 + (name == last) for name in ("ada", "1815")}
    if kind == "zip":
        with zipfile.ZipFile(made, "w") as zipped:
            for name, year in years.items():
                zipped.writestr(zipfile.ZipInfo(f"{name}/server.py", (year, 1, 1, 0, 0, 0)), name)
    else:
        with tarfile.open(fileobj=made, mode="w") as archive:
            for name, year in years.items():
                member = tarfile.TarInfo(f"{name}/server.py")
                member.size, member.mtime = len(name), year
                archive.addfile(member, io.BytesIO(name.encode()))
    (tmp_path / f"all.{kind}").write_bytes(made.getvalue())
    (submission,) = find([tmp_path / f"all.{kind}"], ONE, roster(ADA))
    assert submission.files == {"server.py": last.encode()}


def test_canvas_numbers_go_before_dates(tmp_path: Path) -> None:
    laid(tmp_path, {"one/lovelaceada_1815_8_server.py": A, "two/lovelaceada_1815_9_server-1.py": B})
    os.utime(tmp_path / "one" / "lovelaceada_1815_8_server.py", (9, 9))
    os.utime(tmp_path / "two" / "lovelaceada_1815_9_server-1.py", (5, 5))
    for paths in (["one", "two"], ["two", "one"]):
        (submission,) = find([tmp_path / name for name in paths], ONE, roster(ADA))
        assert submission.files == {"server.py": B}


# What cannot be read


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"Rar!", packed({"ada/server.py": A})[:-30]])
def test_an_archive_that_cannot_be_read_is_the_teachers_fault_and_else_a_refusal(
    tmp_path: Path, content: bytes
) -> None:
    laid(tmp_path, {"all.zip": content, "hw/ada.zip": content, "hw/eve.zip": packed({"server.py": A})})
    with pytest.raises(InputError, match=r"cannot read .*all\.zip: ") as error:
        find([tmp_path / "all.zip"], ONE, roster(ADA))
    assert "all.zip" in error.value.what.zh
    for paths in ([tmp_path / "hw"], [tmp_path / "hw" / "ada.zip", tmp_path / "hw" / "eve.zip"]):
        ada, eve = find(paths, ONE, roster(ADA, EVE))
        assert refusals(ada).keys() == {"ada.zip"}
        assert eve.files == {"server.py": A}
    (ada,) = find([tmp_path / "hw" / "ada.zip"], ONE, roster(ADA))
    assert refusals(ada).keys() == {"ada.zip"}


def test_an_archive_of_a_class_that_ends_in_the_middle_is_not_graded_by_halves(tmp_path: Path) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name in ("ada", "bob", "eve"):
            member = tarfile.TarInfo(f"{name}/server.py")
            member.size = 4000
            archive.addfile(member, io.BytesIO(os.urandom(4000)))
    (tmp_path / "all.tar").write_bytes(made.getvalue()[:12000])
    with pytest.raises(InputError, match=r"cannot read .*all\.tar: the archive is damaged"):
        find([tmp_path / "all.tar"], ONE)


# A run of one submission


def test_one_takes_all_of_a_path_as_one_submission(tmp_path: Path) -> None:
    made = Scenario(
        name="test",
        folder=laid(
            tmp_path / "test", {"solution/server.py": A, "solution/client.py": A, "broken/closed/server.py": B}
        ),
        title=Words(en="t", zh="t"),
        networks={"lan": Network()},
        hosts={"box": Host()},
        programs={},
        steps=(),
        checks={},
        exercise=TWO,
    )
    laid(tmp_path / "alice", {"a/server.py": A, "b/client.py": B})
    assert one(tmp_path / "alice", made).files == {"a/server.py": A, "b/client.py": B}
    assert one(tmp_path / "test" / "broken" / "closed", made).files == {"server.py": B, "client.py": A}
    with pytest.raises(InputError, match="no such submission"):
        one(tmp_path / "none", made)


def test_the_digest_is_of_all_that_is_told() -> None:
    plain = Submission(Student("li", "li"), {"server.py": A})
    told = [
        plain,
        replace(plain, files={"server.py": B}),
        replace(plain, refused=(Refused("x", same("a link")),)),
        replace(plain, refused=(Refused("x", same("no file")),)),
        replace(plain, notes=(same("the latest"),)),
    ]
    assert len({each.digest for each in told}) == len(told)
    assert len({each.sha256 for each in told}) == 2
    assert replace(plain, student=Student("bo", "bo")).digest == plain.digest
