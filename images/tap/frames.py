"""What a frame is, as far as the choice of packets needs it: addresses, ports, TCP flags, where its payload lies.

Offsets are those of Ethernet II, RFC 791, RFC 8200, RFC 9293, RFC 768, RFC 4443 and RFC 826.
"""

import contextlib
import ipaddress
import struct

ETHERNET = 14
IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806
PROTOCOLS = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 58: "icmp6"}
FLAGS = {"FIN": 0x01, "SYN": 0x02, "RST": 0x04, "PSH": 0x08, "ACK": 0x10, "URG": 0x20}
IPV6_OPTIONS = {0, 43, 60}  # hop-by-hop, routing, destination: eight bytes and more, the length in the second
CHECKSUMS = {"tcp": 17, "udp": 7, "icmp": 3, "igmp": 3, "icmp6": 3}  # the last byte of it, from the header on
FRAGMENT = 0x1FFF  # of the field of flags and offset: only the first fragment has ports


class Frame:
    """One Ethernet frame. What a protocol does not have is None; offsets are those of its bytes.

    `payload` is where that of TCP or UDP begins, `end` where IP ends (what follows is padding).
    """

    def __init__(self, data):
        self.data = data
        self.protocol = self.source = self.target = None
        self.source_port = self.target_port = self.flags = self.window = None
        self.transport, self.payload, self.end = len(data), len(data), len(data)
        with contextlib.suppress(struct.error, IndexError, ValueError):  # it is shorter than it says
            self.read(struct.unpack_from("!H", data, ETHERNET - 2)[0])

    @property
    def size(self):
        """Bytes of what TCP or UDP carries."""
        return max(0, self.end - self.payload) if self.source_port is not None else 0

    @property
    def checksum(self):
        """Where the checksum of the transport ends, or where IP does if it has none."""
        return self.transport + CHECKSUMS[self.protocol] if self.protocol in CHECKSUMS else self.end - 1

    def read(self, kind):
        """Read the headers of what the frame carries."""
        if kind == ARP:
            self.protocol = "arp"
            self.source, self.target = self.address(28, 4), self.address(38, 4)
        elif kind == IPV4:
            length, fragment, number = struct.unpack_from("!2xH2xHxB", self.data, ETHERNET)
            self.source, self.target = self.address(26, 4), self.address(30, 4)
            self.end = ETHERNET + length
            start = ETHERNET + 4 * (self.data[ETHERNET] & 0xF)
            self.read_transport(number, start, whole=not fragment & FRAGMENT)
        elif kind == IPV6:
            length, number = struct.unpack_from("!4xHB", self.data, ETHERNET)
            self.source, self.target = self.address(22, 16), self.address(38, 16)
            start = ETHERNET + 40
            self.end = start + length
            while number in IPV6_OPTIONS:
                number, more = struct.unpack_from("!BB", self.data, start)
                start += 8 * (more + 1)
            self.read_transport(number, start)

    def address(self, start, length):
        """The address that stands at an offset."""
        return str(ipaddress.ip_address(self.data[start : start + length]))

    def read_transport(self, number, start, *, whole=True):
        """Read ports, flags and where the payload begins."""
        self.protocol = PROTOCOLS.get(number, str(number))
        self.transport = self.payload = start
        if not whole:
            return
        if self.protocol in ("tcp", "udp"):
            self.source_port, self.target_port = struct.unpack_from("!HH", self.data, start)
            self.payload = start + 8
        if self.protocol == "tcp":
            offset, flags, self.window = struct.unpack_from("!12xBBH", self.data, start)
            self.payload = start + 4 * (offset >> 4)
            self.flags = {name for name, bit in FLAGS.items() if flags & bit}


EXACT = {"SYN", "ACK", "FIN", "RST"}  # named or not, they count; PSH and URG count where they are named


class Choice:
    """Which packets of IP and ARP: what is None may be anything.

    `source` and `target` are {"addresses": [...], "port": number}.
    """

    def __init__(self, source=None, target=None, protocol=None, flags=None, payload=None, window=None):
        self.source, self.target, self.protocol, self.window = source, target, protocol, window
        self.flags = None if flags is None else set(flags)
        self.payload = payload

    def fits(self, frame):
        """Whether it is one of them."""
        return (
            frame.protocol is not None
            and self.protocol in (None, frame.protocol)
            and is_at(self.source, frame.source, frame.source_port)
            and is_at(self.target, frame.target, frame.target_port)
            and self.window in (None, frame.window)
            and self.payload in (None, frame.size > 0)
            and self.has_flags(frame.flags)
        )

    def has_flags(self, flags):
        """Whether a segment has the flags that were asked for."""
        if self.flags is None:
            return True
        return flags is not None and self.flags <= flags and flags & EXACT == self.flags & EXACT


def is_at(end, address, port):
    """Whether an end of a packet is where it was asked for."""
    if end is None:
        return True
    addresses, wanted = end["addresses"], end["port"]
    return (addresses is None or address in addresses) and wanted in (None, port)
