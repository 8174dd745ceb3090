"""What is different in two runs: conversations, checks, programs and steps, but nothing that differs in every run.

Conversations are matched by the hosts at their ends and the server's port, in the order in which they began; times,
packet numbers, ephemeral ports and the addresses that hosts were given are left out. Lines that speak of different
hosts are compared host by host, for which of several clients comes first differs from run to run.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TypeVar

from lab.conversations import Connection, Endpoint, Exchange, Role
from lab.explain.connecting import EPHEMERAL
from lab.explain.talk import ROLES, Asked, Talk, asked, talks
from lab.record import ProgramFacts, Record, StepFacts
from lab.report.inspect import HANDSHAKES, close_wording, completeness_flags
from lab.report.sides import Part, Row
from lab.report.wording import VERDICTS, host_at, join_host_port, plural
from lab.results import Result, Verdict
from lab.seen import Seen
from lab.text import Text, same, say
from lab.visible import visible, visible_lines

MOST = 20
"""Lines of each side that are shown of one thing."""
LONGEST = 2000
"""Lines that are compared one by one; difflib takes quadratic time."""

_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)|[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F.]*(?![\w:]))"
)
_NUMBER = re.compile(r"(?<![\w.])\d{5}(?![\w.])")
_MOMENT = re.compile(
    r"\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d+ )?"
    r"(?:\d{4}-\d\d-\d\d[ T])?\d\d?:\d\d(?::\d\d)?(?:\.\d+)?(?: \d{4})?\b"
)
_SPAN = re.compile(r"\b[\d,]+(?:\.\d+)? (?:ns|µs|ms|s)\b|(?<=packet )\d+|(?<=packets )[\d, -]+|(?<=第 )\d+(?= [个包])")

SENT: Mapping[Role, Text] = {
    "client": say("client sent", "客户端发送"),
    "server": say("server sent", "服务端发送"),
}

_Key = TypeVar("_Key")
_Conversation = TypeVar("_Conversation", Talk, Asked)


def compare(before: Seen, after: Seen) -> tuple[Part, ...]:
    """What is different, part by part; nothing where all is the same. The segments of both were kept.

    Checks and steps are compared of two runs of one scenario only.
    """
    parts = [*_conversations(before, after), *_programs(before, after)]
    if _scenario(before) == _scenario(after):  # of two that differ every check and every step would
        parts = [*_checks(before, after), *_steps(before, after), *parts]
    return tuple(part for part in parts if part.rows)


def _scenario(seen: Seen) -> str | None:
    return None if seen.record is None else seen.record.scenario


def head(seen: Seen) -> Text:
    """What stands over a side: the run and its verdict, or the file."""
    if seen.record is None:
        return same(visible(seen.capture.name))
    verdict = say("not judged", "未评判") if seen.outcome is None else VERDICTS[seen.outcome.verdict]
    whose = same("") if seen.record.submission is None else same(f" ({visible(_last(seen.record.submission))})")
    run = same(visible(f"{seen.record.scenario}/{seen.record.run}")) + whose
    return say("{run}: {verdict}", "{run}：{verdict}", run=run, verdict=verdict)


def _last(path: str) -> str:
    """The last two names of a path: that of a broken program has its kind before it."""
    return "/".join(path.split("/")[-2:])


def stable(text: str, record: Record | None) -> str:
    """`text` with the names of hosts for their addresses, and no ephemeral ports or moments."""

    def named(match: re.Match[str]) -> str:
        return host_at(match[0], record) or match[0]

    def port(match: re.Match[str]) -> str:
        return "…" if int(match[0]) in EPHEMERAL else match[0]

    return _NUMBER.sub(port, _ADDRESS.sub(named, _MOMENT.sub("…", text)))


def _checks(before: Seen, after: Seen) -> Iterator[Part]:
    """Verdicts that changed, and checks that fail in both for another reason; nothing where one was not judged."""
    if before.outcome is None or after.outcome is None:
        return
    ours, theirs = ({result.id: result for result in outcome.results} for outcome in (before.outcome, after.outcome))
    rows = []
    for name in _names(ours, theirs):
        one, other = ours.get(name), theirs.get(name)
        if _essence(one) != _essence(other):
            rows.append(Row(same(visible(name)), _verdict(one), _verdict(other)))
    yield Part("checks", say("checks", "检查"), tuple(rows))


def _essence(result: Result | None) -> object:
    """What of a result is the same in every run that it fits."""
    if result is None or result.verdict is Verdict.PASSED:
        return None if result is None else result.verdict
    return (
        result.verdict,
        _SPAN.sub("…", stable(result.expected.en, None)),
        _SPAN.sub("…", stable(result.actual.en, None)),
    )


def _verdict(result: Result | None) -> tuple[Text, ...]:
    if result is None:
        return ()
    if result.verdict is Verdict.FAILED:
        told = say("expected {what}", "期望 {what}", what=result.expected)
        return (VERDICTS[result.verdict], told, say("actual {what}", "实际 {what}", what=result.actual))
    if result.verdict is Verdict.PASSED:
        return (VERDICTS[result.verdict],)
    return (say("{verdict}: {why}", "{verdict}：{why}", verdict=VERDICTS[result.verdict], why=result.actual),)


def _steps(before: Seen, after: Seen) -> Iterator[Part]:
    """Steps that came to another end."""
    ours, theirs = ({} if s.record is None else {step.index: step for step in s.record.steps} for s in (before, after))
    rows = []
    for index in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(index), theirs.get(index)
        if (None if one is None else one.outcome) != (None if other is None else other.outcome):
            rows.append(Row(say("step {n}", "步骤 {n}", n=index), _step(one), _step(other)))
    yield Part("steps", say("steps", "步骤"), tuple(rows))


def _step(step: StepFacts | None) -> tuple[Text, ...]:
    if step is None:
        return ()
    outcome = {"done": say("done", "完成"), "failed": say("failed", "失败"), "skipped": say("skipped", "跳过")}
    told = say("{outcome}: {what}", "{outcome}：{what}", outcome=outcome[step.outcome], what=step.what.text)
    return (told,) if step.actual is None else (told, step.actual.text)


def _conversations(before: Seen, after: Seen) -> Iterator[Part]:
    """A part for each conversation that is different, or was in one of the runs only."""
    yield from _matched("TCP", _by_ends(talks(before)), _by_ends(talks(after)), _talk_rows)
    yield from _matched("UDP", _by_ends(asked(before)), _by_ends(asked(after)), _asked_rows)


def _by_ends(listed: Iterable[_Conversation]) -> dict[tuple[str, str], list[_Conversation]]:
    """Conversations by their ends, in their order."""
    found: dict[tuple[str, str], list[_Conversation]] = defaultdict(list)
    for each in listed:
        client, server = (_end(end, each.seen.record) for end in each.ends)
        found[client, server].append(each)
    return found


def _matched(
    protocol: str,
    ours: Mapping[tuple[str, str], list[_Conversation]],
    theirs: Mapping[tuple[str, str], list[_Conversation]],
    rows: Callable[[_Conversation, _Conversation], Iterator[Row]],
) -> Iterator[Part]:
    for ends in _names(ours, theirs):
        for place, (one, other) in enumerate(zip_longest(ours.get(ends, []), theirs.get(ends, [])), 1):
            number = same("") if place == 1 else say(", number {n}", "，第 {n} 个", n=place)
            name = same(f"{protocol} {ends[0]} → {ends[1]}") + number
            if one is not None and other is not None:
                yield Part("conversations", name, tuple(rows(one, other)))
            else:
                there = [(say("there", "有"),) if each is not None else () for each in (one, other)]
                yield Part("conversations", name, (Row(say("conversation", "会话"), there[0], there[1]),))


def _end(endpoint: Endpoint, record: Record | None) -> str:
    """An endpoint by its host, without an ephemeral port."""
    host = host_at(endpoint.address, record) or endpoint.address
    return visible(host if endpoint.port in EPHEMERAL else join_host_port(host, endpoint.port))


def _talk_rows(one: Talk, other: Talk) -> Iterator[Row]:
    yield from _facts_apart(_connection_facts(one.connection), _connection_facts(other.connection))
    for role in ROLES:
        yield from _lines_apart(
            SENT[role], *(_lines([_decoded(each, each.data(role))], each.seen) for each in (one, other))
        )


def _connection_facts(connection: Connection) -> list[tuple[Text, Text]]:
    """What a connection was, each with its name."""
    client, server = connection.client, connection.server
    return [
        (say("handshake", "握手"), HANDSHAKES[connection.handshake]),
        (say("close", "关闭"), close_wording(connection)),
        (say("state", "状态"), same(connection.conn_state)),
        (say("completeness", "完整度"), same(completeness_flags(connection.completeness))),
        (say("last states", "最后状态"), same(f"{client.state} / {server.state}")),
        (say("sent again", "重传"), _by_whom(client.retransmissions, server.retransmissions)),
    ]


def _by_whom(client: int, server: int) -> Text:
    """Which ends sent something again; how often hangs on the machine."""
    if client and server:
        return say("by both ends", "双方都有")
    if client or server:
        return say("by the client", "客户端有") if client else say("by the server", "服务端有")
    return say("nothing", "无")


def _asked_rows(one: Asked, other: Asked) -> Iterator[Row]:
    yield from _facts_apart(_exchange_facts(one.exchange), _exchange_facts(other.exchange))
    for role in ROLES:
        sent = [_lines([_decoded(each, d.payload) for d in each.of(role)], each.seen) for each in (one, other)]
        yield from _lines_apart(SENT[role], *sent)


def _exchange_facts(exchange: Exchange) -> list[tuple[Text, Text]]:
    return [
        (say("datagrams", "数据报"), same(f"→ {exchange.client_packets} ← {exchange.server_packets}")),
        (say("state", "状态"), same(exchange.conn_state)),
    ]


def _facts_apart(one: list[tuple[Text, Text]], other: list[tuple[Text, Text]]) -> Iterator[Row]:
    for (what, before), (_, after) in zip(one, other, strict=True):
        if before != after:
            yield Row(what, (before,), (after,))


def _programs(before: Seen, after: Seen) -> Iterator[Part]:
    """How each program ended, and what it printed."""
    ours, theirs = ({} if s.record is None else s.record.programs for s in (before, after))
    for name in _names(ours, theirs):
        one, other = ours.get(name), theirs.get(name)
        rows = []
        if _ended(one) != _ended(other):
            rows.append(Row(say("ended", "结束"), _ended(one), _ended(other)))
        for stream, what in (("out", say("printed", "输出")), ("err", say("stderr", "stderr"))):
            printed = [
                _lines([line.text for line in each.output if line.stream == stream] if each else [], seen)
                for each, seen in ((one, before), (other, after))
            ]
            rows += _lines_apart(what, *printed)
        yield Part("programs", say("program {name}", "程序 {name}", name=visible(name)), tuple(rows))


def _ended(program: ProgramFacts | None) -> tuple[Text, ...]:
    """What became of a program."""
    if program is None:
        return ()
    if program.failure is not None:
        return (say("could not be started: {why}", "无法启动：{why}", why=program.failure),)
    if program.stopped_by_lab:
        return (say("still running when the steps were over", "步骤结束时仍在运行"),)
    if program.signal is not None:
        return (say("ended by {signal}", "被 {signal} 终止", signal=program.signal),)
    if program.exit is None:
        return (say("never started", "没有启动"),)
    return (same(f"exit {program.exit}"),)


def _decoded(conversation: Talk | Asked, data: bytes) -> str:
    return data.decode(conversation.seen.encoding, "backslashreplace")


def _lines(texts: Iterable[str], seen: Seen) -> list[str]:
    """The lines of `texts`, stable, those that name a host after the others and host by host."""
    lines = [visible(stable(line, seen.record)) for text in texts for line in visible_lines(text)]
    hosts = [] if seen.record is None else list(seen.record.hosts)

    def about(line: str) -> int:
        named = (place for place, host in enumerate(hosts, 1) if re.search(rf"\b{re.escape(host)}\b", line))
        return next(named, 0)

    return sorted((line for line in lines if line), key=about)


def _lines_apart(what: Text, one: list[str], other: list[str]) -> Iterator[Row]:
    """A row for each place where lines differ, up to `MOST` rows, and one that counts the rest."""
    if one == other:
        return
    if max(len(one), len(other)) > LONGEST:
        counted = [plural(len(each), "line", "lines", "行") for each in (one, other)]
        yield Row(what, (counted[0],), (counted[1],))
        return
    changed = [code for code in SequenceMatcher(None, one, other, autojunk=False).get_opcodes() if code[0] != "equal"]
    for _, a, b, c, d in changed[:MOST]:
        yield Row(what, _shortened(one[a:b]), _shortened(other[c:d]))
    if changed[MOST:]:
        more = say("and {n} more places", "另有 {n} 处", n=len(changed) - MOST)
        yield Row(what, (more,), (more,))


def _shortened(lines: Sequence[str]) -> tuple[Text, ...]:
    shown = tuple(same(line) for line in lines[:MOST])
    if len(lines) > MOST:
        return (*shown, say("… {n} more lines", "… 另有 {n} 行", n=len(lines) - MOST))
    return shown


def _names(ours: Mapping[_Key, object], theirs: Mapping[_Key, object]) -> list[_Key]:
    """The keys of both, each once, those of the first in their order before what only the second has."""
    return list(dict.fromkeys([*ours, *theirs]))
