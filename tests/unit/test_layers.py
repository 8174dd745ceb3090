"""One packet layer by layer: what scapy makes of it, of whatever bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire import ethernet, ipv4, pcap, tcp, udp

from lab.errors import InputError
from lab.layers import frame_of, layers

ETHERNET = 1


def test_the_layers_of_a_datagram_and_their_fields():
    found = layers(ETHERNET, ethernet(ipv4(udp(5000, 80, b"hello"), 17)))
    assert [layer.name for layer in found] == ["Ethernet", "IP", "UDP", "Raw"]
    fields = dict(found[2].fields)
    assert (fields["sport"], fields["dport"], fields["len"]) == ("5000", "80", "13")
    assert dict(found[1].fields)["ttl"] == "64"
    assert dict(found[3].fields)["load"] == "b'hello'"


def test_a_link_type_that_nobody_knows_is_raw():
    assert [layer.name for layer in layers(65000, b"abc")] == ["Raw"]


def test_a_frame_by_its_number(tmp_path):
    file = tmp_path / "a.pcap"
    file.write_bytes(pcap([(1, b"first" * 4), (2, b"second" * 4)]))
    assert frame_of(file, 2)[3] == b"second" * 4
    with pytest.raises(InputError, match="no packet 3; there are 2"):
        frame_of(file, 3)


@given(data=st.binary(max_size=200), link_type=st.sampled_from([0, 1, 101, 113, 276]))
def test_no_bytes_are_too_strange(data, link_type):
    for layer in layers(link_type, data):
        assert all(isinstance(value, str) for _, value in layer.fields)


def test_the_options_of_tcp_are_readable():
    options = bytes.fromhex("020405b4 0402 080a 00000007 00000000 01 030307")
    segment = tcp(5000, 80, 1, 0, 2, options=options)
    found = dict(layers(ETHERNET, ethernet(ipv4(segment, 6)))[2].fields)
    assert found["options"] == "mss 1460, sackOK, TS val 7 ecr 0, nop, wscale 7"
    sack = tcp(5000, 80, 1, 0, 16, options=bytes.fromhex("0101 050a 00000001 00000005 fd02 0101"))
    found = dict(layers(ETHERNET, ethernet(ipv4(sack, 6)))[2].fields)
    assert found["options"].startswith("nop, nop, sack 1 5, option 253")


def test_the_payload_is_that_of_the_program():
    found = layers(ETHERNET, ethernet(ipv4(udp(5000, 80, b"hello"), 17)))
    assert [layer.payload for layer in found] == [b"", b"", b"", b"hello"]
