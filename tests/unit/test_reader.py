"""The whole way from bytes to conversations: it never raises, and says where a file is damaged."""

import gzip
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire import (
    MILLISECOND,
    START,
    Talk,
    conversations,
    ethernet,
    interface,
    ipv4,
    ipv6,
    option,
    packet,
    pcap,
    section,
    udp,
)

from lab.errors import CaptureFileError, InputError
from lab.reader import FIRST_MESSAGES, Keep, One, read


def everything():
    """A capture with something of every kind."""
    talk = Talk()
    talk.open()
    talk.client.says(b"hello" * 20)
    talk.server.says(b"answer")
    talk.client.acks()
    talk.close()
    whole = udp(1, 2, bytes(200))
    frames = [frame for _, frame in talk.frames]
    frames += [ethernet(ipv4(whole[:104], 17, more=True)), ethernet(ipv4(whole[104:], 17, offset=104))]
    frames += [ethernet(ipv4(udp(5000, 53, b"\0\7\1\0\0\1\0\0\0\0\0\0\6server\0\0\1\0\1"), 17))]
    frames += [ethernet(ipv6(bytes((17, 0)) + bytes(6) + udp(1, 2, b"x"), 0), 0x86DD)]
    frames += [ethernet(ipv4(b"\0\0\x08\0" + ipv4(udp(3, 4, b"y"), 17), 47)), ethernet(bytes(28), 0x0806)]
    frames += [ethernet(ipv4(b"\3\3" + bytes(6) + ipv4(udp(1, 2, b""), 17), 1)), ethernet(bytes(40), 38)]
    return frames


FRAMES = everything()
PCAP = pcap([(START + at * MILLISECOND, frame) for at, frame in enumerate(FRAMES)])
PCAPNG = (
    section() + interface(options=option(2, b"eth0")) + b"".join(packet(at, frame) for at, frame in enumerate(FRAMES))
)


@pytest.mark.parametrize("data", [PCAP, PCAPNG, gzip.compress(PCAPNG)])
def test_every_kind_is_found(tmp_path, data):
    found = conversations(tmp_path, data)
    assert found.packets == len(FRAMES)
    assert found.damage is None
    assert len(found.connections) == 1
    assert len(found.datagrams) == 4
    assert sorted(each.protocol for each in found.messages) == ["arp", "dns", "icmp", "other"]
    assert found.interfaces in ([""], ["eth0"])


@pytest.mark.parametrize("data", [PCAP, PCAPNG, gzip.compress(PCAP)])
def test_damage_says_after_which_packet(tmp_path, data):
    found = conversations(tmp_path, data[:-25])
    assert found.packets < len(FRAMES)
    assert str(found.damage).startswith(f"after packet {found.packets}, ")


def test_a_file_that_is_no_capture(tmp_path):
    with pytest.raises(CaptureFileError) as caught:
        conversations(tmp_path, b"PK\3\4 and so on")
    assert isinstance(caught.value, InputError)
    assert caught.value.exit_code == 2


changes = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=30)


@settings(max_examples=200)
@given(base=st.sampled_from([PCAP, PCAPNG]), changed=changes, end=st.integers(0, 1 << 16), keep=st.sampled_from(Keep))
def test_mutated_captures_never_raise(tmp_path_factory, base, changed, end, keep):
    data = bytearray(base)
    head = 24 if base is PCAP else 28
    for at, value in changed:
        data[head + at % (len(data) - head)] = value
    if end % 3 == 0:
        del data[head + end % (len(data) - head) :]
    path = tmp_path_factory.mktemp("mutated") / "capture"
    path.write_bytes(data)
    found = read(path, keep=keep)
    assert found.packets <= len(data) // 16


@settings(max_examples=200)
@given(
    link_type=st.sampled_from([0, 1, 9, 10, 50, 51, 101, 104, 108, 113, 147, 228, 229, 276]),
    frames=st.lists(st.binary(max_size=120), max_size=6),
)
def test_frames_of_any_bytes_never_raise(tmp_path_factory, link_type, frames):
    path = tmp_path_factory.mktemp("any")
    found = conversations(path, pcap([(START, each) for each in frames], link_type=link_type))
    assert found.packets == len(frames)


