"""DNS messages (RFC 1035) as they lie in a datagram."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from lab.packets import address_text

Entry = dict[str, str]
"""Of a question: name and type; of an answer: data, too."""

TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 35: "NAPTR",
         41: "OPT", 43: "DS", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 64: "SVCB", 65: "HTTPS", 255: "ANY"}  # fmt: skip
RCODES = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")
HEADER = 12
LONGEST_NAME, MOST_ENTRIES = 255, 1024


class DnsError(ValueError):
    """The bytes are no DNS message."""


@dataclass(frozen=True, slots=True)
class DnsMessage:
    """What a message asks and answers."""

    id: int
    response: bool
    opcode: int
    rcode: str
    questions: list[Entry]
    answers: list[Entry]
    """Of the answer section."""


def parsed(data: bytes) -> DnsMessage:
    """The message in `data`. Raises `DnsError` where a header, name or record makes no sense."""
    try:
        identification, flags, asked, answered, _, _ = struct.unpack_from(">6H", data)
        if asked + answered > MOST_ENTRIES:
            raise DnsError
        questions, at = _questions(data, asked)
        answers = _answers(data, at, answered)
    except (struct.error, IndexError) as error:
        raise DnsError from error
    code = flags & 15
    rcode = RCODES[code] if code < len(RCODES) else str(code)
    return DnsMessage(identification, bool(flags & 0x8000), flags >> 11 & 15, rcode, questions, answers)


def _questions(data: bytes, count: int) -> tuple[list[Entry], int]:
    found: list[Entry] = []
    at = HEADER
    for _ in range(count):
        name, at = _name(data, at)
        (kind,) = struct.unpack_from(">H", data, at)
        found.append({"name": name, "type": TYPES.get(kind, str(kind))})
        at += 4
    return found, at


def _answers(data: bytes, at: int, count: int) -> list[Entry]:
    found: list[Entry] = []
    for _ in range(count):
        name, at = _name(data, at)
        kind, size = struct.unpack_from(">H6xH", data, at)
        at += 10
        if at + size > len(data):
            raise DnsError
        found.append({"name": name, "type": TYPES.get(kind, str(kind)), "data": _value(data, kind, at, size)})
        at += size
    return found


def _name(data: bytes, at: int) -> tuple[str, int]:
    """The name at `at` (RFC 1035, 4.1.4), and where what follows it begins."""
    labels: list[str] = []
    follows = None
    while size := data[at]:
        if size >= 0xC0:  # noqa: PLR2004 - the two bits of a pointer
            follows = at + 2 if follows is None else follows
            target = struct.unpack_from(">H", data, at)[0] & 0x3FFF
            if target >= at:  # RFC 1035: a prior occurrence; also what keeps this from looping
                raise DnsError
            at = target
            continue
        if size > 63 or at + 1 + size > len(data):  # noqa: PLR2004 - the longest label
            raise DnsError
        labels.append(data[at + 1 : at + 1 + size].decode("utf-8", "backslashreplace"))
        at += 1 + size
        if sum(map(len, labels)) > LONGEST_NAME:
            raise DnsError
    return ".".join(labels) or ".", at + 1 if follows is None else follows


def _value(data: bytes, kind: int, at: int, size: int) -> str:
    name = TYPES.get(kind)
    if name in {"A", "AAAA"} and size in {4, 16}:
        return address_text(data[at : at + size])
    if name in {"NS", "CNAME", "PTR"}:
        return _name(data, at)[0]
    if name == "MX":
        return f"{struct.unpack_from('>H', data, at)[0]} {_name(data, at + 2)[0]}"
    if name == "SRV":
        priority, weight, port = struct.unpack_from(">HHH", data, at)
        return f"{priority} {weight} {port} {_name(data, at + 6)[0]}"
    if name == "TXT" and size:
        return data[at + 1 : at + 1 + data[at]].decode("utf-8", "backslashreplace")
    return data[at : at + size].hex()
