"""The commands that show what the page leaves out."""

from __future__ import annotations

from dataclasses import dataclass

from lab.report.wording import in_full
from lab.seen import Seen


@dataclass(frozen=True, slots=True)
class Commands:
    """What looks into the capture: `make inspect NAME=… RUN=…`, or `lab inspect FILE`."""

    look: str

    @classmethod
    def of(cls, seen: Seen) -> Commands:
        """The commands for what was `seen`."""
        if seen.record is None:
            return cls(f"lab inspect {seen.capture.name}")
        return cls(f"make inspect NAME={seen.record.scenario} RUN={seen.record.run}")

    @property
    def everything(self) -> str:
        """Lists all conversations and messages."""
        return f"{self.look} {in_full(self.look)}"

    def conversation(self, key: str) -> str:
        """Draws the whole of a conversation."""
        return f"{self.look} {'CONVERSATION=' if self._of_make else '-c '}{key} {in_full(self.look)}"

    @property
    def packet(self) -> str:
        """Shows one packet layer by layer, up to its number."""
        return f"{self.look} {'PACKET=' if self._of_make else '-p '}"

    @property
    def _of_make(self) -> bool:
        return self.look.startswith("make ")
