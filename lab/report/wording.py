"""How counts, times, packets, endpoints and verdicts are worded, in every report alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv6Address

from lab.conversations import Endpoint
from lab.record import Record
from lab.results import Verdict
from lab.text import Text, same, say
from lab.visible import visible

PHASES = ("setup", "exchange", "checks", "cleanup")
"""The phases of a run, in the order in which they take time."""

VERDICTS: Mapping[Verdict, Text] = {
    Verdict.PASSED: Text("passed", "通过"),
    Verdict.FAILED: Text("failed", "未通过"),
    Verdict.SKIPPED: Text("skipped", "跳过"),
    Verdict.ERROR: Text("error", "出错"),
}
MARKS: Mapping[Verdict, str] = {
    Verdict.PASSED: "✓",
    Verdict.FAILED: "✗",
    Verdict.SKIPPED: "–",
    Verdict.ERROR: "!",
}

_MICROSECOND, _MILLISECOND, _SECOND = 1_000, 1_000_000, 1_000_000_000
_HOUR, _DAY = 60, 1440  # minutes
_SHOWN_GROUPS = 8
_SHOWN_RANGES = 6


def plural(count: int, one: str, many: str, zh: str) -> Text:
    """A count with its noun: `plural(2, "packet", "packets", "个数据包")`; Chinese has one form."""
    return same(f"{count:,} ") + Text(one if count == 1 else many, zh)


def duration(nanoseconds: int) -> str:
    """A span of time in the unit that suits it: `20 µs`, `4.1 ms`, `1.23 s`."""
    size = abs(nanoseconds)
    if size < _MICROSECOND:
        return f"{nanoseconds} ns"
    if size < _MILLISECOND:
        return f"{nanoseconds / _MICROSECOND:.0f} µs"
    if size < _SECOND:
        return f"{nanoseconds / _MILLISECOND:.1f} ms"
    return f"{nanoseconds / _SECOND:,.2f} s"


def clock(nanoseconds: int) -> str:
    """A moment as seconds since a beginning, to the millisecond: `0.017`."""
    return f"{nanoseconds / _SECOND:.3f}"


def seconds(value: float) -> str:
    """Wall time of a phase: to the tenth of a second, short ones to the hundredth."""
    return f"{value:.2f}" if value < 0.1 else f"{value:.1f}"  # noqa: PLR2004 - where a tenth says nothing


def ago(value: float) -> Text:
    """How long ago something was, in seconds: `5 min ago`."""
    minutes = max(0, int(value)) // 60
    if minutes == 0:
        return say("just now", "刚刚")
    if minutes < _HOUR:
        return say("{n} min ago", "{n} 分钟前", n=minutes)
    if minutes < _DAY:
        return say("{n} h ago", "{n} 小时前", n=minutes // _HOUR)
    return say("{n} d ago", "{n} 天前", n=minutes // _DAY)


def ranges(numbers: Iterable[int]) -> str:
    """Packet numbers of one group: `5-7,12`."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    shown = [f"{a}" if a == b else f"{a}-{b}" for a, b in runs[:_SHOWN_RANGES]]
    return ",".join(shown) + ("…" if len(runs) > _SHOWN_RANGES else "")


def packet_groups(groups: Sequence[Sequence[int]]) -> Text | None:
    """All groups of a check: `packets 5-7 8-10 11-13`, `packet 5`; None where there are none."""
    filled = [ranges(group) for group in groups if group]
    if not filled:
        return None
    shown = " ".join(filled[:_SHOWN_GROUPS])
    one = "" if sum(map(len, groups)) == 1 else "s"
    text = say("packet{s} {shown}", "数据包 {shown}", s=one, shown=shown)
    if len(filled) > _SHOWN_GROUPS:
        text += say(" and {n} more groups", " 等，另有 {n} 组", n=f"{len(filled) - _SHOWN_GROUPS:,}")
    return text


def in_full(opens: str | None) -> str:
    """How to ask for all of a view: as make is asked where `opens`, the command that opens one, is one of make."""
    return "ALL=1" if opens is not None and opens.startswith("make ") else "--all"


def join_host_port(host: str, port: int) -> str:
    """`server:8080`; an IPv6 address stands in brackets (RFC 3986, 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def host_at(address: str, record: Record | None) -> str | None:
    """The host of the run that has `address`, also where it is written as an IPv4-mapped IPv6 address."""
    if record is None:
        return None
    return record.host_of(address) or record.host_of(unmapped(address))


def unmapped(address: str) -> str:
    """The IPv4 address in an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2); any other as it is."""
    if not address.lower().startswith("::ffff:"):
        return address
    try:
        mapped = IPv6Address(address).ipv4_mapped
    except ValueError:
        return address
    return address if mapped is None else str(mapped)


def endpoint_name(endpoint: Endpoint, record: Record | None) -> str:
    """An endpoint by the name of its host where the run knows it, else by its address."""
    return join_host_port(visible(host_at(endpoint.address, record) or endpoint.address), endpoint.port)


FATES: Mapping[str, Text] = {
    "drop": say("never arrives", "没有到达"),
    "lose": say("never arrives", "没有到达"),
    "duplicate": say("arrives twice", "到达两次"),
    "swap": say("arrives after the next", "在下一个之后到达"),
    "corrupt": say("arrives corrupted", "到达时已损坏"),
    "delay": say("arrives late", "晚到"),
    "rate": say("arrives late", "晚到"),
}
"""What a fault of a kind makes of a packet."""


def fates(record: Record) -> dict[int, Text]:
    """Number of a packet that a fault acted on -> what became of it: `never arrives (fault lost)`."""
    return {
        number: say("{fate} (fault {name})", "{fate}（故障 {name}）", fate=FATES[fault.kind], name=fault.name)
        for fault in record.faults
        for number in fault.packets
    }
