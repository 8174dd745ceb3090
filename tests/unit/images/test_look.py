"""Looking at paths on this machine, as any user."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Look = Callable[[str], dict[str, Any]]


@pytest.fixture
def look(load: Callable[[str, str], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Look:
    student = load("host", "student")
    monkeypatch.setattr(student, "acting", contextlib.nullcontext)
    monkeypatch.setattr(student, "HOME", str(tmp_path))
    return load("host", "look").at  # type: ignore[no-any-return]


def test_a_file_with_its_content(look: Look, tmp_path: Path) -> None:
    (tmp_path / "-你 好'; $x").write_bytes(b"here")
    (tmp_path / "-你 好'; $x").chmod(0o640)
    assert look("-你 好'; $x") == {
        "path": "-你 好'; $x",
        "kind": "file",
        "size": 4,
        "mode": "640",
        "sha256": hashlib.sha256(b"here").hexdigest(),
        "content": base64.b64encode(b"here").decode(),
    }


def test_of_a_long_file_the_beginning_is_told(look: Look, tmp_path: Path) -> None:
    content = b"x" * (3 << 20)
    (tmp_path / "long").write_bytes(content)
    told = look("long")
    assert (told["size"], told["sha256"]) == (3 << 20, hashlib.sha256(content).hexdigest())
    assert base64.b64decode(told["content"]) == content[: 1 << 16]


def test_nothing_is_waited_for_and_no_link_followed(look: Look, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o644)
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "folder").mkdir(mode=0o755)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        (tmp_path / "socket").chmod(0o600)
        assert look("socket") == {"path": "socket", "kind": "other", "mode": "600"}
    assert look("fifo") == {"path": "fifo", "kind": "other", "mode": "644"}
    assert look("link") == {"path": "link", "kind": "symlink"}
    assert look("folder") == {"path": "folder", "kind": "directory", "mode": "755"}
    assert look("/dev/null") == {"path": "/dev/null", "kind": "other", "mode": "666"}
    for path in ("gone", "gone/further", "n" * 300, "nul\0"):
        assert look(path) == {"path": path, "kind": "missing"}


def test_what_is_put_in_its_place_meanwhile_is_not_read(
    look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "f").write_bytes(b"mine")
    fstat = os.fstat

    def swap(descriptor: int) -> os.stat_result:
        (tmp_path / "f").unlink(missing_ok=True)
        (tmp_path / "f").symlink_to(tmp_path / "secret")
        return fstat(descriptor)

    monkeypatch.setattr(os, "fstat", swap)
    assert base64.b64decode(look("f")["content"]) == b"mine"
