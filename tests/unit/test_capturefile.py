import contextlib
import gzip
import random
import struct
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire import SECOND, START, block, ethernet, interface, option, packet, pcap, section

from lab.capturefile import opened
from lab.errors import CaptureFileError

FRAME = ethernet(b"hello")


def frames(tmp_path, data):
    path = tmp_path / "capture"
    path.write_bytes(data)
    with opened(path) as capture:
        return list(capture), capture


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("zipped", [False, True])
def test_pcap_in_either_byte_order_plain_and_gzip(tmp_path, order, zipped):
    found, capture = frames(tmp_path, pcap([(START + 7, FRAME)], order=order, zipped=zipped))
    assert found == [(START + 7, 0, 1, FRAME, len(FRAME))]
    assert capture.damage is None
    assert capture.interfaces == [""]


def test_pcap_of_microseconds(tmp_path):
    found, _ = frames(tmp_path, pcap([(START + 1_234_567, FRAME)], nanoseconds=False))
    assert found[0][0] == START + 1_234_000


def test_a_record_with_the_longer_header_of_kuznetzov(tmp_path):
    data = struct.pack("<IHHiIII", 0xA1B2CD34, 2, 4, 0, 0, 65535, 1)
    data += struct.pack("<IIIIIHBB", 1, 2, len(FRAME), len(FRAME), 0, 0, 0, 0) + FRAME
    assert frames(tmp_path, data)[0] == [(SECOND + 2000, 0, 1, FRAME, len(FRAME))]


def test_a_snap_length_leaves_the_length_on_the_wire(tmp_path):
    found, _ = frames(tmp_path, pcap([(START, FRAME)], snaplen=10))
    assert found == [(START, 0, 1, FRAME[:10], len(FRAME))]


def test_frames_larger_than_the_buffer_are_read(tmp_path):
    large = ethernet(bytes(250_000))
    found, capture = frames(tmp_path, pcap([(START + each, large) for each in range(12)]))
    assert [len(each[3]) for each in found] == [len(large)] * 12
    assert capture.damage is None


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_with_interfaces_of_their_own_clocks(tmp_path, order):
    data = section(order)
    data += interface(1, option(2, b"eth0", order) + option(9, bytes((9,)), order) + option(0, b"", order), order)
    data += interface(101, option(2, b"tun0", order) + option(9, bytes((0x8A,)), order), order)
    data += interface(113, option(14, struct.pack(order + "q", 100), order), order)
    data += (
        packet(START, FRAME, 0, order) + packet(3 * 1024 + 512, FRAME, 1, order) + packet(5_000_001, FRAME, 2, order)
    )
    found, capture = frames(tmp_path, data)
    assert [each[:3] for each in found] == [
        (START, 0, 1),
        (3 * SECOND + SECOND // 2, 1, 101),
        (105 * SECOND + 1000, 2, 113),
    ]
    assert capture.interfaces == ["eth0", "tun0", ""]


def test_pcapng_sections_simple_old_and_unknown_blocks(tmp_path):
    data = section() + interface(snaplen=8) + block(3, struct.pack("<I", len(FRAME)) + FRAME[:8])
    data += block(0xBAD, b"whatever") + block(5, bytes(12))
    data += section(">") + interface(101, order=">")
    data += block(2, struct.pack(">HHIIII", 0, 0, 0, 9, len(FRAME), 60) + FRAME, ">")
    found, capture = frames(tmp_path, data)
    assert found == [(0, 0, 1, FRAME[:8], len(FRAME)), (9000, 1, 101, FRAME, 60)]
    assert capture.damage is None
    assert len(capture.interfaces) == 2


@pytest.mark.parametrize("data", [pcap([(START, FRAME)] * 3), section() + interface() + packet(1, FRAME) * 3])
def test_a_cut_file_gives_what_is_whole_and_says_where(tmp_path, data):
    found, capture = frames(tmp_path, data[:-5])
    assert len(found) == 2
    last = (len(data) - 24) // 3 if data[0] != 0x0A else len(packet(1, FRAME))
    assert str(capture.damage) == f"cut short in what begins at byte {len(data) - last}"


def test_a_record_longer_than_any_frame_is_damage(tmp_path):
    data = pcap([(START, FRAME)]) + struct.pack("<IIII", 0, 0, 0x7FFFFFFF, 0) + bytes(100)
    found, capture = frames(tmp_path, data)
    assert len(found) == 1
    assert "damaged at byte" in str(capture.damage)
    assert "损坏" in capture.damage.zh


@pytest.mark.parametrize(
    "bad",
    [
        packet(1, FRAME, number=7),
        block(6, b"\0" * 8),
        packet(1, FRAME)[:-4] + b"\1\2\3\4",
        struct.pack("<II", 6, 4),
        section()[:8] + b"\0" * 20,
    ],
)
def test_damaged_blocks_end_the_reading(tmp_path, bad):
    found, capture = frames(tmp_path, section() + interface() + packet(1, FRAME) + bad + packet(2, FRAME))
    assert len(found) == 1
    assert capture.damage is not None


@pytest.mark.parametrize("lost", [4, 12, 400])
def test_cut_packing(tmp_path, lost):
    noise = random.Random(1).randbytes(1000)
    data = pcap([(START, noise)] * 3 + [(START, noise[::-1])], zipped=True)
    found, capture = frames(tmp_path, data[:-lost])
    assert "its gzip packing is cut short" in str(capture.damage)
    assert len(found) == (4 if lost == 4 else 3)


def test_broken_packing_keeps_what_came_before(tmp_path):
    data = bytearray(pcap([(START, FRAME)] * 3, zipped=True))
    data[-6] ^= 0xFF
    found, capture = frames(tmp_path, bytes(data))
    assert len(found) == 3
    assert "gzip" in str(capture.damage)


def test_gzip_of_several_members(tmp_path):
    whole = pcap([(START, FRAME)] * 2)
    found, capture = frames(tmp_path, gzip.compress(whole[:30]) + gzip.compress(whole[30:]) + b"trailing")
    assert len(found) == 2
    assert capture.damage is None


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"hello, this is no capture at all", "is not a capture"),
        (b"ab", "is not a capture"),
        (pcap([])[:20], "cut inside its header"),
        (section()[:10], "cut inside its header"),
        (b"\x1f\x8bnonsense", "gzip"),
    ],
)
def test_what_is_no_capture(tmp_path, data, says):
    path = tmp_path / "capture"
    path.write_bytes(data)
    with pytest.raises(CaptureFileError) as caught:
        opened(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_directory(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(CaptureFileError, match="cannot be read"):
            opened(path)


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\x04\x22\x4d\x18", "lz4"),
        (b"\xfd7zXZ\0", "xz"),
        (b"BZh91AY", "bzip2"),
        (b"PK\3\4", "zip"),
    ],
)
def test_packings_that_are_not_unpacked_are_named(tmp_path, start, name):
    (tmp_path / "capture").write_bytes(start + bytes(40))
    with pytest.raises(CaptureFileError, match=f"is packed with {name}: unpack it first, or pack it with gzip"):
        opened(tmp_path / "capture")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "capture"
    path.write_bytes(data)
    with contextlib.suppress(CaptureFileError), opened(path) as capture:
        for _ in capture:
            pass


