"""Where the lab's own folders are, and what a name or path on the command line means."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = ROOT / "scenarios"
IMAGES = ROOT / "images"
RUNS = ROOT / "runs"
