"""Sentences that the findings of many kinds share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.checks.facts import RunFacts
from lab.checks.parameters import Bounds, Ends
from lab.conversations import Connection, Role
from lab.ends import Place, Station
from lab.results import Finding
from lab.text import Text, join, same, say

ROLES: tuple[Role, ...] = ("client", "server")
SIDES: Mapping[Role, Text] = {"client": say("the client", "客户端"), "server": say("the server", "服务端")}
MILLISECOND = 1_000_000  # in nanoseconds
SECOND = 1_000_000_000
LIST = say(", ", "、")  # between the things in a list
SHOWN = 8  # lines of detail; a reader of more of them needs the capture itself


@dataclass(frozen=True, slots=True)
class Noun:
    """What is counted: `one` and `more` of it in English, and the Chinese with its measure word."""

    one: str
    more: str
    zh: str

    def of(self, number: int) -> Text:
        """So many of it, as in `3 complete handshakes`."""
        return say(
            "{n} {noun}", "{n} {measure}", n=number, noun=self.one if number == 1 else self.more, measure=self.zh
        )

    def within(self, bounds: Bounds) -> Text:
        """So many of it as `bounds` ask for, as in `at least 2 datagrams`."""
        singular = bounds.most == 1 or (bounds.most is None and bounds.least == 1)
        noun = self.one if singular else self.more
        return say("{n} {noun}", "{n} {measure}", n=limits(bounds), noun=noun, measure=self.zh)


def limits(bounds: Bounds) -> Text:
    """The numbers within `bounds`: `3`, `at least 3`, `at most 3`, `2 to 3`."""
    if bounds.most == bounds.least:
        return same(str(bounds.least))
    if bounds.most is None:
        return say("at least {n}", "至少 {n}", n=bounds.least)
    if bounds.least == 0:
        return say("at most {n}", "至多 {n}", n=bounds.most)
    return say("{a} to {b}", "{a} 到 {b}", a=bounds.least, b=bounds.most)


def place(where: Place | Station) -> Text:
    """`server:8080`, `server`, or `port 8080`."""
    name = where.host or where.address
    port = where.port if isinstance(where, Place) else None
    if name is None:
        return say("port {port}", "端口 {port}", port=port)
    if port is None:
        return same(name)
    return same(f"[{name}]:{port}" if ":" in name else f"{name}:{port}")


def between(from_: Place | Station | None, to: Place | Station | None) -> Text:
    """Which ends are meant, to stand after the English noun and before the Chinese one."""
    if from_ is not None and to is not None:
        return say(" from {a} to {b}", "{a} 到 {b} 的", a=place(from_), b=place(to))
    if to is not None:
        return say(" to {b}", "到 {b} 的", b=place(to))
    if from_ is not None:
        return say(" from {a}", "来自 {a} 的", a=place(from_))
    return same("")


def phrase(many: Text, ends: Text) -> Text:
    """`many` between `ends`: `3 datagrams to server:53`, `到 server:53 的 3 个数据报`."""
    return Text(many.en + ends.en, beside(ends.zh, many.zh))


def qualified(words: Sequence[Text]) -> Text:
    """What limits a noun, to stand after it in brackets; nothing where nothing does."""
    return say(" ({words})", "（{words}）", words=join(say(", ", "，"), list(words))) if words else same("")


def beside(left: str, right: str) -> str:
    """Two pieces of Chinese, with a space where a Latin word or a number meets a Chinese character."""
    apart = left and right and left[-1].isascii() != right[0].isascii()
    return f"{left} {right}" if apart else left + right


BYTES = Noun("byte", "bytes", "字节")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many of what a check asks for, and between which ends."""

    bounds: Bounds
    noun: Noun
    ends: Text

    def finding(self, found: int, *, details: Sequence[Text] = (), packets: Sequence[Sequence[int]] = ()) -> Finding:
        """The finding that `found` of them were there; `details` are told only if it fails."""
        ok = self.bounds.holds(found)
        return Finding(
            ok,
            expected=phrase(self.noun.within(self.bounds), self.ends),
            actual=phrase(self.noun.of(found), self.ends) if ok else say("found {n}", "找到 {n} 个", n=found),
            details=() if ok else shortened(details),
            packets=tuple(tuple(group) for group in packets),
            share=self.bounds.share(found),
        )

    def of_all(
        self, found: int, total: int, every: Text, *, details: Sequence[Text], packets: Sequence[Sequence[int]]
    ) -> Finding:
        """The finding that it held for `found` of `total`, where `every` says what must hold for all, and for one."""
        ok = found == total > 0
        return Finding(
            ok,
            expected=every,
            actual=phrase(self.noun.of(found), self.ends) if ok else proportion(found, total),
            details=() if ok else shortened(details),
            packets=tuple(tuple(group) for group in packets),
        )


def proportion(found: int, total: int) -> Text:
    """That something was found so many times of so many."""
    if total == 0:
        return say("found no connection", "没有找到任何连接")
    return say("found {n} of {total}", "{total} 条中有 {n} 条符合", n=found, total=total)


def shortened(details: Sequence[Text]) -> tuple[Text, ...]:
    """The first of `details`, and how many more there are."""
    if len(details) <= SHOWN:
        return tuple(details)
    rest = say("and {n} more", "另有 {n} 条", n=len(details) - SHOWN + 1)
    return (*details[: SHOWN - 1], rest)


def instead(run: RunFacts, ends: Ends, matching: Sequence[Connection]) -> list[Text]:
    """Where none matches: which others one of the two ends had, or that there was none."""
    if matching:
        return []
    if not run.conversations.connections:
        return [say("there was no TCP connection at all", "根本没有任何 TCP 连接")]
    client, server = _host(ends.from_), _host(ends.to)
    others = [
        c
        for c in run.conversations.connections
        if (client is None and server is None)
        or (client is not None and run.at(client, c.client.endpoint.address))
        or (server is not None and run.at(server, c.server.endpoint.address))
    ]
    if not others:
        nobody = [] if client is None else [say("from {a}", "来自 {a}", a=place(client))]
        nobody += [] if server is None else [say("to {b}", "到 {b}", b=place(server))]
        where = join(say(" or ", " 或"), nobody)
        return [say("there was no TCP connection {where}", "没有任何{where} 的 TCP 连接", where=where)]
    return [
        say(
            "there was a connection from {client} to {server} (packet {n})",
            "有一条从 {client} 到 {server} 的连接（第 {n} 包）",
            client=run.end(c.client.endpoint),
            server=run.end(c.server.endpoint),
            n=c.first_packet,
        )
        for c in others
    ]


def _host(where: Place | None) -> Place | None:
    """The machine of an end, whatever its port; None where any is meant."""
    return (
        None
        if where is None or (where.host or where.address) is None
        else Place(host=where.host, address=where.address)
    )


def packet_list(numbers: Sequence[int]) -> Text:
    """`packet 5`, `packets 5, 9 and 12`, or the first few of many."""
    shown = [same(str(n)) for n in numbers[:SHOWN]] + [same("…")] * (len(numbers) > SHOWN)
    few = join(LIST, shown)
    return say("packet{s} {few}", "第 {few} 包", s="" if len(numbers) == 1 else "s", few=few)


def duration(nanoseconds: int) -> str:
    """A span of time in the unit that reads best: `18 µs`, `4.1 ms`, `1.02 s`."""
    if nanoseconds < MILLISECOND:
        return f"{nanoseconds / 1_000:.0f} µs"
    if nanoseconds < SECOND:
        return f"{nanoseconds / MILLISECOND:.1f} ms"
    return f"{nanoseconds / SECOND:.2f} s"
