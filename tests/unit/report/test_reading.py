from __future__ import annotations

import io
from pathlib import Path

import pytest

from lab.report import reading
from lab.report.reading import ReadingProgress
from lab.text import Language


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "capture").write_bytes(bytes(3_000_000))
    return tmp_path / "capture"


@pytest.fixture(autouse=True)
def term(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "reading   16,384 packets   2 of 3 MB"), ("zh", "正在读取   16,384 个数据包   2 / 3 MB")],
)
def test_reading_that_takes_long_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch, language: Language, told: str
) -> None:
    monkeypatch.setattr(reading, "LONG", -1)
    terminal = Terminal()
    with ReadingProgress(file, language, terminal) as progress:
        progress(16_384, 2_000_000)
    assert told in terminal.getvalue()
    assert terminal.getvalue().endswith("\x1b[2K")  # and is gone once it is over


def test_reading_that_is_quick_is_not_told(file: Path) -> None:
    terminal = Terminal()
    with ReadingProgress(file, "en", terminal) as progress:
        progress(16_384, 2_000_000)
    assert terminal.getvalue() == ""


def test_what_is_no_terminal_is_told_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONG", -1)
    stream = io.StringIO()
    with ReadingProgress(file, "en", stream) as progress:
        progress(16_384, 2_000_000)
    assert stream.getvalue() == ""


def test_a_file_that_is_gone_is_the_readers_to_tell(tmp_path: Path) -> None:
    with ReadingProgress(tmp_path / "none", "en", Terminal()):
        pass
