"""The headings of the columns of rosters, by what they hold: a student's key, or what a mark sheet is filled in by.

Canvas writes its headings in English whatever the language; Moodle in that of the site.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

PLAIN: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "full name", "student", "姓名", "名字", "学生姓名", "学生"),
    "id": ("id", "student id", "学号", "学生学号", "编号"),
    "login": ("login", "username", "用户名", "登录名", "账号"),
    "email": ("email", "e-mail", "email address", "邮箱", "电子邮箱", "电子邮件", "邮件地址"),
    "section": ("section", "class", "班级", "班", "教学班"),
    "language": ("language", "语言"),
}
CANVAS: Mapping[str, tuple[str, ...]] = {
    "name": ("student",),
    "last": ("lastname",),
    "first": ("firstname",),
    "id": ("id",),
    "login": ("sis login id", "sis user id"),
    "section": ("section",),
}
MOODLE: Mapping[str, tuple[str, ...]] = {
    "id": ("identifier", "识别码", "标识符"),
    "name": ("full name", "姓名", "全名"),  # where students are anonymous there is none
    "login": ("username", "id number", "用户名", "学号", "id号"),
    "email": ("email address", "email地址", "电子邮件地址", "电子邮箱", "邮箱"),
    "grade": ("grade", "成绩", "分数"),
    "maximum": ("maximum grade", "最高成绩", "最高分"),
}
CANVAS_KNOWS_BY = (
    *("student", "lastname", "firstname", "id", "sis user id", "sis login id"),
    *("integration id", "root account", "section"),
)
"""The columns by which Canvas knows a student."""
POINTS_POSSIBLE = "points possible"
"""In the first cell of the row of a Canvas export that is nobody's."""


def plain(heading: str) -> str:
    """What is equal for headings that are the same column."""
    return heading.strip().casefold()


def place(header: Sequence[str], names: Sequence[str]) -> int | None:
    """The column of the first of `names` that is among the headings."""
    headings = [plain(heading) for heading in header]
    return next((headings.index(name) for name in names if name in headings), None)
