"""A run on the terminal: each event as it happens, then what the checks say of it."""

from __future__ import annotations

import atexit
from collections import Counter, deque
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from rich.console import Group
from rich.spinner import Spinner
from rich.text import Text as Line

from lab.limits import what_was_hit
from lab.passing import Passed
from lab.record import KEPT, HostFacts, LimitFacts, NetworkFacts, OutputLine, StepFacts
from lab.report import Reporter
from lab.report.layout import beside, console_on, hang, pad, show, table
from lab.report.live import LiveLines
from lab.report.summary import near, outcome_lines, quiet_lines
from lab.report.watching import WIDEST_NAME, PacketLines
from lab.report.wording import clock, join_host_port, seconds, unmapped
from lab.results import Outcome
from lab.scenario import Scenario
from lab.steps import SocketPort
from lab.submissions.find import SOLUTION
from lab.text import Language, Text, same, say
from lab.visible import visible, visible_lines

SHOWN_LINES = 40  # of each program; all of them are in its output file
SHOWN_CHARACTERS = 400  # of each line
LAST_LINES = 10  # of a program, under a step that failed
JUST_ABOVE = 12  # lines of programs within which a line need not be shown again
TOGETHER = 20_000_000  # ns within which equal events of several programs share a line
EDGE = 88  # the right edge of notes on a wide terminal
LABEL = 10
PLAIN_SUFFIX = 24  # the shortest IPv4 prefix under which `.11` says which address it is


