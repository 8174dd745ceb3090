"""The matrix for programs: a line a pair as CSV, and a JSON document."""

from __future__ import annotations

from typing import Any

from lab.graded import Matrix
from lab.report.formats import cells
from lab.report.formats.cells import harmless
from lab.report.matrix.cells import failed, name, why
from lab.text import Language

COLUMNS = ("server", "client", "verdict", "score", "max", "failed", "problem")
MISSING = "missing"  # the verdict of a pair of which a side was not handed in


def sheet(matrix: Matrix, language: Language) -> bytes:
    """A line a pair, students' text made harmless to spreadsheets."""
    rows = [
        [
            harmless(cell["server"]),
            harmless(cell["client"]),
            cell["verdict"],
            f"{cell['score']:g}",
            f"{cell['max']:g}",
            harmless(" ".join(cell["failed"])),
            harmless(cell["problem"]),
        ]
        for cell in _cells(matrix, language)
    ]
    return cells.sheet([COLUMNS, *rows])


def document(matrix: Matrix, language: Language) -> dict[str, Any]:
    """The document that `lab grade --matrix --json` prints: `exercise`, `servers`, `clients` (names), and `cells`.

    Each cell: server, client (names), verdict (`missing` where a side was not handed in), score, max, failed (ids of
    checks), problem.
    """
    return {
        "exercise": matrix.exercise,
        "servers": [name(party).in_(language) for party in matrix.servers],
        "clients": [name(party).in_(language) for party in matrix.clients],
        "cells": _cells(matrix, language),
    }


def _cells(matrix: Matrix, language: Language) -> list[dict[str, Any]]:
    found = []
    for row, server in enumerate(matrix.servers):
        for column, client in enumerate(matrix.clients):
            graded = matrix.cells.get((row, column))
            told = graded is None or graded.problem is not None
            found.append(
                {
                    "server": name(server).in_(language),
                    "client": name(client).in_(language),
                    "verdict": MISSING if graded is None else str(graded.verdict),
                    "score": 0 if graded is None else graded.score,
                    "max": 0 if graded is None else graded.max,
                    "failed": [] if graded is None else failed(graded),
                    "problem": why(matrix, row, column).in_(language) if told else "",
                }
            )
    return found
