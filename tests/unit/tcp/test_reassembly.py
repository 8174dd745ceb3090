import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lab.tcp.reassembly import Bytes


def put(pieces, length):
    together = Bytes()
    for packet, (offset, payload) in enumerate(pieces, 1):
        together.add(offset, payload, packet)
    return together.finished(length)


@given(
    data=st.binary(min_size=1, max_size=200),
    cuts=st.lists(st.integers(0, 200)),
    again=st.integers(0, 5),
    seed=st.integers(),
)
def test_any_segmentation_order_and_repetition_gives_the_same_bytes(data, cuts, again, seed):
    chance = random.Random(seed)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [(a, data[a:b]) for a, b in pairwise(edges)]
    for _ in range(again):
        a = chance.randrange(len(data))
        b = chance.randint(a, len(data))
        pieces.append((a, data[a:b]))
    chance.shuffle(pieces)
    stream = put(pieces, len(data))
    assert bytes(stream.data) == data
    assert not stream.gap
    at = 0
    for offset, length, packet in stream.pieces:
        assert offset == at
        begin, payload = pieces[packet - 1]
        assert payload[offset - begin : offset - begin + length] == data[offset : offset + length]
        at += length
    assert at == len(data)


def test_bytes_end_before_the_first_hole():
    stream = put([(0, b"abc"), (5, b"fg")], 7)
    assert (bytes(stream.data), stream.gap) == (b"abc", True)


def test_what_arrives_first_stays():
    assert bytes(put([(0, b"abc"), (1, b"XYZ")], 4).data) == b"abcZ"


def test_what_was_before_the_known_beginning_is_cut_off():
    assert bytes(put([(-2, b"abcd")], 2).data) == b"cd"
