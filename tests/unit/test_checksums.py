from __future__ import annotations

import struct

import pytest
from wire import packed

from lab.checksums import folded, wrong

ENDS = {4: (packed("10.0.0.1"), packed("10.0.0.2")), 6: (packed("fd00::1"), packed("fd00::2"))}


def datagram(version: int, payload: bytes, *, partial: bool = False) -> bytes:
    """A UDP datagram with its checksum; the pseudo-header's alone if `partial`."""
    size = 8 + len(payload)
    head = struct.pack(">HHHH", 5000, 9999, size, 0)
    pseudo = b"".join(ENDS[version]) + struct.pack(">II", size, 17)
    total = folded(pseudo) if partial else folded(pseudo + head + payload) ^ 0xFFFF
    return head[:6] + struct.pack(">H", total) + payload


def test_the_example_of_rfc_1071() -> None:
    assert folded(bytes.fromhex("0001f203f4f5f6f7")) == 0xDDF2


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("payload", [b"", b"odd", b"even"])
def test_right_wrong_and_left_for_the_network_card(version: int, payload: bytes) -> None:
    assert wrong(17, *ENDS[version], datagram(version, payload), 6) is False
    assert wrong(17, *ENDS[version], datagram(version, payload) + b"!", 6) is True
    assert wrong(17, *ENDS[version], datagram(version, payload, partial=True), 6) is None
