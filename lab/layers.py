"""One packet taken apart layer by layer, field by field (the only `scapy` import).

The analysis of whole captures reads headers itself (`lab.packets`); this is for looking at a single
packet, where scapy knows hundreds of protocols and a tenth of a second does not matter.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.capturefile import Frame, opened
from lab.errors import InputError
from lab.text import say

OPTIONS: Mapping[str | int, str] = {
    "MSS": "mss",
    "SAckOK": "sackOK",
    "SAck": "sack",
    "Timestamp": "TS",
    "NOP": "nop",
    "EOL": "eol",
    "WScale": "wscale",
}
"""scapy's names of TCP options, and tcpdump's."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as scapy names it, with `(field, value)` in the order of the header."""

    name: str
    fields: tuple[tuple[str, str], ...]
    payload: bytes = b""
    """Of the innermost layer, where scapy knows none: what a program sent."""


def frame_of(path: Path, number: int) -> Frame:
    """Frame `number` of a capture file, from 1. Raises `InputError` where there is no such frame."""
    last = 0
    with opened(path) as capture:
        for last, frame in enumerate(capture, 1):
            if last == number:
                return frame
    raise InputError(
        say("there is no packet {n}; there are {last}", "没有数据包 {n}；共有 {last} 个", n=number, last=last)
    )


def layers(link_type: int, data: bytes) -> tuple[Layer, ...]:
    """The layers of a frame of the pcap link type `link_type`, the outermost first; what scapy does not know is Raw."""
    logging.getLogger("scapy").setLevel(logging.ERROR)
    from scapy.all import Raw, conf  # noqa: PLC0415 - takes 0.7 s, and only this verb needs it
    from scapy.layers.inet import TCP, UDP  # noqa: PLC0415
    from scapy.packet import NoPayload  # noqa: PLC0415

    conf.noenum.add(TCP.sport, TCP.dport, UDP.sport, UDP.dport)  # a port is a number here, whatever uses it elsewhere
    try:
        layer = conf.l2types.num2layer.get(link_type, Raw)(data)
    except Exception:  # noqa: BLE001 - what dissectors raise on strange bytes has no common class
        layer = Raw(data)
    found = []
    while not isinstance(layer, NoPayload):
        present = [(f, layer.getfieldval(f.name)) for f in layer.fields_desc]
        tcp = isinstance(layer, TCP)
        fields = (
            (f.name, _options(value) if tcp and f.name == "options" else str(f.i2repr(layer, value)))
            for f, value in present
            if value is not None
        )
        payload = layer.load if layer.name == "Raw" else b""
        found.append(Layer(str(layer.name), tuple(fields), payload))
        layer = layer.payload
    return tuple(found)


def _options(options: list[tuple[str | int, object]]) -> str:
    """TCP options on one line, named as tcpdump names them: `mss 1460, sackOK, TS val 7 ecr 0, nop, wscale 7`."""
    return ", ".join(_option(kind, value) for kind, value in options)


def _option(kind: str | int, value: object) -> str:
    name = OPTIONS.get(kind, f"option {kind}" if isinstance(kind, int) else kind)
    if kind == "Timestamp" and isinstance(value, tuple):
        return f"{name} val {value[0]} ecr {value[1]}"
    if isinstance(value, tuple):
        return f"{name} {' '.join(map(str, value))}"
    if isinstance(value, bytes):
        return f"{name} {value.hex()}".strip()
    return name if value is None else f"{name} {value}"
