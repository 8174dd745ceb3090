from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from marks import HOSTILE, context, flooded, good, hostile, lab_error, mark, missing, nothing, partly

from lab.report.formats.junit import JUNIT

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
CLASS = [mark("ada", good()), mark("bob", partly()), mark("eve", lab_error()), mark("max", missing())]


def suites() -> dict[str, ET.Element]:
    (content,) = JUNIT.write(CLASS, context()).values()
    return {suite.get("name", ""): suite for suite in ET.fromstring(content).iter("testsuite")}


def test_a_document_of_the_class():
    files = JUNIT.write(CLASS, context())
    assert list(files) == ["junit.xml"]
    root = ET.fromstring(files["junit.xml"])
    assert root.attrib == {
        "name": "tcp-multiclient",
        "tests": "11",
        "failures": "3",
        "errors": "2",
        "skipped": "1",
        "time": "17.000",
        "timestamp": "2025-10-09T08:53:20",
    }


def test_a_suite_a_student_and_a_case_a_check():
    assert list(suites()) == ["ada", "bob", "eve", "max"]
    bob = suites()["bob"]
    assert (bob.get("tests"), bob.get("failures"), bob.get("skipped"), bob.get("time")) == ("5", "2", "1", "4.250")
    assert [case.get("name") for case in bob.iter("testcase")] == ["connected", "at-once", "closed", "secret", "fast"]
    properties = {p.get("name"): p.get("value") for p in bob.findall("properties/property")}
    assert properties["score"] == "7"


def test_no_two_cases_are_the_same():
    twins = [mark("ada", good()), mark("ada", good(), "ada-2")]
    root = ET.fromstring(JUNIT.write(twins, context())["junit.xml"])
    cases = [(c.get("name"), c.get("classname"), c.get("file")) for c in root.iter("testcase")]
    assert len(cases) == len(set(cases)) == 4
    assert all(case.get("time") for case in root.iter("testcase"))


def test_a_lab_error_is_an_error_without_a_score():
    eve = suites()["eve"]
    assert "score" not in {p.get("name") for p in eve.findall("properties/property")}
    case = eve.find("testcase[@name='(lab)']/error")
    assert case is not None
    assert "the lab failed" in case.get("message", "")


def test_what_was_not_run_is_a_failure():
    failure = suites()["max"].find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "server.py is missing"


def test_who_handed_in_nothing_is_skipped_and_has_no_score():
    root = ET.fromstring(JUNIT.write([mark("ada", nothing())], context())["junit.xml"])
    assert root.find("testsuite/testcase[@name='(submission)']/skipped") is not None
    properties = {p.get("name"): p.get("value") for p in root.iter("property")}
    assert properties["verdict"] == "absent"
    assert "score" not in properties


def test_a_fatal_limit_is_a_failure():
    root = ET.fromstring(JUNIT.write([mark("ada", flooded())], context())["junit.xml"])
    assert root.find("testsuite/testcase[@name='(submission)']/failure") is not None


def test_a_hidden_check_shows_its_outcome_only():
    assert b"SECRET" not in JUNIT.write(CLASS, context())["junit.xml"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_can_break_the_xml(text: str):
    content = JUNIT.write([mark(text, hostile(text), "x")], context())["junit.xml"]
    assert not FORBIDDEN.search(content.decode())
    root = ET.fromstring(content)
    assert len(list(root.iter("testcase"))) == 4
    assert root.find(".//script") is None
