"""What a cell of the matrix says, in every form alike."""

from __future__ import annotations

from lab.graded import Graded, Matrix, Party
from lab.report.wording import MARKS
from lab.results import Verdict
from lab.text import Text, same, say
from lab.visible import one_line

NOBODY = "·"  # a side is missing
OWN = Text("solution", "参考实现")


def name(party: Party) -> Text:
    """The student, or that it is the exercise's own."""
    return OWN if party.student is None else same(one_line(party.student.name))


def mark(graded: Graded | None) -> str:
    """The sign of a cell."""
    return NOBODY if graded is None else MARKS[graded.verdict]


def failed(graded: Graded) -> list[str]:
    """The checks that failed."""
    return [one_line(check.id) for check in graded.checks if check.verdict is Verdict.FAILED]


def why(matrix: Matrix, server: int, client: int) -> Text:
    """Why the two of a cell do not work together; empty where they do."""
    graded = matrix.cells.get((server, client))
    if graded is None:
        missing = matrix.servers[server].missing or matrix.clients[client].missing
        return missing or say("not graded", "没有评分")
    if graded.problem is not None:
        return graded.problem.text
    return same(", ".join(failed(graded)))


def counts(matrix: Matrix) -> tuple[int, int, int, int]:
    """How many pairs work, how many do not, of how many the lab could not tell, and how many have a side missing."""
    verdicts = [graded.verdict for graded in matrix.cells.values()]
    passed, errors = verdicts.count(Verdict.PASSED), verdicts.count(Verdict.ERROR)
    absent = len(matrix.servers) * len(matrix.clients) - len(verdicts)
    return passed, len(verdicts) - passed - errors, errors, absent
