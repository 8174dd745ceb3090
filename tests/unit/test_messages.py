import struct

import pytest
from wire import CLIENT, SERVER, START, conversations, ethernet, ipv4, ipv6, packed, pcap, tcp, udp

from lab.conversations import Endpoint
from lab.messages import MARKER


def one(tmp_path, frame):
    (message,) = conversations(tmp_path, pcap([(START, frame)])).messages
    return message


def arp(operation, target="10.0.0.2"):
    hardware = bytes.fromhex("020000000001")
    body = struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation)
    return ethernet(body + hardware + packed("10.0.0.1") + bytes(6) + packed(target), 0x0806)


def test_arp(tmp_path):
    message = one(tmp_path, arp(1))
    assert (message.protocol, message.summary) == ("arp", "who has 10.0.0.2? tell 10.0.0.1")
    assert message.fields == {
        "opcode": 1,
        "src_hw": "02:00:00:00:00:01",
        "src_ip": "10.0.0.1",
        "dst_hw": "00:00:00:00:00:00",
        "dst_ip": "10.0.0.2",
    }
    assert (message.source, message.number, message.time) == ("02:00:00:00:00:01", 1, START)
    assert one(tmp_path, arp(2)).summary == "10.0.0.1 is at 02:00:00:00:00:01"
    assert one(tmp_path, arp(9)).summary == "operation 9"


def test_echo(tmp_path):
    message = one(tmp_path, ethernet(ipv4(struct.pack(">BBHHH", 8, 0, 0, 7, 1) + bytes(56), 1)))
    assert (message.protocol, message.summary) == ("icmp", "echo request id 7 seq 1")
    assert message.fields == {"type": 8, "code": 0, "id": 7, "seq": 1}
    assert (message.source, message.destination, message.length) == (CLIENT, SERVER, 64)


@pytest.mark.parametrize(
    ("kind", "code", "quoted", "about", "summary"),
    [
        (
            3,
            3,
            ipv4(udp(5000, 9999, b"x"), 17),
            ("udp", 5000, 9999),
            "destination unreachable (port) about udp to 10.0.0.2 port 9999",
        ),
        (
            3,
            1,
            ipv4(tcp(1, 80, 0, 0, 2)[:8], 6),
            ("tcp", 1, 80),
            "destination unreachable (host) about tcp to 10.0.0.2 port 80",
        ),
        (11, 0, ipv4(bytes(8), 1), ("icmp", 0, 0), "time exceeded about icmp to 10.0.0.2"),
    ],
)
def test_errors_tell_what_they_are_about(tmp_path, kind, code, quoted, about, summary):
    message = one(tmp_path, ethernet(ipv4(struct.pack(">BBHI", kind, code, 0, 0) + quoted, 1, SERVER, CLIENT)))
    assert message.summary == summary
    protocol, source, destination = about
    assert message.fields["about"] == {
        "protocol": protocol,
        "source": Endpoint(CLIENT, source),
        "destination": Endpoint(SERVER, destination),
    }


def test_fragmentation_needed_and_redirect(tmp_path):
    needed = one(tmp_path, ethernet(ipv4(struct.pack(">BBHHH", 3, 4, 0, 0, 1400) + ipv4(bytes(8), 17), 1)))
    assert needed.fields["mtu"] == 1400
    redirect = one(tmp_path, ethernet(ipv4(struct.pack(">BBH", 5, 1, 0) + packed("10.0.0.9") + ipv4(bytes(8), 17), 1)))
    assert redirect.fields["gateway"] == "10.0.0.9"


def test_icmpv6(tmp_path):
    def said(body):
        return one(tmp_path, ethernet(ipv6(body, 58), 0x86DD))

    assert said(struct.pack(">BBHHH", 128, 0, 0, 3, 4)).fields == {"type": 128, "code": 0, "id": 3, "seq": 4}
    asked = said(struct.pack(">BBHI", 135, 0, 0, 0) + packed("fd00::9"))
    assert (asked.protocol, asked.summary) == ("icmpv6", "neighbour solicitation fd00::9")
    assert said(struct.pack(">BBHI", 131, 0, 0, 0) + packed("ff02::7")).fields["group"] == "ff02::7"
    report = struct.pack(">BBHHH", 143, 0, 0, 0, 1) + struct.pack(">BBH", 4, 0, 0) + packed("ff02::7")
    assert said(report).fields["groups"] == ["ff02::7"]
    assert said(report).fields["records"] == [{"type": 4, "group": "ff02::7", "sources": 0}]
    unreachable = said(struct.pack(">BBHI", 1, 4, 0, 0) + ipv6(udp(5, 9999, b""), 17))
    assert unreachable.fields["about"]["destination"] == Endpoint("fd00::2", 9999)
    assert said(struct.pack(">BBHI", 2, 0, 0, 1280) + ipv6(b"", 59)).fields["mtu"] == 1280


