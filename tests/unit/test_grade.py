from pathlib import Path

import yaml
from facts import Wire, printed, program, run, step
from hypothesis import given
from hypothesis import strategies as st

from lab import record
from lab.checks import PARAMS
from lab.grade import grade, points, rounded, scaled, verdict_of
from lab.record import FaultFacts, LimitFacts
from lab.results import Result, Verdict
from lab.scenario import Check, Exercise, Program, Scenario
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
            **{key: body[key] for key in ("partial", "bonus", "hidden") if key in body},
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


TWO_OF_THREE = "{output: {program: alice, lines: [OK, OK, OK]}, points: 2"


def told_twice(checks: str) -> tuple[Result, ...]:
    alice = program("alice", ended=1, exit=0, output=printed("OK", "OK"))
    return grade(scenario(checks), run(wire(), programs={"alice": alice}))


def test_a_part_earns_only_where_the_check_says_so():
    (partly,) = told_twice(f"a: {TWO_OF_THREE}, partial: true}}")
    assert partly.verdict is Verdict.FAILED
    assert partly.earned == 4 / 3
    assert points([partly]) == (1.33, 2)
    (whole,) = told_twice(f"a: {TWO_OF_THREE}}}")
    assert (whole.verdict, whole.earned) == (Verdict.FAILED, 0)


def test_a_part_is_no_pass_to_what_needs_it():
    results = told_twice(
        f"{{a: {TWO_OF_THREE}, partial: true}}, b: {{exit: {{program: alice, status: 0}}, needs: [a]}}}}"
    )
    assert verdicts(results) == {"a": "failed", "b": "skipped"}
    assert points(results) == (1.33, 3)


def test_what_passed_earns_all_and_an_error_nothing_whatever_its_share():
    def earned(verdict: Verdict) -> float:
        return Result("a", "exit", verdict, Text("", ""), Text("", ""), points=2, share=0.5).earned

    assert [earned(verdict) for verdict in Verdict] == [2, 1, 0, 0]


def test_a_bonus_comes_on_top_of_full_marks():
    results = graded(
        f"{{a: {SHAKEN}, b: {{exit: {{program: alice, status: 0}}, bonus: true, hidden: true, points: 3}}}}"
    )
    assert points(results) == (4, 1)
    assert [(r.bonus, r.hidden) for r in results] == [(False, False), (True, True)]


def test_a_bonus_may_be_missed():
    results = graded(f"{{a: {SHAKEN}, b: {{exit: {{program: alice, status: 1}}, bonus: true}}}}")
    assert points(results) == (1, 1)
    assert verdict_of(results) is Verdict.PASSED
    assert verdict_of(graded("a: {exit: {program: alice, status: 1}, bonus: false}")) is Verdict.FAILED


def test_an_error_of_a_bonus_is_an_error_of_the_whole():
    text = "{tcp.payload: {sent_by: server, text: 数据, encoding: ascii}, bonus: true}"
    assert verdict_of(graded(f"{{a: {SHAKEN}, b: {text}}}")) is Verdict.ERROR


def test_worth_scales_full_marks_and_the_bonus_with_them():
    results = graded(
        f"{{a: {SHAKEN}, b: {{exit: {{program: alice, status: 1}}, points: 2}},"
        " c: {exit: {program: alice, status: 0}, bonus: true}}"
    )
    assert points(results, 10) == (6.66, 10)  # each rounded, and then added up
    assert points(results) == (2, 3)
    assert [round(result.points, 2) for result in scaled(results, 10)] == [3.33, 6.67, 3.33]


def test_thirds_make_a_whole():
    results = [Result(name, "exit", Verdict.PASSED, Text("", ""), Text("", "")) for name in "abc"]
    assert points(results, 10) == (10, 10)
    assert points(scaled(results, 10)) == (10, 10)


cents = st.integers(1, 10_000_00).map(lambda n: n / 100)
weights = st.lists(st.floats(0, 1000, allow_subnormal=False), min_size=1, max_size=12).filter(lambda w: sum(w) > 1e-3)


