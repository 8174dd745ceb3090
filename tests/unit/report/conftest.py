"""A run as the runner and the tracker would tell of it, made by hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.conversations import (
    Close,
    Connection,
    Conversations,
    Datagram,
    Endpoint,
    Exchange,
    Handshake,
    Mark,
    Message,
    Segment,
    Side,
    TcpOptions,
)
from lab.record import (
    CaptureFacts,
    CaptureStatistics,
    EngineFacts,
    HostFacts,
    InputLine,
    Interface,
    NetworkFacts,
    OutputLine,
    ProgramFacts,
    Record,
    Seconds,
    StepFacts,
    Words,
)
from lab.report import Reporter
from lab.results import Outcome, Result, Verdict
from lab.scenario import Check, Host, Network, Program, Scenario
from lab.steps import SocketPort
from lab.text import Text
from lab.values import Words as Title

BEGAN = 1_760_000_000_000_000_000
GOLDEN = Path(__file__).parents[2] / "golden" / "report"
HOSTS = {"server": 10, "alice": 11, "bob": 12, "carol": 13}
TITLE = {"en": "One threaded server, three clients at once", "zh": "一个多线程服务端，三个客户端同时通信"}


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The surroundings of whoever runs the tests change no screen."""
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a screen with its golden file; RENEW_GOLDEN=1 writes it anew."""

    def compare(name: str, screen: str) -> None:
        file = GOLDEN / f"{name}.txt"
        if os.environ.get("RENEW_GOLDEN") == "1":
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(screen, encoding="utf-8")
        assert screen == file.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def scenario() -> Scenario:
    return Scenario(
        name="tcp-multiclient",
        folder=Path("scenarios/tcp-multiclient"),
        title=Title(**TITLE),
        networks={"lan": Network()},
        hosts={name: Host() for name in HOSTS},
        programs={name: Program(host=name, run=("python3", "x.py")) for name in HOSTS},
        steps=(),
        checks={"connected": Check(id="connected", kind="tcp.handshake", params=None)},
    )


@pytest.fixture
def hosts() -> dict[str, HostFacts]:
    return {
        name: HostFacts(
            image="host",
            interfaces=(
                Interface(
                    name="eth0", network="lan", mac="02:00:00:00:00:01", ipv4=f"10.77.4.{n}", ipv6=f"fd77:4::{n}"
                ),
            ),
        )
        for name, n in HOSTS.items()
    }


@pytest.fixture
def networks() -> dict[str, NetworkFacts]:
    return {"lan": NetworkFacts(ipv4="10.77.4.0/24", ipv6="fd77:4::/64")}


@pytest.fixture
def record(hosts: dict[str, HostFacts], networks: dict[str, NetworkFacts]) -> Record:
    ms = 1_000_000
    return Record(
        lab="0.1",
        scenario="tcp-multiclient",
        title=Words(**TITLE),
        run="20261120-124748-ab12",
        started=BEGAN - 900 * ms,
        encoding="utf-8",
        engine=EngineFacts(name="docker", version="26", kernel="6.1", architecture="x86_64"),
        images={},
        networks=networks,
        hosts=hosts,
        programs={
            "server": ProgramFacts(
                host="server",
                run=("python3", "server.py"),
                output=(
                    OutputLine(time=BEGAN + 2 * ms, stream="out", text="等待连接..."),
                    OutputLine(time=BEGAN + 14 * ms + 300_000, stream="out", text="new client ('10.77.4.11', 40112)"),
                    OutputLine(time=BEGAN + 15 * ms + 500_000, stream="err", text="\x1b[31mreceived\x1b[0m 早上好"),
                ),
            ),
            "alice": ProgramFacts(
                host="alice",
                run=("python3", "client.py"),
                input=(InputLine(time=BEGAN + 15 * ms, text="早上好"), InputLine(time=BEGAN + 17 * ms, text=None)),
                output=(OutputLine(time=BEGAN + 16 * ms + 700_000, stream="out", text="OK,数据处理中..."),),
                exit=0,
            ),
        },
        steps=(
            StepFacts(
                index=1,
                verb="start",
                outcome="done",
                started=BEGAN,
                ended=BEGAN + ms,
                what=Words(en="start", zh="启动"),
            ),
        ),
        observations={},
        capture=CaptureFacts(
            started=BEGAN - ms,
            ended=BEGAN + 30 * ms,
            packets=34,
            networks={"lan": CaptureStatistics(captured=34, received=34, dropped=0)},
        ),
        seconds=Seconds(setup=0.9, exchange=0.02, cleanup=0.5),
    )


def _segments() -> list[Segment]:
    mss = TcpOptions(mss=1460, window_scale=7, sack_permitted=True, timestamps=True)
    hello, answer = "早上好\n".encode(), "OK,数据处理中...\n".encode()
    us = 1_000
    rows = [
        (5, 14_000, "client", "SYN", 0, None, 64240, b"", mss, (), "SYN-SENT", "LISTEN"),
        (6, 14_020, "server", "SYN ACK", 0, 1, 65160, b"", mss, (), "SYN-SENT", "SYN-RECEIVED"),
        (7, 14_037, "client", "ACK", 1, 1, 64256, b"", None, (), "ESTABLISHED", "ESTABLISHED"),
        (14, 15_100, "client", "PSH ACK", 1, 1, 64256, hello, None, (), "ESTABLISHED", "ESTABLISHED"),
        (15, 15_120, "server", "ACK", 1, 11, 65152, b"", None, (), "ESTABLISHED", "ESTABLISHED"),
        (19, 15_400, "client", "PSH ACK", 1, 1, 64256, hello, None, ("retransmission",), "ESTABLISHED", "ESTABLISHED"),
        (20, 16_500, "server", "PSH ACK", 1, 11, 65152, answer * 12, None, (), "ESTABLISHED", "ESTABLISHED"),
        (21, 16_510, "client", "ACK", 11, 265, 0, b"", None, ("zero window",), "ESTABLISHED", "ESTABLISHED"),
        (26, 17_200, "client", "FIN ACK", 11, 265, 64256, b"", None, (), "FIN-WAIT-1", "CLOSE-WAIT"),
        (27, 17_300, "server", "FIN ACK", 265, 12, 65152, b"", None, (), "FIN-WAIT-2", "LAST-ACK"),
        (28, 17_310, "client", "ACK", 12, 266, 64256, b"", None, (), "TIME-WAIT", "CLOSED"),
    ]
    return [
        Segment(
            number=number,
            time=BEGAN + time * us,
            sender=sender,
            flags=flags,
            seq=seq,
            ack=ack,
            window=window,
            payload=payload,
            length=len(payload),
            options=options,
            marks=frozenset(Mark(mark) for mark in marks),
            client_state=client,
            server_state=server,
        )
        for number, time, sender, flags, seq, ack, window, payload, options, marks, client, server in rows
    ]


@pytest.fixture
def connection() -> Connection:
    segments = _segments()
    return Connection(
        index=1,
        client=Side(Endpoint("10.77.4.11", 40112), state="TIME-WAIT", packets=7, bytes=10, retransmissions=1),
        server=Side(Endpoint("10.77.4.10", 8080), state="CLOSED", packets=4, bytes=264, retransmissions=2),
        interface=0,
        first_packet=5,
        last_packet=28,
        start=segments[0].time,
        end=segments[-1].time,
        packets=len(segments),
        completeness=31,
        conn_state="SF",
        history="ShADadtFf",
        handshake=Handshake.COMPLETE,
        handshake_packets=(5, 6, 7),
        established=segments[2].time,
        close=Close.FIN,
        first_closer="client",
        close_packets=(26, 27, 28),
        simultaneous_close=False,
        closed=segments[-2].time,
        segments=segments,
    )


@pytest.fixture
def conversations(connection: Connection) -> Conversations:
    bob, server = Endpoint("10.77.4.12", 51544), Endpoint("10.77.4.10", 9999)
    refused = Connection(
        index=2,
        client=Side(Endpoint("fd77:4::12", 51546), packets=1),
        server=Side(Endpoint("fd77:4::10", 8081), packets=1),
        interface=0,
        first_packet=29,
        last_packet=30,
        start=BEGAN,
        end=BEGAN + 15_000,
        packets=2,
        completeness=37,
        conn_state="REJ",
        history="Sr",
        handshake=Handshake.NONE,
        handshake_packets=(29,),
        established=None,
        close=Close.RST,
        first_closer="server",
        close_packets=(30,),
        simultaneous_close=False,
        closed=BEGAN + 15_000,
    )
    exchange = Exchange(
        index=1,
        client=bob,
        server=server,
        interface=0,
        first_packet=31,
        last_packet=32,
        start=BEGAN,
        end=BEGAN + 2_000_000,
        client_packets=1,
        server_packets=1,
        client_bytes=5,
        server_bytes=50,
        conn_state="SF",
        history="Dd",
    )
    messages = [
        Message(
            1, BEGAN - 1_000_000, 0, "arp", "10.77.4.11", "10.77.4.10", "Who has 10.77.4.10? Tell 10.77.4.11", 42, {}
        ),
        Message(
            2,
            BEGAN,
            0,
            "icmp",
            "10.77.4.10",
            "10.77.4.11",
            "Port unreachable\x1b]0;x\x07",
            70,
            {"about": (bob, b"\xff")},
        ),
    ]
    return Conversations(
        connections=[connection, refused],
        exchanges=[exchange],
        datagrams=[
            Datagram(31, BEGAN, 0, bob, server, b"hello", 5, checksum_ok=True),
            Datagram(32, BEGAN + 2_000_000, 0, server, bob, bytes(range(40, 90)), 50, checksum_ok=None),
            Datagram(33, BEGAN + 3_000_000, 0, server, Endpoint("10.77.4.13", 1), b"not of it", 9, checksum_ok=True),
        ],
        messages=messages,
        packets=34,
    )


def _outcome(verdict: Verdict, results: tuple[Result, ...]) -> Outcome:
    folder = Path("runs/tcp-multiclient/20261120-124748-ab12")
    return Outcome(
        scenario="tcp-multiclient",
        run="20261120-124748-ab12",
        verdict=verdict,
        results=results,
        folder=folder,
        capture=folder / "capture.pcapng",
        packets=34,
        dropped=0,
        seconds={"setup": 0.9, "exchange": 0.02, "checks": 0.1, "cleanup": 0.5},
    )


_CONNECTED = Result(
    id="connected",
    kind="tcp.handshake",
    verdict=Verdict.PASSED,
    expected=Text("3 complete handshakes to server:8080", "与 server:8080 完成 3 次握手"),
    actual=Text("3 complete handshakes to server:8080", "与 server:8080 完成 3 次握手"),
    packets=((5, 6, 7), (8, 9, 10), (11, 12, 13)),
)


@pytest.fixture
def passed() -> Outcome:
    at_once = Result(
        id="at-once",
        kind="tcp.overlap",
        verdict=Verdict.PASSED,
        expected=Text("3 conversations open together", "3 个会话同时打开"),
        actual=Text(
            "3 conversations open together for 4.1 ms, data from the server on each",
            "3 个会话同时打开 4.1 ms，服务端在每个会话上都发了数据",
        ),
    )
    return _outcome(Verdict.PASSED, (_CONNECTED, at_once))


@pytest.fixture
def failed() -> Outcome:
    at_once = Result(
        id="at-once",
        kind="tcp.overlap",
        verdict=Verdict.FAILED,
        expected=Text(
            "3 conversations with data from the server while all are open", "3 个会话都打开时服务端在每个会话上都发数据"
        ),
        actual=Text("only 1", "只有 1 个"),
        details=(
            Text(
                "alice got her answer at packet 14; bob's first answer came at packet 31, after alice's FIN (27)",
                "alice 在第 14 个包得到回答；bob 的第一个回答在第 31 个包，晚于 alice 的 FIN（27）",
            ),
        ),
        packets=((14,), (27, 31)),
        hint=Text(
            "Do you accept() again before the first client leaves?", "第一个客户端离开之前，你再次调用 accept() 了吗？"
        ),
    )
    closed = Result(
        id="closed",
        kind="tcp.close",
        verdict=Verdict.SKIPPED,
        expected=Text("3 orderly closes", "3 次正常关闭"),
        actual=Text("needs at-once, which failed", "依赖未通过的 at-once"),
    )
    broken = Result(
        id="quiet",
        kind="none",
        verdict=Verdict.ERROR,
        expected=Text("nothing to port 23", "没有发往 23 端口的包"),
        actual=Text("the capture is not whole", "抓包不完整"),
    )
    return _outcome(Verdict.FAILED, (_CONNECTED, at_once, closed, broken))


@pytest.fixture
def play(
    scenario: Scenario, networks: dict[str, NetworkFacts], hosts: dict[str, HostFacts]
) -> Callable[[Reporter, Outcome], None]:
    """The calls that a run makes to its reporter."""

    def run(reporter: Reporter, outcome: Outcome) -> None:
        ms = 1_000_000

        def line(text: str, stream: str = "out") -> OutputLine:
            return OutputLine.model_validate({"time": 0, "stream": stream, "text": text})

        reporter.started(scenario, None)
        reporter.doing(Text("starting 4 hosts", "正在启动 4 台主机"))
        reporter.up(networks, hosts, 0.9)
        reporter.ready(0, "server", SocketPort(tcp=8080))
        reporter.connected(12 * ms, "alice", 40112, "10.77.4.10", 8080)
        reporter.connected(13 * ms, "bob", 51544, "::ffff:10.77.4.10", 8080)
        reporter.typed(14 * ms, "carol", "你好")
        reporter.said(15 * ms, "carol", line("OK,数据处理中..."))
        reporter.said(15 * ms, "server", line("\x1b[2J[bold]Traceback[/bold]", "err"))
        for name in ("alice", "bob", "carol"):
            reporter.typed(17 * ms, name, None)
        reporter.ended(18 * ms, "alice", 0, None)
        reporter.ended(19 * ms, "bob", 0, None)
        reporter.ended(19 * ms, "carol", 1, None)
        reporter.ended(22 * ms, "server", None, "TERM")
        if outcome.verdict is not Verdict.PASSED:
            step = StepFacts(
                index=4,
                verb="expect",
                outcome="failed",
                started=0,
                ended=0,
                what=Words(en="carol prints `OK`", zh="carol 打印 `OK`"),
                actual=Words(en="nothing came within 5 s", zh="5 秒内没有任何输出"),
            )
            reporter.step_failed(5_022 * ms, step, ("Traceback (most recent call last):", "OSError: \x1b[31mboom"))
        reporter.checking()
        reporter.finished(outcome)

    return run
