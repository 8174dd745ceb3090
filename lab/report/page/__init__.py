"""The page of a run, or of any capture: everything that there is to see of it in one file.

`page` puts it together; the other modules make its parts: `ladder` a conversation as rows between two rails, `calls`
the system calls among them, `timeline` and `plots` and `topology` drawings (with `svg`), `facts` the tables.
"""

from __future__ import annotations

from lab.report.page.page import page, save_page

__all__ = ["page", "save_page"]
