"""One packet layer by layer: what scapy makes of it, of whatever bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire import ethernet, ipv4, pcap, udp

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
