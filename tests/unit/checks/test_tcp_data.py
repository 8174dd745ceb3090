import pytest
from facts import Talk, Wire, find, lines, run
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lab.checks.tcp_data import Span, largest_group
from lab.conversations import Mark
from lab.errors import InputError

SERVER = "to: {host: server, port: 8080}"
ANSWER = "OK,数据处理中..."


def answered(*answers: bytes) -> Wire:
    wire = Wire()
    for client, answer in zip(("alice", "bob", "carol"), answers, strict=False):
        talk = wire.talk(client)
        talk.shake()
        talk.asks("hello")
        if answer:
            talk.answers(answer)
    return wire


class TestPayload:
    def test_text_on_every_connection(self):
        facts = run(answered(ANSWER.encode("gbk"), ANSWER.encode("gbk")), encoding="gbk")
        finding = find(facts, "tcp.payload", f"{{{SERVER}, sent_by: server, text: '{ANSWER}'}}")
        assert finding.ok
        assert finding.actual.en == f"the server sent exactly `{ANSWER}` on 2 connections to server:8080"
        assert finding.packets == ((5,), (10,))

    @pytest.mark.parametrize(
        ("asked", "packets"),
        [
            ("contains: ell", ((4,),)),
            ("contains: 你好", ((5, 6),)),
            ("match: '^h.*你'", ((4, 5),)),
            ("match: 'x*'", ((4, 5, 6),)),
            ("contains: nothing", ((4, 5, 6),)),
        ],
    )
    def test_the_packets_that_brought_the_part_that_was_asked_for(self, asked, packets):
        wire = Wire()
        talk = wire.talk()
        talk.shake()
        sent = "hello 你好".encode("gbk")
        for piece in (sent[:6], sent[6:9], sent[9:]):
            talk.answers(piece)
        finding = find(run(wire, encoding="gbk"), "tcp.payload", f"{{{SERVER}, sent_by: server, {asked}}}")
        assert finding.packets == packets

    def test_the_wrong_encoding_is_recognised(self):
        facts = run(answered(ANSWER.encode("gbk"), ANSWER.encode()), encoding="gbk")
        finding = find(facts, "tcp.payload", f"{{{SERVER}, sent_by: server, contains: '{ANSWER}'}}")
        assert not finding.ok
        assert finding.expected.en == f"the server to send `{ANSWER}` on every connection to server:8080"
        assert finding.expected.zh == f"到 server:8080 的每条连接上，服务端发送的内容含有 `{ANSWER}`"
        assert finding.actual.en == "found 1 of 2"
        assert finding.actual.zh == "2 条中有 1 条符合"
        assert len(finding.details) == 1
        assert f"; the bytes are valid utf-8 for `{ANSWER}`" in finding.details[0].en
        assert finding.details[0].zh.endswith(f"；这些字节按 utf-8 解码是 `{ANSWER}`")
        assert finding.details[0].en.startswith("bob: the server sent `")
        assert finding.packets == ((10,),)

    def test_undecodable_bytes_are_shown_in_hex(self):
        facts = run(answered("数据".encode("gbk")))
        finding = find(facts, "tcp.payload", "{sent_by: server, text: hello}")
        told = "alice: the server sent `\\xca\\xfd\\xbe\\xdd` (4 bytes, not utf-8: ca fd be dd)"
        assert finding.details[0].en == told + "; the bytes are valid gbk for `数据`"

    def test_own_encoding(self):
        facts = run(answered("数据".encode("gbk")))
        assert find(facts, "tcp.payload", "{sent_by: server, text: 数据, encoding: gbk}").ok
        assert not find(facts, "tcp.payload", "{sent_by: server, text: 数据}").ok

    def test_text_is_the_whole_stream_and_contains_is_not(self):
        facts = run(answered(b"hello, world"))
        assert not find(facts, "tcp.payload", "{sent_by: server, text: hello}").ok
        assert find(facts, "tcp.payload", "{sent_by: server, contains: hello}").ok
        assert not find(facts, "tcp.payload", "{sent_by: server, contains: Hello}").ok

    def test_match(self):
        facts = run(answered(b"hello, world"))
        assert find(facts, "tcp.payload", "{sent_by: server, match: 'w.r'}").ok
        assert not find(facts, "tcp.payload", "{sent_by: server, match: '^w.r'}").ok

    def test_hex(self):
        facts = run(answered(b"\xca\xfd"))
        assert find(facts, "tcp.payload", "{sent_by: server, hex: ca fd}").ok
        finding = find(facts, "tcp.payload", "{sent_by: server, hex: ca fe}")
        assert not finding.ok
        assert finding.expected.en == "the server to send exactly the bytes ca fe on every connection"
        assert "ca fd (2 bytes)" in lines(finding)

    def test_nothing(self):
        wire = Wire()
        wire.talk().shake()
        finding = find(run(wire), "tcp.payload", "{sent_by: server, text: hello}")
        assert finding.details[0].en == "alice: the server sent nothing"
        assert finding.details[0].zh == "alice：服务端什么也没有发送"

    def test_whose(self):
        facts = run(answered(b"hi"))
        assert find(facts, "tcp.payload", "{sent_by: client, text: hello}").ok
        assert not find(facts, "tcp.payload", "{sent_by: server, text: hello}").ok

    def test_segments_are_put_together(self):
        wire = answered(b"wel")
        wire.talks[0].answers(b"come")
        assert find(run(wire), "tcp.payload", "{sent_by: server, text: welcome}").ok

    def test_only_the_first_message_was_answered(self):
        wire = answered(b"OK")
        wire.talks[0].asks("again")
        finding = find(run(wire), "tcp.payload", "{sent_by: server, text: OKOK}")
        assert not finding.ok
        assert finding.details[0].en == "alice: the server sent `OK` (2 bytes)"

    def test_counted(self):
        facts = run(answered(b"hi", b"ho", b"hi"))
        assert find(facts, "tcp.payload", "{sent_by: server, text: hi, count: 2}").ok
        assert find(facts, "tcp.payload", "{sent_by: server, text: hi, at_least: 1}").ok
        assert find(facts, "tcp.payload", "{sent_by: server, text: hi, at_least: 1, at_most: 2}").ok
        finding = find(facts, "tcp.payload", "{sent_by: server, text: hi, at_most: 1}")
        assert not finding.ok
        assert finding.expected.en == "the server to send exactly `hi` on at most 1 connection"
        assert finding.expected.zh == "至多 1 条连接上，服务端发送的内容恰为 `hi`"

    def test_what_is_right_is_not_called_another_encoding(self):
        facts = run(answered("OK,数据".encode()))
        finding = find(facts, "tcp.payload", "{sent_by: server, contains: OK, count: 2}")
        assert finding.details[0].en == "alice: the server sent `OK,数据` (9 bytes)"

    def test_selector(self):
        facts = run(answered(b"hi", b"ho"))
        assert find(facts, "tcp.payload", "{from: {host: alice}, sent_by: server, text: hi}").ok
        assert not find(facts, "tcp.payload", "{to: {port: 80}, sent_by: server, text: hi}").ok

    def test_nothing_came(self):
        finding = find(run(answered(b"")), "tcp.payload", "{sent_by: server, contains: hi}")
        assert finding.details[0].en == "alice: the server sent nothing"
        assert finding.packets == ()

    def test_text_that_the_encoding_cannot_say_is_the_scenario_s_fault(self):
        with pytest.raises(InputError):
            find(run(answered(b"hi"), encoding="ascii"), "tcp.payload", "{sent_by: server, text: 数据}")

    @pytest.mark.parametrize("params", ["{sent_by: server}", "{text: hi}", "{sent_by: server, text: a, contains: a}"])
    def test_refused_parameters(self, params: str):
        with pytest.raises(ValidationError):
            find(run(), "tcp.payload", params)


