from __future__ import annotations

from pathlib import Path

from lab.conversations import Conversations
from lab.record import Record
from lab.report.page.commands import Commands
from lab.seen import Seen


def test_of_a_run(record: Record) -> None:
    commands = Commands.of(Seen(Path("capture.pcapng"), Conversations(), record))
    look = "make inspect NAME=tcp-multiclient RUN=20261120-124748-ab12"
    assert commands.everything == f"{look} ALL=1"
    assert commands.conversation("u1") == f"{look} CONVERSATION=u1 ALL=1"
    assert commands.packet == f"{look} PACKET="


def test_of_a_file() -> None:
    commands = Commands.of(Seen(Path("there/x.pcap"), Conversations()))
    assert commands.everything == "lab inspect x.pcap --all"
    assert commands.conversation("1") == "lab inspect x.pcap -c 1 --all"
    assert commands.packet == "lab inspect x.pcap -p "
