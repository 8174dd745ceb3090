from __future__ import annotations

import pytest
from marks import context, good, lab_error, mark, partly

from lab.report.formats import FORMATS
from lab.report.formats.telling import cut, text
from lab.submissions import Roster

CLASS = [mark("ada", good()), mark("bob", partly()), mark("eve", lab_error())]
NEEDY = {
    "canvas": Roster("canvas", ("Student", "ID", "Section", "H (1)"), (), ()),
    "moodle": Roster("moodle", ("Identifier", "Grade"), (), ()),
}


def test_all_formats_by_their_names():
    assert list(FORMATS) == [
        *("gradescope", "prairielearn", "classroom", "canvas", "moodle", "junit", "tap", "csv", "json"),
    ]
    assert all(name == each.name and each.what.en and each.what.zh for name, each in FORMATS.items())


@pytest.mark.parametrize("name", list(FORMATS))
def test_what_a_format_writes_is_of_a_student_or_of_the_class(name: str):
    told = context(roster=NEEDY.get(name), assignment="H (1)")
    FORMATS[name].check(told)
    files = FORMATS[name].write(CLASS, told)
    if FORMATS[name].per == "class":
        assert len(files) == 1
    else:
        assert all(path.startswith(f"{name}/") for path in files)
        assert {path.split("/")[1].split(".")[0] for path in files} == {"ada", "bob", "eve"}
    assert FORMATS[name].write(CLASS, told) == files
    assert FORMATS[name].write([], told) is not None


@pytest.mark.parametrize(
    ("value", "shortest"),
    [(8, "8"), (6.5, "6.5"), (0.1 + 0.2, "0.3"), (-0.0, "0"), (1e-7, "0"), (1e6, "1000000"), (2 / 3, "0.666667")],
)
def test_numbers(value: float, shortest: str):
    assert text(value) == shortest


@pytest.mark.parametrize("limit", [0, 1, 59, 60, 61, 100, 499, 500])
def test_what_is_cut_is_never_too_long(limit: int):
    for language in ("en", "zh"):
        assert len(cut("x" * 500, limit, language)) <= limit
