"""What was said on the wire: the result of `lab.tcp` that checks and reports read.

Packet numbers count frames of the capture from 1. Times are nanoseconds since the epoch.
"Client" is the side that sent the first SYN (or, where no handshake was seen, the side that
`lab.tcp` takes for it, by Zeek's rules); "server" the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

from lab.text import Text

Role = Literal["client", "server"]


class Endpoint(NamedTuple):
    """An IP address (in its canonical text form, RFC 5952 for IPv6) and a port."""

    address: str
    port: int


class Handshake(StrEnum):
    """How far the three-way handshake came (RFC 9293, 3.5)."""

    COMPLETE = "complete"  # SYN, SYN-ACK with ack = ISNc+1, then a client segment with ack = ISNs+1
    HALF_OPEN = "half-open"  # a SYN or SYN-ACK was seen, but not all three
    NONE = "none"


class Close(StrEnum):
    """How the connection ended."""

    FIN = "fin"  # both sides sent FIN
    RST = "rst"  # a RST ended it before both FINs were there
    OPEN = "open"  # neither: still open, or closed on one side only


class Mark(StrEnum):
    """What the analysis says of a segment, in Wireshark's terms."""

    RETRANSMISSION = "retransmission"
    FAST_RETRANSMISSION = "fast retransmission"
    SPURIOUS_RETRANSMISSION = "spurious retransmission"
    OUT_OF_ORDER = "out-of-order"
    DUPLICATE_ACK = "duplicate ack"
    ZERO_WINDOW = "zero window"
    WINDOW_UPDATE = "window update"
    ZERO_WINDOW_PROBE = "zero window probe"
    KEEP_ALIVE = "keep-alive"
    KEEP_ALIVE_ACK = "keep-alive ack"
    LOST_BEFORE = "previous segment not captured"
    PORT_REUSED = "port reused"


RESENT = frozenset({Mark.RETRANSMISSION, Mark.FAST_RETRANSMISSION, Mark.SPURIOUS_RETRANSMISSION})
"""The marks of a segment that was sent before."""


@dataclass(frozen=True, slots=True)
class TcpOptions:
    """The options of a SYN (RFC 9293, 7323, 2018). None: not offered."""

    mss: int | None = None
    window_scale: int | None = None
    sack_permitted: bool = False
    timestamps: bool = False


@dataclass(slots=True)
class Stream:
    """The bytes of one direction in sequence order, and which packet first brought each of them."""

    data: bytearray = field(default_factory=bytearray)
    pieces: list[tuple[int, int, int]] = field(default_factory=list)
    """`(offset, length, packet)` in the order of `offset`."""
    gap: bool = False
    """Bytes are missing: `data` ends before the first hole, or where the limit was reached."""