heads = st.sampled_from([each[:at] for each in FRAMES for at in range(14, len(each), 5)])


@settings(max_examples=200)
@given(frames=st.lists(st.builds(bytes.__add__, heads, st.binary(max_size=60)), max_size=8))
def test_frames_that_begin_well_never_raise(tmp_path_factory, frames):
    path = tmp_path_factory.mktemp("half")
    assert conversations(path, pcap([(START, each) for each in frames])).packets == len(frames)


def test_tables_take_no_more_messages_than_they_show(tmp_path):
    frames = [ethernet(bytes(28), 0x0806)] * (FIRST_MESSAGES + 3) + [ethernet(bytes(40), 0x88CC)]
    frames += [ethernet(ipv4(udp(5000, 53, b"\0\7\1\0\0\1\0\0\0\0\0\0\6server\0\0\1\0\1"), 17))] * 2
    data = pcap([(START, each) for each in frames])
    found = conversations(tmp_path, data, keep=Keep.TABLES)
    assert len(found.messages) == FIRST_MESSAGES
    assert found.left_out == {"arp": 3, "other": 1, "dns": 2}
    assert found.datagrams == []
    everything = conversations(tmp_path, data, keep=Keep.MESSAGES)
    assert (len(everything.messages), everything.left_out, everything.datagrams) == (len(frames), {}, [])


def question(port):
    return ethernet(ipv4(udp(port, 53, b"\0\7\1\0\0\1\0\0\0\0\0\0\6server\0\0\1\0\1"), 17))


@pytest.mark.parametrize("one", [One("tcp", 2), One("udp", 2)])
def test_of_one_conversation_alone_all_is_kept(tmp_path, one):
    first = Talk(ports=(40000, 80))
    second = Talk(ports=(40001, 80), frames=first.frames)
    for talk in (first, second):
        talk.open()
        talk.client.says(b"hello")
        talk.close()
    frames = [frame for _, frame in first.frames]
    frames += [question(5000), question(5001), question(5001)] + [question(5002)] * FIRST_MESSAGES
    data = pcap([(START + at, frame) for at, frame in enumerate(frames)])
    (tmp_path / "capture").write_bytes(data)
    found, whole = read(tmp_path / "capture", only=one), conversations(tmp_path, data)
    assert found.exchanges == whole.exchanges
    assert [each.segments is not None for each in found.connections] == [False, one.transport == "tcp"]
    if one.transport == "tcp":
        assert found.connections[1] == whole.connections[1]
        assert found.datagrams == []
    else:
        numbers = [len(frames) - FIRST_MESSAGES - 1, len(frames) - FIRST_MESSAGES]
        assert [each.number for each in found.datagrams] == numbers
        assert set(numbers) <= {each.number for each in found.messages}
        assert len(found.messages) + found.left_out["dns"] == len(whole.messages)


def test_what_is_taken_is_not_kept(tmp_path):
    (tmp_path / "capture").write_bytes(PCAP)
    taken = []
    found = read(tmp_path / "capture", keep=Keep.TABLES, take=taken.append)
    whole = conversations(tmp_path, PCAP)
    assert (found.datagrams, found.messages, found.left_out) == ([], [], {})
    assert sorted(map(repr, taken)) == sorted(map(repr, [*whole.datagrams, *whole.messages]))
    assert [each.number for each in taken] == sorted(each.number for each in taken)


@pytest.mark.parametrize("zipped", [False, True])
def test_progress_is_told_in_packets_and_bytes_of_the_file(tmp_path, zipped):
    data = pcap([(START, FRAMES[0])] * 10_000, zipped=zipped)
    (tmp_path / "capture").write_bytes(data)
    told = []
    read(tmp_path / "capture", keep=Keep.TABLES, progress=lambda *so_far: told.append(so_far))
    assert [packets for packets, _ in told] == [4096, 8192]
    assert 0 < told[0][1] <= told[1][1] <= len(data)


def test_nothing_slow_is_imported():
    slow = ("scapy", "pydantic", "docker", "rich", "typer")
    code = f"import sys, lab.reader; print([name for name in {slow!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
