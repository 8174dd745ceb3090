"""What `lab inspect` shows of a capture: its conversations, one of them, or one packet."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from lab import reader, seen
from lab.conversations import Connection, Conversations
from lab.errors import InputError
from lab.explain import explain
from lab.oserrors import why
from lab.reader import Keep, Progress
from lab.record import Record
from lab.report.capturedocument import CaptureDocument
from lab.report.inspect import PAGE, UDP, conversation_named, conversation_of, conversations_table, named, numbers
from lab.report.labels import prove_encoding
from lab.report.ladder import Drawn, datagram_ladder, ladder
from lab.report.layout import Screen
from lab.report.page import save_page
from lab.report.wording import plural
from lab.text import Language, Text, say
from lab.trace import load
from lab.trace.beside import Beside, beside


@dataclass(frozen=True, slots=True)
class Look:
    """A capture that was read, the record of its run if it is one's, and how much to show: `ends` as in `Drawn`."""

    conversations: Conversations
    recorded: Record | None
    language: Language
    everything: bool = False
    ends: tuple[int, int] | None = None
    calls: Sequence[Beside] = ()

    def table(self, page: int, opens: str) -> Screen:
        """A page of the conversations; `opens` is the command that opens one. Raises `InputError` past the last."""
        longest = max(self.conversations.connection_count, self.conversations.exchange_count)
        pages = 1 if self.everything else max(1, -(-longest // PAGE))
        if page > pages:
            there = plural(pages, "page", "pages", "页")
            there = say("the table has {there}", "表格共 {there}", there=there)
            raise InputError(say("there is no page {page}", "没有第 {page} 页", page=page) + say("; ", "；") + there)
        return conversations_table(
            self.conversations, self.recorded, self.language, page=page, everything=self.everything, opens=opens
        )

    def one(self, name: str, encoding: str | None, *, as_hex: bool, opens: str = "") -> Screen:
        """One conversation as a ladder; `opens` as in `table`. Raises `InputError` where there is none of that name."""
        found = conversation_named(self.conversations, name)
        said_in = encoding or (self.recorded.encoding if self.recorded else "utf-8")
        if found is None:
            raise InputError(no_conversation(name, self.conversations))
        drawn = Drawn(hex=as_hex, everything=self.everything, opens=opens, calls=self.calls)
        if self.ends is not None:
            drawn["ends"] = self.ends
        if isinstance(found, Connection):
            return ladder(found, self.recorded, self.language, said_in, **drawn)
        return datagram_ladder(found, self.conversations, self.recorded, self.language, said_in, **drawn)


def conversations(
    capture: Path, recorded: Record | None, name: str | None, page: int, progress: Progress, *, everything: bool
) -> Conversations:
    """As much of a capture as is needed to show the conversation of that name, or that page of the table."""
    one = named(name) if name is not None else None
    keep = Keep.ALL if one else Keep.MESSAGES if everything else Keep.TABLES
    wanted: Container[int] | None = None
    if name is None and not everything:
        wanted = {*numbers(1), *numbers(page)}
    elif one is not None and recorded is None:  # where there are calls, they are shared out among all
        wanted = {one.number}
    unheard = frozenset[int]() if recorded is None else recorded.unheard
    return reader.read(capture, keep=keep, only=one, wanted=wanted, unheard=unheard, progress=progress)


def write_document(capture: Path, recorded: Record | None, to: TextIO, progress: Progress) -> None:
    """Write all of a capture as JSON, as it is read."""
    unheard = frozenset[int]() if recorded is None else recorded.unheard
    with CaptureDocument(recorded) as document:
        tables = reader.read(capture, keep=Keep.TABLES, unheard=unheard, take=document.take, progress=progress)
        to.writelines(document.pieces(tables))


def calls_beside(capture: Path, recorded: Record | None, conversations: Conversations) -> list[Beside]:
    """The system calls that a run has beside its capture; none of a capture made elsewhere. Raises `RecordError`."""
    return [] if recorded is None else beside(recorded, conversations, load(capture.parent))


def no_conversation(name: str, conversations: Conversations) -> Text:
    """That there is no conversation `name`, and which ones there are."""
    what = say("there is no conversation {n}", "没有会话 {n}", n=name)
    tcp, udp = _range(conversations.connection_count, ""), _range(conversations.exchange_count, UDP)
    if not tcp and not udp:
        return what + say("; the capture holds none", "；抓包中一个也没有")
    there = [f"{kind} {names}" for kind, names in (("TCP", tcp), ("UDP", udp)) if names]
    return what + say("; there is {there}", "；现有 {there}", there=", ".join(there))


def one_packet(
    capture: Path, number: int, recorded: Record | None, language: Language, encoding: str | None = None
) -> Screen:
    """One packet, layer by layer. Raises `InputError` where the capture does not have as many."""
    from lab.layers import frame_of, layers
    from lab.report.packet import packet_view

    frame = frame_of(capture, number)
    _, _, link_type, data, _ = frame
    found = layers(link_type, data)
    said_in = encoding or (recorded.encoding if recorded else "utf-8")
    if recorded is None:  # a file may be huge, and to know its conversations all of it has to be read
        return packet_view(number, frame, found, language, encoding=said_in)
    within = conversation_of(reader.read(capture, unheard=recorded.unheard), number)
    return packet_view(number, frame, found, language, since=recorded.started, encoding=said_in, conversation=within)


def write_page(capture: Path, recorded: Record | None, to: Path, language: Language, encoding: str | None) -> None:
    """Write the page of a capture, or of the run that it is of. Raises `InputError` where `to` cannot be written."""
    found = seen.of_file(capture) if recorded is None else seen.of_run(capture.parent)
    if encoding is not None:
        prove_encoding(encoding)
        found = replace(found, encoding=encoding)
    try:
        save_page(found, to, language, explain(found))
    except OSError as error:
        raise InputError(
            say("{file} cannot be written: {why}", "无法写入 {file}：{why}", file=to, why=why(error))
        ) from error


def _range(count: int, letter: str) -> str:
    if not count:
        return ""
    return f"{letter}1" if count == 1 else f"{letter}1-{letter}{count}"
