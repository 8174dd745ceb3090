"""What people and programs are told: progress while a run goes on, and its outcome.

`Reporter` is what the core calls; every method does nothing, so a reporter overrides what it
shows. rich is imported only behind it, in `lab.report.terminal`.
"""

from __future__ import annotations

from collections.abc import Mapping

from lab.passing import Passed
from lab.record import HostFacts, LimitFacts, NetworkFacts, OutputLine, StepFacts
from lab.results import Outcome
from lab.scenario import Scenario
from lab.steps import SocketPort
from lab.text import Text


class Reporter:
    """Told of a run as it happens. Times are nanoseconds since the exchange began."""

    def started(self, scenario: Scenario, submission: str | None) -> None:
        """A run of `scenario` begins, with the files of a `submission`; an exercise without one runs its solution."""

    def doing(self, what: Text) -> None:
        """Something that takes time begins: an image is built, an engine started."""

    def up(self, networks: Mapping[str, NetworkFacts], hosts: Mapping[str, HostFacts], seconds: float) -> None:
        """All hosts are up and the capture runs."""

    def ready(self, time: int, program: str, listening: SocketPort) -> None:
        """`program` listens on, or is bound to, a port."""

    def connected(self, time: int, program: str, local_port: int, remote: str, remote_port: int) -> None:
        """`program` holds an established connection."""

    def receiving(self, time: int, program: str, port: SocketPort) -> None:
        """`program` waits in recv() on a socket with this port at either end."""

    def said(self, time: int, program: str, line: OutputLine) -> None:
        """`program` printed a line."""

    def limit(self, time: int, facts: LimitFacts) -> None:
        """A host ran into a limit. That a program printed more than is kept is told so too, once a program."""

    def typed(self, time: int, program: str, text: str | None) -> None:
        """The lab typed `text` to `program`, or closed its input (None)."""

    def ended(self, time: int, program: str, exit_status: int | None, signal: str | None) -> None:
        """`program` ended."""

    def passed(self, time: int, packet: Passed) -> None:
        """A packet passed. Told of in runs that somebody watches only."""

    def left_out(self, time: int, packets: int) -> None:
        """So many packets passed that are not told of, as there were too many at once."""

    def step_failed(self, time: int, step: StepFacts, last_lines: tuple[str, ...]) -> None:
        """A step did not come to its end; `last_lines` are what its program printed last."""

    def skipped(self, time: int, first: int, last: int) -> None:
        """Steps `first` to `last` (from 1) are not done: one before them left nothing to go on with."""

    def checking(self) -> None:
        """The exchange is over; the checks read the record and the capture."""

    def finished(self, outcome: Outcome) -> None:
        """The run is over and everything is cleaned up."""
