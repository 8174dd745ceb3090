"""`lab shell` on the terminal: what the lab says beside the shells of the hosts."""

from __future__ import annotations

import io
import shlex
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rich.text import Text as Line

from lab.passing import Passed
from lab.record import HostFacts, NetworkFacts, OutputLine, Record
from lab.report.layout import cut, pad, table
from lab.report.summary import near
from lab.report.terminal import LABEL, TerminalReporter
from lab.report.wording import plural
from lab.scenario import Scenario
from lab.text import Language, Text, same, say
from lab.visible import visible

KEPT_PACKETS = 1000  # that are shown at once; `lab watch` shows all


class InsideReporter(TerminalReporter):
    """Shows a session as a run; packets when they are asked for. In `raw` its lines return the carriage themselves."""

    def __init__(self, language: Language, stream: IO[str]) -> None:
        self._stream = stream
        super().__init__(language, stream=stream, live=False, packets=True)
        self._since: deque[tuple[int, Passed]] = deque(maxlen=KEPT_PACKETS)
        self._unseen = 0
        self._addresses: dict[str, str] = {}
        self._commands: list[list[Line]] = []

    def up(self, networks: Mapping[str, NetworkFacts], hosts: Mapping[str, HostFacts], seconds: float) -> None:
        """Likewise, and their addresses are kept for the line that says where one is."""
        super().up(networks, hosts, seconds)
        self._addresses = {name: " ".join(i.ipv4 for i in host.interfaces) for name, host in hosts.items()}

    def passed(self, time: int, packet: Passed) -> None:
        """Kept until somebody asks for it."""
        self._unseen += len(self._since) == KEPT_PACKETS
        self._since.append((time, packet))

    def said(self, time: int, program: str, line: OutputLine) -> None:
        """It is seen where it was printed."""

    def typed(self, time: int, program: str, text: str | None) -> None:
        """It is seen where it was typed."""

    def ended(self, time: int, program: str, exit_status: int | None, signal: str | None) -> None:
        """It is seen where it ran."""

    def left_out(self, time: int, packets: int) -> None:  # noqa: ARG002 - told with those that are shown
        """Told with the packets."""
        self._unseen += packets

    @contextmanager
    def raw(self) -> Iterator[None]:
        """While the block runs the terminal takes every byte as it is."""
        self._end_lines_with("\r\n")
        try:
            yield
        finally:
            self._end_lines_with("\n")
            self._print(Line())

    def inside(self, scenario: Scenario, folder: Path, minutes: int) -> None:
        """What may be run where, how somebody else looks on, and how long it may last."""
        self._commands = [
            [Line(visible(program.host)), Line(visible(shlex.join(program.run)), style="bold")]
            for program in scenario.programs.values()
        ]
        self._show_commands()
        watch = say(
            "packets as they pass, in another terminal: lab watch {folder}",
            "在另一个终端中实时查看数据包：lab watch {folder}",
            folder=near(folder),
        )
        self._say(watch)
        self._say(lasts(minutes))

    def at(self, host: str) -> None:
        """Which host this is, and which there are."""
        hosts = " ".join(self._addresses)
        told = say(
            "{host} {address}  ·  hosts: {hosts}  ·  Ctrl-] ? help, q leave",
            "{host} {address}  ·  主机：{hosts}  ·  Ctrl-] ? 帮助，q 离开",
            host=host,
            address=self._addresses[host],
            hosts=hosts,
        )
        self._print(Line(), Line(cut(visible(told.in_(self._language)), self._console.width), style="reverse"))

    def help(self) -> None:
        """The keys after Ctrl-], and the commands of the scenario."""
        numbered = "  ".join(f"{n} {host}" for n, host in enumerate(self._addresses, 1))
        keys = [
            ("1…9", say("another host: {hosts}", "切换主机：{hosts}", hosts=numbered)),
            (
                ", ".join(dict.fromkeys(host[0] for host in self._addresses)),
                say("the next host that begins so", "下一台以该字母开头的主机"),
            ),
            ("l", say("the packets since you last looked", "上次查看以来的数据包")),
            ("q", say("leave (so does exit)", "离开（exit 亦可）")),
            ("Ctrl-]", say("Ctrl-] itself, for the host", "把 Ctrl-] 本身发给主机")),
        ]
        self._print(Line())
        for row in table([[Line(f"  Ctrl-] {key}"), Line(visible(what.in_(self._language)))] for key, what in keys]):
            self._print(row)
        self._show_commands()

    def show_packets(self) -> None:
        """The packets since this was last called."""
        self._print(Line())
        if self._unseen:
            super().left_out(self._since[0][0] if self._since else 0, self._unseen)
        elif not self._since:
            self._say(say("no packet since you last looked", "上次查看以来没有数据包"))
        for time, packet in self._since:
            super().passed(time, packet)
        self._since.clear()
        self._unseen = 0

    def way_out(self) -> None:
        """Somebody types Ctrl-C again and again."""
        self._print(Line())
        self._say(
            say("to leave: Ctrl-] and then q, or exit at a prompt", "离开：先按 Ctrl-] 再按 q，或在命令行输入 exit")
        )

    def any_key(self, host: str) -> None:
        """How to go on with what draws on the whole screen."""
        self._say(say("any key: back to {host}", "按任意键回到 {host}", host=host))

    def left(self, minutes: int) -> None:
        """So many minutes are left, or none."""
        self._print(Line())
        self._say(left_words(minutes))

    def gone(self) -> None:
        """The terminal is gone: nothing is said any more."""
        self._quiet = True

    def killed(self, host: str) -> None:
        """The shell of a host was killed."""
        self._say(
            say("the shell on {host} was killed; here is another", "{host} 上的 shell 已被终止；另开一个", host=host)
        )

    def lost(self, host: str) -> None:
        """There is no such host any more."""
        self._say(say("{host} is gone: its memory had run out", "{host} 已不在：其内存已耗尽", host=host))

    def outside(self, record: Record, folder: Path, look: str) -> None:
        """What the session left, and the command that looks into it."""
        packets = plural(record.capture.packets, "packet", "packets", "个数据包")
        whole = say("none dropped", "无丢失") if record.capture.whole else say("some dropped", "有丢失")
        file = near(folder / record.capture.file)
        capture = say("{n}, {whole}   {file}", "{n}，{whole}   {file}", n=packets, whole=whole, file=file)
        for label, what in ((say("capture", "抓包"), capture), (say("look", "查看"), same(look))):
            first = pad(Line("  ").append(label.in_(self._language), style="dim"), 2 + LABEL)
            self._print(first.append(visible(what.in_(self._language))))

    def _end_lines_with(self, end: str) -> None:
        if isinstance(self._stream, io.TextIOWrapper):
            self._stream.reconfigure(newline=end)

    def _show_commands(self) -> None:
        for row in table(self._commands):
            self._print(Line("  ").append_text(row))

    def _say(self, what: Text) -> None:
        self._print(Line("  " + visible(what.in_(self._language)), style="dim"))


def lasts(minutes: int) -> Text:
    """How long a session lasts."""
    n = plural(minutes, "minute", "minutes", "分钟")
    return say("ends by itself after {n} (--minutes)", "{n}后自动结束（--minutes）", n=n)


def left_words(minutes: int) -> Text:
    """How much of it is left."""
    if not minutes:
        return say("the time is up", "时间到")
    n = plural(minutes, "minute is", "minutes are", "分钟")
    return say("{n} left; then this ends by itself", "还剩 {n}，之后自动结束", n=n)
