"""The page of a class: for its teacher."""

from __future__ import annotations

from lab.report.classpage.page import page

__all__ = ["page"]
