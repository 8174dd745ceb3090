from __future__ import annotations

import re

import pytest

from lab import messages
from lab.summaries import TERMS, told

NAMES = [messages.ERRORS, messages.QUERIES, messages.REASONS, messages.ERRORS6, messages.QUERIES6, messages.REASONS6]
NAMES += [messages.MEMBERSHIP, messages.ETHERTYPES, messages.IP_PROTOCOLS]


@pytest.mark.parametrize(
    ("protocol", "summary", "zh"),
    [
        ("arp", "who has 10.77.0.10? tell 10.77.0.11", "谁有 10.77.0.10？请告诉 10.77.0.11"),
        ("arp", "10.77.0.10 is at 02:00:00:00:00:0a", "10.77.0.10 位于 02:00:00:00:00:0a"),
        ("icmp", "echo request id 7 seq 1", "回显请求 id 7 seq 1"),
        (
            "icmp",
            "destination unreachable (port) about udp to 10.77.0.10 port 9999",
            "目的不可达 (端口) 涉及 udp 到 10.77.0.10 端口 9999",
        ),
        ("icmpv6", "neighbour solicitation fe80::10", "邻居请求 fe80::10"),
        ("icmpv6", "multicast listener report v2", "组播监听者报告 v2"),
        ("igmp", "membership report v3 239.1.2.3", "成员报告 v3 239.1.2.3"),
        ("dns", "query A query.port.host", "查询 A query.port.host"),
        ("dns", "response A to.example NOERROR 10.0.0.1", "响应 A to.example NOERROR 10.0.0.1"),
        ("other", "UDP fragment", "UDP 分片"),
        ("other", messages.MARKER, "实验室标记"),
    ],
)
def test_a_summary_in_both_languages(protocol: str, summary: str, zh: str) -> None:
    assert (told(protocol, summary).en, told(protocol, summary).zh) == (summary, zh)


@pytest.mark.parametrize("name", sorted({name for names in NAMES for name in names.values()}))
def test_every_name_of_a_message_has_a_chinese_one(name: str) -> None:
    own = re.compile(r"\b(?:v[123]|IPIP|TCP|UDP|IPv6|GRE|ESP|AH|EIGRP|OSPF|PIM|VRRP|SCTP|LLDP|PPPoE|EAPOL)\b")
    assert not re.search("[A-Za-z]", own.sub("", told("icmp", name).zh))


def test_no_two_terms_are_the_same_in_chinese() -> None:
    assert len(set(TERMS.values())) == len(TERMS)
