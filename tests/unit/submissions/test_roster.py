from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import InputError
from lab.submissions import Student
from lab.submissions.roster import read


def listed(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "roster.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_a_plain_list_in_any_order_and_case(tmp_path: Path) -> None:
    file = listed(
        tmp_path, "Login,NAME,Language,id,Section,email\r\nwang,王小明,zh,1042,A,w@example.org\r\nlee,Lee,,7,,\r\n"
    )
    roster = read(file)
    assert roster.kind == "plain"
    assert roster.header == ("Login", "NAME", "Language", "id", "Section", "email")
    assert roster.students == (
        Student("王小明", "王小明", "1042", "wang", "w@example.org", "A", "zh"),
        Student("Lee", "Lee", "7", "lee"),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_and_chinese_headings(tmp_path: Path, encoding: str) -> None:
    file = listed(tmp_path, "学号,姓名\n1042,王小明\n".encode(encoding))
    assert read(file).students == (Student("王小明", "王小明", "1042"),)


def test_a_gradebook_of_canvas(tmp_path: Path) -> None:
    text = (
        "Student,ID,SIS User ID,SIS Login ID,Section,Homework 3 (8812)\n"
        "    Points Possible,,,,,10.00\n"
        '"Doe, Jane",501,s1042,jdoe,CS-1,\n'
        '"Student, Test",599,,,CS-1,\n'
    )
    roster = read(listed(tmp_path, text))
    assert roster.kind == "canvas"
    assert roster.rows[1] == ("Doe, Jane", "501", "s1042", "jdoe", "CS-1", "")
    assert roster.students == (
        None,
        Student("Doe, Jane", "Doe-Jane", "501", "jdoe", None, "CS-1"),
        Student("Student, Test", "Student-Test", "599", None, None, "CS-1"),
    )


def test_a_worksheet_of_moodle(tmp_path: Path) -> None:
    text = (
        '\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum Grade","Last modified (grade)","Feedback comments"\n'
        '"Participant 42","Jane Doe",jane@example.org,"Submitted for grading",,10.00,-,\n'
    )
    roster = read(listed(tmp_path, text))
    assert roster.kind == "moodle"
    assert roster.header[0] == "Identifier"
    assert roster.students == (Student("Jane Doe", "Jane-Doe", "42", None, "jane@example.org"),)


def test_a_gradebook_of_canvas_with_names_in_two_columns_and_semicolons(tmp_path: Path) -> None:
    text = "LastName;FirstName;ID;SIS Login ID;Section;Homework 3, part 2 (8812)\n    Points Possible;;;;;10,00\nDoe;Jane;501;jdoe;CS-1;\n"
    roster = read(listed(tmp_path, text))
    assert (roster.kind, roster.separator) == ("canvas", ";")
    assert roster.students == (None, Student("Doe, Jane", "Doe-Jane", "501", "jdoe", None, "CS-1"))


@pytest.mark.parametrize("participant", ["参与者", "参与人"])
def test_a_worksheet_of_moodle_in_chinese(tmp_path: Path, participant: str) -> None:
    text = f"\ufeff识别码,姓名,电子邮件地址,状态,成绩,最高成绩,最后修改（教师）\n{participant}42,王小明,w@example.org,,,100.00,-\n"
    roster = read(listed(tmp_path, text))
    assert roster.kind == "moodle"
    assert roster.students == (Student("王小明", "王小明", "42", None, "w@example.org"),)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_separates_the_cells(tmp_path: Path, separator: str) -> None:
    rows = [
        ["姓名", "学号", "邮箱", "班级", "语言"],
        ["王小明", "1042", "w@example.org", "一班", "中文"],
        ['"Lee, Bob"', "7", "", "", ""],
    ]
    roster = read(listed(tmp_path, "\r\n".join(separator.join(row) for row in rows)))
    assert (roster.kind, roster.separator) == ("plain", separator)
    assert roster.students == (
        Student("王小明", "王小明", "1042", None, "w@example.org", "一班", "zh"),
        Student("Lee, Bob", "Lee-Bob", "7"),
    )


def test_a_list_of_one_column(tmp_path: Path) -> None:
    roster = read(listed(tmp_path, "姓名\n王小明\n"))
    assert (roster.separator, [s.name for s in roster.students if s]) == (",", ["王小明"])


def test_a_worksheet_of_moodle_without_names(tmp_path: Path) -> None:
    roster = read(listed(tmp_path, "Identifier,Status,Grade\nParticipant 42,,\nParticipant 43,,\n"))
    assert [(s.name, s.slug, s.id) for s in roster.students if s] == [
        ("Participant 42", "Participant-42", "42"),
        ("Participant 43", "Participant-43", "43"),
    ]


def test_rows_are_as_wide_as_the_header(tmp_path: Path) -> None:
    roster = read(listed(tmp_path, "name,id,note\nLee\n\n , ,\nWang,2,x,y\n"))
    assert roster.rows == (("Lee", "", ""), ("Wang", "2", "x", "y"))


def test_slugs_of_a_list_are_all_different(tmp_path: Path) -> None:
    roster = read(listed(tmp_path, "name,id\nLi Wei,1\nLi Wei,2\nli wei,3\nCON,4\n../x,5\n"))
    assert [s.slug for s in roster.students if s] == ["Li-Wei-1", "Li-Wei-2", "li-wei-3", "CON-student", "x"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the list is empty"),
        ("\n\n", "the list is empty"),
        ("login,id\na,1\n", ":1: there is no column `name`"),
        ("name,id\nA,1\nB,2\nC,1\n", ":4: the id 1 is in line 2 already"),
        ("name,login\nA,x\nB,X\n", ":3: the login X is in line 2 already"),
        ("name,email\nA,x@y\n\nB,x@y\n", ":4: the email x@y is in line 2 already"),
        ("name,id\n,1\n", ":2: the student has no name"),
        ("name,language\nA,fr\n", ":2: the language is en or zh, not fr"),
        ('name\n"A\n', ":2: broken CSV: unexpected end of data"),
        ("name\n" + "x" * 200_000 + "\n", "broken CSV: field larger than field limit (131072)"),
        (b"\xff\xff\xff", "is neither UTF-8 nor GB 18030"),
    ],
)
def test_faults_have_their_line(tmp_path: Path, text: str | bytes, told: str) -> None:
    with pytest.raises(InputError) as error:
        read(listed(tmp_path, text))
    assert told in str(error.value)
    assert "\n" not in error.value.what.zh
    assert error.value.exit_code == 2


def test_what_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv", Path("a\0b")):
        with pytest.raises(InputError, match="cannot read"):
            read(path)
