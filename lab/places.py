"""Where the lab's own folders are."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = ROOT / "scenarios"
IMAGES = ROOT / "images"
RUNS = Path(os.environ.get("LAB_RUNS") or ROOT / "runs").absolute()
