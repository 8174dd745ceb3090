from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab import places


@pytest.mark.parametrize(
    ("given", "runs"),
    [(None, places.ROOT / "runs"), ("", places.ROOT / "runs"), ("/x/y", Path("/x/y")), ("x", Path("x"))],
)
def test_runs_may_lie_elsewhere(tmp_path: Path, given: str | None, runs: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "LAB_RUNS"} | {"PYTHONPATH": str(places.ROOT)}
    said = subprocess.run(
        [sys.executable, "-c", "from lab.places import RUNS; print(RUNS)"],
        cwd=tmp_path,
        env=environment | ({} if given is None else {"LAB_RUNS": given}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(said.stdout.strip()) == tmp_path / runs
