import pytest
from facts import MS, Wire, find, lines, printed, program, run
from pydantic import ValidationError

from lab.errors import LabError

TO = "to: {host: server, port: 8080}"


def exchange() -> Wire:
    """Alice's connection at packets 1 to 8, bob's datagram at 9, bob's connection at 10 to 12, left open."""
    wire = Wire()
    alice = wire.talk("alice")
    alice.shake()
    alice.asks("hello")
    alice.answers("OK")
    alice.close()
    wire.datagram(("bob", 5000), ("server", 9999), b"x")
    wire.talk("bob").shake()
    return wire


PROGRAMS = {
    "alice": program("alice", started=0, ended=20 * MS, exit=0, output=printed("one", "two", since=8 * MS)),
    "bob": program("bob", started=5 * MS, ended=30 * MS, stopped_by_lab=True),
}


def order(first: str, then: str):
    return find(run(exchange(), programs=PROGRAMS), "order", f"{{first: {{{first}}}, then: {{{then}}}}}")


TIMELINE = [  # events in the order of the run; the time of each in ms
    "started: alice",  # 0
    f"established: {{{TO}}}",  # 3
    f"data: {{{TO}, sent_by: client}}",  # 4
    f"data: {{{TO}, sent_by: server}}",  # 5
    f"closed: {{{TO}}}",  # 7
    "printed: {program: alice, text: o}",  # 9, on the clock of the datagram: see below
    "printed: {program: alice, line: two}",  # 10
    "established: {from: {host: bob}}",  # 12
    "ended: alice",  # 20
]


@pytest.mark.parametrize("index", range(len(TIMELINE) - 1))
def test_the_order_of_the_run_holds_and_its_reverse_does_not(index: int):
    assert order(TIMELINE[index], TIMELINE[index + 1]).ok
    assert not order(TIMELINE[index + 1], TIMELINE[index]).ok


def test_words():
    finding = order("printed: {program: alice, line: two}", "established: {from: {host: bob}}")
    assert finding.ok
    assert finding.expected.en == "alice printing `two` before the handshake of a connection from bob"
    assert finding.actual.en == "alice printing `two` came 2.0 ms before the handshake of a connection from bob"
    assert finding.packets == ((12,),)
    finding = order("established: {from: {host: bob}}", "printed: {program: alice, line: two}")
    assert finding.actual.en == "alice printing `two` came 2.0 ms earlier"
    assert finding.actual.zh == "顺序相反：“alice 打印 `two`”早了 2.0 ms"
    assert "the handshake of a connection from bob: bob:51544 at packet 12" in lines(finding)


@pytest.mark.parametrize(("apart", "ok"), [("0.0009", True), ("0.001", True), ("0.0011", False)])
def test_the_least_time_between_them(apart: str, ok: bool):
    asked, answered = f"data: {{{TO}, sent_by: client}}", f"data: {{{TO}, sent_by: server}}"  # 1 ms apart
    finding = find(run(exchange()), "order", f"{{first: {{{asked}}}, then: {{{answered}}}, apart: {apart}}}")
    assert finding.ok == ok
    assert "1.0 ms before" in finding.actual.en
    assert not find(run(exchange()), "order", f"{{first: {{{answered}}}, then: {{{asked}}}, apart: {apart}}}").ok


def test_words_of_the_least_time():
    asked = f"data: {{{TO}, sent_by: client}}"
    finding = find(run(exchange()), "order", f"{{first: {{{asked}}}, then: {{{f'closed: {{{TO}}}'}}}, apart: 0.9}}")
    assert not finding.ok
    assert "server:8080 at least 900.0 ms before the close" in finding.expected.en
    assert "至少早 900.0 ms" in finding.expected.zh
    assert "the close of a connection to server:8080: alice:" in lines(finding)


def test_too_near_to_be_ordered():
    finding = order("datagram: {to: {port: 9999}}", "printed: {program: alice, line: one}")
    assert not finding.ok
    assert finding.actual.en.startswith("they are 0 µs apart and cannot be ordered")
    assert "无法判断先后" in finding.actual.zh
    assert not order("printed: {program: alice, line: one}", "datagram: {to: {port: 9999}}").ok


def test_100_microseconds_are_enough():
    late = {"alice": program("alice", output=printed("one", since=8 * MS + 100_000))}
    facts = run(exchange(), programs=late)
    assert find(facts, "order", "{first: {datagram: {}}, then: {printed: {program: alice, line: one}}}").ok
    late = {"alice": program("alice", output=printed("one", since=8 * MS + 99_999))}
    facts = run(exchange(), programs=late)
    assert not find(facts, "order", "{first: {datagram: {}}, then: {printed: {program: alice, line: one}}}").ok


