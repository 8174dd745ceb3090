import struct
from pathlib import Path

import pytest
from facts import find, ipv4, lines, run
from pydantic import ValidationError

from lab.checks.absence import NoneParams
from lab.checks.expression import compile_error
from lab.errors import CaptureFileError, InputError


def frame(source: str, destination: str, port: int) -> bytes:
    addresses = b"".join(bytes(int(part) for part in ipv4(host).split(".")) for host in (source, destination))
    ip = b"\x45\x00\x00\x1c" + bytes(4) + b"\x40\x11\x00\x00" + addresses
    return bytes(12) + b"\x08\x00" + ip + struct.pack(">HHHH", 4000, port, 8, 0)


def capture(folder: Path, *frames: bytes, cut: int = 0, links: tuple[int, int] = (1, 1)) -> Path:
    """A pcapng file with two interfaces of the link types `links`, the frames on them by turns, 1 ms apart."""

    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = struct.pack("<I", len(body) + 12)
        return struct.pack("<I", kind) + size + body + size

    content = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    content += b"".join(block(1, struct.pack("<HHI", link, 0, 0)) for link in links)
    for index, data in enumerate(frames):
        time = (index + 1) * 1000
        content += block(6, struct.pack("<IIIII", index % 2, 0, time, len(data), len(data)) + data)
    file = folder / "capture.pcapng"
    file.write_bytes(content[: len(content) - cut])
    return file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return capture(tmp_path, frame("alice", "server", 53), frame("bob", "server", 53), frame("server", "bob", 80))


def test_count_and_packets(file: Path):
    finding = find(run(capture=file), "packets", "{filter: udp port 53, count: 2}")
    assert finding.ok
    assert finding.packets == ((1, 2),)
    assert finding.actual.en == "2 packets that match `udp port 53`"
    assert finding.actual.zh == "符合 `udp port 53` 的 2 个数据包"
    one = find(run(capture=file), "packets", "{filter: udp port 53, count: 1}")
    assert not one.ok
    assert one.expected.en == "1 packet that matches `udp port 53`"


def test_addresses_of_hosts_are_filled_in(file: Path):
    assert find(run(capture=file), "packets", "{filter: 'src host {alice}', count: 1}").ok
    assert find(run(capture=file), "packets", "{filter: 'host {bob.ipv4}', count: 2}").ok
    assert find(run(capture=file), "packets", "{filter: 'ip6 host {bob.ipv6}', count: 0}").ok
    assert find(run(capture=file), "packets", "{filter: 'ether host {bob.mac}', count: 0}").ok
    with pytest.raises(InputError, match="no host is called `dave`"):
        find(run(capture=file), "packets", "{filter: 'host {dave}'}")


def test_network(file: Path):
    assert find(run(capture=file), "packets", "{filter: udp, network: net, count: 2}").ok


def test_a_wrong_expression_is_refused_in_libpcap_s_words():
    with pytest.raises(ValidationError, match="can't parse filter expression: syntax error"):
        find(run(), "packets", "{filter: tcp prot 80}")
    assert compile_error("tcp prot 80") == "can't parse filter expression: syntax error"
    assert compile_error("tcp port 80 or host {alice} or ether src {bob.mac} or ip6 host {bob.ipv6}") is None


@pytest.mark.parametrize("braced", ["{bob.ipv9}", "{bob.}", "{Bob}", "{}", "{bob", "{bob .mac}", "{bob.mac.x}"])
def test_what_is_no_placeholder_is_refused_with_what_is_allowed(braced: str):
    host = "bob" if braced.startswith("{bob.") or braced == "{bob" else "host"
    allowed = f"write `{{{host}}}`, `{{{host}.ipv4}}`, `{{{host}.ipv6}}`, `{{{host}.mac}}`"
    with pytest.raises(ValidationError) as caught:
        NoneParams(packet=f"src host {{alice}} and host {braced}")
    [error] = caught.value.errors()
    assert str(error["ctx"]["error"]) == f"`{braced}` stands for no address of a host; {allowed}"


def test_a_damaged_capture_is_no_answer(tmp_path: Path):
    file = capture(tmp_path, frame("alice", "server", 53), cut=3)
    with pytest.raises(CaptureFileError):
        find(run(capture=file), "packets", "{filter: tcp, count: 0}")


def test_each_link_type_is_read_by_its_own_rules(tmp_path: Path):
    ethernet = frame("alice", "server", 53)
    file = capture(tmp_path, ethernet, ethernet[14:], links=(1, 101))
    assert find(run(capture=file), "packets", "{filter: udp port 53, count: 2}").ok


class TestNone:
    def test_packet(self, file: Path):
        assert find(run(capture=file), "none", "{packet: tcp}").ok
        finding = find(run(capture=file), "none", "{packet: port 80}")
        assert not finding.ok
        assert finding.expected.en == "no packet that matches `port 80`"
        assert finding.expected.zh == "没有符合 `port 80` 的数据包"
        assert lines(finding).startswith("packet 3\n")
        assert finding.packets == ((3,),)


class TestOrderOfPackets:
    def test_first_match_of_each(self, file: Path):
        before = "{first: {packet: 'src host {alice}'}, then: {packet: port 80}}"
        finding = find(run(capture=file), "order", before)
        assert finding.ok
        assert finding.packets == ((1,), (3,))
        assert not find(run(capture=file), "order", "{first: {packet: port 80}, then: {packet: udp}}").ok
