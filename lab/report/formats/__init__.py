"""The formats in which a class's results are written down, for course systems and other programs.

Each is a pure function of the marks. A lab error is never written as a grade: it is blank, left out, or bails out,
as the format allows. Students' text is `visible` everywhere, and no formula in a sheet.
"""

from __future__ import annotations

from collections.abc import Mapping

from lab.report.formats.canvas import CANVAS
from lab.report.formats.classroom import CLASSROOM
from lab.report.formats.document import JSON
from lab.report.formats.format import Context, Format
from lab.report.formats.gradescope import GRADESCOPE
from lab.report.formats.junit import JUNIT
from lab.report.formats.moodle import MOODLE
from lab.report.formats.plain import CSV
from lab.report.formats.prairielearn import PRAIRIELEARN
from lab.report.formats.tap import TAP

__all__ = ["FORMATS", "Context", "Format"]

FORMATS: Mapping[str, Format] = {
    format_.name: format_ for format_ in (GRADESCOPE, PRAIRIELEARN, CLASSROOM, CANVAS, MOODLE, JUNIT, TAP, CSV, JSON)
}
