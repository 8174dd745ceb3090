"""The page that one student gets: what was expected, what happened, and where to look."""

from __future__ import annotations

from lab.report.feedback.page import page

__all__ = ["page"]
