"""Packets that are not TCP, by the terms of their own protocol: ARP, ICMP, ICMPv6, IGMP, DNS, and the rest by number.

The fields of a message are named as Wireshark names them, without the protocol's prefix:

=======  ==========================================================================================
arp      opcode (1 request, 2 reply), src_hw, src_ip, dst_hw, dst_ip
icmp     type, code; id, seq of an echo; gateway of a redirect; mtu where a fragment was needed;
         of an error `about`: the protocol, source and destination of the packet that it quotes
icmpv6   likewise; target of a neighbour message; group of an MLD query, report or done (groups and records of MLDv2)
igmp     type, group; groups and records of a version 3 report: a record's type, group and number of sources
dns      id, response, opcode, rcode, questions (name, type), answers (name, type, data)
other    ethertype, ip_protocol, as far as there is one; the markers of the lab are among them
=======  ==========================================================================================
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from lab.conversations import Endpoint, Message
from lab.dns import DnsError, parsed
from lab.packets import (
    ARP,
    ICMP,
    ICMPV6,
    IGMP,
    IPV4_HEADER,
    IPV6_HEADER,
    IPV6_IN_IP,
    TCP,
    UDP,
    VERSION_4,
    VERSION_6,
    Packet,
    address_text,
)  # fmt: skip
from lab.tunnels import IPV4, IPV6

Fields = dict[str, object]
Said = tuple[str, str, Fields]
"""Protocol, summary and fields."""

ECHO, ECHO_REPLY, UNREACHABLE, REDIRECT = 8, 0, 3, 5
ERRORS = {UNREACHABLE: "destination unreachable", 4: "source quench", REDIRECT: "redirect", 11: "time exceeded",
          12: "parameter problem"}  # fmt: skip
QUERIES = {ECHO_REPLY: "echo reply", ECHO: "echo request", 9: "router advertisement", 10: "router solicitation",
           13: "timestamp request", 14: "timestamp reply", 17: "address mask request",
           18: "address mask reply"}  # fmt: skip
REASONS = {0: "network", 1: "host", 2: "protocol", 3: "port", 4: "fragmentation needed", 9: "network prohibited",
           10: "host prohibited", 13: "prohibited"}  # fmt: skip
NEEDS_FRAGMENTS = 4
PORT_UNREACHABLE = {"icmp": (3, 3), "icmpv6": (1, 4)}
"""Type and code by protocol."""
UNREACHABLE6, TOO_BIG6 = 1, 2
ERRORS6 = {1: "destination unreachable", 2: "packet too big", 3: "time exceeded", 4: "parameter problem"}
QUERIES6 = {128: "echo request", 129: "echo reply", 130: "multicast listener query", 131: "multicast listener report",
            132: "multicast listener done", 133: "router solicitation", 134: "router advertisement",
            135: "neighbour solicitation", 136: "neighbour advertisement", 137: "redirect",
            143: "multicast listener report v2"}  # fmt: skip
REASONS6 = {
    0: "no route",
    1: "prohibited",
    2: "beyond scope",
    3: "address",
    4: "port",
    5: "source policy",
    6: "reject route",
}
ECHOES6, LISTENERS6, NEIGHBOURS6, LISTENER_REPORT_2 = (128, 129), (130, 131, 132), (135, 136, 137), 143
MEMBERSHIP = {0x11: "membership query", 0x12: "membership report v1", 0x16: "membership report v2", 0x17: "leave group",
              0x22: "membership report v3"}  # fmt: skip
MEMBERSHIP_REPORT_3 = 0x22
ARP_OPERATIONS = {1: "request", 2: "reply"}
ETHERTYPES = {0x88CC: "LLDP", 0x8863: "PPPoE discovery", 0x888E: "EAPOL", 0x9000: "loopback", 0x8809: "slow protocols"}
MARKER_ETHERTYPE, MARKER_BEGINS = 0x88B5, b"socket-lab "
MARKER = "marker of the lab"
"""The summary of the frames by which the lab proves that a capture is whole."""
IP_PROTOCOLS = {4: "IPIP", TCP: "TCP", UDP: "UDP", IPV6_IN_IP: "IPv6", 47: "GRE", 50: "ESP", 51: "AH",
                59: "no next header", 88: "EIGRP", 89: "OSPF", 103: "PIM", 112: "VRRP", 132: "SCTP"}  # fmt: skip


def message(packet: Packet) -> Message:
    """The message in a packet that is neither TCP nor UDP."""
    reader: Callable[[Packet], Said] = _other
    if packet.source:
        reader = {ICMP: _icmp, ICMPV6: _icmpv6, IGMP: _igmp}.get(packet.protocol, _other)
    elif packet.ethertype == ARP:
        reader = _arp
    try:
        protocol, summary, fields = reader(packet)
    except (struct.error, IndexError, ValueError):  # shorter than its kind has to be
        protocol, summary, fields = _other(packet)
    source, destination = address_text(packet.source), address_text(packet.destination)
    if protocol == "arp":
        source, destination = str(fields["src_hw"]), str(fields["dst_hw"])
    return Message(*packet.frame, protocol, source, destination, summary, packet.length, fields)


def port_unreachable(message: Message) -> bool:
    """Whether it says that no socket was bound to the port that a datagram went to (RFC 792; RFC 4443, 3.1)."""
    return PORT_UNREACHABLE.get(message.protocol) == (message.fields.get("type"), message.fields.get("code"))


def quoted(message: Message, transport: str) -> tuple[Endpoint, Endpoint] | None:
    """Source and destination of the packet of `transport` that an ICMP error quotes; None where it quotes none."""
    about = message.fields.get("about")
    if not isinstance(about, dict) or about.get("protocol") != transport:
        return None
    return about["source"], about["destination"]


def sort(message: Message) -> str:
    """What a message is counted as: its protocol, or `MARKER`."""
    return MARKER if message.summary == MARKER else message.protocol


def dns_message(packet: Packet, payload: bytes) -> Message | None:
    """The DNS message in the payload of a datagram; None where it is none."""
    try:
        fields = parsed(payload)
    except DnsError:
        return None
    questions = ", ".join(f"{each['type']} {each['name']}" for each in fields.questions)
    said = f"response {questions} {fields.rcode}" if fields.response else f"query {questions}"
    answers = " ".join(str(each["data"]) for each in fields.answers)
    summary = f"{said} {answers}".strip()
    values: Fields = {
        "id": fields.id,
        "response": fields.response,
        "opcode": fields.opcode,
        "rcode": fields.rcode,
        "questions": fields.questions,
        "answers": fields.answers,
    }
    source, destination = address_text(packet.source), address_text(packet.destination)
    return Message(*packet.frame, "dns", source, destination, summary, len(payload), values)


def _arp(packet: Packet) -> Said:
    data, at = packet.data, packet.at
    hardware, protocol, operation = struct.unpack_from(">2x2xBBH", data, at)
    at += 8
    values = []
    for size in (hardware, protocol, hardware, protocol):
        if at + size > len(data):
            raise IndexError
        values.append(data[at : at + size])
        at += size
    source_hardware, source, target_hardware, target = values
    fields: Fields = {
        "opcode": operation,
        "src_hw": source_hardware.hex(":"),
        "src_ip": address_text(source),
        "dst_hw": target_hardware.hex(":"),
        "dst_ip": address_text(target),
    }
    if ARP_OPERATIONS.get(operation) == "request":
        return "arp", f"who has {fields['dst_ip']}? tell {fields['src_ip']}", fields
    if ARP_OPERATIONS.get(operation) == "reply":
        return "arp", f"{fields['src_ip']} is at {fields['src_hw']}", fields
    return "arp", f"operation {operation}", fields


def _icmp(packet: Packet) -> Said:
    data, at = packet.data, packet.at
    kind, code = struct.unpack_from("BB", data, at)
    fields: Fields = {"type": kind, "code": code}
    name = QUERIES.get(kind) or ERRORS.get(kind) or f"type {kind}"
    if kind in {ECHO, ECHO_REPLY}:
        fields["id"], fields["seq"] = struct.unpack_from(">HH", data, at + 4)
        return "icmp", f"{name} id {fields['id']} seq {fields['seq']}", fields
    if kind in ERRORS:
        if kind == UNREACHABLE:
            name = f"{name} ({REASONS.get(code, f'code {code}')})"
        if kind == UNREACHABLE and code == NEEDS_FRAGMENTS:
            (fields["mtu"],) = struct.unpack_from(">H", data, at + 6)
        if kind == REDIRECT:
            fields["gateway"] = address_text(data[at + 4 : at + 8])
        name += _quoted(fields, data[at + 8 : at + packet.length])
    return "icmp", name, fields


def _icmpv6(packet: Packet) -> Said:
    data, at = packet.data, packet.at
    kind, code = struct.unpack_from("BB", data, at)
    fields: Fields = {"type": kind, "code": code}
    name = QUERIES6.get(kind) or ERRORS6.get(kind) or f"type {kind}"
    if kind in ECHOES6:
        fields["id"], fields["seq"] = struct.unpack_from(">HH", data, at + 4)
        name += f" id {fields['id']} seq {fields['seq']}"
    elif kind in NEIGHBOURS6:
        fields["target"] = address_text(data[at + 8 : at + 24])
        name += f" {fields['target']}"
    elif kind in LISTENERS6:
        fields["group"] = address_text(data[at + 8 : at + 24])
        name += f" {fields['group']}"
    elif kind == LISTENER_REPORT_2:
        _report(fields, data, at, 16)
    elif kind in ERRORS6:
        if kind == UNREACHABLE6:
            name = f"{name} ({REASONS6.get(code, f'code {code}')})"
        if kind == TOO_BIG6:
            (fields["mtu"],) = struct.unpack_from(">I", data, at + 4)
        name += _quoted(fields, data[at + 8 : at + packet.length])
    return "icmpv6", name, fields


def _igmp(packet: Packet) -> Said:
    data, at = packet.data, packet.at
    (kind,) = struct.unpack_from("B", data, at)
    fields: Fields = {"type": kind}
    name = MEMBERSHIP.get(kind, f"type {kind}")
    if kind == MEMBERSHIP_REPORT_3:
        groups = _report(fields, data, at, 4)
        fields["group"] = groups[0] if groups else None
        return "igmp", f"{name} {' '.join(groups)}".strip(), fields
    fields["group"] = address_text(data[at + 4 : at + 8])
    return "igmp", f"{name} {fields['group']}", fields


def _other(packet: Packet) -> Said:
    fields: Fields = {}
    if packet.ethertype:
        fields["ethertype"] = packet.ethertype
    if packet.source:
        fields["ip_protocol"] = packet.protocol
        name = IP_PROTOCOLS.get(packet.protocol, f"IP protocol {packet.protocol}")
        return "other", name if packet.whole else f"{name} fragment", fields
    if packet.ethertype == MARKER_ETHERTYPE and packet.data.startswith(MARKER_BEGINS, packet.at):
        return "other", MARKER, fields
    named = {IPV4: "IPv4, malformed", IPV6: "IPv6, malformed", 0: "no EtherType"} | ETHERTYPES
    return "other", named.get(packet.ethertype, f"EtherType {packet.ethertype:#06x}"), fields


def _report(fields: Fields, data: bytes, at: int, size: int) -> list[str]:
    """Put the groups and records of an IGMPv3 or MLDv2 report (RFC 3376, 4.2; RFC 3810, 5.2) there; the groups."""
    (count,) = struct.unpack_from(">H", data, at + 6)
    at += 8
    records = []
    for _ in range(count):
        kind, more, sources = struct.unpack_from(">BBH", data, at)
        records.append({"type": kind, "group": address_text(data[at + 4 : at + 4 + size]), "sources": sources})
        at += 4 + size + sources * size + more * 4
    groups = [str(record["group"]) for record in records]
    fields["records"], fields["groups"] = records, groups
    return groups


def _quoted(fields: Fields, data: bytes) -> str:
    """Put what an error quotes into `about`; words for the summary."""
    if data[:1] and data[0] >> 4 == VERSION_4 and len(data) >= IPV4_HEADER:
        protocol, source, destination, at = data[9], data[12:16], data[16:20], (data[0] & 15) << 2
    elif data[:1] and data[0] >> 4 == VERSION_6 and len(data) >= IPV6_HEADER:
        protocol, source, destination, at = data[6], data[8:24], data[24:40], IPV6_HEADER
    else:
        return ""
    ports = (0, 0)
    if protocol in {TCP, UDP} and len(data) >= at + 4:
        ports = struct.unpack_from(">HH", data, at)
    name = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMPV6: "icmpv6"}.get(protocol, str(protocol))
    target = Endpoint(address_text(destination), ports[1])
    fields["about"] = {"protocol": name, "source": Endpoint(address_text(source), ports[0]), "destination": target}
    return f" about {name} to {target.address}" + (f" port {target.port}" if target.port else "")
