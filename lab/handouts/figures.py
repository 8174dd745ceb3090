"""A figure of a handout as lines of text, drawn from a run directory by what `lab inspect` and `lab run` draw with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lab import reader, record
from lab import seen as looked_at
from lab.conversations import Connection, Conversations, Exchange
from lab.diff import compare, head
from lab.errors import InputError
from lab.handouts.pages import DIFF, Figure
from lab.looking import Look
from lab.outcomes import load_outcome
from lab.places import SCENARIOS
from lab.record import Record
from lab.report.inspect import UDP
from lab.report.layout import Screen, cut
from lab.report.sides import sides_screen
from lab.report.summary import checks_screen
from lab.report.wording import host_at, plural
from lab.results import Outcome
from lab.scenario import Scenario
from lab.text import Language, say
from lab.visible import visible_lines

WIDTH = 96  # columns; a page on GitHub shows no more without scrolling
MOST = 60  # lines of a figure
MOST_OF_DIFF = 80  # of one that says two things beside each other
FEWER = (48, 32, 24, 20, 16, 12, 8)  # packets of a ladder that would be longer than `MOST`
TAIL = 4  # one in so many of the lines or packets that are shown is of the end


@dataclass(frozen=True)
class Seen:
    """A run that figures show: its directory, and the folder of the scenario whose programs were run in it."""

    scenario: Scenario
    submission: str | None
    folder: Path

    @cached_property
    def recorded(self) -> Record:
        """Its record."""
        return record.load(self.folder)

    @cached_property
    def conversations(self) -> Conversations:
        """What its capture holds."""
        return reader.read(self.folder / self.recorded.capture.file, unheard=self.recorded.unheard)

    @cached_property
    def outcome(self) -> Outcome:
        """What its checks said."""
        return load_outcome(self.folder)

    def conversation(self, host: str, number: int) -> str:
        """The name of the `number`-th conversation in which `host` takes part, in the order of the table.

        Raises `InputError` where there are fewer.
        """
        listed: Sequence[Connection | Exchange] = [*self.conversations.connections, *self.conversations.exchanges]
        of_host = [each for each in listed if host in {host_at(address, self.recorded) for address in _ends(each)}]
        if number > len(of_host):
            there = plural(len(of_host), "conversation", "conversations", "个会话")
            what = say("{host} takes part in {there}", "{host} 只参与了 {there}", host=host, there=there)
            raise InputError(what + say(" of the run", "（本次运行）"))
        found = of_host[number - 1]
        return f"{found.index}" if isinstance(found, Connection) else f"{UDP}{found.index}"


def drawn(figure: Figure, seen: Seen, language: Language, own: Seen | None = None) -> list[str]:
    """The commands that show a student what the figure shows, and the figure, of at most `WIDTH` columns.

    `own` is the run of the scenario's own programs, which a diff is set beside. Raises `InputError` where the run holds
    no such conversation.
    """
    if figure.kind == DIFF:
        assert own is not None
        return [
            _run(own),
            _run(seen),
            _diff_of(seen),
            *_short(_differences(own, seen, language), language, MOST_OF_DIFF),
        ]
    if figure.kind == "checks":
        return [_run(seen), *_short(_lines(checks_screen(seen.outcome, language)), language)]
    first = [] if seen.submission is None else [_run(seen)]  # makes it the latest run
    if figure.kind == "ladder":
        name = seen.conversation(figure.who, figure.number)
        return [*first, _inspect(seen, conversation=name), *_ladder(seen, name, language)]
    if figure.kind == "table":
        look = Look(seen.conversations, seen.recorded, language, figure.everything)
        table = _short(_lines(look.table(1, _opens(seen))), language)
        return [*first, _inspect(seen, everything=figure.everything), *table]
    shown_by = f"$ cat runs/{seen.scenario.name}/latest/{figure.who}.out"
    return [*first, shown_by, *_output(seen, figure.who, language)]


def _ladder(seen: Seen, name: str, language: Language) -> list[str]:
    whole = _lines(Look(seen.conversations, seen.recorded, language).one(name, None, as_hex=False))
    for packets in FEWER:
        if len(whole) <= MOST:
            break
        ends = (packets - packets // TAIL, packets // TAIL)
        whole = _lines(Look(seen.conversations, seen.recorded, language, ends=ends).one(name, None, as_hex=False))
    return _short(whole, language)


def _differences(own: Seen, seen: Seen, language: Language) -> list[str]:
    runs = [
        looked_at.Seen(each.folder, each.conversations, each.recorded, each.outcome, encoding=each.recorded.encoding)
        for each in (own, seen)
    ]
    return _lines(sides_screen((head(runs[0]), head(runs[1])), compare(*runs), language))


def _output(seen: Seen, program: str, language: Language) -> list[str]:
    printed = [line for each in seen.recorded.programs[program].output for line in visible_lines(each.text)]
    lines = "\n".join(cut(line, WIDTH).rstrip() for line in printed).strip("\n").split("\n")
    return _short(lines, language)


def _short(lines: list[str], language: Language, most: int = MOST) -> list[str]:
    """At most `most` of the lines: where there are more, the middle is left out."""
    if len(lines) <= most:
        return lines
    tail = most // TAIL
    begin = most - tail - 1
    left_out = plural(len(lines) - begin - tail, "line", "lines", "行")
    told = say("  ⋮  {n} left out here", "  ⋮  此处略去 {n}", n=left_out).in_(language)
    return [*lines[:begin], told, *lines[-tail:]]


def _lines(screen: Screen) -> list[str]:
    return [line.rstrip() for line in screen.text(WIDTH).rstrip("\n").split("\n")]


def _ends(conversation: Connection | Exchange) -> tuple[str, str]:
    if isinstance(conversation, Connection):
        return conversation.client.endpoint.address, conversation.server.endpoint.address
    return conversation.client.address, conversation.server.address


def _run(seen: Seen) -> str:
    name, folder = seen.scenario.name, seen.submission
    if _is_ours(seen):
        return f"$ make scenario NAME={name}" + (f" SUBMISSION=scenarios/{name}/{folder}" if folder else "")
    return f"$ lab run {name}" + (f" --submission {name}/{folder}" if folder else "")


def _diff_of(seen: Seen) -> str:
    name = seen.scenario.name
    return f"$ make diff NAME={name}" if _is_ours(seen) else f"$ lab diff {name}"


def _inspect(seen: Seen, *, conversation: str = "", everything: bool = False) -> str:
    if conversation:
        return f"$ {_opens(seen)}{conversation}"
    name = seen.scenario.name
    if _is_ours(seen):
        return f"$ make inspect NAME={name}" + (" ALL=1" if everything else "")
    return f"$ lab inspect {name}" + (" --all" if everything else "")


def _opens(seen: Seen) -> str:
    """The command that opens a conversation, up to the conversation's number."""
    name = seen.scenario.name
    return f"make inspect NAME={name} CONVERSATION=" if _is_ours(seen) else f"lab inspect {name} -c "


def _is_ours(seen: Seen) -> bool:
    return seen.scenario.folder.resolve().parent == SCENARIOS
