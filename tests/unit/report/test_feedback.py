from __future__ import annotations

import re

import pytest
from htmltree import HOSTILE, Tree

from lab.graded import Clue, Graded, GradedCheck, GradedFile, GradedProgram
from lab.record import LimitFacts, Words
from lab.report.feedback import page
from lab.results import Verdict
from lab.text import Language

CAPTURE = "../captures/zhang.pcapng"


def words(text: str) -> Words:
    return Words(en=f"en {text}", zh=f"中 {text}")


def check(name: str, verdict: Verdict, text: str = "text", **more: object) -> GradedCheck:
    told = words(text)
    return GradedCheck.model_validate(
        {"id": name, "kind": "output", "verdict": verdict, "points": 2, "earned": 2 * (verdict == "passed"),
         "expected": told, "actual": told, "details": (told,), "packets": ((5, 6, 7),), "hint": told,
         "excerpt": told} | more
    )  # fmt: skip


def graded(text: str = "text", **more: object) -> Graded:
    told = words(text)
    limit = LimitFacts(what="processes", host=text, limit=64, time=0, ended=True)
    return Graded.model_validate(
        {
            "exercise": "tcp-hello",
            "title": told,
            "student": text,
            "submission": "ab" * 32,
            "files": (GradedFile(name=text, size=7, sha256="cd" * 32),),
            "notes": (told,),
            "verdict": Verdict.FAILED,
            "score": 4.5,
            "max": 10,
            "checks": (check("good", Verdict.PASSED, text), check("bad", Verdict.FAILED, text)),
            "clues": (Clue(id="one-recv", text=told, checks=("bad",), file=text, line=12),),
            "programs": (GradedProgram(name=text, end=told, output=(text, text), output_cut=True),),
            "limits_hit": (limit,),
            "problem": told,
            "stalled": told,
            "seed": 3,
            "lab": "1",
            "definition": "ef" * 32,
            "started": 0,
            "seconds": 1,
        }
        | more
    )


def test_it_says_what_the_student_can_act_on() -> None:
    tree = Tree(page(graded(), "en", CAPTURE))
    english = " ".join(tree.text("en").split())
    for said in (
        "4.5 / 10", "✗ failed", "1 check passed, 1 failed.", "text:12", "expected", "packets 5-7", "hint", "2 / 2", "0 / 2",
        "hit the process limit (64)", "lab inspect zhang.pcapng",
    ):  # fmt: skip
        assert said in english.replace("\u200a", " "), said
    assert {"href": CAPTURE, "download": None} in tree.of("a")
    assert [d.get("open", "closed") for d in tree.of("details")] == ["closed", None]


@pytest.mark.parametrize(("language", "tag"), [("en", "en"), ("zh", "zh-CN")])
def test_both_languages_are_in_it_and_the_students_is_chosen(language: Language, tag: str) -> None:
    tree = Tree(page(graded(), language, CAPTURE))
    assert tree.of("html") == [{"lang": tag}]
    switches = tree.of("input")
    assert [(s["id"], "checked" in s) for s in switches] == [("en", language == "en"), ("zh", language == "zh")]
    assert [label["for"] for label in tree.of("label")] == ["en", "zh"]
    assert "en text" in tree.text("en")
    assert "中 text" in tree.text("zh-CN")
    assert "中 text" not in tree.text("en")
    assert "期望" in tree.text("zh-CN")


def test_it_needs_nothing_besides_itself() -> None:
    text = page(graded(), "en", CAPTURE)
    tree = Tree(text)
    assert {tag for tag, _ in tree.elements} & {"script", "link", "img", "iframe", "object", "form"} == set()
    [policy] = [m["content"] for m in tree.of("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert re.findall(r"(?:https?:)?//\w", text) == []
    assert "url(" not in text
    links = [a["href"] or "" for a in tree.of("a")]
    assert all(link == CAPTURE or link.startswith("#") for link in links)
    ids = [attrs["id"] for _, attrs in tree.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)


def test_what_students_wrote_is_inert_everywhere() -> None:
    hostile, tame = Tree(page(graded(HOSTILE), "en", CAPTURE)), Tree(page(graded(), "en", CAPTURE))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in tame.elements]
    assert [sorted(attrs) for _, attrs in hostile.elements] == [sorted(attrs) for _, attrs in tame.elements]
    text = hostile.text()
    assert "<script>alert(1)</script>" in text
    assert "{{ 7*7 }}" in text
    assert all(c in "\n\u200a" or c.isprintable() for c in text)
    assert r"\u202e" in text
    assert page(graded(HOSTILE), "en", CAPTURE).encode()


def test_of_hidden_checks_only_the_outcome_is_told() -> None:
    hidden = check("unseen", Verdict.FAILED, "SECRET", hidden=True, kind="SECRET.kind")
    tree = Tree(page(graded(checks=(check("good", Verdict.PASSED), hidden)), "en", CAPTURE))
    assert "SECRET" not in tree.text()
    assert "SECRET" not in repr(tree.elements)
    assert "unseen" in tree.text()
    assert "0\u200a/\u200a2" in tree.text()
    assert "hidden: its outcome only is told" in tree.text("en")


def test_an_error_of_the_lab_has_no_score() -> None:
    text = " ".join(Tree(page(graded(verdict=Verdict.ERROR, score=0, checks=()), "en", None)).text("en").split())
    assert "not graded" in text
    assert "/ 10" not in text.replace("\u200a", " ")
    assert "does not count" in text
    assert "download" not in text


def test_who_handed_in_nothing_has_no_score() -> None:
    absent = graded(verdict=Verdict.FAILED, score=0, checks=(), handed_in=False)
    text = " ".join(Tree(page(absent, "en", None)).text("en").split())
    assert "not graded" in text
    assert "handed in nothing" in text
    assert "failed" not in text


def test_nothing_that_is_not_there_has_a_heading() -> None:
    bare = graded(checks=(), clues=(), programs=(), limits_hit=(), notes=(), problem=None, stalled=None)
    tree = Tree(page(bare, "zh", None))
    assert len(tree.of("h2")) == 1
    assert "没有运行任何程序" in tree.text("zh-CN")


def test_where_the_exchange_stalled_is_not_told_of_the_files() -> None:
    stalled = {"en": "stalled at step 3", "zh": "停在第 3 步"}
    text = " ".join(Tree(page(graded(notes=(), stalled=stalled), "en", None)).text("en").split())
    assert "How far it came stalled at step 3" in text
    assert "About the files" not in text


def test_a_second_run_is_told() -> None:
    assert "run a second time" in Tree(page(graded(runs=2), "en", None)).text("en")