def test_igmp(tmp_path):
    message = one(tmp_path, ethernet(ipv4(struct.pack(">BBH", 0x16, 0, 0) + packed("239.1.2.3"), 2)))
    assert (message.protocol, message.fields) == ("igmp", {"type": 0x16, "group": "239.1.2.3"})
    report = struct.pack(">BBHHH", 0x22, 0, 0, 0, 2)
    for group in ("239.1.2.3", "239.1.2.4"):
        report += struct.pack(">BBH", 4, 0, 1) + packed(group) + packed("10.0.0.7")
    fields = one(tmp_path, ethernet(ipv4(report, 2))).fields
    assert fields["groups"] == ["239.1.2.3", "239.1.2.4"]
    assert fields["records"][1] == {"type": 4, "group": "239.1.2.4", "sources": 1}


@pytest.mark.parametrize(
    ("frame", "summary", "fields"),
    [
        (ethernet(b"\2\7", 0x88CC), "LLDP", {"ethertype": 0x88CC}),
        (ethernet(b"", 0x1234 + 0x800), "EtherType 0x1a34", {"ethertype": 0x1A34}),
        (ethernet(ipv4(b"hello", 89)), "OSPF", {"ethertype": 0x0800, "ip_protocol": 89}),
        (ethernet(ipv4(b"\x08", 1)), "IP protocol 1", {"ethertype": 0x0800, "ip_protocol": 1}),
        (ethernet(b"\0\1\x08\0\6\4\0\1\1", 0x0806), "EtherType 0x0806", {"ethertype": 0x0806}),
    ],
)
def test_everything_else(tmp_path, frame, summary, fields):
    message = one(tmp_path, frame)
    assert (message.protocol, message.summary, message.fields) == ("other", summary, fields)


def name(text):
    return b"".join(bytes((len(label),)) + label.encode() for label in text.split(".")) + b"\0"


def question(text, kind=1):
    return struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + name(text) + struct.pack(">HH", kind, 1)


def answer(*records, code=0):
    data = struct.pack(">6H", 7, 0x8180 | code, 1, len(records), 0, 0) + name("server.lab") + struct.pack(">HH", 1, 1)
    for kind, value in records:
        data += b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(value)) + value
    return data


def dns(tmp_path, payload, source=5000, destination=53):
    return conversations(tmp_path, pcap([(START, ethernet(ipv4(udp(source, destination, payload), 17)))])).messages


def test_a_dns_query(tmp_path):
    (message,) = dns(tmp_path, question("server.lab", 28))
    assert (message.protocol, message.summary) == ("dns", "query AAAA server.lab")
    assert message.fields["questions"] == [{"name": "server.lab", "type": "AAAA"}]
    assert (message.fields["id"], message.fields["response"]) == (7, False)


def test_a_dns_answer(tmp_path):
    payload = answer(
        (5, name("www.lab")),
        (1, packed("10.0.0.2")),
        (28, packed("fd00::2")),
        (15, b"\0\x0a" + b"\xc0\x0c"),
        (33, struct.pack(">HHH", 1, 2, 80) + name("a.b")),
        (16, b"\5hello"),
        (99, b"\1\2"),
    )
    (message,) = dns(tmp_path, payload, 53, 5000)
    assert [(each["type"], each["data"]) for each in message.fields["answers"]] == [
        ("CNAME", "www.lab"),
        ("A", "10.0.0.2"),
        ("AAAA", "fd00::2"),
        ("MX", "10 server.lab"),
        ("SRV", "1 2 80 a.b"),
        ("TXT", "hello"),
        ("99", "0102"),
    ]
    assert {each["name"] for each in message.fields["answers"]} == {"server.lab"}
    assert message.summary.startswith("response A server.lab NOERROR www.lab 10.0.0.2")


def test_a_name_that_does_not_exist(tmp_path):
    (message,) = dns(tmp_path, answer(code=3), 53, 5000)
    assert message.fields["rcode"] == "NXDOMAIN"


def test_multicast_dns_is_dns(tmp_path):
    assert len(dns(tmp_path, question("printer.local"), 5353, 5353)) == 1


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"hello",
        question("server.lab")[:-3],
        struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1",
        struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + b"\x40abc",
        struct.pack(">6H", 7, 0x0100, 65535, 65535, 0, 0),
        answer((1, b"\1\2\3\4"))[:-1],
    ],
)
def test_what_only_uses_the_port_is_no_dns(tmp_path, payload):
    assert dns(tmp_path, payload) == []


def test_the_markers_of_the_lab(tmp_path):
    message = one(tmp_path, ethernet(b"socket-lab start lan 00".ljust(46, b"\0"), 0x88B5))
    assert (message.protocol, message.summary, message.fields) == ("other", MARKER, {"ethertype": 0x88B5})
    assert one(tmp_path, ethernet(b"something else".ljust(46, b"\0"), 0x88B5)).summary == "EtherType 0x88b5"
    assert one(tmp_path, ethernet(b"socket-lab start".ljust(46, b"\0"), 0x88B6)).summary == "EtherType 0x88b6"
