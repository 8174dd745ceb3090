from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from facts import Wire, ipv4, printed, program, run
from rich.cells import cell_len

from lab.conversations import Datagram, Endpoint, Exchange
from lab.errors import InputError
from lab.handouts import figures
from lab.handouts.figures import MOST, WIDTH, Seen, drawn
from lab.handouts.pages import Figure
from lab.results import Outcome, Result, Verdict
from lab.scenario import Exercise, Host, Network, Scenario
from lab.text import Language, Text
from lab.values import Words

LANGUAGES: tuple[Language, ...] = ("en", "zh")


def result(name: str, verdict: Verdict, points: float) -> Result:
    return Result(
        name,
        "tcp.close",
        verdict,
        Text("a close", "一次关闭"),
        Text("found 1", "有 1 次"),
        (),
        ((3, 4),),
        points=points,
    )


RESULTS = (result("connected", Verdict.PASSED, 2), result("closed", Verdict.FAILED, 0.5))


def seen(wire: Wire, *, submission: str | None = None, ours: bool = True, exercise: bool = True) -> Seen:
    """A run of what was on the wire, in which the server printed three lines."""
    scenario = Scenario(
        name="hello",
        folder=(figures.SCENARIOS if ours else Path("/elsewhere")) / "hello",
        title=Words(en="Hello", zh="你好"),
        networks={"lan": Network()},
        hosts={"server": Host()},
        programs={},
        steps=(),
        checks={},
        exercise=Exercise(files=("server.py",)) if exercise else None,
    )
    facts = run(wire, programs={"server": program("server", output=printed("one", "two\tto", "x" * 200))})
    outcome = Outcome("hello", "1", Verdict.FAILED, RESULTS, Path(), Path(), 9, 0, {}, exercise=exercise)
    made = Seen(scenario, submission, Path("/nowhere"))
    vars(made).update(recorded=facts.record, conversations=facts.conversations, outcome=outcome)
    return made


def talks(*clients: str, messages: int = 1) -> Wire:
    wire = Wire()
    for client in clients:
        talk = wire.talk(client)
        talk.shake()
        for number in range(messages):
            talk.asks(f"{client} asks {number}")
            talk.answers("yes")
        talk.close()
    return wire


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_ladder_is_of_the_nth_conversation_of_a_host(language: Language) -> None:
    run = seen(talks("alice", "bob", "alice"))
    for host, number, name in (("alice", 1, "1"), ("alice", 2, "3"), ("bob", 1, "2"), ("server", 3, "3")):
        first, *ladder = drawn(Figure("ladder", host, number), run, language)
        assert first == f"$ make inspect NAME=hello CONVERSATION={name}"
        assert ladder[0].startswith({"en": f"conversation {name} ", "zh": f"会话 {name} "}[language])
        assert any("asks 0" in line and "▶" in line for line in ladder)


def test_udp_conversations_come_after_those_of_tcp() -> None:
    run = seen(talks("alice"))
    ends = (Endpoint(ipv4("alice"), 5000), Endpoint(ipv4("server"), 53))
    run.conversations.exchanges.append(Exchange(1, *ends, 0, 1, 1, 0, 0, 1, 0, 2, 0, "S0", "D"))
    run.conversations.datagrams.append(Datagram(1, 0, 0, *ends, b"hi", 2, checksum_ok=True))
    first, *ladder = drawn(Figure("ladder", "alice", 2), run, "en")
    assert first == "$ make inspect NAME=hello CONVERSATION=u1"
    assert any("len 2   hi" in line for line in ladder)


