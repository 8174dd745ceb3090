from pathlib import Path

import yaml
from facts import Wire, printed, program, run, step

from lab.checks import PARAMS
from lab.grade import grade, points, verdict_of
from lab.results import Result, Verdict
from lab.scenario import Check, Scenario
from lab.text import Text
from lab.values import Words


def scenario(checks: str) -> Scenario:
    """A scenario with checks in YAML: `id: {kind: {...}, needs: [...], hint: ..., points: ...}`."""
    made = {}
    for name, body in yaml.safe_load(checks).items():
        kind = next(key for key in body if key in PARAMS)
        hint = body.get("hint")
        made[name] = Check(
            id=name,
            kind=kind,
            params=PARAMS[kind].model_validate(body[kind]),
            needs=tuple(body.get("needs", ())),
            hint=hint and Words(en=hint, zh=f"zh {hint}"),
            points=body.get("points", 1),
        )
    words = Words(en="test", zh="测试")
    return Scenario(name="test", folder=Path(), title=words, networks={}, hosts={}, programs={}, steps=(), checks=made)


def wire() -> Wire:
    told = Wire()
    talk = told.talk()
    talk.shake()
    talk.answers("OK")
    talk.close()
    return told


PROGRAMS = {"alice": program("alice", ended=1, exit=0, output=printed("OK"))}
SHAKEN = "{tcp.handshake: {complete: 1}}"
BROKEN = "{tcp.handshake: {complete: 2}, hint: try again}"


def graded(checks: str, **facts: object) -> tuple[Result, ...]:
    return grade(scenario(checks), run(wire(), programs=PROGRAMS, **facts))


def verdicts(results: tuple[Result, ...]) -> dict[str, str]:
    return {result.id: result.verdict.value for result in results}


def test_passed_with_its_evidence():
    (result,) = graded(f"a: {SHAKEN}")
    assert result == Result(
        id="a",
        kind="tcp.handshake",
        verdict=Verdict.PASSED,
        expected=Text("1 complete handshake", "1 次完整握手"),
        actual=Text("1 complete handshake", "1 次完整握手"),
        packets=((1, 2, 3),),
    )


def test_failed_with_its_hint():
    (result,) = graded(f"a: {BROKEN}")
    assert result.verdict is Verdict.FAILED
    assert result.hint == Text("try again", "zh try again")
    assert result.expected.en == "2 complete handshakes"


def test_a_hint_is_for_failures_only():
    (result,) = graded("a: {tcp.handshake: {complete: 1}, hint: try again}")
    assert result.hint is None


def test_skipped_where_a_need_did_not_pass_in_any_order_of_the_file():
    checks = f"""
    last:  {{exit: {{program: alice, status: 0}}, needs: [after]}}
    after: {{exit: {{program: alice, status: 0}}, needs: [a]}}
    a: {BROKEN}
    other: {{exit: {{program: alice, status: 0}}}}
    """
    results = graded(checks)
    assert list(verdicts(results).items()) == [
        ("last", "skipped"),
        ("after", "skipped"),
        ("a", "failed"),
        ("other", "passed"),
    ]
    assert results[1].expected.en == "what it needs to pass: `a`"
    assert results[1].actual == Text("`a` failed", "`a` 未通过")
    assert results[0].actual == Text("`after` was skipped", "`after` 被跳过")


def test_a_check_whose_needs_pass_is_evaluated():
    assert verdicts(graded(f"a: {SHAKEN}\nb: {{tcp.close: {{kind: fin}}, needs: [a]}}")) == {
        "a": "passed",
        "b": "passed",
    }


def test_a_lossy_capture_decides_nothing_about_packets():
    results = graded(f"a: {SHAKEN}\nb: {BROKEN}\nc: {{exit: {{program: alice, status: 0}}}}", lost=1)
    assert verdicts(results) == {"a": "error", "b": "error", "c": "passed"}
    assert results[0].actual.en == "the capture is not whole (captured/received, dropped: net 99/100, 0)"
    assert "抓包不完整" in results[0].actual.zh
    assert results[1].hint is None


def test_absence_is_not_proved_by_a_lossy_capture():
    assert verdicts(graded("a: {none: {datagram: {}}}", lost=1)) == {"a": "error"}
    assert verdicts(graded("a: {none: {datagram: {}}}")) == {"a": "passed"}


def test_a_damaged_capture_decides_nothing_about_packets():
    facts = run(wire(), programs=PROGRAMS)
    facts.conversations.damage = "cut"
    (result,) = grade(scenario(f"a: {SHAKEN}"), facts)
    assert result.verdict is Verdict.ERROR
    assert result.actual.en == "the capture is damaged: cut"


def test_a_fault_of_the_scenario_is_an_error():
    (result,) = graded("a: {tcp.payload: {sent_by: server, text: 数据, encoding: ascii}}")
    assert result.verdict is Verdict.ERROR
    assert result.actual.en == "`数据` cannot be written in ascii"


STEP_FAILED = (step(), step("failed", "carol to print `OK`", "carol ended"), step("skipped"))


def test_a_failed_step_fails_a_run_whose_checks_pass():
    results = graded(f"a: {SHAKEN}", steps=STEP_FAILED)
    assert verdicts(results) == {"a": "passed", "exchange": "failed"}
    assert results[-1].kind == "steps"
    assert results[-1].expected == Text("carol to print `OK`", "zh carol to print `OK`")
    assert results[-1].actual == Text("carol ended", "zh carol ended")
    assert points(results) == (1, 1)


def test_a_failed_step_is_not_told_beside_a_failed_check():
    assert verdicts(graded(f"a: {BROKEN}", steps=STEP_FAILED)) == {"a": "failed"}


def test_steps_that_were_done_are_not_told():
    assert verdicts(graded(f"a: {SHAKEN}", steps=(step(),))) == {"a": "passed"}


def results_of(*verdicts_: Verdict) -> list[Result]:
    return [Result("a", "exit", verdict, Text("", ""), Text("", ""), points=2) for verdict in verdicts_]


def test_verdict_of_the_whole():
    passed, failed, skipped, error = Verdict.PASSED, Verdict.FAILED, Verdict.SKIPPED, Verdict.ERROR
    assert verdict_of(results_of(passed, passed)) is passed
    assert verdict_of(results_of(passed, failed, skipped)) is failed
    assert verdict_of(results_of(failed, skipped, error)) is error
    assert verdict_of([]) is passed


def test_only_what_passed_earns_points():
    assert points(results_of(Verdict.PASSED, Verdict.FAILED, Verdict.SKIPPED, Verdict.ERROR)) == (2, 8)
    assert points(graded("a: {exit: {program: alice, status: 0}, points: 3}")) == (3, 3)
