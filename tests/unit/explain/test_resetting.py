from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stories import Calls, record, seen, told, wired
from wire import ACK, MILLISECOND, RST, START, Talk

from lab.explain import resetting
from lab.explain.talk import Talk as Told
from lab.explain.talk import talks
from lab.record import FaultFacts, HostState, Words

DOUBT = "unknown: whether it was closed with unread data (RFC 2525, 2.17) or aborted (SO_LINGER, socket(7))"


def of(talk: Talk, folder: Path, recorded: object = None) -> Told:
    (found,) = talks(seen(talk.frames, folder, recorded or record()))
    return found


def said(found: Told, *calls: tuple[str, str, dict[str, object]]) -> list[str]:
    beside = Calls(found.connection)
    for role, name, more in calls:
        beside.call(role, name, **more)
    return told(resetting.reset(replace(found, calls=tuple(beside.beside))))


def answered() -> Talk:
    """The client says five bytes, and the server resets."""
    talk = wired()
    talk.open()
    talk.client.says(b"hello")
    talk.server.sends(RST | ACK)
    return talk


def test_without_calls_the_reason_is_unknown(tmp_path: Path) -> None:
    assert said(of(answered(), tmp_path)) == [f"server resets the connection (RST): {DOUBT} [5]"]


def test_a_reset_that_is_lost_leaves_a_half_open_connection(tmp_path: Path) -> None:
    words = Words(en="TCP", zh="TCP")
    fault = FaultFacts(name="f", into="alice", kind="drop", what=words, met=1, acted=1, lost=True, packets=(5,))
    talk = answered()
    half = "alice does not hear of that: the connection is half-open (RFC 9293, 3.5.1) [5]"
    assert said(of(talk, tmp_path, record(faults=(fault,))))[1:] == [half]
    talk.client.says(b"hello?")
    talk.server.rst()
    assert said(of(talk, tmp_path, record(faults=(fault,))))[1:] == [
        half,
        "server answers with another RST, for it knows of no such connection (RFC 9293, 3.5.2) [7]",
    ]


def test_what_was_left_unread(tmp_path: Path) -> None:
    found = of(answered(), tmp_path)
    (line,) = said(found, ("server", "recv", {"bytes": 2}))
    assert line == "server resets the connection (RST): it was closed with 3 bytes unread (RFC 2525, 2.17) [5]"
    (line,) = said(found, ("server", "recv", {"bytes": 5}))
    assert line == "server resets the connection (RST): unknown: why, for it had read everything [5]"


def test_an_abort_is_told_only_of_who_set_so_linger(tmp_path: Path) -> None:
    found = of(answered(), tmp_path)
    linger = {"arguments": "SOL_SOCKET, SO_LINGER, 1 0"}
    (line,) = said(found, ("server", "setsockopt", linger), ("server", "recv", {"bytes": 5}))
    assert "it had set SO_LINGER: with 0 s, close() aborts (socket(7))" in line
    for other in (("client", "setsockopt", linger), ("server", "setsockopt", {**linger, "error": "EINVAL"})):
        assert "it had set" not in said(found, other, ("server", "recv", {"bytes": 5}))[0]


def test_data_for_a_socket_that_was_closed_already(tmp_path: Path) -> None:
    talk = wired()
    talk.open()
    talk.server.fin()
    talk.client.says(b"hello")
    talk.server.rst()
    (line,) = said(of(talk, tmp_path))
    assert (
        line
        == "server resets the connection (RST): 5 bytes came for a socket that was closed already (RFC 9293, 3.10.7.1) [6]"
    )


def test_where_nothing_came_nothing_was_unread(tmp_path: Path) -> None:
    talk = wired()
    talk.open()
    talk.server.sends(RST | ACK)
    (line,) = said(of(talk, tmp_path))
    assert "nothing was there to be left unread" in line


def test_a_rst_after_both_fins(tmp_path: Path) -> None:
    talk = wired()
    talk.open()
    talk.client.fin()
    talk.server.fin()
    talk.client.sends(RST | ACK)
    (line,) = said(of(talk, tmp_path))
    assert line.startswith("alice resets the connection after both FINs (RST)")


def test_a_reset_by_the_lab(tmp_path: Path) -> None:
    over = record(observations={"end": {"server": HostState(time=START + 3 * MILLISECOND)}})
    (line,) = said(of(answered(), tmp_path, over))
    assert line.startswith("server resets the connection, only when the steps are over and the lab ends it (RST)")


def test_a_refusal_and_an_orderly_close_are_no_resets(tmp_path: Path) -> None:
    refused, closed = wired(), wired()
    refused.client.syn()
    refused.server.sends(RST | ACK)
    closed.open()
    closed.close()
    assert said(of(refused, tmp_path)) == said(of(closed, tmp_path)) == []
