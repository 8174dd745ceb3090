"""What the kernel is told of the cap of a host, and what is done where it cannot hold one."""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Callable
from types import ModuleType

import pytest


class Nftables:
    """libnftables as far as it is called; `status` is what it says of the commands."""

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.told: list[str] = []
        self.quiet = False

    def nft_ctx_new(self, _: int) -> int:
        return 7

    def nft_ctx_buffer_error(self, context: int) -> int:
        self.quiet = context == 7
        return 0

    def nft_run_cmd_from_buffer(self, context: int, commands: bytes) -> int:
        assert context == 7
        self.told += commands.decode().splitlines()
        return self.status


@pytest.fixture
def cap(load: Callable[[str, str], ModuleType]) -> ModuleType:
    return load("tap", "cap")


def caps(cap: ModuleType, monkeypatch: pytest.MonkeyPatch, library: Nftables | None) -> object:
    monkeypatch.setattr(cap, "has_netfilter", lambda: True)
    monkeypatch.setattr(cap, "loaded", lambda: library)
    return cap.Caps()


def test_all_ports_of_a_host_share_one_chain(cap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    nftables = Nftables()
    assert caps(cap, monkeypatch, nftables).put(["p42.0", "p42.1"], 4096, 40)  # type: ignore[attr-defined]
    assert nftables.quiet
    (chain,) = [line for line in nftables.told if line.startswith("add chain")]
    assert "netdev traffic p42 { type filter hook ingress" in chain
    assert 'devices = { "p42.0", "p42.1" }' in chain
    assert [line for line in nftables.told if line.startswith("add rule")] == [
        "add rule netdev traffic p42 quota over 4096 bytes drop",
        "add rule netdev traffic p42 numgen inc mod 4294967295 >= 40 drop",
    ]


def test_a_host_without_a_port_has_nothing_to_cap(cap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    nftables = Nftables()
    assert not caps(cap, monkeypatch, nftables).put([], 4096, 40)  # type: ignore[attr-defined]
    assert nftables.told == []


@pytest.mark.parametrize("library", [None, Nftables(status=-1)])
def test_without_nftables_there_is_no_cap_and_no_failure(
    cap: ModuleType, monkeypatch: pytest.MonkeyPatch, library: Nftables | None
) -> None:
    assert not caps(cap, monkeypatch, library).put(["p42.0"], 4096, 40)  # type: ignore[attr-defined]


def test_a_kernel_without_netfilter(cap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(93, "Protocol not supported")

    monkeypatch.setattr(socket, "socket", refuse)
    assert not cap.Caps().put(["p42.0"], 4096, 40)


def test_an_image_without_the_library(cap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cap, "LIBRARY", "libno-such-library.so.1")
    assert cap.loaded() is None


def test_the_library_is_called_with_pointers(cap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """As integers, which is ctypes' default, they would be cut to 32 bits."""

    class Function:
        restype = argtypes = None

    class Library:
        nft_ctx_new, nft_ctx_buffer_error, nft_run_cmd_from_buffer = Function(), Function(), Function()

    monkeypatch.setattr(ctypes, "CDLL", lambda _: Library())
    library = cap.loaded()
    assert library.nft_ctx_new.restype is ctypes.c_void_p
    assert library.nft_ctx_buffer_error.argtypes == [ctypes.c_void_p]
    assert library.nft_run_cmd_from_buffer.argtypes == [ctypes.c_void_p, ctypes.c_char_p]
