"""Rows 34 and 51: what a program leaves, or holds, reaches no run that comes after it, or goes on beside it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from driving import Command, Ran, ended, until_said

ATTACKS = Path(__file__).parents[1] / "attacks"
ALONE = """\
hosts: {{server: {{}}}}
programs: {{bad: {{host: server, run: [python3, server.py, "{seconds}"]}}}}
steps:
  - start: bad
  - wait: bad
    within: 60
"""


def alone(folder: Path, attack: str, seconds: float = 0) -> Path:
    """A scenario of the program of an attack, and nobody else."""
    folder.mkdir()
    (folder / "scenario.yaml").write_text(f"title: Made by a test\n{ALONE.format(seconds=seconds)}", encoding="utf-8")
    (folder / "server.py").write_bytes((ATTACKS / attack / "server.py").read_bytes())
    return folder


def test_what_a_run_holds_is_free_in_another_at_the_same_time(
    run: Callable[..., Ran], lab: Command, tmp_path: Path
) -> None:
    first = lab.start("run", alone(tmp_path / "first", "34-side-channel", seconds=55))
    until_said(first, "holds what there is")
    assert run(alone(tmp_path / "second", "34-side-channel")).said("bad") == ["holds what there is"]
    assert first.poll() is None
    first.send_signal(signal.SIGINT)
    assert "ESCAPED" not in ended(first).out


def test_what_a_run_leaves_is_gone_in_the_next(run: Callable[..., Ran], tmp_path: Path) -> None:
    first = run(alone(tmp_path / "first", "51-leaves-state")).said("bad")
    assert "left in /home/student" in first
    assert run(alone(tmp_path / "next", "51-leaves-state")).said("bad") == first