def test_one_connection_has_an_order_however_near():
    wire = exchange()
    for talk in wire.talks:
        object.__setattr__(talk.segments[3 if len(talk.segments) > 3 else 2], "time", 3 * MS + 10)
    first, then = f"established: {{{TO}, from: {{host: alice}}}}", f"data: {{{TO}, sent_by: client}}"
    assert find(run(wire), "order", f"{{first: {{{first}}}, then: {{{then}}}}}").ok
    assert not find(run(wire), "order", f"{{first: {{{then}}}, then: {{{first}}}}}").ok


@pytest.mark.parametrize(("sender", "certain"), [("alice", True), ("bob", False)])
def test_datagrams_from_one_end_to_another_have_an_order_however_near(sender: str, certain: bool):
    wire = Wire()
    for source, payload in (("alice", b"one"), (sender, b"two")):
        wire.datagram((source, 5000), ("server", 9999), payload)
        object.__setattr__(wire.datagrams[-1], "time", len(wire.datagrams))
    one, two = "{datagram: {text: one}}", "{datagram: {text: two}}"
    assert find(run(wire), "order", f"{{first: {one}, then: {two}}}").ok == certain
    assert not find(run(wire), "order", f"{{first: {two}, then: {one}}}").ok


def test_lines_read_at_once_keep_their_order():
    together = tuple(line.model_copy(update={"time": 0}) for line in printed("one", "two"))
    facts = run(programs={"alice": program("alice", output=together)})
    one, two = (f"{{printed: {{program: alice, line: {line}}}}}" for line in ("one", "two"))
    assert find(facts, "order", f"{{first: {one}, then: {two}}}").ok
    assert not find(facts, "order", f"{{first: {two}, then: {one}}}").ok


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("printed: {program: alice, match: '^three'}", "alice printing `^three` did not happen"),
        ("ended: bob", "the end of bob did not happen"),
        ("closed: {from: {host: bob}}", "the close of a connection from bob did not happen"),
        (
            "data: {from: {host: bob}, sent_by: server}",
            "the first data of the server on a connection from bob did not happen",
        ),
        ("datagram: {text: y}", "a datagram with exactly `y` did not happen"),
        ("datagram: {from: {host: alice}}", "a datagram from alice did not happen"),
        ("established: {to: {port: 80}}", "the handshake of a connection to port 80 did not happen"),
    ],
)
def test_what_did_not_happen(event: str, words: str):
    for finding in (order(event, "started: alice"), order("started: alice", event)):
        assert not finding.ok
        assert finding.actual.en == words


def test_an_attempt_is_no_connection():
    wire = Wire()
    wire.talk().syn()
    finding = find(run(wire), "order", "{first: {established: {}}, then: {established: {}}}")
    assert finding.actual.en == "the handshake of a connection did not happen"


def test_it_is_the_first_of_its_sort():
    assert order("established: {}", "datagram: {}").ok
    assert order("printed: {program: alice, match: .}", "printed: {program: alice, line: two}").ok


@pytest.mark.parametrize(
    "event", ["{}", "{started: alice, ended: alice}", "{printed: {program: alice}}", "{packet: tcp prot 80}"]
)
def test_refused_parameters(event: str):
    with pytest.raises(ValidationError):
        find(run(), "order", f"{{first: {event}, then: {{started: alice}}}}")


def test_what_may_lie_in_output_that_was_not_kept_cannot_be_told():
    cut = {**PROGRAMS, "alice": PROGRAMS["alice"].model_copy(update={"output_cut": True})}
    facts = run(exchange(), programs=cut)

    def asked(first: str, then: str):
        return find(facts, "order", f"{{first: {{{first}}}, then: {{{then}}}}}")

    there, beyond = "printed: {program: alice, line: one}", "printed: {program: alice, line: three}"
    for first, then in ((there, beyond), (beyond, "ended: alice"), (beyond, beyond)):
        with pytest.raises(LabError, match="the output of alice was cut at 1 MiB"):
            asked(first, then)
    assert asked(there, "printed: {program: alice, line: two}").ok
    assert asked(there, "ended: alice").ok
    for first, then in ((beyond, "ended: bob"), ("ended: bob", beyond)):
        assert asked(first, then).actual.en == "the end of bob did not happen"
