"""The tables of the page: the state of hosts, what the programs were, the capture's counters, what was run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lab.record import END, FileFacts, HostState, ProgramFacts, Record, SocketFacts
from lab.report.summary import PHASE_WORDS
from lab.report.wording import PHASES, clock, join_host_port, seconds
from lab.results import Outcome
from lab.text import Text, join, same, say

OUTCOMES = {"done": Text("done", "完成"), "failed": Text("failed", "失败"), "skipped": Text("skipped", "跳过")}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header; the columns in `right` are numbers."""

    title: Text
    header: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    right: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Moment:
    """The tables of all hosts at one observation."""

    name: Text
    tables: tuple[Table, ...]


def moments(record: Record, began: int) -> tuple[Moment, ...]:
    """The state of the hosts at each observation, in the order of time."""
    made = []
    for name, hosts in record.observations.items():
        time = min((state.time for state in hosts.values()), default=began)
        when = say("{name}, at {t} s", "{name}，{t} 秒", name=_moment_name(name), t=clock(time - began))
        tables = tuple(table for host, state in hosts.items() for table in _host(host, state))
        made.append((time, Moment(when, tables)))
    return tuple(moment for _, moment in sorted(made, key=lambda each: each[0]))


def programs(record: Record) -> Table:
    """Every program: its host, its command, how it ended."""
    rows = tuple(
        (same(name), same(facts.host), same(" ".join(facts.run)), _ended(facts))
        for name, facts in record.programs.items()
    )
    header = (say("program", "程序"), say("host", "主机"), say("command", "命令"), say("end", "结束"))
    return Table(say("Programs", "程序"), header, rows)


def steps(record: Record, began: int) -> Table:
    """Every step with its outcome and the seconds at which it began and ended."""
    rows = tuple(
        (
            same(f"{step.index}"),
            step.what.text + (same("") if step.actual is None else same(": ") + step.actual.text),
            OUTCOMES[step.outcome],
            same(clock(step.started - began)),
            same(clock(step.ended - began)),
        )
        for step in record.steps
    )
    header = (
        same("#"),
        say("step", "步骤"),
        say("outcome", "结果"),
        say("from (s)", "始（秒）"),
        say("to (s)", "终（秒）"),
    )
    return Table(say("Steps", "步骤"), header, rows, frozenset({0, 3, 4}))


def capture(record: Record) -> Table:
    """The counters of every network."""
    rows = tuple(
        (same(name), *(same(f"{n:,}") for n in (s.captured, s.received, s.dropped)), _whole(whole=s.whole))
        for name, s in record.capture.networks.items()
    )
    header = (
        say("network", "网络"),
        say("captured", "已抓取"),
        say("received by the filter", "过滤器收到"),
        say("dropped", "丢弃"),
        say("whole", "完整"),
    )
    return Table(say("Counters of the capture", "抓包计数"), header, rows, frozenset({1, 2, 3}))


def what_was_run(record: Record, outcome: Outcome | None) -> Table:
    """Versions, digests and settings."""
    engine = record.engine
    rows: list[tuple[Text, Text]] = [
        (say("run", "运行"), same(record.run)),
        (say("scenario", "场景"), same(record.scenario)),
        (say("began", "开始"), same(_moment(record.started))),
        (say("lab", "实验室"), same(record.lab)),
        (say("engine", "引擎"), same(f"{engine.name} {engine.version}")),
        (say("kernel", "内核"), same(f"{engine.kernel} {engine.architecture}")),
        *((say("image {name}", "镜像 {name}", name=name), same(digest)) for name, digest in record.images.items()),
        (say("seed", "种子"), same(f"{record.seed}")),
        (say("encoding", "编码"), same(record.encoding)),
    ]
    if record.submission is not None:
        rows.append((say("submission", "提交"), same(record.submission)))
    if outcome is not None:
        rows.append((say("took", "用时"), _spent(outcome.seconds)))
    return Table(
        say("What was run", "运行环境"),
        (say("what", "项目"), say("value", "值")),
        tuple((name, value) for name, value in rows),
    )


