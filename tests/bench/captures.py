"""Captures of a known size: connections one after the other, each with handshake, data both ways and close."""

from __future__ import annotations

import struct
from pathlib import Path

SYN, ACK, PSH, FIN = 0x02, 0x10, 0x08, 0x01
PAYLOAD = b"0123456789abcdef" * 4


def write(file: Path, connections: int, packets: int, payload: bytes = PAYLOAD) -> None:
    """Write `connections` connections of `packets` packets each, ten of them open at a time."""
    open_at_once = 10
    with file.open("wb") as out:
        out.write(struct.pack("<LHHlLLL", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1))
        clock = 1_700_000_000 * 10**9
        for first in range(0, connections, open_at_once):
            group = [connection(n, packets, payload) for n in range(first, first + open_at_once)]
            for frames in zip(*group, strict=True):
                for frame in frames:
                    clock += 20_000
                    out.write(struct.pack("<LLLL", clock // 10**9, clock % 10**9, len(frame), len(frame)) + frame)


def connection(number: int, packets: int, payload: bytes) -> list[bytes]:
    """The frames of one connection: 3 of handshake, data and acknowledgements, 4 of close."""
    client = (f"10.0.{number >> 8 & 255}.{number & 255}", 40000 + number % 20000)
    server = ("10.1.0.1", 8080)
    ours, theirs = 1000 * number & 0xFFFFFFFF, 5000 * number & 0xFFFFFFFF
    frames = [
        segment(client, server, ours, 0, SYN),
        segment(server, client, theirs, ours + 1, SYN | ACK),
        segment(client, server, ours + 1, theirs + 1, ACK),
    ]
    ours, theirs = ours + 1, theirs + 1
    while len(frames) < packets - 4:
        if len(frames) % 4 == 3:
            frames.append(segment(client, server, ours, theirs, PSH | ACK, payload))
            ours += len(payload)
        elif len(frames) % 4 == 1:
            frames.append(segment(server, client, theirs, ours, PSH | ACK, payload))
            theirs += len(payload)
        elif len(frames) % 4 == 0:
            frames.append(segment(server, client, theirs, ours, ACK))
        else:
            frames.append(segment(client, server, ours, theirs, ACK))
    return [
        *frames,
        segment(client, server, ours, theirs, FIN | ACK),
        segment(server, client, theirs, ours + 1, ACK),
        segment(server, client, theirs, ours + 1, FIN | ACK),
        segment(client, server, ours + 1, theirs + 1, ACK),
    ]


def segment(
    source: tuple[str, int], destination: tuple[str, int], seq: int, ack: int, flags: int, payload: bytes = b""
) -> bytes:
    """An Ethernet frame with an IPv4 TCP segment; checksums are left zero, which no reader here minds."""
    tcp = struct.pack(
        ">HHLLBBHHH", source[1], destination[1], seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 64240, 0, 0
    )
    ip = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), 0, 0x4000, 64, 6, 0, packed(source[0]), packed(destination[0])
    )
    return b"\x02" * 12 + b"\x08\x00" + ip + tcp + payload


def packed(address: str) -> bytes:
    """Four bytes."""
    return bytes(map(int, address.split(".")))
