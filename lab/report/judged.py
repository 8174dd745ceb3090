"""A judged check as reports tell of it, be it of a run or of a grading."""

from __future__ import annotations

from typing import Protocol

from lab.report.wording import VERDICTS, packet_groups
from lab.results import Verdict
from lab.text import Language, Text, same, say
from lab.visible import visible_lines


class Judged(Protocol):
    """A check with its verdict; `lab.results.Result` is one."""

    @property
    def id(self) -> str:
        """Its name in the scenario."""

    @property
    def kind(self) -> str:
        """The kind of check."""

    @property
    def verdict(self) -> Verdict:
        """What it came to."""

    @property
    def points(self) -> float:
        """What it is worth."""

    @property
    def earned(self) -> float:
        """The points that it gives."""

    @property
    def bonus(self) -> bool:
        """Whether its points come on top of full marks."""

    @property
    def hidden(self) -> bool:
        """Whether students are told its outcome only."""

    @property
    def expected(self) -> Text:
        """What was to be."""

    @property
    def actual(self) -> Text:
        """What was, in one sentence."""

    @property
    def details(self) -> tuple[Text, ...]:
        """Further lines of evidence."""

    @property
    def packets(self) -> tuple[tuple[int, ...], ...]:
        """Frame numbers, a group a connection."""

    @property
    def hint(self) -> Text | None:
        """What to look at; only where it failed."""


def told(check: Judged, language: Language) -> list[str]:
    """All that there is to say of a check, in `visible` lines."""
    lines = [
        say("expected: {what}", "期望：{what}", what=check.expected),
        say("{verdict}: {what}", "{verdict}：{what}", verdict=VERDICTS[check.verdict], what=check.actual),
        *check.details,
        packet_groups(check.packets) or same(""),
        same("") if check.hint is None else say("hint: {what}", "提示：{what}", what=check.hint),
    ]
    return [text for line in lines if line.en for text in visible_lines(line.in_(language))]
