from facts import Wire, find, lines, run

from lab.checks import KINDS

SERVER = "to: {host: server, port: 8080}"


def three() -> Wire:
    wire = Wire()
    for client in ("alice", "bob", "carol"):
        wire.talk(client).shake()
    return wire


def refused() -> Wire:
    wire = three()
    talk = wire.talk("alice", from_=40113)
    talk.syn()
    talk.rst("server")
    return wire


class TestHandshake:
    def test_three_complete_ones(self):
        finding = find(run(three()), "tcp.handshake", f"{{{SERVER}, complete: 3}}")
        assert finding.ok
        assert finding.actual.en == "3 complete handshakes to server:8080"
        assert finding.actual.zh == "到 server:8080 的 3 次完整握手"
        assert finding.packets == ((1, 2, 3), (4, 5, 6), (7, 8, 9))

    def test_another_number(self):
        finding = find(run(three()), "tcp.handshake", f"{{{SERVER}, complete: 4}}")
        assert not finding.ok
        assert finding.expected.en == "4 complete handshakes to server:8080"
        assert finding.actual.en == "found 3 complete handshakes"
        assert finding.actual.zh == "找到 3 次完整握手"

    def test_limits(self):
        assert find(run(three()), "tcp.handshake", f"{{{SERVER}, at_least: 3}}").ok
        assert not find(run(three()), "tcp.handshake", f"{{{SERVER}, at_least: 4}}").ok
        assert find(run(three()), "tcp.handshake", f"{{{SERVER}, at_most: 3}}").ok
        assert not find(run(three()), "tcp.handshake", f"{{{SERVER}, at_most: 2}}").ok

    def test_without_a_number_one_is_enough_and_none_is_not(self):
        assert find(run(three()), "tcp.handshake", f"{{{SERVER}}}").ok
        assert not find(run(), "tcp.handshake", f"{{{SERVER}}}").ok

    def test_a_refused_one_is_half_open_and_told(self):
        finding = find(run(refused()), "tcp.handshake", f"{{{SERVER}, complete: 4}}")
        assert not finding.ok
        assert "alice:40113 was refused by server:8080: RST at packet 11, for the SYN at packet 10" in lines(finding)
        assert "alice:40113 被 server:8080 拒绝" in lines(finding)

    def test_half_open_ones_are_counted_where_asked(self):
        assert find(run(refused()), "tcp.handshake", f"{{{SERVER}, half_open: 1}}").ok
        assert find(run(refused()), "tcp.handshake", f"{{{SERVER}, complete: 3, half_open: 1}}").ok
        finding = find(run(refused()), "tcp.handshake", f"{{{SERVER}, complete: 3, half_open: 0}}")
        assert not finding.ok
        assert finding.actual.en == "found 3 complete handshakes and 1 half-open attempt"

    def test_an_unanswered_syn(self):
        wire = Wire()
        talk = wire.talk()
        talk.syn()
        talk.syn()
        finding = find(run(wire), "tcp.handshake", f"{{{SERVER}}}")
        assert "the SYN of alice:40112 to server:8080 was never answered (packets 1, 2)" in lines(finding)
        assert "（第 1、2 包）" in lines(finding)

    def test_a_syn_ack_that_was_never_acknowledged(self):
        wire = Wire()
        talk = wire.talk()
        talk.syn()
        talk.segment("server", "SYN ACK")
        finding = find(run(wire), "tcp.handshake", f"{{{SERVER}}}")
        assert "alice:40112 never acknowledged the SYN-ACK of server:8080" in lines(finding)

    def test_a_reset_after_the_syn_ack_is_no_refusal(self):
        wire = Wire()
        talk = wire.talk()
        talk.syn()
        talk.segment("server", "SYN ACK")
        facts = run(wire)
        facts.conversations.connections[0].server.rst_packet = 2
        finding = find(facts, "tcp.handshake", f"{{{SERVER}}}")
        assert "never acknowledged the SYN-ACK" in lines(finding)

    def test_half_open_alone_asks_for_no_complete_one(self):
        wire = Wire()
        wire.talk().syn()
        finding = find(run(wire), "tcp.handshake", f"{{{SERVER}, half_open: 1}}")
        assert finding.ok
        assert finding.actual.en == "1 half-open attempt to server:8080"
        assert finding.packets == ((1,),)

    def test_ignored_are_those_that_nobody_answered(self):
        wire = Wire()
        wire.talk("alice").shake()
        wire.talk("bob").syn()
        refused = wire.talk("carol")
        refused.syn()
        refused.rst("server")
        half = wire.talk("alice", from_=40113)
        half.syn()
        half.segment("server", "SYN ACK")
        assert find(run(wire), "tcp.handshake", f"{{{SERVER}, ignored: 1}}").ok
        assert find(run(wire), "tcp.handshake", f"{{{SERVER}, ignored: 1, half_open: 3, complete: 1}}").ok
        finding = find(run(wire), "tcp.handshake", f"{{{SERVER}, ignored: 2, half_open: 3}}")
        assert not finding.ok
        assert finding.expected.en == "3 half-open attempts and 2 ignored attempts to server:8080"
        assert finding.actual.en == "found 3 half-open attempts and 1 ignored attempt"
        assert not find(run(wire), "tcp.handshake", f"{{{SERVER}, ignored: 0}}").ok
        assert KINDS["tcp.handshake"].params.model_validate({"ignored": 0}).asserts_absence
        assert not KINDS["tcp.handshake"].params.model_validate({"ignored": 1}).asserts_absence

    def test_the_wrong_port_is_shown(self):
        wire = Wire()
        wire.talk(port=9090).shake()
        finding = find(run(wire), "tcp.handshake", f"{{{SERVER}}}")
        assert "there was a connection from alice:40112 to server:9090 (packet 1)" in lines(finding)

    def test_what_another_pair_of_hosts_did_is_not_shown(self):
        wire = Wire()
        wire.talk("carol", port=9090).shake()
        finding = find(run(wire), "tcp.handshake", "{from: {host: alice}, to: {host: bob, port: 80}}")
        assert (
            lines(finding)
            == "there was no TCP connection from alice or to bob\n没有任何来自 alice 或到 bob 的 TCP 连接"
        )
        finding = find(run(wire), "tcp.handshake", "{from: {host: alice}, to: {host: server, port: 80}}")
        assert "there was a connection from carol:" in lines(finding)

    def test_no_connection_at_all(self):
        assert "there was no TCP connection at all" in lines(find(run(), "tcp.handshake", f"{{{SERVER}}}"))


