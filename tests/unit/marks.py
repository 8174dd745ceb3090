"""Hand-built marks for the tests of whatever tells of a grading."""

from __future__ import annotations

from lab.graded import Clue, Graded, GradedCheck, GradedProgram, Mark
from lab.record import LimitFacts, Words
from lab.report.formats import Context
from lab.results import Verdict
from lab.submissions import Student
from lab.text import Text

BEGAN = 1_760_000_000_000_000_000

HOSTILE = (  # attacks 27, 49 and 54: what must reach no terminal, page, sheet or document alive
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "]]><!-- &amp; ' \" -->",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "a\nBail out! b\nok 99 - c\n...\n---",
    "##[error]x ::error::y\n::stop-commands::z",
    "\x00\x08\x7f\x85\u2028\u2029\ufeff\ufffe\uffff",
    "\ud800\udfff\udc80",
    "\u202egnp.exe\u2066",
    "# SKIP all \\# TODO",
    "%s {0} {name} ${{ secrets.X }} `id` $(id)",
    "😀" * 300,
)


def words(text: str, zh: str | None = None) -> Words:
    return Words(en=text, zh=text if zh is None else zh)


def check(id: str = "connected", verdict: Verdict = Verdict.PASSED, points: float = 1, **more: object) -> GradedCheck:  # noqa: A002
    """A check; it earns its points when it passed."""
    fields: dict[str, object] = {
        "id": id,
        "kind": "tcp.handshake",
        "verdict": verdict,
        "points": points,
        "earned": points if verdict is Verdict.PASSED else 0,
        "expected": words("3 complete handshakes", "3 次完整握手"),
        "actual": words("3 complete handshakes" if verdict is Verdict.PASSED else "only 1", "只有 1 次"),
        "packets": ((5, 6, 7),),
    }
    if verdict is Verdict.FAILED:
        fields["hint"] = words("accept() again", "再次调用 accept()")
    return GradedCheck.model_validate(fields | more)


def graded(*checks: GradedCheck, **more: object) -> Graded:
    """A grading of `checks`; score and verdict follow from them."""
    most = sum(one.points for one in checks if not one.bonus)
    score = sum(one.earned for one in checks)
    full = all(one.verdict is Verdict.PASSED for one in checks if not one.bonus)
    fields: dict[str, object] = {
        "exercise": "tcp-multiclient",
        "title": words("Three clients at once", "三个客户端同时通信"),
        "student": "",
        "submission": "ab" * 32,
        "verdict": Verdict.PASSED if full else Verdict.FAILED,
        "score": score,
        "max": most,
        "checks": checks,
        "seed": 7,
        "lab": "0.1",
        "definition": "cd" * 32,
        "started": BEGAN,
        "seconds": 4.25,
    }
    return Graded.model_validate(fields | more)


def mark(name: str, result: Graded, slug: str | None = None, **more: object) -> Mark:
    student = Student(name, slug or name, **more)  # type: ignore[arg-type]
    return Mark(student, result.model_copy(update={"student": name}))


def good() -> Graded:
    return graded(check(), check("at-once", points=3))


def partly() -> Graded:
    """7 of 10: one failed with 2 of 3, one was skipped, one is hidden, and a bonus."""
    return graded(
        check(points=4),
        check("at-once", Verdict.FAILED, 3, earned=2, details=(words("bob came late"),)),
        check("closed", Verdict.SKIPPED, 2, actual=words("`at-once` failed")),
        check("secret", Verdict.FAILED, 1, hidden=True, expected=words("SECRET"), details=(words("SECRET"),)),
        check("fast", points=1, bonus=True),
    )


def lab_error() -> Graded:
    broken = check("quiet", Verdict.ERROR, actual=words("the capture is not whole"))
    return graded(check(), broken, verdict=Verdict.ERROR, score=0, problem=words("the capture is not whole"))


def missing() -> Graded:
    return graded(verdict=Verdict.FAILED, score=0, max=10, problem=words("server.py is missing", "缺少 server.py"))


def nothing() -> Graded:
    """A student of the roster who handed in nothing."""
    return missing().model_copy(update={"handed_in": False})


def flooded() -> Graded:
    """Ended by a fatal limit: its checks earned, the whole scores nothing."""
    limit = LimitFacts(what="processes", host="server", limit=64, time=BEGAN, ended=True)
    checks = (check(points=4), check("at-once", Verdict.FAILED, 6))
    why = words("server hit the limit: no points")
    return graded(*checks, score=0, limits_hit=(limit,), problem=why)


def hostile(text: str) -> Graded:
    """`text` wherever a student's text can come to stand."""
    said = words(text)
    failed = check("at-once", Verdict.FAILED, expected=said, actual=said, details=(said,), hint=said, excerpt=said)
    skipped = check("closed", Verdict.SKIPPED, expected=said, actual=said)
    return graded(
        failed,
        skipped,
        check("quiet", expected=said, actual=said),
        notes=(said,),
        problem=said,
        clues=(Clue(id="x", text=said, file=text, line=3),),
        programs=(GradedProgram(name=text, end=said, output=(text, text)),),
        limits_hit=(LimitFacts(what="memory", host=text, program=text, limit=1, time=0),),
    )


def context(**more: object) -> Context:
    fields: dict[str, object] = {
        "exercise": "tcp-multiclient",
        "title": Text("Three clients at once", "三个客户端同时通信"),
        "language": "en",
        "started": BEGAN,
    }
    return Context(**(fields | more))  # type: ignore[arg-type]