def shaken(*clients: str) -> tuple[Wire, list[Talk]]:
    wire = Wire()
    talks = [wire.talk(client) for client in clients]
    for talk in talks:
        talk.shake()
    return wire, talks


class TestOverlap:
    AT_ONCE = f"{{{SERVER}, at_least: 3}}"

    def test_served_at_once(self):
        wire, talks = shaken("alice", "bob", "carol")
        for talk in talks:
            talk.asks("hello")
        for talk in talks:
            talk.answers("OK")
        for talk in talks:
            talk.close()
        finding = find(run(wire), "tcp.overlap", self.AT_ONCE)
        assert finding.ok
        assert finding.actual.en == "3 conversations open together for 7.0 ms, data from the server on each"
        assert finding.actual.zh == "3 个会话同时打开 7.0 ms，其间服务端向每一个都发送了数据"
        assert finding.packets == ((13,), (14,), (15,))

    def test_served_one_after_the_other(self):
        wire, talks = shaken("alice", "bob", "carol")
        for talk in talks:
            talk.asks("hello")
            talk.answers("OK")
            talk.close()
        finding = find(run(wire), "tcp.overlap", self.AT_ONCE)
        assert not finding.ok
        assert finding.expected.en == (
            "at least 3 conversations to server:8080 with data from the server on each while all are open"
        )
        assert finding.expected.zh == "到 server:8080 的至少 3 个会话同时打开，其间服务端向每一个都发送数据"
        assert finding.actual.en == "found 1"
        assert [d.en for d in finding.details] == [
            "alice got its first answer at packet 11",
            "bob's first answer came at packet 16, after the first FIN of alice's conversation (12)",
            "carol's first answer came at packet 21, after the first FIN of alice's conversation (12)",
        ]
        assert "bob 的第一个应答在第 16 包" in lines(finding)

    def test_open_together_but_never_answered(self):
        wire, talks = shaken("alice", "bob")
        talks[0].answers("OK")
        finding = find(run(wire), "tcp.overlap", f"{{{SERVER}}}")
        assert not finding.ok
        assert finding.packets == ((7,),)
        assert "bob got no data from the server while it was open" in lines(finding)

    def test_an_answer_that_carries_the_fin_counts(self):
        wire, talks = shaken("alice", "bob")
        talks[0].answers("OK")
        talks[1].segment("server", "FIN PSH ACK", b"OK")
        assert find(run(wire), "tcp.overlap", "{count: 2}").ok

    def test_an_answer_after_the_end_does_not(self):
        wire, talks = shaken("alice", "bob")
        talks[0].answers("OK")
        talks[1].fin("client")
        talks[1].answers("OK")
        finding = find(run(wire), "tcp.overlap", "{}")
        assert not finding.ok
        assert "bob got no data from the server while it was open" in lines(finding)

    def test_a_handshake_that_was_not_completed_does_not_count(self):
        wire, talks = shaken("alice")
        talks[0].answers("OK")
        bob = wire.talk("bob")
        bob.syn()
        bob.answers("OK")
        talks[0].answers("OK")
        assert find(run(wire), "tcp.overlap", "{count: 1}").ok

    def test_probes_are_no_answers(self):
        for mark in (Mark.KEEP_ALIVE, Mark.ZERO_WINDOW_PROBE):
            wire, talks = shaken("alice", "bob")
            talks[0].answers("OK")
            talks[1].segment("server", "ACK", b"x", frozenset({mark}))
            assert find(run(wire), "tcp.overlap", "{count: 1}").ok

    def test_several_connections_of_a_host_are_told_apart(self):
        wire = Wire()
        for port in (40112, 40113):
            wire.talk("alice", from_=port).shake()
        finding = find(run(wire), "tcp.overlap", "{}")
        assert "alice:40112 got no data from the server while it was open" in lines(finding)
        assert "alice:40113 got no data from the server while it was open" in lines(finding)

    def test_two_without_a_number(self):
        wire, talks = shaken("alice", "bob")
        talks[0].answers("OK")
        talks[1].answers("OK")
        assert find(run(wire), "tcp.overlap", "{}").ok
        assert not find(run(wire), "tcp.overlap", "{at_least: 3}").ok
        assert not find(run(wire), "tcp.overlap", "{count: 1}").ok
        assert find(run(wire), "tcp.overlap", "{count: 2}").ok
        assert not find(run(wire), "tcp.overlap", "{at_most: 1}").ok

    def test_an_answer_before_the_others_came_is_not_enough(self):
        wire, talks = shaken("alice")
        talks[0].answers("OK")
        bob = wire.talk("bob")
        bob.shake()
        bob.answers("OK")
        finding = find(run(wire), "tcp.overlap", "{at_least: 2}")
        assert not finding.ok
        assert "bob was answered at packet 8, not while the others were open" in lines(finding)
        talks[0].answers("still here")
        assert find(run(wire), "tcp.overlap", "{at_least: 2}").ok

    def test_the_largest_group_counts(self):
        wire, talks = shaken("alice")
        talks[0].answers("OK")
        talks[0].close()
        for client in ("bob", "carol"):
            wire.talk(client).shake()
        for talk in wire.talks[1:]:
            talk.answers("OK")
        assert find(run(wire), "tcp.overlap", "{count: 2}").ok

    def test_a_reset_ends_it(self):
        wire, talks = shaken("alice", "bob")
        talks[0].answers("OK")
        talks[0].rst("server")
        talks[1].answers("OK")
        finding = find(run(wire), "tcp.overlap", "{}")
        assert not finding.ok
        assert "after the first RST of alice's conversation (8)" in lines(finding)

    def test_selector(self):
        wire, talks = shaken("alice", "bob")
        talks[0].answers("OK")
        talks[1].answers("OK")
        assert not find(run(wire), "tcp.overlap", "{from: {host: alice}}").ok
        assert not find(run(wire), "tcp.overlap", "{to: {port: 80}}").ok

    def test_a_thousand_connections_are_no_trouble(self):
        wire = Wire()
        talks = [wire.talk("alice", from_=10000 + n) for n in range(1000)]
        for talk in talks:
            talk.shake()
        for talk in talks:
            talk.answers("OK")
        assert find(run(wire), "tcp.overlap", "{count: 1000}").ok


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    connection = shaken("alice")[1][0].connection(1)
    made = []
    for n in range(draw(st.integers(0, 6))):
        opened, *rest = sorted(draw(st.sets(st.integers(0, 20), min_size=2, max_size=6)))
        ended = rest[-1] if draw(st.booleans()) else None
        made.append(Span(connection, str(n), opened, ended, "FIN", tuple(rest)))
    return made


@given(spans())
def test_the_largest_group_is_the_largest(made: list[Span]):
    def served(span: Span, start: int, until: int) -> bool:
        is_open = span.opened <= start and (span.ended is None or until <= span.ended)
        return is_open and any(start <= answer <= until for answer in span.answers)

    found = largest_group(made)
    tried = range(21)
    most = max((sum(served(s, start, until) for s in made) for start in tried for until in tried), default=0)
    assert len(found) == most
    assert not found or any(all(served(s, start, until) for s in found) for start in tried for until in tried)
