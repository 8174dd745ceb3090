"""Bytes as people write and read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.assistant.endpoint import Peer
from lab.assistant.writing import Reading, as_hex, from_hex, from_text, peer_from, port_from
from lab.errors import InputError


@pytest.mark.parametrize(
    "written", ["48 65 6c 6C 6f", "48656c6c6f", "0x48, 0x65 0x6c6c6f", "48:65:6c:6c:6f", r"\x48\x65\x6c\x6c\x6f"]
)
def test_every_usual_way_to_write_hex(written: str) -> None:
    assert from_hex(written) == b"Hello"


@given(st.binary())
def test_hex_is_read_as_it_is_shown(data: bytes) -> None:
    assert from_hex(as_hex(data)) == data


@pytest.mark.parametrize(
    ("written", "en", "zh"),
    [
        ("48 6g", "`g` in `6g` is no hex digit", "`6g` 中的 `g` 不是十六进制数字"),
        ("48 6", "`6` is not whole bytes: each takes two hex digits, such as 0a", "`6` 不是完整的字节"),
        ("0x", "`0x` is not whole bytes", "`0x` 不是完整的字节"),
        ("你好", "`你` in `你好` is no hex digit", "`你好` 中的 `你` 不是十六进制数字"),
    ],
)
def test_what_is_no_hex_is_said(written: str, en: str, zh: str) -> None:
    with pytest.raises(InputError) as raised:
        from_hex(written)
    assert raised.value.what.en.startswith(en)
    assert raised.value.what.zh.startswith(zh)


def test_text_in_the_encoding_that_was_chosen() -> None:
    assert from_text("你好", "gbk") == b"\xc4\xe3\xba\xc3"
    assert from_text("你好", "utf-8") == "你好".encode()
    with pytest.raises(InputError, match="gbk has no `😀`"):
        from_text("hi😀", "gbk")


def test_a_character_in_two_pieces_stands_where_its_last_byte_came() -> None:
    reading = Reading("gbk")
    assert [reading.text(b"\xc4", "alice"), reading.text(b"\xba\xc3", "bob"), reading.text(b"\xe3", "alice")] == [
        "",
        "好",
        "你",
    ]
    reading.text(b"\xc4", "alice")
    reading.over("alice")
    assert reading.text(b"ok", "alice") == "ok"


def test_what_came_is_harmless_to_look_at() -> None:
    assert Reading("utf-8").text(b"\x1b[2J\0\xff\r\n") == r"\x1b[2J\x00\xff\r\n"


@pytest.mark.parametrize(
    ("written", "peer"),
    [("server:8080", ("server", 8080)), (" 10.77.0.11:53 ", ("10.77.0.11", 53)), ("[fd77::b]:7", ("fd77::b", 7))],
)
def test_peers(written: str, peer: tuple[str, int]) -> None:
    assert peer_from(written) == peer
    assert str(Peer(*peer)) == written.strip()


@pytest.mark.parametrize("written", ["", "server", "fd77::b:7", "server:", "server:0", "server:65536", "a b:1"])
def test_what_is_no_peer(written: str) -> None:
    with pytest.raises(InputError):
        peer_from(written)


def test_ports() -> None:
    assert [port_from("0", least=0), port_from(" 65535 ")] == [0, 65535]
    for written in ("", "0", "65536", "-1", "http", "８０"):
        with pytest.raises(InputError, match="is no port: 1 to 65535"):
            port_from(written)