class TerminalReporter(Reporter):
    """Shows a run on `stream`: live on a terminal, in plain lines elsewhere; `quiet` shows the outcome only.

    With `packets` those that pass are shown between the events.

    Use it as a context manager, or call `close`, so that the terminal is given back also when
    the run ends in an exception. It must be called from one thread at a time.
    """

    def __init__(
        self,
        language: Language,
        *,
        stream: IO[str],
        quiet: bool = False,
        live: bool = True,
        look: str | None = None,
        packets: bool = False,
    ) -> None:
        self._language = language
        self._wants_packets = packets
        self._packets: PacketLines | None = None
        self._encoding = "utf-8"
        self._look = look
        self._console = console_on(stream)
        self._quiet = quiet
        self._below = Group()
        self._live = LiveLines(lambda: self._below, self._console, wanted=live and not quiet)
        self._spinner = Spinner("dots", style="dim")
        self._phase: Text | None = None
        self._together: _Together | None = None
        self._names = 0
        self._hosts: dict[str, str] = {}
        self._lines: Counter[str] = Counter()
        self._cut: set[str] = set()
        self._shown: deque[str] = deque(maxlen=JUST_ABOVE)
        self._failed_steps = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Show what is still held back and give the terminal back. May be called again."""
        self._flush()
        self._phase = None
        self._live.stop()
        atexit.unregister(self.close)

    def started(self, scenario: Scenario, submission: str | None) -> None:
        """The head: the scenario's name and title, and of an exercise whose programs run."""
        self._names = min(max((len(name) for name in scenario.programs), default=0), WIDEST_NAME)
        self._encoding = scenario.encoding
        head = Line().append(visible(scenario.name), style="bold")
        title = Line(visible(scenario.title.text.in_(self._language)))
        if scenario.seed:
            title.append(say("   seed {n}", "   种子 {n}", n=scenario.seed).in_(self._language), style="dim")
        self._hang(head.append("   "), title)
        self._print(Line())
        if scenario.exercise is not None:
            self._labelled(say("programs", "程序"), Line(visible(submission or f"{SOLUTION}/")))

    def doing(self, what: Text) -> None:
        """A spinner on a terminal, a line elsewhere."""
        if self._live.possible:
            self._enter(what)
        else:
            self._print(Line("  " + visible(what.in_(self._language)) + " …"))

    def up(self, networks: Mapping[str, NetworkFacts], hosts: Mapping[str, HostFacts], seconds: float) -> None:
        """The networks with their prefixes and the hosts with their addresses."""
        self._leave()
        if self._wants_packets:
            self._packets = PacketLines(hosts, self._encoding, self._language)
        self._hosts = {a: name for name, host in hosts.items() for i in host.interfaces for a in (i.ipv4, i.ipv6)}
        for body in _prefixes(networks):
            self._labelled(say("network", "网络"), body, say("isolated, captured", "已隔离，正在抓包"))
        body = Line("   ").join(_host(name, host, networks) for name, host in hosts.items())
        self._labelled(say("hosts", "主机"), body, _took(seconds))
        self._print(Line())
        if self._live.possible:
            self._enter(say("the exchange is under way", "交互进行中"))

    def ready(self, time: int, program: str, listening: SocketPort) -> None:
        """`program` listens on a TCP port or is bound to a UDP port."""
        wording = {
            "tcp": say("listening on tcp {port}", "正在监听 tcp {port}", port=listening.port),
            "udp": say("bound to udp {port}", "已绑定 udp {port}", port=listening.port),
        }
        self._event(time, program, self._said(wording[listening.transport]))

    def connected(self, time: int, program: str, local_port: int, remote: str, remote_port: int) -> None:
        """`program` is connected."""
        host = self._hosts.get(remote) or self._hosts.get(unmapped(remote)) or remote
        wording = say(
            "connected to {there} from port {port}",
            "已连接到 {there}，本地端口 {port}",
            there=join_host_port(visible(host), remote_port),
            port=local_port,
        )
        self._event(time, program, self._said(wording))

    def receiving(self, time: int, program: str, port: SocketPort) -> None:
        """`program` waits for data."""
        wording = say("waiting in recv() on {t} {p}", "在 recv() 中等待（{t} {p}）", t=port.transport, p=port.port)
        self._event(time, program, self._said(wording))

    def said(self, time: int, program: str, line: OutputLine) -> None:
        """What `program` printed; what it printed on stderr is marked."""
        self._lines[program] += 1
        if self._lines[program] > SHOWN_LINES:
            return
        self._shown.append(line.text)
        if line.stream == "err":
            body = Line().append("stderr  ", style="dim").append(self._shortened(line.text), style="yellow")
        else:
            body = Line(self._shortened(line.text), style="bold")
        self._event(time, program, body, "←")

    def limit(self, time: int, facts: LimitFacts) -> None:
        """The limit, and what came of it."""
        if facts.what == "output" and facts.program is not None:
            self._cut.add(facts.program)
        what = what_was_hit(facts).in_(self._language)
        self._event(time, facts.program or facts.host, Line(visible(what), style="red" if facts.ended else "yellow"))

    def typed(self, time: int, program: str, text: str | None) -> None:
        """What the lab typed to `program`."""
        if text is None:
            self._event_together(time, program, say("input closed", "输入已关闭"))
        else:
            self._event(time, program, Line(self._shortened(text), style="cyan"), "→")

    def ended(self, time: int, program: str, exit_status: int | None, signal: str | None) -> None:
        """`program` ended."""
        if signal is not None:
            what = say("ended by {signal}", "被 {signal} 终止", signal="SIG" + visible(signal.removeprefix("SIG")))
        elif exit_status is not None:
            what = say("exit {status}", "已结束，退出码 {status}", status=exit_status)
        else:
            what = say("ended", "已结束")
        self._event_together(time, program, what, "" if exit_status == 0 else "yellow")

    def passed(self, time: int, packet: Passed) -> None:
        """A line for the packet, if they are wanted."""
        if self._packets is not None:
            self._flush()
            first, said = self._packets.draw(packet)
            self._hang(_time(time).append_text(first), said)

    def left_out(self, time: int, packets: int) -> None:
        """That they are not shown."""
        if self._packets is not None:
            self._flush()
            self._print(_time(time).append_text(self._packets.left_out(packets)))

    def step_failed(self, time: int, step: StepFacts, last_lines: tuple[str, ...]) -> None:
        """The step, what happened instead, and what its program printed last."""
        self._failed_steps += 1
        mark = _time(time).append("✗", style="bold red")
        number = say(" step {n}  ", " 步骤 {n}  ", n=step.index).in_(self._language)
        self._flush()
        self._hang(mark.append(number), Line(visible(step.what.text.in_(self._language))))
        if step.actual is not None:
            self._hang(Line(" " * 14), Line(visible(step.actual.text.in_(self._language)), style="red"))
        last = last_lines[-LAST_LINES:]
        if set(last) <= set(self._shown):
            return
        if last:
            whole = say("its program printed last:", "其程序最后的输出：")
            kept = say("the last lines kept of its program:", "其程序保留下来的最后几行：")
            self._print(Line(" " * 14 + (kept if self._cut else whole).in_(self._language), style="dim"))
        for text in last:
            self._hang(Line(" " * 14).append("│ ", style="dim"), Line(self._shortened(text)))

    def skipped(self, time: int, first: int, last: int) -> None:
        """The steps that are not done any more."""
        self._flush()
        if first == last:
            told = say("– step {n} skipped", "– 步骤 {n} 已跳过", n=first)
        else:
            told = say("– steps {first}–{last} skipped", "– 步骤 {first}–{last} 已跳过", first=first, last=last)
        self._print(_time(time).append(told.in_(self._language), style="dim"))

    def checking(self) -> None:
        """The events are over."""
        self._flush()
        self._tell_hidden_lines()
        self._print(Line())
        if self._live.possible:
            self._enter(say("checking", "正在检查"))

    def again(self, folder: Path) -> None:
        """The run of `folder` was checked again."""
        told = say("checked again: {folder}", "重新检查：{folder}", folder=near(folder))
        self._print(Line(visible(told.in_(self._language)), style="bold"), Line())

    def finished(self, outcome: Outcome) -> None:
        """What the checks say, where the capture is, and the verdict."""
        self.close()
        if self._quiet:
            lines = quiet_lines(outcome, self._language, self._console)
        else:
            self._tell_hidden_lines()
            lines = outcome_lines(outcome, self._language, self._console, self._failed_steps, self._look)
        for line in lines:
            show(self._console, line)

    def _event(self, time: int, program: str, body: Line, arrow: str = " ") -> None:
        self._flush()
        self._names = max(self._names, min(len(program), WIDEST_NAME))  # a shell is none of the scenario's programs
        first = _time(time).append_text(pad(Line(visible(program)), self._names))
        self._hang(first.append(f" {arrow} "), body)

    def _event_together(self, time: int, program: str, what: Text, style: str = "") -> None:
        held = self._together
        if held is None or not held.takes(time, program, what):
            self._flush()
            held = self._together = _Together(time, what, style)
        held.programs.append(program)
        self._redraw()

    def _flush(self) -> None:
        held, self._together = self._together, None
        if held is not None:
            self._redraw()
            self._print(self._held(held))

    def _held(self, held: _Together) -> Line:
        names = pad(Line(visible(Text(", ", "、").in_(self._language).join(held.programs))), self._names)
        return _time(held.time).append_text(names).append("   " + held.what.in_(self._language), style=held.style)

    def _tell_hidden_lines(self) -> None:
        for program, count in sorted(self._lines.items()):
            if count > SHOWN_LINES:
                more = say(
                    "… {n} more lines in {program}.out{cut}",
                    "… 另有 {n} 行，见 {program}.out{cut}",
                    n=f"{count - SHOWN_LINES:,}",
                    program=program,
                    cut=say(", which is cut at {size}", "（在 {size} 处截断）", size=KEPT)
                    if program in self._cut
                    else same(""),
                )
                self._print(
                    Line(" " * 12)
                    .append(pad(Line(visible(program)), self._names))
                    .append("   " + self._said(more).plain)
                )
        self._lines.clear()

    def _labelled(self, label: Text, body: Line, note: Text | None = None) -> None:
        first = pad(Line("  ").append(label.in_(self._language), style="dim"), 2 + LABEL)
        if note is None:
            self._hang(first, body)
            return
        aside = Line(note.in_(self._language), style="dim")
        edge = min(self._console.width, EDGE)
        whole = beside(first.copy().append_text(body), aside, edge)
        if whole is not None:
            self._print(whole)
        else:
            self._hang(first, body.append("   ").append_text(aside))

    def _said(self, text: Text) -> Line:
        return Line(visible(text.in_(self._language)))

    def _shortened(self, text: str) -> str:
        shown = " ".join(visible_lines(text[:SHOWN_CHARACTERS]))
        if len(text) <= SHOWN_CHARACTERS:
            return shown
        more = say(" … {n} more characters", " … 另有 {n} 个字符", n=f"{len(text) - SHOWN_CHARACTERS:,}")
        return shown + more.in_(self._language)

    def _hang(self, first: Line, body: Line) -> None:
        self._print(*hang(first, body, self._console.width, self._console))

    def _print(self, *lines: Line) -> None:
        if not self._quiet:
            for line in lines:
                show(self._console, line)

    def _enter(self, phase: Text) -> None:
        self._phase = phase
        if not self._live.shown:
            self._live.start()
            atexit.register(self.close)
        self._redraw()

    def _redraw(self) -> None:
        self._below = self._region()
        self._live.refresh()

    def _leave(self) -> None:
        self._phase = None
        self._redraw()

    def _region(self) -> Group:
        parts: list[Line | Spinner] = [] if self._together is None else [self._held(self._together)]
        if self._phase is not None:
            what = visible(self._phase.in_(self._language))
            self._spinner.update(text=Line(what, style="dim"))
            parts.append(self._spinner)
        return Group(*parts)


