"""What students hand in: found, read whole into memory, and matched with what an exercise wants.

    paths ─find→ Submissions ─wanted→ Handed (the exercise's files) ─plan→ Plan

Nothing that a student made is ever unpacked onto the disk: a submission is names and bytes, so that no link,
no path and no archive member can lead anywhere.
"""

from __future__ import annotations

from lab.submissions.submission import Handed, Refused, Roster, Student, Submission

__all__ = ["Handed", "Refused", "Roster", "Student", "Submission"]
