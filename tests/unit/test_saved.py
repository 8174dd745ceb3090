"""Files of the lab, also those that somebody changed or a newer lab wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from lab import saved
from lab.errors import RecordError
from lab.text import say


class Kept(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: int = 2
    lab: str = "1.0"
    name: str


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept.json"


def read(file: Path) -> Kept:
    return saved.read(file, Kept, 2, say("nothing is kept", "什么都没有"))


@pytest.mark.parametrize("number", [1, 2])
def test_what_was_written_is_read_again(file: Path, number: int) -> None:
    kept = Kept(format=number, name="早上好")
    saved.write(kept, file)
    assert read(file) == kept
    assert "早上好" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"format": 3, "lab": "9.1", "unheard": []}', "was written by a newer lab (9.1)"),
        ('{"format": 3}', "was written by a newer lab"),
        ('{"format": 2}', "is damaged: name: the key is missing"),
        ('{"format": "x"}', "is damaged: format: "),
        ("{", "is damaged: line 1: this is not JSON"),
    ],
)
def test_what_is_wrong_with_a_file_in_one_line(file: Path, content: str, said: str) -> None:
    file.write_text(content)
    with pytest.raises(RecordError) as error:
        read(file)
    assert str(error.value).startswith(f"{file} {said}")


def test_what_is_not_there(file: Path) -> None:
    with pytest.raises(RecordError, match="nothing is kept: No such file or directory"):
        read(file)
