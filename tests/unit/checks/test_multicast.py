import pytest
from facts import Wire, find, ipv4, ipv6, lines, run


def record(kind: int, group: str, sources: int = 0) -> dict[str, object]:
    return {"type": kind, "group": group, "sources": sources}


def wire() -> Wire:
    made = Wire()
    all_routers = "224.0.0.22"

    def v3(host: str, *records: dict[str, object]) -> None:
        made.message(
            "igmp", ipv4(host), all_routers, type=0x22, groups=[r["group"] for r in records], records=list(records)
        )

    v3("bob", record(4, "239.1.2.3"), record(3, "239.9.9.9"))  # joins one, leaves another
    made.message("igmp", ipv4("alice"), "239.1.2.3", type=0x16, group="239.1.2.3")
    made.message("igmp", ipv4("alice"), "224.0.0.2", type=0x17, group="239.1.2.3")
    made.message("igmp", ipv4("server"), "224.0.0.1", type=0x11, group="0.0.0.0")
    made.message("igmp", ipv4("server"), "239.1.2.3", type=0x11, group="239.1.2.3")
    made.message("icmpv6", ipv6("bob"), "ff02::16", type=143, records=[record(4, "ff05::7"), record(6, "ff05::8", 1)])
    made.message("icmpv6", ipv6("bob"), "ff02::16", type=143, records=[record(3, "ff05::7")])
    made.message("icmpv6", ipv6("bob"), "ff05::9", type=131, group="ff05::9")
    made.message("icmpv6", ipv6("bob"), "ff02::2", type=132, group="ff05::9")
    made.message("icmpv6", ipv6("server"), "ff02::1", type=130, group="::")
    made.message("icmpv6", ipv6("server"), ipv6("bob"), type=128, code=0)
    made.message("arp", "", "", opcode=1)
    return made


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ("did: join", 4),
        ("did: join, group: 239.1.2.3", 2),
        ("did: join, group: 239.1.2.3, from: {host: bob}", 1),
        ("did: join, group: 239.9.9.9", 0),
        ("did: leave, group: 239.9.9.9", 1),
        ("did: leave, from: {host: alice}", 1),
        ("did: query", 3),
        ("did: query, group: 239.1.2.3", 1),
        ("did: join, group: 'ff05::7'", 1),
        ("did: leave, group: 'ff05::7'", 1),
        ("did: join, group: 'ff05::9'", 1),
        ("did: leave, group: 'ff05::9'", 1),
        ("group: 'ff05::8'", 0),  # a source is blocked: neither
        ("from: {host: bob}", 5),
    ],
)
def test_joins_leaves_and_queries(asked: str, number: int):
    assert find(run(wire()), "multicast", f"{{{asked}, count: {number}}}").ok
    assert not find(run(wire()), "multicast", f"{{{asked}, count: {number + 1}}}").ok


@pytest.mark.parametrize(
    ("kind", "sources", "did"),
    [(1, 0, "leave"), (1, 1, "join"), (2, 0, "join"), (3, 0, "leave"), (3, 2, "join"), (4, 0, "join"), (5, 1, "join")],
)
def test_what_a_record_says(kind: int, sources: int, did: str):
    made = Wire()
    made.message("igmp", ipv4("bob"), "224.0.0.22", type=0x22, records=[record(kind, "239.1.2.3", sources)])
    assert find(run(made), "multicast", f"{{did: {did}, count: 1}}").ok


def test_what_is_said():
    finding = find(run(wire()), "multicast", "{did: join, group: 239.1.2.4, from: {host: bob}}")
    assert finding.expected.en == "at least 1 join of 239.1.2.4 from bob"
    assert finding.expected.zh == "来自 bob 的至少 1 次加入（239.1.2.4）"
    assert "packet 2, alice to 239.1.2.3: igmp" in lines(finding)
    assert "there was no IGMP or MLD message at all" in lines(find(run(), "multicast", "{}"))
