"""TAP 14, a document a student: `Bail out!` ends a whole document, and a lab error must not end the class's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from lab.graded import Graded, GradedCheck, Mark
from lab.report.formats.format import Context, Format
from lab.report.formats.telling import Told, earned, failed_by_lab, for_student, not_run, number, problem
from lab.results import Verdict
from lab.text import Language, Text
from lab.visible import one_line, visible


def write(marks: Sequence[Mark], context: Context) -> Mapping[str, bytes]:
    """A `.tap` file a student."""
    return {
        f"tap/{mark.student.slug}.tap": "".join(
            f"{line}\n" for line in _lines(mark.graded, context.language_of(mark.student))
        ).encode()
        for mark in marks
    }


def _lines(graded: Graded, language: Language) -> Iterator[str]:
    yield "TAP version 14"
    if graded.verdict is Verdict.ERROR:
        yield f"Bail out! {one_line(failed_by_lab(graded).in_(language))}"
        return
    if not graded.handed_in:
        yield f"1..0 # SKIP {_description(problem(graded).in_(language))}"
        return
    whole = [problem(graded)] if graded.problem is not None or not_run(graded) else []
    yield f"1..{len(whole) + len(graded.checks)}"
    for said in whole:
        yield f"not ok 1 - {'submission' if not_run(graded) else 'limits'}"
        yield from _block({"message": visible(said.in_(language))})
    for place, check in enumerate(graded.checks, 1 + len(whole)):
        yield from _test(graded, check, place, language)


def _test(graded: Graded, check: GradedCheck, place: int, language: Language) -> Iterator[str]:
    """A skipped check is `ok` with its reason, as TAP has it: the one that it needs is `not ok`."""
    seen = for_student(check)
    ok = "not ok" if check.verdict is Verdict.FAILED else "ok"
    skip = f" # SKIP {_description(seen.actual.in_(language))}" if check.verdict is Verdict.SKIPPED else ""
    yield f"{ok} {place} - {_description(check.id)}{skip}"
    if not skip:
        yield from _block(_diagnostics(seen, earned(graded, check), language))


def _diagnostics(seen: Told, points: float, language: Language) -> dict[str, object]:
    found: dict[str, object] = {
        "points": number(points),
        "max_points": number(seen.points),
        "expected": visible(seen.expected.in_(language)),
        "actual": visible(seen.actual.in_(language)),
    }
    if seen.details:
        found["details"] = [visible(detail.in_(language)) for detail in seen.details]
    if seen.packets:
        found["packets"] = [number for group in seen.packets for number in group]
    if seen.hint is not None:
        found["hint"] = visible(seen.hint.in_(language))
    return found


def _block(values: Mapping[str, object]) -> Iterator[str]:
    """A YAML block. JSON is YAML, and what stands in its quotes can end neither the line nor the block."""
    yield "  ---"
    for key, value in values.items():
        yield f"  {key}: {json.dumps(value, ensure_ascii=False)}"
    yield "  ..."


def _description(text: str) -> str:
    r"""`text` as a description: `\` and `#` would begin an escape and a directive."""
    return one_line(text).replace("\\", r"\\").replace("#", r"\#")


TAP = Format("tap", Text("TAP 14", "TAP 14"), "student", write)