class _Together:
    """An event that several programs may share: held back until another event comes."""

    def __init__(self, time: int, what: Text, style: str) -> None:
        self.time = time
        self.what = what
        self.style = style
        self.programs: list[str] = []

    def takes(self, time: int, program: str, what: Text) -> bool:
        return what == self.what and abs(time - self.time) <= TOGETHER and program not in self.programs


def _time(time: int) -> Line:
    return Line().append(f"  {clock(time):>8}  ", style="dim")


def _took(value: float) -> Text:
    return say("{n} s", "{n} 秒", n=seconds(value))


def _prefixes(networks: Mapping[str, NetworkFacts]) -> list[Line]:
    """A line a network: its name where there are several, and its prefixes."""
    prefixes = [Line(" · ".join(visible(p) for p in (n.ipv4, n.ipv6) if p)) for n in networks.values()]
    if len(networks) <= 1:
        return prefixes
    return table([[Line(visible(name)), line] for name, line in zip(networks, prefixes, strict=True)])


def _host(name: str, host: HostFacts, networks: Mapping[str, NetworkFacts]) -> Line:
    addresses = [_short(i.ipv4 or i.ipv6, networks) for i in host.interfaces]
    return Line(f"{visible(name)} ").append(" ".join(addresses), style="dim")


def _short(address: str, networks: Mapping[str, NetworkFacts]) -> str:
    """`.11` where the run has one network and its prefix says the rest; else the whole address."""
    prefixes = [network.ipv4 for network in networks.values()]
    if len(prefixes) != 1 or ":" in address:
        return visible(address)
    network = ip_network(prefixes[0], strict=False)
    if network.prefixlen < PLAIN_SUFFIX or ip_address(address) not in network:
        return visible(address)
    return "." + address.rpartition(".")[2]
