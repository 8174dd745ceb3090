"""Pages of hand-built runs: one whose texts are all the same, and one of a long conversation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import stories
from facts import printed, program, step
from wire import START

from lab.record import FileFacts, HostState, InputLine, ProcessFacts, Record, SocketFacts, Words
from lab.report.page import save_page
from lab.results import Outcome, Result, Verdict
from lab.seen import Sentence
from lab.text import Text

PAYLOAD = 40  # bytes of each packet of the long conversation


def with_every_section(folder: Path, text: str) -> Path:
    """The page of a run in which whatever can come from a program, a packet or a file is `text`."""
    talk = stories.wired()
    talk.open()
    talk.client.says(text.encode())
    talk.client.says(text.encode(), seq=1001)  # once more
    talk.server.says(b"\x00\xff" + text.encode())
    talk.close()
    frames = [*talk.frames, stories.datagram((5000, 5001), text.encode(), talk.time)]
    seen = stories.seen(frames, folder, _record(text), encoding="utf-8", lost=frozenset({4}))
    calls = stories.Calls(seen.conversations.connections[0])
    calls.call("client", "connect", text, caused=(1,), file=text, function=text)
    calls.call("server", "recv", text, woken_by=(4,), error=text)
    seen = replace(seen, outcome=_outcome(folder, seen.capture, text), calls=calls.beside)
    said = Text(text, text)
    return _saved(seen, folder, (Sentence(said, (1, 2, 3), (1,), "1", START), Sentence(said, (4,), (), None, START)))


def long(folder: Path, packets: int) -> Path:
    """The page of one connection of so many packets."""
    talk = stories.wired()
    talk.open()
    while len(talk.frames) < packets - 4:
        talk.client.says(b"x" * PAYLOAD)
        talk.server.acks()
    talk.close()
    return _saved(stories.seen(talk.frames[: packets - 4] + talk.frames[-4:], folder, stories.record()), folder)


def _saved(seen: object, folder: Path, sentences: tuple[Sentence, ...] = ()) -> Path:
    page = folder / "report.html"
    save_page(seen, page, "en", sentences)
    return page


def _record(text: str) -> Record:
    typed = (InputLine(time=START, text=text), InputLine(time=START + 1, text=None))
    state = HostState(
        time=START,
        sockets=(
            SocketFacts(
                transport="tcp",
                state="LISTEN",
                local=text,
                local_port=8080,
                remote=text,
                remote_port=0,
                receive_queue=0,
                send_queue=0,
                program=text,
            ),
        ),
        processes=(ProcessFacts(pid=1, parent=0, user=text, state="S", threads=1, command=text, program=text),),
        files=(FileFacts(path=text, kind="file", size=1, mode="0644"),),
    )
    made = stories.record(
        {
            "client": program("alice", output=printed(text, since=START), input=typed, run=(text,), exit=1),
            "service": program("server", output=printed(text, stream="err", since=START), run=("python3", text)),
            text: program("bob", output=printed(text, since=START)),
        },
        observations={text: {"server": state}},
        steps=(step("failed", text, text),),
    )
    return made.model_copy(update={"scenario": text, "title": Words(en=text, zh=text), "submission": text})


def _outcome(folder: Path, capture: Path, text: str) -> Outcome:
    said = Text(text, text)
    failed = Result("said", "output", Verdict.FAILED, said, said, (said,), ((1, 2), (5,)), said)
    others = [Result(str(v), "output", v, said, said) for v in (Verdict.PASSED, Verdict.SKIPPED, Verdict.ERROR)]
    return Outcome(
        scenario=text,
        run=text,
        verdict=Verdict.FAILED,
        results=(failed, *others),
        folder=folder,
        capture=capture,
        packets=10,
        dropped=0,
        seconds=dict.fromkeys(("setup", "exchange", "checks", "cleanup"), 0.1),
        submission=text,
        exercise=True,
    )
