import pytest
from facts import Wire, find, ipv4, ipv6, lines, run
from pydantic import ValidationError

from lab.conversations import Endpoint


class TestIcmp:
    def wire(self) -> Wire:
        wire = Wire()
        wire.message("icmp", ipv4("alice"), ipv4("server"), type=8, code=0)
        wire.message("icmp", ipv4("server"), ipv4("alice"), type=0, code=0)
        wire.message("icmpv6", ipv6("alice"), ipv6("server"), type=128, code=0)
        quoted = {"source": Endpoint(ipv4("alice"), 4000), "destination": Endpoint(ipv4("server"), 9999)}
        wire.message("icmp", ipv4("server"), ipv4("alice"), type=3, code=3, about={"protocol": "udp", **quoted})
        wire.message("icmp", ipv4("server"), ipv4("alice"), type=3, code=1)
        wire.message("arp", ipv4("server"), ipv4("alice"), opcode=1)
        return wire

    def test_type_in_both_versions(self):
        finding = find(run(self.wire()), "icmp", "{type: echo-request, count: 2}")
        assert finding.ok
        assert finding.packets == ((1, 3),)
        assert finding.actual.en == "2 ICMP echo-request messages"
        assert finding.actual.zh == "2 个 ICMP 回显请求报文"

    def test_code(self):
        assert find(run(self.wire()), "icmp", "{type: destination-unreachable, count: 2}").ok
        assert find(run(self.wire()), "icmp", "{type: port-unreachable, count: 1}").ok

    def test_a_type_that_one_version_lacks(self):
        assert find(run(self.wire()), "icmp", "{type: neighbor-solicitation, count: 0}").ok

    def test_ends(self):
        assert find(run(self.wire()), "icmp", "{from: {host: alice}, count: 2}").ok
        assert find(run(self.wire()), "icmp", "{to: {host: alice}, count: 3}").ok

    def test_about(self):
        assert find(run(self.wire()), "icmp", "{about: {host: server, port: 9999}, count: 1}").ok
        finding = find(run(self.wire()), "icmp", "{type: port-unreachable, about: {port: 80}}")
        assert not finding.ok
        assert finding.expected.en == ("at least 1 ICMP port-unreachable message about a packet to port 80")
        assert "packet 4, server to alice: icmp" in lines(finding)

    def test_everything(self):
        assert find(run(self.wire()), "icmp", "{count: 5}").ok

    @pytest.mark.parametrize(
        ("asked", "number"),
        [
            ("quotes: udp", 1),
            ("quotes: tcp", 0),
            ("about_from: {host: alice, port: 4000}", 1),
            ("about_from: {host: server}", 0),
            ("quotes: udp, about: {port: 9999}, about_from: {host: alice}", 1),
            ("type: destination-unreachable, code: 1", 1),
            ("type: destination-unreachable, code: 13", 0),
        ],
    )
    def test_the_quoted_packet_and_the_code(self, asked: str, number: int):
        assert find(run(self.wire()), "icmp", f"{{{asked}, count: {number}}}").ok
        assert not find(run(self.wire()), "icmp", f"{{{asked}, count: {number + 1}}}").ok

    @pytest.mark.parametrize(
        ("word", "four", "six"),
        [
            ("network-unreachable", [(3, 0)], [(1, 0)]),
            ("host-unreachable", [(3, 1)], [(1, 3)]),
            ("protocol-unreachable", [(3, 2)], [(4, 1)]),
            ("port-unreachable", [(3, 3)], [(1, 4)]),
            ("prohibited", [(3, 9), (3, 10), (3, 13)], [(1, 1)]),
            ("packet-too-big", [(3, 4)], [(2, 0)]),
        ],
    )
    def test_each_word_has_its_codes(self, word: str, four: list[tuple[int, int]], six: list[tuple[int, int]]):
        wire = Wire()
        for kind in (1, 2, 3, 4):
            for code in range(16):
                wire.message("icmp", ipv4("server"), ipv4("alice"), type=kind, code=code)
                wire.message("icmpv6", ipv6("server"), ipv6("alice"), type=kind, code=code)
        found = {n for group in find(run(wire), "icmp", f"{{type: {word}}}").packets for n in group}
        fields = [(m.protocol, m.fields["type"], m.fields["code"]) for m in wire.messages if m.number in found]
        expected = [("icmp", *each) for each in four] + [
            ("icmpv6", kind, code)
            for kind, least in six
            for code in (range(16) if word == "packet-too-big" else [least])
        ]
        assert sorted(fields) == sorted(expected)

    def test_what_is_said_of_the_quoted_packet(self):
        asked = "{type: destination-unreachable, code: 2, quotes: tcp, about_from: {host: bob}, about: {port: 80}}"
        expected = find(run(self.wire()), "icmp", asked).expected
        assert expected.en == (
            "at least 1 ICMP destination-unreachable (code 2) message about a TCP packet from bob to port 80"
        )
        assert expected.zh == "至少 1 个 ICMP 目的不可达（代码 2）报文（针对来自 bob、发往 端口 80 的 TCP 数据包）"

    def test_a_code_where_the_type_leaves_it_open(self):
        with pytest.raises(ValidationError, match="`code` needs a `type`"):
            find(run(), "icmp", "{code: 3}")
        with pytest.raises(ValidationError, match="has its code already"):
            find(run(), "icmp", "{type: port-unreachable, code: 3}")


