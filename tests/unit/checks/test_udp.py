from facts import Wire, find, lines, run


def chat() -> Wire:
    wire = Wire()
    wire.datagram(("alice", 4000), ("server", 9999), b"Michael")
    wire.datagram(("server", 9999), ("alice", 4000), b"hello, Michael!")
    wire.datagram(("bob", 5000), ("server", 9999), "数据".encode("gbk"))
    wire.datagram(("bob", 5000), ("239.1.2.3", 9999), b"Michael")
    return wire


def test_count_and_packets():
    finding = find(run(chat()), "udp.datagrams", "{to: {host: server, port: 9999}, count: 2}")
    assert finding.ok
    assert finding.actual.en == "2 datagrams to server:9999"
    assert finding.actual.zh == "到 server:9999 的 2 个数据报"
    assert finding.packets == ((1, 3),)
    assert not find(run(chat()), "udp.datagrams", "{to: {host: server, port: 9999}, count: 1}").ok


def test_ends():
    assert find(run(chat()), "udp.datagrams", "{from: {host: server}, count: 1}").ok
    assert find(run(chat()), "udp.datagrams", "{from: {host: bob}, to: {host: server}, count: 1}").ok
    assert find(run(chat()), "udp.datagrams", "{to: {address: 239.1.2.3}, count: 1}").ok
    assert find(run(chat()), "udp.datagrams", "{to: {port: 4000}, count: 1}").ok


def test_content():
    assert find(run(chat()), "udp.datagrams", "{text: Michael, count: 2}").ok
    assert find(run(chat()), "udp.datagrams", "{contains: Michael, count: 3}").ok
    assert find(run(chat()), "udp.datagrams", "{match: '^hello', count: 1}").ok
    assert find(run(chat()), "udp.datagrams", "{hex: ca fd be dd, count: 1}").ok
    assert find(run(chat()), "udp.datagrams", "{text: 数据, encoding: gbk, count: 1}").ok
    assert find(run(chat(), encoding="gbk"), "udp.datagrams", "{text: 数据, count: 1}").ok


def test_what_came_instead():
    finding = find(run(chat()), "udp.datagrams", "{from: {host: bob}, to: {host: server}, text: 数据}")
    assert not finding.ok
    assert finding.expected.en == "at least 1 datagram from bob to server with exactly `数据`"
    assert finding.expected.zh == "bob 到 server 的至少 1 个数据报，内容恰为 `数据`"
    assert finding.actual.en == "found 0"
    assert len(finding.details) == 1
    assert finding.details[0].en.startswith("packet 3, bob:5000 to server:9999: ")
    assert "valid gbk for `数据`" in lines(finding)


def test_none_between_the_ends():
    finding = find(run(chat()), "udp.datagrams", "{from: {host: carol}}")
    assert "there was a datagram from alice:4000 to server:9999 (packet 1)" in lines(finding)
    assert "there was no datagram at all" in lines(find(run(), "udp.datagrams", "{}"))


def test_many_details_are_cut():
    wire = Wire()
    for _ in range(20):
        wire.datagram(("alice", 4000), ("server", 9999), b"x")
    finding = find(run(wire), "udp.datagrams", "{count: 1}")
    assert len(finding.details) == 8
    assert finding.details[-1].en == "and 13 more"