def _host(name: str, state: HostState) -> Iterator[Table]:
    if state.sockets:
        yield Table(
            say("{host}: sockets", "{host}：套接字", host=name),
            (
                same("tcp/udp"),
                say("state", "状态"),
                say("local", "本地"),
                say("remote", "远端"),
                same("recv-q"),
                same("send-q"),
                say("program", "程序"),
                say("timer", "定时器"),
            ),
            tuple(_socket(socket) for socket in state.sockets),
            frozenset({4, 5}),
        )
    if state.processes:
        yield Table(
            say("{host}: processes", "{host}：进程", host=name),
            (
                say("process", "进程"),
                say("state", "状态"),
                say("threads", "线程"),
                say("user", "用户"),
                say("command", "命令"),
                say("program", "程序"),
            ),
            tuple(
                tuple(same(f"{v}") for v in (p.pid, p.state, p.threads, p.user, p.command, p.program or ""))
                for p in state.processes
            ),
            frozenset({0, 2}),
        )
    if state.files:
        yield Table(
            say("{host}: files", "{host}：文件", host=name),
            (say("file", "文件"), say("kind", "类型"), say("bytes", "字节"), say("mode", "权限"), same("SHA-256")),
            tuple(_file(file) for file in state.files),
            frozenset({2}),
        )
    yield from _tables(name, state)


def _tables(name: str, state: HostState) -> Iterator[Table]:
    """The tables of the host's network that checks asked for."""
    address, interface = say("address", "地址"), say("interface", "接口")
    if state.neighbours is not None:
        yield Table(
            say("{host}: neighbours", "{host}：邻居", host=name),
            (address, same("MAC"), interface, say("state", "状态")),
            tuple(tuple(map(same, (n.address, n.mac or "", n.interface, n.state))) for n in state.neighbours),
        )
    if state.routes is not None:
        yield Table(
            say("{host}: routes", "{host}：路由", host=name),
            (say("destination", "目的"), say("next hop", "下一跳"), interface),
            tuple(tuple(map(same, (r.to, r.via or "", r.interface or ""))) for r in state.routes),
        )
    if state.groups is not None:
        yield Table(
            say("{host}: multicast groups", "{host}：组播组", host=name),
            (address, interface),
            tuple((same(g.address), same(g.interface)) for g in state.groups),
        )
    if state.counters is not None:
        yield Table(
            say("{host}: counters", "{host}：计数器", host=name),
            (say("counter", "计数器"), say("value", "值")),
            tuple((same(counter), same(f"{value}")) for counter, value in state.counters.items()),
            frozenset({1}),
        )


def _socket(socket: SocketFacts) -> tuple[Text, ...]:
    calling, timer = "" if socket.call is None else f" · {socket.call}()", socket.timer
    return (
        same(socket.transport),
        same(socket.state),
        same(join_host_port(socket.local, socket.local_port)),
        same(join_host_port(socket.remote, socket.remote_port) if socket.remote_port else ""),
        same(f"{socket.receive_queue}"),
        same(f"{socket.send_queue}" if socket.limit is None else f"{socket.limit}"),
        same((socket.program or "") + calling),
        same(
            "" if timer is None else f"{timer.which} {timer.seconds:.1f} s" + f" · {timer.fired}×" * (timer.fired > 0)
        ),
    )


def _file(file: FileFacts) -> tuple[Text, ...]:
    return (
        same(file.path),
        same(file.kind),
        same(f"{file.size:,}"),
        same(file.mode),
        same("" if file.sha256 is None else file.sha256[:16]),
    )


def _ended(facts: ProgramFacts) -> Text:
    if facts.failure is not None:
        return same(facts.failure)
    if facts.stopped_by_lab:
        return say("stopped by the lab at the end", "结束时由实验室停止")
    if facts.signal is not None:
        return say("ended by {signal}", "被 {signal} 终止", signal=facts.signal)
    return same("") if facts.exit is None else say("exit {n}", "退出码 {n}", n=facts.exit)


def _spent(spent: Mapping[str, float]) -> Text:
    parts: Sequence[Text] = [PHASE_WORDS[phase] + same(f" {seconds(spent.get(phase, 0.0))} s") for phase in PHASES]
    return join(Text(", ", "，"), [*parts])


def _whole(*, whole: bool) -> Text:
    return say("yes", "是") if whole else say("no", "否")


def _moment_name(name: str) -> Text:
    return say("after the last step", "最后一步之后") if name == END else same(name)


def _moment(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