class TestArp:
    def wire(self) -> Wire:
        wire = Wire()
        wire.message(
            "arp", "02:00:00:00:00:0b", "ff:ff:ff:ff:ff:ff", opcode=1, src_ip=ipv4("alice"), dst_ip=ipv4("server")
        )
        wire.message(
            "arp", "02:00:00:00:00:0a", "02:00:00:00:00:0b", opcode=2, src_ip=ipv4("server"), dst_ip=ipv4("alice")
        )
        return wire

    def test_operation(self):
        assert find(run(self.wire()), "arp", "{operation: request, count: 1}").ok
        assert find(run(self.wire()), "arp", "{operation: reply, count: 1}").ok
        assert find(run(self.wire()), "arp", "{count: 2}").ok

    def test_from_and_asks(self):
        assert find(run(self.wire()), "arp", "{from: {host: alice}, asks: {host: server}, count: 1}").ok
        assert not find(run(self.wire()), "arp", "{from: {host: bob}}").ok
        assert not find(run(self.wire()), "arp", "{asks: {host: bob}}").ok
        finding = find(run(self.wire()), "arp", "{operation: reply, from: {address: 10.77.4.99}, count: 2}")
        assert finding.expected.en == "2 ARP replies from 10.77.4.99"
        assert finding.expected.zh == "来自 10.77.4.99 的 2 个 ARP 应答"
        finding = find(run(self.wire()), "arp", "{operation: request, from: {host: alice}, asks: {host: server}}")
        assert finding.actual.zh == "来自 alice、目标为 server 的 1 个 ARP 请求"

    def test_none(self):
        assert "there was no ARP packet at all" in lines(find(run(), "arp", "{}"))


class TestUnansweredArp:
    def wire(self) -> Wire:
        """Alice asks for the server, is answered the second time, and twice for an address that nobody has."""
        wire = Wire()

        def arp(opcode: int, source: str, target: str) -> None:
            wire.message("arp", "", "", opcode=opcode, src_ip=source, dst_ip=target)

        arp(2, ipv4("server"), ipv4("alice"))  # before anybody asked
        arp(1, ipv4("alice"), "10.77.4.99")
        arp(1, ipv4("alice"), "10.77.4.99")
        arp(1, ipv4("alice"), ipv4("server"))
        arp(1, ipv4("alice"), ipv4("server"))
        arp(2, ipv4("server"), ipv4("alice"))
        arp(1, ipv4("alice"), ipv4("server"))
        arp(2, ipv4("server"), ipv4("bob"))
        return wire

    def test_requests_that_nobody_answered(self):
        asked = "operation: request, from: {host: alice}"
        finding = find(
            run(self.wire()), "arp", f"{{{asked}, asks: {{address: 10.77.4.99}}, answered: false, count: 2}}"
        )
        assert finding.ok
        assert finding.packets == ((2, 3),)
        assert finding.actual.en == "2 unanswered ARP requests from alice for 10.77.4.99"
        assert finding.actual.zh == "来自 alice、目标为 10.77.4.99 的无人应答的 2 个 ARP 请求"
        assert find(run(self.wire()), "arp", f"{{{asked}, asks: {{host: server}}, answered: true, count: 2}}").ok
        assert find(run(self.wire()), "arp", f"{{{asked}, asks: {{host: server}}, answered: false, count: 1}}").ok

    def test_replies_are_not_answered(self):
        with pytest.raises(ValidationError, match="`answered` needs `operation: request`"):
            find(run(), "arp", "{operation: reply, answered: false}")


class TestDns:
    def wire(self) -> Wire:
        wire = Wire()
        ends = (ipv4("alice"), ipv4("server"))
        asked = [{"name": "Server", "type": "A"}]
        answers = [{"name": "server", "type": "A", "data": ipv4("server")}]
        unknown = [{"name": "nobody", "type": "AAAA"}]
        wire.message("dns", *ends, response=False, rcode="NOERROR", questions=asked, answers=[])
        wire.message("dns", *ends[::-1], response=True, rcode="NOERROR", questions=asked, answers=answers)
        wire.message("dns", ends[1], ipv4("bob"), response=True, rcode="NXDOMAIN", questions=unknown, answers=[])
        return wire

    def test_message(self):
        assert find(run(self.wire()), "dns", "{message: query, count: 1}").ok
        assert find(run(self.wire()), "dns", "{message: response, count: 2}").ok

    def test_name_and_type(self):
        assert find(run(self.wire()), "dns", "{name: server, count: 2}").ok
        assert find(run(self.wire()), "dns", "{type: AAAA, count: 1}").ok
        assert not find(run(self.wire()), "dns", "{name: server, type: AAAA}").ok

    def test_rcode_is_that_of_responses(self):
        assert find(run(self.wire()), "dns", "{rcode: NOERROR, count: 1}").ok
        assert find(run(self.wire()), "dns", "{rcode: NXDOMAIN, count: 1}").ok

    def test_answer(self):
        assert find(run(self.wire()), "dns", "{answer: 10.77.4.10, count: 1}").ok
        assert not find(run(self.wire()), "dns", "{answer: 10.77.4.11}").ok

    def test_ends_and_words(self):
        assert find(run(self.wire()), "dns", "{from: {host: alice}, count: 1}").ok
        finding = find(run(self.wire()), "dns", "{to: {host: bob}, message: response, rcode: NOERROR, name: x}")
        assert not finding.ok
        assert finding.expected.en == "at least 1 DNS response (NOERROR, x) to bob"
        assert finding.expected.zh == "到 bob 的至少 1 个 DNS 应答（NOERROR，x）"