@pytest.mark.parametrize(("host", "number", "there"), [("alice", 2, 1), ("carol", 1, 0)])
def test_a_conversation_that_there_is_not(host: str, number: int, there: int) -> None:
    with pytest.raises(InputError, match=f"{host} takes part in {there} conversation"):
        drawn(Figure("ladder", host, number), seen(talks("alice")), "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("messages", [1, 14, 40, 400])
def test_a_long_ladder_keeps_its_beginning_and_its_end(language: Language, messages: int) -> None:
    figure = drawn(Figure("ladder", "alice"), seen(talks("alice", messages=messages)), language)
    assert len(figure) <= MOST + 1
    assert max(map(cell_len, figure)) <= WIDTH
    assert sum("SYN  seq" in line for line in figure) == 1
    assert sum("FIN ACK" in line for line in figure) == 2
    assert any("⋮" in line for line in figure) == (messages >= 40)
    assert any("packets left out here" in line or "个数据包" in line for line in figure[2:]) == (messages >= 40)
    assert "--all" not in "".join(figure)


def test_a_table_of_a_run_with_messages_counted_or_listed() -> None:
    wire = talks("alice", "bob")
    wire.message("arp", "02:77:00:00:00:01", "ff:ff:ff:ff:ff:ff", opcode=1)
    counted = drawn(Figure("table"), seen(wire), "en")
    assert counted[0] == "$ make inspect NAME=hello"
    assert counted[-1].endswith("make inspect NAME=hello CONVERSATION=1")
    assert not any("opcode" in line for line in counted)
    listed = drawn(Figure("table", everything=True), seen(wire), "en")
    assert listed[0] == "$ make inspect NAME=hello ALL=1"
    assert any("opcode" in line for line in listed)


def test_a_long_table_is_cut_in_the_middle() -> None:
    figure = drawn(Figure("table"), seen(talks(*["alice"] * 49)), "en")
    assert len(figure) == MOST + 1
    assert figure[45] == "  ⋮  44 lines left out here"


def test_an_output_is_what_the_file_of_the_run_holds() -> None:
    assert drawn(Figure("output", "server"), seen(Wire()), "en") == [
        "$ cat runs/hello/latest/server.out",
        "one",
        "two     to",
        "x" * (WIDTH - 1) + "…",
    ]


def test_checks_of_an_exercise_are_shown_with_what_they_earned() -> None:
    first, *checks = drawn(Figure("checks"), seen(Wire()), "en")
    assert first == "$ make scenario NAME=hello"
    assert checks[0].startswith("  ✓ connected     2/2   found 1 ")
    assert checks[1] == "  ✗ closed      0/0.5   expected  a close"
    first, *checks = drawn(Figure("checks"), seen(Wire(), exercise=False), "zh")
    assert checks[0].startswith("  ✓ connected   有 1 次 ")


@pytest.mark.parametrize("kind", ["ladder", "table", "output"])
def test_what_another_program_did_is_shown_by_running_it_first(kind: str) -> None:
    figure = Figure(kind, "alice" if kind == "ladder" else "server")
    ours = drawn(figure, seen(talks("alice"), submission="broken/deaf"), "en")
    assert ours[0] == "$ make scenario NAME=hello SUBMISSION=scenarios/hello/broken/deaf"
    assert ours[1:] == drawn(figure, seen(talks("alice")), "en")


def test_a_diff_sets_the_run_of_other_programs_beside_the_own() -> None:
    own, other = seen(talks("alice")), seen(talks("alice", "bob"), submission="broken/deaf")
    assert drawn(Figure("diff", submission="broken/deaf"), other, "en", own) == [
        "$ make scenario NAME=hello",
        "$ make scenario NAME=hello SUBMISSION=scenarios/hello/broken/deaf",
        "$ make diff NAME=hello",
        "                test/1: failed                         │ test/1: failed",
        "",
        "TCP bob → server:8080",
        "  conversation  –                                      │ there",
    ]
    assert drawn(Figure("diff", submission="broken/deaf"), own, "zh", own)[-1] == "  没有不同"
    elsewhere = [seen(talks("alice"), ours=False) for _ in range(2)]
    assert drawn(Figure("diff", submission="x"), elsewhere[0], "en", elsewhere[1])[2] == "$ lab diff hello"


def test_commands_of_a_scenario_that_lies_elsewhere() -> None:
    there = seen(talks("alice"), submission="broken/deaf", ours=False)
    run = "$ lab run hello --submission hello/broken/deaf"
    assert drawn(Figure("checks"), there, "en")[0] == run
    assert drawn(Figure("ladder", "alice"), there, "en")[:2] == [run, "$ lab inspect hello -c 1"]
    alone = replace(there, submission=None)
    vars(alone).update({name: value for name, value in vars(there).items() if name != "submission"})
    assert drawn(Figure("checks"), alone, "en")[0] == "$ lab run hello"
    assert drawn(Figure("table", everything=True), alone, "en")[0] == "$ lab inspect hello --all"


def test_what_programs_print_harms_no_page() -> None:
    run = seen(Wire())
    output = printed("\x1b[31mred\u202e")
    record = run.recorded.model_copy(update={"programs": {"server": program("server", output=output)}})
    vars(run).update(recorded=record)
    assert drawn(Figure("output", "server"), run, "en")[1] == "\\x1b[31mred\\u202e"