@given(weights, cents, st.lists(st.floats(0, 1), min_size=12, max_size=12))
def test_whatever_the_points_those_of_the_checks_add_up(its_points: list[float], worth: float, shares: list[float]):
    def results(verdict: Verdict) -> list[Result]:
        return [
            Result(str(i), "exit", verdict, Text("", ""), Text("", ""), points=value, share=share)
            for i, (value, share) in enumerate(zip(its_points, shares, strict=False))
        ]

    most = scaled(results(Verdict.PASSED), worth)
    assert sum(round(r.points * 100) for r in most) == round(worth * 100)
    assert all(r.points >= 0 and r.points == rounded(r.points) and r.earned == r.points for r in most)
    assert points(results(Verdict.PASSED), worth) == (worth, worth)
    part = scaled(results(Verdict.FAILED), worth)
    score, full = points(results(Verdict.FAILED), worth)
    assert full == worth
    assert 0 <= score <= worth
    assert round(score * 100) == sum(round(rounded(r.earned) * 100) for r in part)


def test_an_exchange_that_was_ended_gives_no_hints_but_says_so():
    checks = "a: {exit: {program: alice, status: 1}, hint: Why}"
    assert graded(checks)[0].hint is not None
    (ended,) = graded(checks, overdue=10.0)
    assert (ended.verdict, ended.hint) == (Verdict.FAILED, None)
    assert "ended after 10 s" in ended.details[-1].en


def test_nothing_to_earn_is_nothing_to_scale():
    assert points([], 10) == (0, 0)


def limited(host: str, what: str = "output", *, ended: bool = False) -> LimitFacts:
    return LimitFacts.model_validate({"what": what, "host": host, "limit": 64, "time": 1, "ended": ended})


def exercise(checks: str) -> Scenario:
    """A student writes what runs on alice; a server of the lab's runs on the other host."""
    programs = {
        "alice": Program.model_validate({"host": "alice", "run": ["python3", "./client.py"]}),
        "server": Program.model_validate({"host": "server", "run": ["python3", "server.py"]}),
    }
    taken = Exercise(files=("client.py",))
    return scenario(checks).model_copy(update={"exercise": taken, "programs": programs})


def test_what_a_submission_made_undecidable_is_failed_and_not_an_error():
    checks = exercise(f"a: {SHAKEN}\nc: {{exit: {{program: alice, status: 0}}}}")
    results = grade(checks, run(wire(), programs=PROGRAMS, lost=1, limits=(limited("alice", "traffic", ended=True),)))
    assert verdicts(results) == {"a": "failed", "c": "passed"}
    assert results[0].actual.en == "alice hit the traffic limit (64 MiB sent): the network of alice was cut"
    assert results[0].details[0].en.startswith("the capture is not whole")


def test_a_limit_of_the_lab_s_own_programs_excuses_nobody():
    results = grade(exercise(f"a: {SHAKEN}"), run(wire(), programs=PROGRAMS, lost=1, limits=(limited("server"),)))
    assert verdicts(results) == {"a": "error"}


def test_a_limit_that_ended_the_exchange_is_a_failure_where_every_check_passed():
    results = graded(f"a: {SHAKEN}", limits=(limited("alice"), limited("alice", "processes", ended=True)))
    assert verdicts(results) == {"a": "passed", "exchange": "failed"}
    assert results[1].actual.en == "alice hit the process limit (64): everything on alice was ended"
    assert verdict_of(results) is Verdict.FAILED


def idle(acted: int) -> FaultFacts:
    words = record.Words(en="UDP", zh="UDP")
    return FaultFacts(name="lost", into="server", kind="drop", what=words, met=3, acted=acted, lost=True)


def test_a_fault_that_acted_on_nothing_is_an_error_where_every_check_passed():
    result = graded(f"a: {SHAKEN}", faults=(idle(1), idle(0)))[-1]
    assert (result.id, result.verdict) == ("exchange", Verdict.ERROR)
    assert result.expected.en == "fault lost to meet UDP on the way into server"
    assert result.actual.en == "3 packets fitted; it acted on none"


def test_a_failed_check_says_more_than_an_idle_fault():
    assert verdicts(graded(f"a: {BROKEN}", faults=(idle(0),))) == {"a": "failed"}


def test_a_fault_that_acted_is_no_matter():
    assert verdicts(graded(f"a: {SHAKEN}", faults=(idle(1),))) == {"a": "passed"}
