"""Capture filters (pcap-filter(7)): compiled and run by libpcap itself, a packet at a time.

The addresses of a run's hosts are not known when a scenario is written, so an expression may name them:
`{server}` stands for the host's IPv4 address on its first network, `{server.ipv6}` and `{server.mac}`
for the others.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from types import ModuleType
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from lab import capturefile
from lab.checks.facts import RunFacts
from lab.errors import CaptureFileError, InputError, LabError
from lab.record import Record
from lab.text import say
from lab.values import Wrong

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9-]*)(?:\.(ipv4|ipv6|mac))?\}")
EXAMPLES = {"ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "mac": "02:00:00:00:00:01"}
ETHERNET = 1
RAW_IP = 101
DATALINKS = {RAW_IP: 12}  # where libpcap's DLT differs from the LINKTYPE in files; on Linux only here
SNAPLEN = 262144
NETMASK_UNKNOWN = 0xFFFFFFFF


class FilterError(InputError):
    """An expression that libpcap refuses; `message` is in its words."""

    def __init__(self, message: str) -> None:
        super().__init__(
            say("libpcap refuses the filter: {message}", "libpcap 不接受这个过滤表达式：{message}", message=message)
        )
        self.message = message


@dataclass(frozen=True, slots=True)
class Match:
    """A packet that an expression matched. `number` counts from 1, `time` is in nanoseconds since the epoch."""

    number: int
    time: int


def compile_error(expression: str) -> str | None:
    """What libpcap has against `expression`, in its words; None where it is right.

    Raises `LabError` where libpcap cannot be loaded.
    """
    filled = PLACEHOLDER.sub(lambda m: EXAMPLES[m[2] or "ipv4"], expression)
    try:
        with ExitStack() as stack:
            _Compiled(filled, ETHERNET, stack)
    except FilterError as error:
        return error.message
    return None


def _right(expression: str) -> str:
    fault = compile_error(expression)
    if fault is not None:
        raise Wrong(FilterError(fault).what)
    return expression


Filter = Annotated[str, Field(min_length=1), AfterValidator(_right)]
"""A field that holds an expression; a wrong one is refused with libpcap's message."""


def matching(run: RunFacts, expression: str, network: str | None = None) -> Iterator[Match]:
    """The packets of the capture that `expression` matches, on `network` only if given.

    Raises `FilterError` where the expression is wrong and `CaptureFileError` where the file is damaged.
    """
    filled = addressed(expression, run.record)
    wanted = None if network is None else list(run.record.capture.networks).index(network)
    programs: dict[int, _Compiled] = {}
    with ExitStack() as stack:
        capture = stack.enter_context(capturefile.opened(run.capture))
        for number, (time, interface, link_type, data, length) in enumerate(capture, start=1):
            if wanted not in (None, interface):
                continue
            if link_type not in programs:
                programs[link_type] = _Compiled(filled, link_type, stack)
            if programs[link_type].matches(data, length):
                yield Match(number, time)
        if capture.damage is not None:
            raise CaptureFileError(
                say("{path} is damaged: {how}", "{path} 已损坏：{how}", path=run.capture.name, how=capture.damage)
            )


def addressed(expression: str, record: Record) -> str:
    """`expression` with the addresses of the run in place of `{host}`."""

    def address(found: re.Match[str]) -> str:
        host = record.hosts.get(found[1])
        if host is None or not host.interfaces:
            raise InputError(say("no host is called `{host}`", "没有名为 `{host}` 的主机", host=found[1]))
        value: str = getattr(host.interfaces[0], found[2] or "ipv4")
        return value

    return PLACEHOLDER.sub(address, expression)


class _Compiled:
    """An expression as libpcap's program for one link type; freed when `stack` is closed."""

    def __init__(self, expression: str, link_type: int, stack: ExitStack) -> None:
        self._pcap = _libpcap()
        handle = self._pcap.open_dead(DATALINKS.get(link_type, link_type), SNAPLEN)
        stack.callback(self._pcap.close, handle)
        self._program = self._pcap.bpf_program()
        source = expression.encode()
        if self._pcap.compile(handle, ctypes.byref(self._program), source, 1, NETMASK_UNKNOWN) != 0:
            raise FilterError(self._pcap.geterr(handle).decode("utf-8", "replace"))
        stack.callback(self._pcap.freecode, ctypes.byref(self._program))

    def matches(self, data: bytes, length: int) -> bool:
        """Whether the packet of `length` bytes, of which `data` were captured, matches."""
        header: Any = self._pcap.pkthdr()
        header.caplen, header.len = len(data), length
        frame = ctypes.cast(ctypes.c_char_p(data), ctypes.POINTER(ctypes.c_ubyte))
        return bool(self._pcap.offline_filter(ctypes.byref(self._program), ctypes.byref(header), frame))


def _libpcap() -> ModuleType:
    try:
        import libpcap  # noqa: PLC0415  it takes 0.2 s to import, and few scenarios need it
    except (ImportError, OSError) as error:
        raise LabError(
            say("libpcap cannot be loaded ({error})", "无法加载 libpcap（{error}）", error=error),
            say("install the libpcap package of Python again", "请重新安装 Python 的 libpcap 包"),
        ) from error
    module: ModuleType = libpcap
    return module
