"""Crafts captures for tests, so that a test reads as the transcript of a conversation.

talk = Talk()
talk.open()                    # SYN, SYN-ACK, ACK
talk.client.says(b"hello")     # one segment of data
talk.server.acks()
talk.client.fin(); talk.server.fin(); talk.client.acks()
conversations = talk.read(tmp_path)
"""

import gzip
import struct
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from lab.conversations import Conversations
from lab.reader import read

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MASK = 0xFFFFFFFF
CLIENT, SERVER = "10.0.0.1", "10.0.0.2"
START = 1_700_000_000_000_000_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
SYN_OPTIONS = bytes((2, 4, 5, 180, 4, 2, 8, 10)) + bytes(8) + bytes((1, 3, 3, 7))  # mss 1460, SACK, timestamps, scale 7


def packed(address):
    return ip_address(address).packed


def checksum(data):
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ethernet(payload, ethertype=0x0800):
    return bytes.fromhex("020000000002020000000001") + struct.pack(">H", ethertype) + payload


def ipv4(  # noqa: PLR0913 - as many as the header has fields
    payload,
    protocol,
    source=CLIENT,
    destination=SERVER,
    *,
    identification=1,
    offset=0,
    more=False,
    options=b"",
    total=None,
):
    header = 20 + len(options)
    fields = (0x40 | header // 4, 0, header + len(payload) if total is None else total, identification)
    fields += ((0x2000 if more else 0) | offset >> 3, 64, protocol, 0, packed(source), packed(destination))
    return struct.pack(">BBHHHBBH4s4s", *fields) + options + payload


def ipv6(payload, protocol, source="fd00::1", destination="fd00::2"):
    return (
        struct.pack(">IHBB16s16s", 6 << 28, len(payload), protocol, 64, packed(source), packed(destination)) + payload
    )


def tcp(source, destination, seq, ack, flags, *, window=64240, payload=b"", options=b""):  # noqa: PLR0913 - likewise
    words = (20 + len(options)) // 4 << 12
    return (
        struct.pack(">HHIIHHHH", source, destination, seq & MASK, ack & MASK, words | flags, window, 0, 0)
        + options
        + payload
    )


def udp(source, destination, payload, *, right=True, between=(CLIENT, SERVER)):
    size = 8 + len(payload)
    head = struct.pack(">HHHH", source, destination, size, 0)
    pseudo = packed(between[0]) + packed(between[1]) + struct.pack(">HH", 17, size)
    total = checksum(pseudo + head + payload)
    return head[:6] + struct.pack(">H", (total if right else total ^ 0x5555) or 0xFFFF) + payload


def pcap(frames, *, order="<", nanoseconds=True, link_type=1, snaplen=262144, zipped=False):
    """`frames` are `(time, bytes)`, or `(time, bytes, length on the wire)`."""
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    pieces = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link_type)]
    for time, frame, *length in frames:
        seconds, rest = divmod(time, SECOND)
        fraction = rest if nanoseconds else rest // 1000
        captured = frame[:snaplen]
        head = struct.pack(order + "IIII", seconds, fraction, len(captured), *(length or (len(frame),)))
        pieces += (head, captured)
    data = b"".join(pieces)
    return gzip.compress(data) if zipped else data


def block(kind, body, order="<"):
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def option(code, value, order="<"):
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def section(order="<"):
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link_type=1, options=b"", order="<", snaplen=0):
    return block(1, struct.pack(order + "HHI", link_type, 0, snaplen) + options, order)


def packet(ticks, frame, number=0, order="<", length=None):
    head = struct.pack(
        order + "IIIII", number, ticks >> 32, ticks & MASK, len(frame), len(frame) if length is None else length
    )
    return block(6, head + frame, order)


def conversations(tmp_path: Path, data: bytes, **more) -> Conversations:
    path = tmp_path / "capture"
    path.write_bytes(data)
    return read(path, **more)


@dataclass
class End:
    """One end of a conversation; `seq` is what it sends next, `ack` what it has of the other."""

    talk: "Talk"
    address: str
    port: int
    isn: int
    window: int = 502
    peer: "End" = field(init=False, repr=False)

    def __post_init__(self):
        self.seq = self.isn
        self.ack = 0

    def sends(  # noqa: PLR0913 - likewise
        self, flags, payload=b"", *, seq=None, ack=None, options=b"", lost=False, window=None
    ):
        """Any segment; what it takes of the sequence numbers is only counted where `seq` is left out."""
        here, there = self, self.peer
        number = here.seq if seq is None else seq
        acknowledged = (here.ack if ack is None else ack) if flags & ACK else 0
        size = here.window if window is None else window
        segment = tcp(here.port, there.port, number, acknowledged, flags, window=size, payload=payload, options=options)
        if not lost:
            self.talk.put(segment, here.address, there.address)
        if seq is None:
            here.seq = (number + len(payload) + (flags & SYN > 0) + (flags & FIN > 0)) & MASK
            there.ack = here.seq

    def syn(self):
        self.sends(SYN, options=SYN_OPTIONS)

    def syn_ack(self):
        self.sends(SYN | ACK, options=SYN_OPTIONS)

    def says(self, payload, **more):
        self.sends(PSH | ACK, payload, **more)

    def acks(self, **more):
        self.sends(ACK, **more)

    def fin(self, **more):
        self.sends(FIN | ACK, **more)

    def rst(self, **more):
        self.sends(RST, **more)


class Talk:
    """A conversation, a millisecond from segment to segment."""

    def __init__(self, *, isn=(1000, 9000), ports=(40000, 8080), addresses=(CLIENT, SERVER), start=START, frames=None):
        self.frames = [] if frames is None else frames
        self.time = start
        self.client = End(self, addresses[0], ports[0], isn[0])
        self.server = End(self, addresses[1], ports[1], isn[1])
        self.client.peer, self.server.peer = self.server, self.client

    def put(self, segment, source, destination):
        over = ipv6 if ":" in source else ipv4
        kind = 0x86DD if ":" in source else 0x0800
        self.frames.append((self.time, ethernet(over(segment, 6, source, destination), kind)))
        self.time += MILLISECOND

    def open(self):
        self.client.syn()
        self.server.syn_ack()
        self.client.acks()

    def close(self):
        """The client first, in four segments."""
        self.client.fin()
        self.server.acks()
        self.server.fin()
        self.client.acks()

    def rests(self, nanoseconds):
        self.time += nanoseconds

    def read(self, tmp_path, **more):
        return conversations(tmp_path, pcap(self.frames), **more)

    def one(self, tmp_path, **more):
        """The only connection."""
        (connection,) = self.read(tmp_path, **more).connections
        return connection
