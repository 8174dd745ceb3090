"""What a program keeps when it becomes the student, in the kernel's form; that it does is seen in raw-socket's runs."""

from __future__ import annotations

import errno
import struct
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def privilege(load: Any) -> ModuleType:
    return load("host", "privilege")  # type: ignore[no-any-return]


def test_the_sets_have_the_capabilities_that_are_named_and_no_others(privilege: ModuleType) -> None:
    assert privilege.sets(["NET_RAW"]) == struct.pack("=6I", 1 << 13, 1 << 13, 1 << 13, 0, 0, 0)
    assert privilege.sets([]) == bytes(24)


def test_a_call_that_the_kernel_refuses_is_an_error(privilege: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privilege.ctypes, "get_errno", lambda: errno.EPERM)
    with pytest.raises(PermissionError):
        privilege.checked(-1)
    privilege.checked(0)
