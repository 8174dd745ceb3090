"""An outcome as JUnit XML, for the test reports of build servers.

The attributes are those that the common readers ask for: `name` and `time` on suite and case,
`classname`, and one case for each name (equal ones are read as retries).
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from lab.report.visible import visible, visible_lines
from lab.report.wording import PHASES, VERDICTS, packet_groups
from lab.results import Outcome, Result, Verdict
from lab.text import Language, same, say

_TAGS = {Verdict.FAILED: "failure", Verdict.SKIPPED: "skipped", Verdict.ERROR: "error"}


def junit(outcome: Outcome, *, language: Language = "en", started: int | None = None) -> bytes:
    """`junit.xml` of a run; `started` is when it began, in nanoseconds since the epoch.

    All text is `visible`, so none of the characters that XML 1.0 (2.2) forbids is left. The time of
    a single check is not measured and given as 0; the suite's is that of the whole run.
    """
    counts = Counter(result.verdict for result in outcome.results)
    totals = {
        "name": visible(outcome.scenario),
        "tests": str(len(outcome.results)),
        "failures": str(counts[Verdict.FAILED]),
        "errors": str(counts[Verdict.ERROR]),
        "skipped": str(counts[Verdict.SKIPPED]),
        "time": f"{sum(outcome.seconds.get(phase, 0.0) for phase in PHASES):.3f}",
    }
    if started is not None:
        totals["timestamp"] = datetime.fromtimestamp(started // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    root = ET.Element("testsuites", totals)
    file = f"scenarios/{visible(outcome.scenario)}/scenario.yaml"
    suite = ET.SubElement(root, "testsuite", {**totals, "file": file})
    facts = {
        "run": outcome.run,
        "capture": str(outcome.capture),
        "packets": outcome.packets,
        "dropped": outcome.dropped,
    }
    _properties(suite, facts)
    for result in outcome.results:
        _case(suite, result, outcome.scenario, file, language)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _case(suite: ET.Element, result: Result, scenario: str, file: str, language: Language) -> None:
    names = {"name": visible(result.id), "classname": visible(scenario), "time": "0.000", "file": file}
    case = ET.SubElement(suite, "testcase", names)
    _properties(case, {"kind": result.kind, "points": f"{result.points:g}"})
    tag = _TAGS.get(result.verdict)
    told = "\n".join(_told(result, language))
    if tag is None:
        ET.SubElement(case, "system-out").text = told
        return
    message = " ".join(visible_lines(result.actual.in_(language)))
    ET.SubElement(case, tag, {"message": message, "type": visible(result.kind)}).text = told


def _told(result: Result, language: Language) -> list[str]:
    lines = [
        say("expected: {what}", "期望：{what}", what=result.expected),
        say("{verdict}: {what}", "{verdict}：{what}", verdict=VERDICTS[result.verdict], what=result.actual),
        *result.details,
        packet_groups(result.packets) or same(""),
        same("") if result.hint is None else say("hint: {what}", "提示：{what}", what=result.hint),
    ]
    return [text for line in lines if line.en for text in visible_lines(line.in_(language))]


def _properties(parent: ET.Element, facts: dict[str, object]) -> None:
    properties = ET.SubElement(parent, "properties")
    for name, value in facts.items():
        ET.SubElement(properties, "property", {"name": name, "value": visible(str(value))})
