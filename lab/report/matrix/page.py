"""The matrix as a page that needs nothing besides itself; every value is escaped."""

from __future__ import annotations

from pathlib import Path

from lab.graded import Matrix
from lab.report.html import TAGS, environment
from lab.report.matrix.cells import counts, mark, name, why
from lab.text import Language, Text, say
from lab.visible import one_line

TEMPLATE = "page.html.jinja"
KINDS = {"✓": "passed", "✗": "failed", "!": "error", "·": "missing"}
_ENVIRONMENT = environment(Path(__file__).parent)
WORDS = {
    "servers": say("servers", "服务端"),
    "clients": say("clients", "客户端"),
    "caption": say("A row a server, a column a client.", "每行一个服务端，每列一个客户端。"),
    "passed": say("they work together", "可以互通"),
    "failed": say("they do not", "不能互通"),
    "error": say("the lab could not tell", "实验室无法判断"),
    "missing": say("a side was not handed in", "缺少一方"),
}


def page(matrix: Matrix, language: Language) -> str:
    """The page in `language`."""

    def t(text: Text) -> str:
        return one_line(text.in_(language))

    rows = [
        {
            "name": t(name(server)),
            "cells": [_cell(matrix, row, column, language) for column in range(len(matrix.clients))],
        }
        for row, server in enumerate(matrix.servers)
    ]
    kinds = ("passed", "failed", "error", "missing")
    return _ENVIRONMENT.get_template(TEMPLATE).render(
        language=TAGS[language],
        title=t(matrix.title.text),
        exercise=one_line(matrix.exercise),
        clients=[t(name(client)) for client in matrix.clients],
        rows=rows,
        words={key: t(text) for key, text in WORDS.items()},
        legend=[
            {"kind": kind, "mark": sign, "count": count}
            for kind, sign, count in zip(kinds, KINDS, counts(matrix), strict=True)
        ],
    )


def _cell(matrix: Matrix, row: int, column: int, language: Language) -> dict[str, str]:
    sign = mark(matrix.cells.get((row, column)))
    return {"mark": sign, "kind": KINDS[sign], "why": one_line(why(matrix, row, column).in_(language))}
