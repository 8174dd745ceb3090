"""The library comes with the lab's Python packages: a machine needs none of its own."""

import ctypes

import pytest

from lab.checks import libpcap
from lab.errors import LabError


@pytest.fixture(autouse=True)
def _loaded_anew():
    libpcap.library.cache_clear()
    yield
    libpcap.library.cache_clear()


def test_the_shipped_library_is_taken():
    assert libpcap._shipped().is_file()
    assert libpcap.library()._name == str(libpcap._shipped())


@pytest.mark.parametrize("system_s", [None, "/nowhere/libpcap.so"])
def test_neither_shipped_nor_the_system_s(tmp_path, monkeypatch, system_s):
    monkeypatch.setattr(libpcap, "_shipped", lambda: tmp_path / "libpcap.so")
    monkeypatch.setattr(ctypes.util, "find_library", lambda _: system_s)
    with pytest.raises(LabError, match="libpcap cannot be loaded"):
        libpcap.library()
