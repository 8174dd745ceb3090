from __future__ import annotations

import struct
from pathlib import Path

import pytest
from facts import ipv4
from stories import datagram, record, seen, told
from wire import MILLISECOND, START

from lab.explain import datagrams, names
from lab.explain.talk import asked

ALICE, SERVER = ipv4("alice"), ipv4("server")
QUESTION = b"\3www\3lab\0" + struct.pack(">HH", 1, 1)


def query(number: int = 7) -> bytes:
    return struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + QUESTION


def response(number: int = 7, code: int = 0, address: bytes | None = None) -> bytes:
    answer = b"" if address is None else b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + address
    return struct.pack(">6H", number, 0x8180 | code, 1, int(address is not None), 0, 0) + QUESTION + answer


def said(folder: Path, *answers: bytes) -> list[str]:
    frames = [datagram((5000, 53), query(), START, (ALICE, SERVER))]
    frames += [datagram((53, 5000), each, START + MILLISECOND, (SERVER, ALICE)) for each in answers]
    (found,) = asked(seen(frames, folder, record()))
    assert told(datagrams.asked(found)) == []
    return told(names.looked_up(found))


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (response(address=bytes((10, 77, 4, 10))), "10.77.4.10 (after 1.0 ms)"),
        (response(), "the name is there, but nothing of this type (RFC 2308, 2.2) (after 1.0 ms)"),
        (response(code=3), "there is no such name (NXDOMAIN) (after 1.0 ms)"),
        (response(code=5), "the server refuses to answer (REFUSED) (after 1.0 ms)"),
        (response(code=9), "9 (after 1.0 ms)"),
    ],
)
def test_what_a_query_comes_to(tmp_path: Path, answer: bytes, what: str) -> None:
    assert said(tmp_path, answer) == [f"alice asks server:53 for www.lab (A): {what} [1,2]"]


def test_a_query_without_an_answer(tmp_path: Path) -> None:
    assert said(tmp_path) == ["alice asks server:53 for www.lab (A): no answer [1]"]


def test_a_response_to_another_query_is_no_answer(tmp_path: Path) -> None:
    assert said(tmp_path, response(8, address=bytes(4))) == ["alice asks server:53 for www.lab (A): no answer [1]"]


def test_many_are_summed_up(tmp_path: Path) -> None:
    frames = [datagram((5000, 53), query(n), START + n, (ALICE, SERVER)) for n in range(names.TOLD + 2)]
    (found,) = asked(seen(frames, tmp_path, record()))
    assert told(names.looked_up(found))[-1] == "then 2 more queries not told one by one [41,42]"
