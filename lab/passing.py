"""The packets of a capture that goes on, each as it passes: the number of its conversation, its ends, what it says.

A run that is watched has the tap follow its captures (`images/tap/follower.py`). Its frames go through the decoder and
the tracker that read whole captures, so that numbers, marks and states are those that `lab inspect` shows later; only
that a SYN came to a server is not known before its answer.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ConfigDict, Field

from lab.conversations import Conversations, Datagram, Endpoint, Message, Role, Segment
from lab.messages import LISTENER_REPORT_2, LISTENERS6, MARKER, MARKER_BEGINS
from lab.packets import ETHERNET, Decoder
from lab.reader import Keep, Sink
from lab.record import Fact
from lab.tcp import Tracker

ORDERS = {"little": "<", "big": ">"}
BILLION = 1_000_000_000
START_MARKER = MARKER_BEGINS + b"start "
HEADER = 14  # bytes of Ethernet before what a marker says
ROUTER_SOLICITATION = 133  # RFC 4861, 4.1
HOUSEKEEPING = frozenset((ROUTER_SOLICITATION, LISTENER_REPORT_2, *LISTENERS6))


class Passed(Fact):
    """A packet that passed; `time` in nanoseconds since the epoch.

    A TCP segment has `segment`, a UDP datagram its `payload`; both have a `conversation`. All else says `summary`, and
    of ARP the addresses are those that it is about.
    """

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    time: int
    conversation: str = Field("", description="as `lab inspect` names it: 1, or u1 for UDP")
    client: Endpoint | None = None
    server: Endpoint | None = None
    sender: Role = "client"
    segment: Segment | None = None
    payload: bytes = b""
    length: int = Field(0, description="of the payload, in bytes")
    protocol: str = Field("", description="of the message that it is, or that its payload is")
    summary: str = ""
    source: str = Field("", description="the address of who sent what has no conversation")
    destination: str = ""


class Passing:
    """Takes frames as the tap tells of them; `networks` stand in the order of the record.

    Two networks are in the order of time within one telling; the numbers of conversations that begin on both of them
    within 20 ms may so differ from those of the finished capture.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._interfaces = {name: number for number, name in enumerate(networks)}
        self._found = Conversations()
        self._tracker = Tracker()
        self._sink = Sink(self._found, self._tracker, Keep.ALL, None, None)
        self._decoder = Decoder(self._sink)
        self._begun: set[int] = set()
        self._number = 0

    def take(self, told: Mapping[str, Any]) -> Iterator[Passed]:
        """The packets in a `frames` event, but for markers, what came before the capture, and idle housekeeping."""
        record = struct.Struct(ORDERS[told["order"]] + "IIII")
        frames: list[tuple[int, int, bytes, int]] = []
        for network, data in told["networks"].items():
            frames += _frames(base64.b64decode(data), self._interfaces[network], record)
        for time, interface, data, length in sorted(frames, key=lambda frame: frame[:2]):
            if interface not in self._begun:
                if not data.startswith(START_MARKER, HEADER):
                    continue
                self._begun.add(interface)
            self._number += 1
            self._decoder.frame(self._number, time, interface, ETHERNET, data, length)
            yield from self._fresh()

    def _fresh(self) -> Iterator[Passed]:
        found = self._found
        latest = self._tracker.take()
        if latest is not None:
            index, client, server, segment = latest
            yield Passed(
                time=segment.time,
                conversation=str(index),
                client=client,
                server=server,
                sender=segment.sender,
                segment=segment,
            )
        for datagram in found.datagrams:
            yield self._datagram(datagram, next(iter(found.messages), None))
        if not found.datagrams:
            yield from (_message(each) for each in found.messages if not _idle(each))
        found.datagrams.clear()
        found.messages.clear()

    def _datagram(self, datagram: Datagram, dns: Message | None) -> Passed:
        exchanges = self._sink.exchanges
        ends = (datagram.source, datagram.destination)
        client, server = ends if exchanges.sender == "client" else ends[::-1]
        return Passed(
            time=datagram.time,
            conversation=f"u{exchanges.latest}",
            client=client,
            server=server,
            sender=exchanges.sender,
            payload=datagram.payload,
            length=datagram.length,
            protocol="" if dns is None else dns.protocol,
            summary="" if dns is None else dns.summary,
        )


def _frames(data: bytes, interface: int, record: struct.Struct) -> Iterator[tuple[int, int, bytes, int]]:
    at = 0
    while at < len(data):
        seconds, nanoseconds, captured, length = record.unpack_from(data, at)
        at += record.size + captured
        yield seconds * BILLION + nanoseconds, interface, data[at - captured : at], length


def _message(message: Message) -> Passed:
    about = (message.fields.get("src_ip"), message.fields.get("dst_ip"))
    source, destination = about if message.protocol == "arp" else (message.source, message.destination)
    return Passed(
        time=message.time,
        protocol=message.protocol,
        summary=message.summary,
        source=str(source or ""),
        destination=str(destination or ""),
    )


def _idle(message: Message) -> bool:
    """Whether nobody asked for it: a marker of the lab, or what every IPv6 host sends when it comes up."""
    if message.summary == MARKER:
        return True
    detects_duplicates = message.source == "::"  # RFC 4862, 5.4
    return message.protocol == "icmpv6" and (detects_duplicates or message.fields["type"] in HOUSEKEEPING)
