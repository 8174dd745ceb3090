"""The five functions of libpcap that a filter needs (pcap_compile(3PCAP), pcap_offline_filter(3PCAP)).

The library itself comes with the Python package `libpcap`, so that a machine needs no packages of
its own for it; where that has none for the machine, the system's is taken. The package's own
bindings look for the system's only, hence these.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import platform
from functools import cache
from pathlib import Path

from lab.errors import LabError
from lab.text import say


class Program(ctypes.Structure):
    """struct bpf_program: a compiled filter."""

    _fields_ = (("length", ctypes.c_uint), ("instructions", ctypes.c_void_p))


class PacketHeader(ctypes.Structure):
    """struct pcap_pkthdr: how much of a packet was captured, and how long it was."""

    _fields_ = (
        ("seconds", ctypes.c_long),
        ("microseconds", ctypes.c_long),
        ("captured", ctypes.c_uint32),
        ("length", ctypes.c_uint32),
    )


@cache
def library() -> ctypes.CDLL:
    """The library with the types of its functions set. Raises `LabError` where there is none."""
    shipped = _shipped()
    path = str(shipped) if shipped.is_file() else ctypes.util.find_library("pcap")
    try:
        if path is None:
            raise OSError("no libpcap for " + platform.machine())  # noqa: TRY301 - told as the loader's own failure is
        pcap = ctypes.CDLL(path)
    except OSError as error:
        raise LabError(
            say("libpcap cannot be loaded ({error})", "无法加载 libpcap（{error}）", error=error),
            say("install libpcap (Debian: libpcap0.8)", "请安装 libpcap（Debian：libpcap0.8）"),
        ) from error
    handle, program = ctypes.c_void_p, ctypes.POINTER(Program)
    pcap.pcap_open_dead.argtypes, pcap.pcap_open_dead.restype = (ctypes.c_int, ctypes.c_int), handle
    pcap.pcap_close.argtypes, pcap.pcap_close.restype = (handle,), None
    pcap.pcap_compile.argtypes = (handle, program, ctypes.c_char_p, ctypes.c_int, ctypes.c_uint32)
    pcap.pcap_geterr.argtypes, pcap.pcap_geterr.restype = (handle,), ctypes.c_char_p
    pcap.pcap_freecode.argtypes, pcap.pcap_freecode.restype = (program,), None
    pcap.pcap_offline_filter.argtypes = (program, ctypes.POINTER(PacketHeader), ctypes.c_char_p)
    return pcap


def _shipped() -> Path:
    """Where the Python package keeps the library for this kind of machine."""
    found = importlib.util.find_spec("libpcap")
    folder = Path(found.origin).parent if found is not None and found.origin else Path()
    return folder / "_platform" / platform.system().lower() / platform.machine() / "tcpdump" / "libpcap.so"