NOISE = random.Random(7)
SIZES = [0, 1, 17, 60, 1514]
TRACE = [(START + at, NOISE.randbytes(size)) for at, size in enumerate(SIZES)]
BLOCKS = [packet(at, data) for at, (_, data) in enumerate(TRACE)]


@pytest.mark.parametrize(
    ("head", "pieces"),
    [
        (pcap([]), [pcap([each])[24:] for each in TRACE]),
        (pcap([], order=">", nanoseconds=False), [pcap([each], order=">")[24:] for each in TRACE]),
        (section() + interface(), BLOCKS),
        (section() + interface(), [*BLOCKS[:2], section(), interface(), *BLOCKS[2:]]),
    ],
)
def test_cut_at_any_byte_a_file_gives_the_packets_before(tmp_path, head, pieces):
    whole = b"".join([head, *pieces])
    ends = list(accumulate(map(len, pieces), initial=len(head)))
    for size in range(len(head), len(whole) + 1):
        found, capture = frames(tmp_path, whole[:size])
        passed = [piece for piece, end in zip(pieces, ends[1:], strict=True) if end <= size]
        complete = sum(piece not in {section(), interface()} for piece in passed)
        assert [data for *_, data, _ in found] == [data for _, data in TRACE[:complete]]
        assert (capture.damage is None) == (size in ends)


@given(st.data())
def test_a_packed_file_cut_anywhere_gives_the_packets_before(tmp_path_factory, data):
    packed = pcap(TRACE, zipped=True)
    size = data.draw(st.integers(40, len(packed) - 1))
    found, capture = frames(tmp_path_factory.mktemp("cut"), packed[:size])
    assert [each[3] for each in found] == [frame for _, frame in TRACE[: len(found)]]
    assert capture.damage is not None


@given(
    tail=st.binary(max_size=400),
    head=st.sampled_from([pcap([]), section(), section() + interface(), pcap([], order=">")]),
)
def test_no_bytes_after_the_head_raise(tmp_path_factory, head, tail):
    path = tmp_path_factory.mktemp("any") / "capture"
    path.write_bytes(head + tail)
    with opened(path) as capture:
        for time, number, link_type, data, length in capture:
            assert min(time, number, link_type, length) >= 0
            assert isinstance(data, bytes)
