"""`lab assistant` on the terminal: what is said before its screen and after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from lab.limits import limit_words
from lab.record import LimitFacts
from lab.report.inside import InsideReporter
from lab.text import Language, Text


class AssistingReporter(InsideReporter):
    """Shows the set-up and what the session left; while the screen is up, limits go to `beside`, and nothing here."""

    def __init__(self, language: Language, stream: IO[str]) -> None:
        super().__init__(language, stream)
        self.beside: Callable[[Text], None] | None = None

    def limit(self, time: int, facts: LimitFacts) -> None:
        """Told on the screen, where it is up."""
        if self.beside is None:
            super().limit(time, facts)
        else:
            self.beside(limit_words(facts))