@dataclass(slots=True)
class Side:
    """One end of a connection: what it sent."""

    endpoint: Endpoint
    state: str = "CLOSED"
    """Its RFC 9293 state after the last segment."""
    isn: int | None = None
    options: TcpOptions | None = None
    packets: int = 0
    bytes: int = 0
    """Payload as in Zeek's orig_bytes/resp_bytes: by sequence numbers, so each byte once."""
    data_packets: list[int] = field(default_factory=list)
    """Numbers of the packets with payload; only when segments are kept."""
    retransmissions: int = 0
    """Union of Wireshark's retransmission, fast and spurious retransmission."""
    out_of_order: int = 0
    duplicate_acks: int = 0
    zero_windows: int = 0
    keep_alives: int = 0
    fin_packet: int | None = None
    fin_acked_packet: int | None = None
    rst_packet: int | None = None
    stream: Stream | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of a connection as the ladder shows it.

    `seq` and `ack` are relative to the initial sequence numbers; `window` is scaled, in bytes.
    """

    number: int
    time: int
    sender: Role
    flags: str
    """As in `SYN ACK`, `PSH ACK`, `FIN ACK`, `RST`."""
    seq: int
    ack: int | None
    window: int
    payload: bytes
    length: int
    options: TcpOptions | None
    marks: frozenset[Mark]
    client_state: str
    server_state: str


@dataclass(slots=True)
class Connection:
    """One TCP connection."""

    index: int
    """Counts from 1 in the order of the first packets."""
    client: Side
    server: Side
    interface: int
    """Of the capture file, from 0: in a run's capture the place of its network."""
    first_packet: int
    last_packet: int
    start: int
    end: int
    packets: int
    completeness: int
    """Wireshark's tcp.completeness bits."""
    conn_state: str
    """Zeek's conn_state, checksums ignored; of its first record where its timers would make several."""
    history: str
    """Zeek's history, likewise: upper case is the client."""
    handshake: Handshake
    handshake_packets: tuple[int, ...]
    """The SYN, the SYN-ACK and the client's segment that completed it, as far as they came."""
    established: int | None
    """When the handshake was complete."""
    close: Close
    first_closer: Role | None
    """Who sent the first FIN, or the RST where no FIN came before it."""
    close_packets: tuple[int, ...]
    """FINs, the acknowledgements of them, and a RST that ended it, in order."""
    simultaneous_close: bool
    """Neither FIN acknowledges the other."""
    closed: int | None
    """When the last FIN was seen, or the RST."""
    segments: list[Segment] | None = None
    """Only when kept."""

    def side(self, role: Role) -> Side:
        """The side of `role`."""
        return self.client if role == "client" else self.server


@dataclass(slots=True)
class Exchange:
    """The UDP datagrams between two endpoints; the client sent the first."""

    index: int
    client: Endpoint
    server: Endpoint
    interface: int
    first_packet: int
    last_packet: int
    start: int
    end: int
    client_packets: int
    server_packets: int
    client_bytes: int
    server_bytes: int
    conn_state: str
    history: str


@dataclass(frozen=True, slots=True)
class Datagram:
    """One UDP datagram, reassembled if it came in fragments (`number` is then the last one)."""

    number: int
    time: int
    interface: int
    source: Endpoint
    destination: Endpoint
    payload: bytes
    length: int
    """Of the payload by the UDP header, also where the capture cut it."""
    checksum_ok: bool | None
    """None where it cannot be known: cut, fragmented, no checksum, or left for a network card to fill in."""


@dataclass(frozen=True, slots=True)
class Message:
    """A packet that is neither a TCP segment nor (only) a UDP datagram, by its protocol's own terms.

    `protocol` is one of arp, icmp, icmpv6, dns, igmp, other. `fields` are named as Wireshark
    names them without the prefix: arp has opcode, src_hw, src_ip, dst_ip; icmp and icmpv6 have
    type, code, id, seq, and for errors about (what it quotes); dns has id, response, rcode,
    questions, answers; igmp has type, group; other has ethertype or ip_protocol.
    """

    number: int
    time: int
    interface: int
    protocol: str
    source: str
    destination: str
    summary: str
    length: int
    fields: dict[str, object]


@dataclass(slots=True)
class Conversations:
    """Everything that a capture holds."""

    connections: list[Connection] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    datagrams: list[Datagram] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    packets: int = 0
    interfaces: list[str] = field(default_factory=list)
    """Interface names of the file, where it has them."""
    damage: Text | None = None
    """Where and how the file is cut short or broken, if it is."""
    left_out: dict[str, int] = field(default_factory=dict)
    """How many messages of each sort (`lab.messages.sort`) there are beside those kept in `messages`."""
    more_connections: int = 0
    """How many there are beside those in `connections`, where only some were asked for."""
    more_exchanges: int = 0

    @property
    def connection_count(self) -> int:
        """How many TCP connections the capture holds; they are numbered from 1."""
        return len(self.connections) + self.more_connections

    @property
    def exchange_count(self) -> int:
        """How many UDP exchanges the capture holds; they are numbered from 1."""
        return len(self.exchanges) + self.more_exchanges
