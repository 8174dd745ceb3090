"""Results as JUnit XML, for the test reports of build servers.

The attributes are those that the common readers ask for: `name` and `time` on suite and case,
`classname`, and one case for each name (equal ones are read as retries).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from lab.report.judged import Judged, told
from lab.report.wording import PHASES
from lab.results import Outcome, Verdict
from lab.text import Language
from lab.visible import visible, visible_lines

_TAGS = {Verdict.FAILED: "failure", Verdict.SKIPPED: "skipped", Verdict.ERROR: "error"}


@dataclass(frozen=True, slots=True)
class Suite:
    """What becomes a `testsuite`: checks with their verdicts, and facts that become its properties.

    No two suites of a document may have the same `classname`, and no two checks of a suite the same id.
    """

    name: str
    classname: str
    file: str
    seconds: float
    checks: Sequence[Judged]
    facts: Mapping[str, object]
    language: Language


def junit(outcome: Outcome, *, language: Language = "en", started: int | None = None) -> bytes:
    """`junit.xml` of a run; `started` is when it began, in nanoseconds since the epoch."""
    suite = Suite(
        name=outcome.scenario,
        classname=outcome.scenario,
        file=f"scenarios/{outcome.scenario}/scenario.yaml",
        seconds=sum(outcome.seconds.get(phase, 0.0) for phase in PHASES),
        checks=outcome.results,
        facts={
            "run": outcome.run,
            "capture": outcome.capture,
            "packets": outcome.packets,
            "dropped": outcome.dropped,
        },
        language=language,
    )
    return document(outcome.scenario, [suite], started)


def document(name: str, suites: Sequence[Suite], started: int | None = None) -> bytes:
    """The suites as one document.

    All text is `visible`, so none of the characters that XML 1.0 (2.2) forbids is left. The time of
    a single check is not measured and given as 0; the suite's is that of the whole run.
    """
    checks = [check for suite in suites for check in suite.checks]
    root = ET.Element("testsuites", _totals(name, checks, sum(suite.seconds for suite in suites), started))
    for suite in suites:
        totals = _totals(suite.name, suite.checks, suite.seconds, started)
        element = ET.SubElement(root, "testsuite", {**totals, "file": visible(suite.file)})
        _properties(element, suite.facts)
        for check in suite.checks:
            _case(element, check, suite)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _totals(name: str, checks: Sequence[Judged], seconds: float, started: int | None) -> dict[str, str]:
    counts = Counter(check.verdict for check in checks)
    totals = {
        "name": visible(name),
        "tests": str(len(checks)),
        "failures": str(counts[Verdict.FAILED]),
        "errors": str(counts[Verdict.ERROR]),
        "skipped": str(counts[Verdict.SKIPPED]),
        "time": f"{seconds:.3f}",
    }
    if started is not None:
        totals["timestamp"] = datetime.fromtimestamp(started // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return totals


def _case(parent: ET.Element, check: Judged, suite: Suite) -> None:
    names = {"name": check.id, "classname": suite.classname, "time": "0.000", "file": suite.file}
    case = ET.SubElement(parent, "testcase", {key: visible(value) for key, value in names.items()})
    _properties(case, {"kind": check.kind, "points": f"{check.points:g}"})
    tag = _TAGS.get(check.verdict)
    lines = "\n".join(told(check, suite.language))
    if tag is None:
        ET.SubElement(case, "system-out").text = lines
        return
    message = " ".join(visible_lines(check.actual.in_(suite.language)))
    ET.SubElement(case, tag, {"message": message, "type": visible(check.kind)}).text = lines


def _properties(parent: ET.Element, facts: Mapping[str, object]) -> None:
    properties = ET.SubElement(parent, "properties")
    for name, value in facts.items():
        ET.SubElement(properties, "property", {"name": name, "value": visible(str(value))})
