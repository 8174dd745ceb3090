from __future__ import annotations

from lab.grading.task import Task
from lab.submissions import Refused, Student, Submission
from lab.text import say


def test_a_submission_travels_as_json() -> None:
    refused = Refused("link", say("it is a link", "是链接"))
    submission = Submission(
        Student("王小明", "王小明"), {"server.py": b"\xff\x00"}, (refused,), (say("the latest", "最新"),)
    )
    task = Task.model_validate_json(Task.of(submission, "x/scenario.yaml", 7).model_dump_json())
    assert task.submission == submission
    assert (task.exercise, task.seed, task.runs) == ("x/scenario.yaml", 7, 1)
