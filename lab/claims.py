"""What introductory texts claim, and which checks of which scenarios settle it, as the last runs left them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from lab import yamltext
from lab.reading.faults import Faults
from lab.results import Outcome, Verdict
from lab.scenario import Scenario
from lab.values import Model, Words

FILE = "claims.yaml"


class Claim(Model):
    """A statement of the texts, how it was settled, the right sentence, and where that is laid down."""

    says: Words
    verdict: Literal["confirmed", "corrected", "partly"]
    right: Words
    source: str


@dataclass(frozen=True, slots=True)
class Settling:
    """A scenario with the checks of it that settle a claim, and what became of each in its last run.

    A check is None where there was no run, or none with a check of that name.
    """

    scenario: str
    checks: Mapping[str, Verdict | None]


@dataclass(frozen=True, slots=True)
class Row:
    """A claim with everything that settles it."""

    id: str
    claim: Claim
    settled: Sequence[Settling]

    @property
    def state(self) -> Verdict | None:
        """Passed where every check has passed in the last run of its scenario; None where one was not run.

        A claim that no check settles is None as well.
        """
        found = [verdict for settling in self.settled for verdict in settling.checks.values()]
        if not found or None in found:
            return None
        wrong = [verdict for verdict in found if verdict is not Verdict.PASSED]
        return wrong[0] if wrong else Verdict.PASSED


@cache
def claims() -> Mapping[str, Claim]:
    """All claims by their ids, C01 to C53."""
    document = yamltext.read(resources.files("lab").joinpath(FILE).read_bytes(), Faults())
    assert document is not None, "it is a file of the lab's own, held by a test"
    return {name: Claim.model_validate(value) for name, value in document.items()}


def rows(listed: Iterable[tuple[Scenario, Outcome | None]]) -> list[Row]:
    """Every claim with the checks of the scenarios `listed`, each with the outcome of its last run."""
    settled: dict[str, list[Settling]] = {name: [] for name in claims()}
    for scenario, outcome in listed:
        verdicts = {} if outcome is None else {result.id: result.verdict for result in outcome.results}
        for name, checks in scenario.claims.items():
            settled[name].append(Settling(scenario.name, {check: verdicts.get(check) for check in checks}))
    return [Row(name, claim, tuple(settled[name])) for name, claim in claims().items()]
