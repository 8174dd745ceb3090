from __future__ import annotations

from facts import Wire, printed, program, run

from lab.grading.excerpts import MOST_CONVERSATIONS, MOST_LINES, WIDTH, excerpts
from lab.grading.shown import Handout
from lab.record import Words
from lab.results import Result, Verdict
from lab.text import same

ALL = Handout(everything=True, packets=frozenset(), sha256="", packed=None)
HOSTILE = "\x1b[2J\x1b]0;owned\x07\u202e<script>alert(1)</script>]]>=1+1\x00"


def result(*packets: int, hidden: bool = False) -> Result:
    groups = (packets,) if packets else ()
    return Result("check", "tcp.payload", Verdict.FAILED, same("a"), same("b"), packets=groups, hidden=hidden)


def drawn(wire: Wire, cited: Result, handout: Handout = ALL, **facts: object) -> Words | None:
    return excerpts(run(wire, **facts), [cited], handout).get("check")  # type: ignore[arg-type]


def test_the_packets_around_what_is_cited_in_both_languages() -> None:
    wire = Wire()
    talk = wire.talk()
    talk.shake()
    talk.asks("one")
    cited = talk.asks("two")
    for _ in range(20):
        talk.asks("more")
    excerpt = drawn(wire, result(cited))
    assert excerpt is not None
    lines = excerpt.en.splitlines()
    assert "alice:40112" in lines[2]
    assert [line.split()[0] for line in lines if "├" in line] == ["4", "5", "6"]
    assert "3 packets left out here" in excerpt.en
    assert "19 packets left out here" in excerpt.en
    assert "此处略去 19 个数据包" in excerpt.zh


def test_what_a_check_cites_in_no_conversation_is_listed() -> None:
    wire = Wire()
    number = wire.message("icmp", "10.77.4.10", "10.77.4.11", type=3)
    excerpt = drawn(wire, result(number))
    assert excerpt is not None
    assert excerpt.en.startswith(f"{number:>5} icmp")


def test_no_excerpt_of_nothing() -> None:
    assert drawn(Wire(), result()) is None
    assert drawn(Wire(), result(77)) is None


def test_hidden_checks_have_none() -> None:
    wire = Wire()
    talk = wire.talk()
    talk.shake()
    assert drawn(wire, result(1, hidden=True)) is None


def test_conversations_that_may_not_be_seen_are_not_drawn() -> None:
    wire = Wire()
    seen, secret = wire.talk("alice"), wire.talk("bob")
    shown = [seen.syn(), seen.asks("public")]
    cited = secret.asks("secret")
    part = Handout(everything=False, packets=frozenset(shown), sha256="", packed=None)
    speaking = {"alice-1": program("alice", output=printed("secret"))}
    excerpt = drawn(wire, result(*shown, cited), part, programs=speaking)
    assert excerpt is not None
    assert "public" in excerpt.en
    assert "secret" not in excerpt.en + excerpt.zh


def test_hostile_payloads_are_inert() -> None:
    wire = Wire()
    talk = wire.talk()
    cited = talk.asks(HOSTILE)
    wire.message("other", HOSTILE, HOSTILE)
    excerpt = drawn(wire, result(cited, 2), programs={"alice-1": program("alice", output=printed(HOSTILE))})
    assert excerpt is not None
    for text in (excerpt.en, excerpt.zh):
        assert all(c == "\n" or c.isprintable() for c in text)
        assert r"\x1b[2J" in text


def test_it_is_bounded() -> None:
    wire = Wire()
    numbers = []
    for port in range(200):
        talk = wire.talk(from_=20_000 + port)
        numbers += [talk.asks("line\n" * 50) for _ in range(30)]
    flood = {"alice-1": program("alice", output=printed(*["x" * 500] * 300))}
    excerpt = drawn(wire, result(*numbers), programs=flood)
    assert excerpt is not None
    lines = excerpt.en.splitlines()
    assert len(lines) <= MOST_LINES + 2 * MOST_CONVERSATIONS
    assert max(map(len, lines)) <= WIDTH
    assert lines[-1] == "… and 197 more conversations"
    assert excerpt.zh.endswith("… 另有 197 个会话")
