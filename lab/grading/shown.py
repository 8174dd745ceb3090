"""What of a run its student may see; of an exercise with hidden checks, not their inputs.

Where checks are hidden, a student is shown the conversations that a visible check cites and no hidden one does, if
neither end is secret (`lab.grading.secret`). In the capture to download every other packet is replaced by an empty
frame of the moment before it, so that the packets that are left keep the numbers that the checks give them.

A program may put what it was sent into whatever it chooses: what it prints, its exit status, the line that it crashes
in. Of what programs print only crashes are told, by file, line and exception, and only those of before a program could
know of anything secret; of their ends, which sort it was (`lab.grading.programs`). A visible check that looks at what
programs chose tells its verdict only, unless the packets that it cites are shown.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lab import __version__
from lab.capture import SNAPLEN
from lab.capturefile import opened
from lab.checks.facts import RunFacts
from lab.checks.programs import OutputParams
from lab.conversations import Connection, Conversations, Endpoint, Exchange
from lab.grading.secret import Secrets, has_hidden
from lab.messages import MARKER
from lab.pcapng import Writer
from lab.record import Record
from lab.results import Result, Verdict
from lab.scenario import EXCHANGE, Scenario
from lab.text import Text, say

MOST_CAPTURE = 16 << 20
"""Bytes of the largest capture that is handed out."""
EMPTY = b"\0" * 12 + b"\x88\xb5" + b"left out"
"""A frame of an EtherType for experiments (IEEE 802, 9.2.4), from nobody to nobody."""
LEFT_OUT = "left out: not of a conversation that a visible check cites"
CHOSEN = frozenset(
    {"exit", "file", "socket", "process", "tcp.payload", "udp.datagrams", "dns", "icmp", "packets", "none"}
)
"""Kinds whose sentences may tell what a program chose: statuses, ports, sizes, contents."""


@dataclass(frozen=True, slots=True)
class Handout:
    """What a student may see of a run, and its capture ready to be sent."""

    everything: bool
    """Whether no check is hidden."""
    packets: frozenset[int]
    """Where not everything: the packets that may be seen."""
    sha256: str | None
    """Of the capture as it is handed out; None where it is not, and `note` says why."""
    packed: str | None
    note: Text | None = None
    """Why the capture is not whole, or not there."""
    until: int | None = None
    """When a program could first know of something secret; None: never."""

    def shows(self, packets: Iterable[int]) -> bool:
        """Whether all of `packets` may be seen."""
        return self.everything or self.packets.issuperset(packets)

    def facts_for_student(self, facts: RunFacts) -> RunFacts:
        """`facts` without what programs printed when they could know of something secret."""
        if self.until is None:
            return facts
        programs = {
            name: program.model_copy(update={"output": tuple(o for o in program.output if o.time < self.until)})
            for name, program in facts.record.programs.items()
        }
        record = facts.record.model_copy(update={"programs": programs})
        return RunFacts(record, facts.conversations, facts.capture, facts.folder)


def handout(scenario: Scenario, facts: RunFacts, results: Iterable[Result]) -> Handout:
    """What the student may see of the run of `facts`."""
    hidden = has_hidden(scenario)
    secrets = Secrets.of(scenario)
    packets = _visible(facts, secrets, tuple(results)) if hidden else frozenset()
    until = _first_secret(facts, secrets, packets) if hidden else None
    size = facts.capture.stat().st_size
    if size > MOST_CAPTURE:
        large = say(
            "the capture has {n} MiB: too large to hand out",
            "抓包有 {n} MiB，太大，不提供下载",
            n=f"{size / (1 << 20):.0f}",
        )
        return Handout(not hidden, packets, None, None, large, until)
    content = _filtered(facts, packets) if hidden else facts.capture.read_bytes()
    packed = base64.b64encode(gzip.compress(content, mtime=0)).decode()
    note = _PARTLY if hidden else None
    return Handout(not hidden, packets, hashlib.sha256(content).hexdigest(), packed, note, until)


_PARTLY = say(
    "some checks are hidden: of the capture, the conversations that the others cite are shown",
    "部分检查是隐藏的：抓包中只显示其余检查所引用的会话",
)


def is_hidden(scenario: Scenario, result: Result) -> bool:
    """Whether students are told the outcome of `result` only; a step may tell of the inputs of hidden checks."""
    return result.hidden or (result.id == EXCHANGE and has_hidden(scenario))


def details(scenario: Scenario, result: Result) -> tuple[Text, ...]:
    """The details of `result`; none where checks are hidden: they quote output, and what else came, as they find it."""
    return () if has_hidden(scenario) and not result.hidden else result.details


def actual(scenario: Scenario, result: Result, handout: Handout) -> Text:
    """What `result` says that happened, without what a program chose in packets, or elsewhere, that are not shown."""
    judged = result.verdict in (Verdict.PASSED, Verdict.FAILED)
    if handout.everything or result.hidden or not judged or not _tells_choice(scenario, result):
        return result.actual
    cited = {n for group in result.packets for n in group}
    if cited and handout.shows(cited):
        return result.actual
    return result.expected if result.verdict is Verdict.PASSED else _UNTOLD


_UNTOLD = say(
    "it is not so; since some checks are hidden, it is not told what was found instead",
    "并非如此；由于部分检查是隐藏的，不说明实际情况",
)


def _tells_choice(scenario: Scenario, result: Result) -> bool:
    params = scenario.checks[result.id].params if result.id in scenario.checks else None
    return result.kind in CHOSEN or (isinstance(params, OutputParams) and params.counted)


def _visible(facts: RunFacts, secrets: Secrets, results: tuple[Result, ...]) -> frozenset[int]:
    """The packets of conversations that a visible check cites and no hidden one does; ARP and the markers too.

    None of them is of a secret conversation.
    """
    cited = {n for r in results if not r.hidden for group in r.packets for n in group}
    seen = {
        m.number
        for m in facts.conversations.messages
        if (m.protocol == "arp" or m.summary == MARKER or m.number in cited) and not secrets.in_message(facts, m)
    }
    secret = {n for r in results if r.hidden for group in r.packets for n in group}
    for conversation, packets in packets_of(facts.conversations):
        wanted = not cited.isdisjoint(packets) and secret.isdisjoint(packets)
        if wanted and not secrets.in_ends(facts, _ends(conversation)):
            seen.update(packets)
        else:
            secret.update(packets)
    return frozenset(seen - secret)


def _first_secret(facts: RunFacts, secrets: Secrets, seen: frozenset[int]) -> int | None:
    """When the first conversation that is not shown began, or the first program of which all is secret."""
    began = [c.start for c, packets in packets_of(facts.conversations) if not seen.issuperset(packets)]
    programs = (facts.record.programs.get(name) for name in secrets.programs)
    return min([*began, *(p.started for p in programs if p is not None and p.started is not None)], default=None)


def _ends(conversation: Connection | Exchange) -> tuple[Endpoint, Endpoint]:
    if isinstance(conversation, Connection):
        return conversation.client.endpoint, conversation.server.endpoint
    return conversation.client, conversation.server


def packets_of(conversations: Conversations) -> list[tuple[Connection | Exchange, list[int]]]:
    """Each conversation, whose segments were kept, with the numbers of its packets in order."""
    found: list[tuple[Connection | Exchange, list[int]]] = [
        (connection, sorted(segment.number for segment in connection.segments or ()))
        for connection in conversations.connections
    ]
    datagrams = defaultdict(list)
    for datagram in conversations.datagrams:
        datagrams[frozenset((datagram.source, datagram.destination)), datagram.interface].append(datagram.number)
    for exchange in conversations.exchanges:
        ends = frozenset((exchange.client, exchange.server))
        found.append((exchange, sorted(datagrams.get((ends, exchange.interface), ()))))
    return found


def _filtered(facts: RunFacts, packets: frozenset[int]) -> bytes:
    """The capture with an empty frame in the place of each that is not of `packets`."""
    record, out = facts.record, io.BytesIO()
    writer = Writer(out, f"socket-lab {__version__}", f"run {record.run} of {record.scenario}")
    for name in record.networks:
        writer.interface(name, SNAPLEN)
    writer.names(_names(record))
    shown_last = record.capture.started
    with opened(facts.capture) as capture:
        for number, (time, interface, _, data, length) in enumerate(capture, start=1):
            if number in packets:
                writer.packet(interface, time, data, length)
                shown_last = time
            else:
                writer.packet(interface, shown_last, EMPTY, len(EMPTY), LEFT_OUT)
    return out.getvalue()


def _names(record: Record) -> Iterator[tuple[str, str]]:
    for name, host in record.hosts.items():
        for interface in host.interfaces:
            yield name, interface.ipv4
            yield name, interface.ipv6
