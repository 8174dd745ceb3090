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
from typing import Annotated

from pydantic import AfterValidator, Field

from lab import capturefile
from lab.checks.facts import RunFacts
from lab.checks.libpcap import PacketHeader, Program, library
from lab.errors import CaptureFileError, InputError
from lab.record import Record
from lab.text import Text, join, say
from lab.values import NAME, Mentions, Wrong

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9-]*)(?:\.(ipv4|ipv6|mac))?\}")
BRACED = re.compile(
    r"\{([^{}.]*)[^{}]*\}?"
)  # pcap-filter has no braces: whatever stands in some was meant as a placeholder
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
    for braced in BRACED.finditer(expression):
        if not PLACEHOLDER.fullmatch(braced[0]):
            raise Wrong(_no_placeholder(braced))
    fault = compile_error(expression)
    if fault is not None:
        raise Wrong(FilterError(fault).what)
    return expression


def _no_placeholder(braced: re.Match[str]) -> Text:
    host = braced[1] if NAME.fullmatch(braced[1]) else say("host", "主机名")
    return say(
        "`{braced}` stands for no address of a host; write {allowed}",
        "`{braced}` 不表示主机的任何地址；请写 {allowed}",
        braced=braced[0],
        allowed=join(
            say(", ", "、"),
            [say("`{{{host}{of}}}`", "`{{{host}{of}}}`", host=host, of=of) for of in ("", ".ipv4", ".ipv6", ".mac")],
        ),
    )


Filter = Annotated[str, Field(min_length=1), AfterValidator(_right), Mentions("host", PLACEHOLDER)]
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
        self._pcap = library()
        handle = self._pcap.pcap_open_dead(DATALINKS.get(link_type, link_type), SNAPLEN)
        stack.callback(self._pcap.pcap_close, handle)
        self._program = Program()
        source = expression.encode()
        if self._pcap.pcap_compile(handle, ctypes.byref(self._program), source, 1, NETMASK_UNKNOWN) != 0:
            raise FilterError(self._pcap.pcap_geterr(handle).decode("utf-8", "replace"))
        stack.callback(self._pcap.pcap_freecode, ctypes.byref(self._program))

    def matches(self, data: bytes, length: int) -> bool:
        """Whether the packet of `length` bytes, of which `data` were captured, matches."""
        header = PacketHeader(0, 0, len(data), length)
        return bool(self._pcap.pcap_offline_filter(ctypes.byref(self._program), ctypes.byref(header), data))
