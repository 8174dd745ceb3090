"""A matrix of clients and servers: on the terminal, as a page, as a sheet and as JSON.

A cell says by its sign, never by its colour alone, whether the two work together: ✓ they do, ✗ they do not,
! the lab could not tell, · a side was not handed in.
"""

from __future__ import annotations

from lab.report.matrix.page import page
from lab.report.matrix.screen import matrix_screen
from lab.report.matrix.sheet import document, sheet

__all__ = ["document", "matrix_screen", "page", "sheet"]
