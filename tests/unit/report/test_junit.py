from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from lab.report.junit import junit
from lab.results import Outcome, Result, Verdict
from lab.text import same

_PLACE = Path("x")
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def test_suite_and_cases_have_what_readers_need(failed: Outcome) -> None:
    root = ET.fromstring(junit(failed))
    assert root.tag == "testsuites"
    suite = root.find("testsuite")
    assert suite is not None
    for element in (root, suite):
        assert element.attrib == element.attrib | {
            "name": "tcp-multiclient",
            "tests": "4",
            "failures": "1",
            "errors": "1",
            "skipped": "1",
            "time": "1.520",
        }
    for case in suite.iter("testcase"):
        assert case.get("classname") == "tcp-multiclient"
        assert float(case.get("time", "")) == 0
        assert case.get("file") == "scenarios/tcp-multiclient/scenario.yaml"
    assert [case.get("name") for case in suite.iter("testcase")] == ["connected", "at-once", "closed", "quiet"]


def test_each_verdict_has_its_element(failed: Outcome) -> None:
    cases = {case.get("name"): case for case in ET.fromstring(junit(failed)).iter("testcase")}
    assert [child.tag for child in cases["connected"]] == ["properties", "system-out"]
    failure = cases["at-once"].find("failure")
    assert failure is not None
    assert failure.attrib == {"message": "only 1", "type": "tcp.overlap"}
    told = failure.text or ""
    assert "hint: Do you accept() again" in told
    assert "packets 14 27,31" in told
    assert "alice got her answer" in told
    assert [cases[name][1].tag for name in ("closed", "quiet")] == ["skipped", "error"]


def test_in_chinese(failed: Outcome) -> None:
    assert "提示：第一个客户端" in junit(failed, language="zh").decode()


def test_the_timestamp_is_there_when_it_is_known(passed: Outcome) -> None:
    assert ET.fromstring(junit(passed)).get("timestamp") is None
    root = ET.fromstring(junit(passed, started=1_760_000_000_500_000_000))
    assert root.get("timestamp") == "2025-10-09T08:53:20"


@given(st.text(st.characters()))
def test_no_text_can_break_the_xml(text: str) -> None:
    result = Result(
        id=text, kind=text, verdict=Verdict.FAILED, expected=same(text), actual=same(text), details=(same(text),)
    )
    outcome = Outcome(text, text, Verdict.FAILED, (result,), _PLACE, _PLACE, 0, 0, {})
    written = junit(outcome)
    assert not FORBIDDEN.search(written.decode())
    assert ET.fromstring(written).find("testsuite/testcase/failure") is not None


def test_counts_follow_the_results(passed: Outcome) -> None:
    root = ET.fromstring(junit(replace(passed, results=())))
    assert (root.get("tests"), root.get("failures")) == ("0", "0")
