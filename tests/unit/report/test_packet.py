from __future__ import annotations

import pytest

from lab.capturefile import Frame
from lab.errors import InputError
from lab.layers import Layer
from lab.report.packet import packet_view

FRAME: Frame = (1_500_000_000, 0, 1, "早上好\x1b".encode("gbk"), 7)
LAYERS = (
    Layer("TCP", (("sport", "40112"), ("options", "mss 1460, sackOK"))),
    Layer("Raw", (("load", "b'...'"),), FRAME[3]),
)


def test_the_layers_the_payload_as_text_and_the_bytes() -> None:
    screen = packet_view(14, FRAME, LAYERS, "en", since=1_000_000_000, encoding="gbk", conversation="u1").text(80)
    assert screen.splitlines() == [
        "packet 14   0.500 s   7 bytes on the wire   conversation u1",
        "",
        "  TCP",
        "    sport     40112",
        "    options   mss 1460, sackOK",
        "",
        "  Raw",
        "    load         b'...'",
        r"    text (gbk)   早上好\x1b",
        "",
        "  0000  d4 e7 c9 cf ba c3 1b                             .......",
    ]


def test_what_is_not_known_is_not_told() -> None:
    screen = packet_view(14, FRAME, LAYERS[:1], "zh").text(80)
    assert screen.splitlines()[0] == "数据包 14   线路上 7 字节"
    assert "文本" not in screen


def test_a_long_value_is_cut() -> None:
    layer = Layer("Raw", (), b"x" * 300)
    assert max(map(len, packet_view(1, FRAME, (layer,), "en").text(60).splitlines())) <= 76


def test_an_encoding_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="no text encoding"):
        packet_view(1, FRAME, LAYERS, "en", encoding="utf-99")
