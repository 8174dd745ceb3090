"""Debian packages that a test needs beside the lab's own: installed where that can be, never skipped silently."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

import pytest

from lab import doctor


def ensure_packages(names: Sequence[str]) -> None:
    """Install the packages that are missing; fail the test where that takes another user or another system."""
    if not (missing := _missing(names)):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        pytest.fail(f"this test needs {', '.join(missing)}: as root, `apt-get install {' '.join(missing)}`")
    with doctor.alone():
        if missing := _missing(names):  # another worker may have installed them meanwhile
            doctor.install(print, missing)


def _missing(names: Sequence[str]) -> list[str]:
    """Those that are not installed; elsewhere than on Debian, those of which there is no program of that name."""
    if shutil.which("dpkg-query") is None:
        return [name for name in names if shutil.which(name) is None]
    return [name for name in names if "install ok installed" not in _status(name)]


def _status(name: str) -> str:
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", name], capture_output=True, text=True, check=False)
    return done.stdout