class TestSelector:
    def test_port(self):
        assert not find(run(three()), "tcp.handshake", "{to: {host: server, port: 80}}").ok

    def test_host(self):
        assert not find(run(three()), "tcp.handshake", "{to: {host: alice}}").ok

    def test_from(self):
        assert find(run(three()), "tcp.handshake", f"{{{SERVER}, from: {{host: bob}}, complete: 1}}").ok
        finding = find(run(three()), "tcp.handshake", f"{{{SERVER}, from: {{host: bob, port: 1}}}}")
        assert not finding.ok
        assert finding.expected.en == "at least 1 complete handshake from bob:1 to server:8080"
        assert finding.expected.zh == "bob:1 到 server:8080 的至少 1 次完整握手"

    def test_port_only_and_address_only(self):
        assert find(run(three()), "tcp.handshake", "{to: {port: 8080}, complete: 3}").ok
        assert find(run(three()), "tcp.handshake", "{from: {address: 10.77.4.12}, complete: 1}").ok
        assert not find(run(three()), "tcp.handshake", "{from: {address: 10.77.4.99}}").ok

    def test_no_selector_is_every_connection(self):
        assert find(run(three()), "tcp.handshake", "{complete: 3}").ok


class TestConnections:
    def wire(self) -> Wire:
        wire = three()
        wire.talks[0].conn_state, wire.talks[0].completeness = "S1", 7
        wire.talks[1].completeness = 23
        return wire

    def test_count(self):
        finding = find(run(self.wire()), "tcp.connections", f"{{{SERVER}, count: 3}}")
        assert finding.ok
        assert finding.actual.en == "3 connections to server:8080"
        assert not find(run(self.wire()), "tcp.connections", f"{{{SERVER}, count: 2}}").ok

    def test_conn_state(self):
        finding = find(run(self.wire()), "tcp.connections", f"{{{SERVER}, conn_state: SF, count: 3}}")
        assert not finding.ok
        assert finding.expected.en == "3 connections (SF) to server:8080"
        assert finding.expected.zh == "到 server:8080 的 3 条连接（SF）"
        assert finding.actual.en == "found 2"
        assert "alice:40112 to server:8080: S1, incomplete (7), packets 1 to 3" in lines(finding)
        assert "alice:40112 到 server:8080：S1，不完整（7），第 1 到 3 包" in lines(finding)

    def test_completeness(self):
        for words, number in (("complete with data", 1), ("complete without data", 1), ("incomplete", 1)):
            assert find(run(self.wire()), "tcp.connections", f"{{completeness: {words}, count: {number}}}").ok
        assert not find(run(self.wire()), "tcp.connections", "{completeness: incomplete, conn_state: SF}").ok
