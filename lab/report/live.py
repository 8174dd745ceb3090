"""Lines at the foot of a terminal that are drawn anew as time passes."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live


class LiveLines:
    """What `draw` comes to, below all that `console` shows; gone once it is stopped, and shown on terminals only.

    `draw` is called by another thread too.
    """

    def __init__(self, draw: Callable[[], RenderableType], console: Console, *, wanted: bool = True) -> None:
        self.possible = wanted and console.file.isatty() and not console.is_dumb_terminal
        self._draw = draw
        self._console = console
        self._live: Live | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def shown(self) -> bool:
        """Whether they were started, and not stopped since."""
        return self._live is not None

    def start(self) -> None:
        """Show them, where that is possible."""
        if self.possible and not self.shown:
            self._live = Live(
                get_renderable=self._draw,
                console=self._console,
                transient=True,
                refresh_per_second=8,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def refresh(self) -> None:
        """Draw them now."""
        if self._live is not None:
            self._live.refresh()

    def stop(self) -> None:
        """Take them away."""
        if self._live is not None:
            self._live.stop()
            self._live = None
