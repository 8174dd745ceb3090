from facts import Wire, find, lines, run

from lab.conversations import Mark

SERVER = "to: {host: server, port: 8080}"
CLOSED, PROBE = frozenset({Mark.ZERO_WINDOW}), frozenset({Mark.KEEP_ALIVE})


def wire(*, reopened: bool = True, probes: int = 2) -> Wire:
    """The server's window closes at packet 5, and opens after the probes; the client's is never closed."""
    made = Wire()
    talk = made.talk()
    talk.shake()
    talk.asks(b"x" * 1000)
    talk.segment("server", "ACK", marks=CLOSED, window=0)
    for _ in range(probes):
        talk.segment("client", "ACK", marks=PROBE, seq=1000)
        talk.segment("server", "ACK", window=0)
    if reopened:
        talk.segment("server", "ACK", marks=frozenset({Mark.WINDOW_UPDATE}), window=4096)
    talk.segment("client", "ACK", marks=PROBE, seq=1000)  # a keep-alive: nothing is closed any more
    return made


def test_a_window_that_closed_was_probed_and_opened():
    finding = find(run(wire()), "tcp.zero-window", f"{{{SERVER}, by: server, probes: 2, reopened: true, count: 1}}")
    assert finding.ok
    assert finding.packets == ((5, 6, 8, 10),)
    assert finding.actual.en == "1 closed window to server:8080 (of the server, probes: at least 2, reopened)"
    assert finding.actual.zh == "到 server:8080 的 1 次窗口关闭（服务端的窗口，探测至少 2 次，之后打开）"


def test_what_did_not_happen_is_not_found():
    for asked in ("by: client", "probes: 3", "reopened: false", "count: 2", "from: {host: bob}"):
        assert not find(run(wire()), "tcp.zero-window", f"{{{asked}}}").ok, asked
    finding = find(run(wire()), "tcp.zero-window", "{probes: 3}")
    assert (
        "alice: the server closed its window at packet 5; probed at packets 6, 8; opened again at packet 10"
        in lines(finding)
    )
    assert "alice：服务端在第 5 包关闭窗口；第 6、8 包探测；第 10 包重新打开" in lines(finding)


def test_one_that_stays_closed():
    assert find(run(wire(reopened=False)), "tcp.zero-window", "{reopened: false, probes: 3, count: 1}").ok
    finding = find(run(wire(reopened=False, probes=0)), "tcp.zero-window", "{reopened: true}")
    assert not finding.ok
    assert "never opened again" in lines(finding)


def test_a_keep_alive_of_the_side_that_closed_is_no_probe():
    made = wire(reopened=False, probes=1)
    made.talks[0].segment("server", "ACK", marks=PROBE, window=0)
    assert not find(run(made), "tcp.zero-window", "{probes: 3}").ok
    assert find(run(made), "tcp.zero-window", "{probes: 2}").ok


def test_each_time_counts():
    made = wire()
    made.talks[0].segment("server", "ACK", marks=CLOSED, window=0)
    made.talks[0].segment("server", "ACK", window=1)
    assert find(run(made), "tcp.zero-window", "{count: 2}").ok
    assert find(run(made), "tcp.zero-window", "{probes: 1, count: 1}").ok


def test_syn_and_rst_announce_no_window():
    made = Wire()
    talk = made.talk()
    talk.segment("client", "SYN", window=0)
    talk.segment("server", "RST ACK", window=0)
    assert find(run(made), "tcp.zero-window", "{count: 0}").ok
