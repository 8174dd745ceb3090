"""Whole conversations: handshake, states, close, port reuse, and what the tracker makes of the odd ones."""

import dataclasses
import struct
import tracemalloc

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from wire import (
    ACK,
    CLIENT,
    FIN,
    MASK,
    MILLISECOND,
    PSH,
    RST,
    SECOND,
    SERVER,
    START,
    SYN,
    SYN_OPTIONS,
    Talk,
    conversations,
    pcap,
)

from lab.conversations import Close, Endpoint, Handshake, Mark, TcpOptions
from lab.reader import Keep
from lab.tcp import Tracker


def test_a_whole_conversation(tmp_path):
    talk = Talk()
    talk.open()
    talk.client.says("你好".encode("gbk"))
    talk.server.acks()
    talk.server.says(b"OK")
    talk.client.acks()
    talk.close()
    connection = talk.one(tmp_path)
    assert connection.client.endpoint == Endpoint(CLIENT, 40000)
    assert connection.server.endpoint == Endpoint(SERVER, 8080)
    assert (connection.completeness, connection.conn_state, connection.history) == (31, "SF", "ShADadFf")
    assert connection.handshake is Handshake.COMPLETE
    assert connection.handshake_packets == (1, 2, 3)
    assert connection.established == START + 2 * MILLISECOND
    assert (connection.close, connection.first_closer) == (Close.FIN, "client")
    assert connection.close_packets == (8, 9, 10, 11)
    assert connection.closed == START + 9 * MILLISECOND
    assert not connection.simultaneous_close
    assert (connection.first_packet, connection.last_packet, connection.packets) == (1, 11, 11)
    assert (connection.start, connection.end) == (START, START + 10 * MILLISECOND)
    client, server = connection.client, connection.server
    assert (client.state, server.state) == ("TIME-WAIT", "CLOSED")
    assert (client.isn, server.isn) == (1000, 9000)
    assert client.options == TcpOptions(mss=1460, window_scale=7, sack_permitted=True, timestamps=True)
    assert (client.packets, server.packets, client.bytes, server.bytes) == (6, 5, 4, 2)
    assert (client.data_packets, server.data_packets) == ([4], [6])
    assert (client.fin_packet, client.fin_acked_packet) == (8, 9)
    assert (server.fin_packet, server.fin_acked_packet) == (10, 11)
    assert bytes(client.stream.data).decode("gbk") == "你好"
    assert client.stream.pieces == [(0, 4, 4)]
    assert not client.stream.gap
    assert connection.side("server") is server


def test_the_ladder(tmp_path):
    talk = Talk()
    talk.open()
    talk.client.says(b"hello")
    talk.close()
    rows = [
        (s.sender, s.flags, s.seq, s.ack, s.length, s.client_state, s.server_state) for s in talk.one(tmp_path).segments
    ]
    assert rows == [
        ("client", "SYN", 0, None, 0, "SYN-SENT", "SYN-RECEIVED"),
        ("server", "SYN ACK", 0, 1, 0, "ESTABLISHED", "SYN-RECEIVED"),
        ("client", "ACK", 1, 1, 0, "ESTABLISHED", "ESTABLISHED"),
        ("client", "PSH ACK", 1, 1, 5, "ESTABLISHED", "ESTABLISHED"),
        ("client", "FIN ACK", 6, 1, 0, "FIN-WAIT-1", "CLOSE-WAIT"),
        ("server", "ACK", 1, 7, 0, "FIN-WAIT-2", "CLOSE-WAIT"),
        ("server", "FIN ACK", 1, 7, 0, "TIME-WAIT", "LAST-ACK"),
        ("client", "ACK", 7, 2, 0, "TIME-WAIT", "CLOSED"),
    ]


def states_of(talk, tmp_path, *unheard):
    """The states of client and server after each segment, where those in `unheard` came to nothing."""
    return [(s.client_state, s.server_state) for s in talk.one(tmp_path, unheard=frozenset(unheard)).segments]


def test_a_syn_that_comes_to_nothing_changes_no_state_of_the_other_end(tmp_path):
    talk = Talk()
    talk.client.syn()
    talk.client.sends(SYN, seq=1000)
    talk.server.syn_ack()
    assert states_of(talk, tmp_path, 1)[:2] == [("SYN-SENT", "LISTEN"), ("SYN-SENT", "SYN-RECEIVED")]


def test_a_syn_ack_and_an_ack_that_come_to_nothing(tmp_path):
    talk = Talk()
    talk.open()
    assert states_of(talk, tmp_path, 2)[1] == ("SYN-SENT", "SYN-RECEIVED")
    talk.client.says(b"hello")
    assert states_of(talk, tmp_path, 3)[2:] == [("ESTABLISHED", "SYN-RECEIVED"), ("ESTABLISHED", "ESTABLISHED")]


def test_a_fin_that_comes_to_nothing_is_heard_when_it_is_sent_again(tmp_path):
    talk = Talk()
    talk.open()
    talk.client.fin()
    talk.client.sends(FIN | ACK, seq=1001)
    assert states_of(talk, tmp_path, 4)[3:] == [("FIN-WAIT-1", "ESTABLISHED"), ("FIN-WAIT-1", "CLOSE-WAIT")]


def test_an_ack_of_a_fin_that_comes_to_nothing(tmp_path):
    talk = Talk()
    talk.open()
    talk.client.fin()
    talk.server.acks()
    talk.server.acks()
    assert states_of(talk, tmp_path, 5)[4:] == [("FIN-WAIT-1", "CLOSE-WAIT"), ("FIN-WAIT-2", "CLOSE-WAIT")]
    assert talk.one(tmp_path, unheard={5}).client.fin_acked_packet == 6


def test_a_reset_that_comes_to_nothing_leaves_a_connection_half_open(tmp_path):
    talk = Talk()
    talk.open()
    talk.server.rst()
    talk.client.says(b"still there?")
    talk.server.rst()
    assert states_of(talk, tmp_path, 4)[3:] == [("ESTABLISHED", "CLOSED")] * 2 + [("CLOSED", "CLOSED")]


def test_windows_are_scaled_but_not_in_a_syn(tmp_path):
    talk = Talk()
    talk.open()
    windows = [segment.window for segment in talk.one(tmp_path).segments]
    assert windows == [502, 502, 502 << 7]


def test_windows_are_not_scaled_where_one_side_does_not(tmp_path):
    talk = Talk()
    talk.client.syn()
    talk.server.sends(SYN | ACK)
    talk.client.acks()
    assert talk.one(tmp_path).segments[2].window == 502


def test_a_close_in_three_segments(tmp_path):
    talk = Talk()
    talk.open()
    talk.server.fin()
    talk.client.fin()
    talk.server.acks()
    connection = talk.one(tmp_path)
    assert (connection.close, connection.first_closer, connection.close_packets) == (Close.FIN, "server", (4, 5, 6))
    assert connection.server.fin_acked_packet == 5
    assert (connection.client.state, connection.server.state) == ("CLOSED", "TIME-WAIT")


def test_a_simultaneous_close(tmp_path):
    talk = Talk()
    talk.open()
    acked = talk.server.ack
    talk.client.fin()
    talk.server.fin(ack=acked)
    states = [(s.client_state, s.server_state) for s in talk.one(tmp_path).segments]
    assert states[-1] == ("CLOSING", "CLOSING")
    talk.client.acks()
    talk.server.acks()
    connection = talk.one(tmp_path)
    assert connection.simultaneous_close
    assert connection.conn_state == "SF"
    assert (connection.client.state, connection.server.state) == ("TIME-WAIT", "TIME-WAIT")


def test_a_simultaneous_open(tmp_path):
    talk = Talk()
    talk.client.syn()
    talk.server.syn()
    talk.client.sends(SYN | ACK, seq=1000)
    talk.server.sends(SYN | ACK, seq=9000)
    connection = talk.one(tmp_path)
    assert connection.client.endpoint == Endpoint(CLIENT, 40000)
    assert (connection.client.state, connection.server.state) == ("ESTABLISHED", "ESTABLISHED")
    assert connection.packets == 4


@pytest.mark.parametrize(("by", "state", "history"), [("client", "RSTO", "ShAR"), ("server", "RSTR", "ShAr")])
def test_a_reset(tmp_path, by, state, history):
    talk = Talk()
    talk.open()
    getattr(talk, by).rst()
    connection = talk.one(tmp_path)
    assert (connection.close, connection.first_closer, connection.close_packets) == (Close.RST, by, (4,))
    assert (connection.conn_state, connection.history, connection.completeness) == (state, history, 39)
    assert (connection.client.state, connection.server.state) == ("CLOSED", "CLOSED")
    assert connection.side(by).rst_packet == 4


def test_a_reset_with_data_does_not_add_to_the_stream(tmp_path):
    talk = Talk()
    talk.open()
    talk.server.sends(RST | ACK, b"go away")
    connection = talk.one(tmp_path)
    assert (bytes(connection.server.stream.data), connection.server.stream.gap) == (b"", False)
    assert connection.server.bytes == 0


def test_a_fin_answered_with_a_reset_was_closed_by_the_fin(tmp_path):
    talk = Talk()
    talk.open()
    talk.client.fin()
    talk.server.rst()
    connection = talk.one(tmp_path)
    assert (connection.close, connection.first_closer, connection.close_packets) == (Close.RST, "client", (4, 5))
    assert connection.conn_state == "RSTR"


def test_a_reset_after_both_fins_changes_nothing(tmp_path):
    talk = Talk()
    talk.open()
    talk.close()
    talk.server.rst()
    connection = talk.one(tmp_path)
    assert (connection.close, connection.conn_state) == (Close.FIN, "SF")
    assert connection.close_packets == (4, 5, 6, 7)


def test_a_refused_connection(tmp_path):
    talk = Talk()
    talk.client.syn()
    talk.server.sends(RST | ACK, seq=0)
    connection = talk.one(tmp_path)
    assert (connection.completeness, connection.conn_state, connection.history) == (37, "REJ", "Sr")
    assert (connection.handshake, connection.handshake_packets) == (Handshake.HALF_OPEN, (1,))
    assert (connection.close, connection.first_closer) == (Close.RST, "server")
    assert (connection.client.bytes, connection.server.bytes) == (0, 0)


def test_a_syn_without_an_answer(tmp_path):
    talk = Talk()
    talk.client.syn()
    talk.rests(SECOND)
    talk.client.sends(SYN, seq=1000)
    connection = talk.one(tmp_path)
    assert (connection.completeness, connection.conn_state, connection.history) == (1, "S0", "S")
    assert connection.client.retransmissions == 1
    assert (connection.close, connection.first_closer, connection.closed) == (Close.OPEN, None, None)


def test_a_syn_that_nothing_answers_reached_nobody_that_is_known(tmp_path):
    talk = Talk()
    talk.client.syn()
    connection = talk.one(tmp_path)
    assert [(s.client_state, s.server_state) for s in connection.segments] == [("SYN-SENT", "LISTEN")]
    assert connection.server.state == "LISTEN"


def test_a_refused_syn_came_to_a_closed_port(tmp_path):
    talk = Talk()
    talk.client.syn()
    talk.server.sends(RST | ACK, seq=0)
    connection = talk.one(tmp_path)
    assert [(s.client_state, s.server_state) for s in connection.segments] == [
        ("SYN-SENT", "CLOSED"),
        ("CLOSED", "CLOSED"),
    ]


def test_a_syn_ack_without_the_last_ack(tmp_path):
    talk = Talk()
    talk.client.syn()
    talk.server.syn_ack()
    connection = talk.one(tmp_path)
    assert (connection.completeness, connection.conn_state) == (3, "S1")
    assert (connection.handshake, connection.handshake_packets) == (Handshake.HALF_OPEN, (1, 2))
    assert connection.server.state == "SYN-RECEIVED"


def test_a_handshake_completed_by_data(tmp_path):
    talk = Talk()
    talk.client.syn()
    talk.server.syn_ack()
    talk.client.says(b"GET")
    connection = talk.one(tmp_path)
    assert (connection.handshake, connection.handshake_packets) == (Handshake.COMPLETE, (1, 2, 3))
    assert connection.completeness == 11


def test_a_syn_ack_for_another_syn_is_no_handshake(tmp_path):
    talk = Talk()
    talk.client.syn()
    talk.server.sends(SYN | ACK, ack=77)
    talk.client.acks()
    assert talk.one(tmp_path).handshake is Handshake.HALF_OPEN


def test_data_in_a_syn(tmp_path):
    talk = Talk()
    talk.client.sends(SYN, b"early", options=SYN_OPTIONS)
    talk.server.syn_ack()
    talk.client.acks()
    connection = talk.one(tmp_path)
    assert connection.completeness == 15
    assert bytes(connection.client.stream.data) == b"early"
    assert connection.handshake_packets == (1, 2, 3)


def test_a_conversation_that_began_before_the_capture(tmp_path):
    talk = Talk()
    talk.server.ack = 1000
    talk.client.ack = 9000
    talk.client.says(b"more")
    talk.server.acks()
    connection = talk.one(tmp_path)
    assert connection.handshake is Handshake.NONE
    assert (connection.conn_state, connection.history, connection.completeness) == ("OTH", "Da", 12)
    assert (connection.client.state, connection.client.isn) == ("ESTABLISHED", None)
    assert [segment.seq for segment in connection.segments] == [1, 1]


def test_the_server_is_known_by_its_port_where_no_syn_was_seen(tmp_path):
    talk = Talk()
    talk.client.ack = 9000
    talk.server.says(b"more", ack=1000)
    talk.client.acks()
    connection = talk.one(tmp_path)
    assert connection.server.endpoint.port == 8080
    assert connection.history == "^dA"
    assert [segment.sender for segment in connection.segments] == ["server", "client"]


def test_syn_and_syn_ack_in_the_wrong_order(tmp_path):
    talk = Talk(ports=(40000, 4444))
    talk.open()
    talk.frames[0], talk.frames[1] = talk.frames[1], talk.frames[0]
    connection = talk.one(tmp_path)
    assert connection.client.endpoint.port == 40000
    assert connection.history.startswith("HS^") or connection.history.startswith("Hs^")


@pytest.mark.parametrize("end", ["close", "rst", "nothing"])
def test_ports_used_again_are_another_connection(tmp_path, end):
    first = Talk()
    first.open()
    if end == "close":
        first.close()
    elif end == "rst":
        first.client.rst()
    second = Talk(isn=(5000, 60000), frames=first.frames, start=first.time + SECOND)
    second.open()
    second.client.says(b"again")
    one, other = second.read(tmp_path).connections
    assert (one.index, other.index) == (1, 2)
    assert other.first_packet == one.last_packet + 1
    assert bytes(other.client.stream.data) == b"again"
    assert Mark.PORT_REUSED in other.segments[0].marks
    assert Mark.PORT_REUSED not in one.segments[0].marks


def test_the_same_sequence_number_after_a_fin_is_another_connection(tmp_path):
    talk = Talk()
    talk.open()
    talk.close()
    again = Talk(frames=talk.frames, start=talk.time)
    again.open()
    assert len(again.read(tmp_path).connections) == 2


def test_a_syn_again_is_the_same_connection(tmp_path):
    talk = Talk()
    talk.client.syn()
    talk.client.sends(SYN, seq=1000)
    talk.server.syn_ack()
    connection = talk.one(tmp_path)
    assert connection.handshake_packets == (1, 3)


def test_connections_come_in_the_order_of_their_first_packets(tmp_path):
    frames = []
    talks = [Talk(ports=(40000 + each, 8080), frames=frames, start=START + each) for each in range(5)]
    for talk in talks:
        talk.client.syn()
    for talk in reversed(talks):
        talk.server.syn_ack()
    found = talks[0].read(tmp_path).connections
    assert [each.client.endpoint.port for each in found] == [40000, 40001, 40002, 40003, 40004]
    assert [each.index for each in found] == [1, 2, 3, 4, 5]


def test_ipv6(tmp_path):
    talk = Talk(addresses=("fd77::a", "fd77::1"))
    talk.open()
    talk.client.says(b"hi")
    connection = talk.one(tmp_path)
    assert connection.client.endpoint == Endpoint("fd77::a", 40000)
    assert bytes(connection.client.stream.data) == b"hi"


def test_urgent_data_and_congestion_flags_are_named(tmp_path):
    talk = Talk()
    talk.open()
    talk.client.sends(PSH | ACK | 0x20, b"!")
    talk.client.sends(ACK | 0x40)
    talk.client.sends(0)
    assert [segment.flags for segment in talk.one(tmp_path).segments[3:]] == ["PSH URG ACK", "ACK ECE", "none"]


def conversation(isn, chunks):
    talk = Talk(isn=isn)
    talk.open()
    for who, size in chunks:
        sender = talk.client if who else talk.server
        sender.says(bytes(range(256)) * (size // 256) + bytes(size % 256))
        sender.peer.acks()
    talk.close()
    return talk


def summary(connection):
    plain = dataclasses.asdict(connection)
    for side in ("client", "server"):
        del plain[side]["isn"]
    return plain


turns = st.lists(st.tuples(st.booleans(), st.integers(1, 3000)), max_size=12)


@settings(max_examples=40)
@given(isn=st.tuples(st.integers(0, MASK), st.integers(0, MASK)), chunks=turns)
def test_wrapping_sequence_numbers_change_nothing(tmp_path_factory, isn, chunks):
    path = tmp_path_factory.mktemp("wrap")
    talk = conversation(isn, chunks)
    numbers = [struct.unpack_from(">II", frame, 38) for _, frame in talk.frames]
    assume(all(seq for seq, _ in numbers) and all(ack for _, ack in numbers[1:]))  # Wireshark takes 0 for "not known"
    assert summary(talk.one(path)) == summary(conversation((1, 1), chunks).one(path))


@pytest.mark.parametrize("isn", [(MASK - 3, MASK), (MASK, MASK - 700)])
def test_sequence_numbers_that_wrap_in_the_middle(tmp_path, isn):
    connection = conversation(isn, [(True, 1000), (False, 1000), (True, 5)]).one(tmp_path)
    assert (connection.client.bytes, connection.server.bytes) == (1005, 1000)
    assert (connection.completeness, connection.history) == (31, "ShADadFf")
    assert connection.client.retransmissions == 0


anything = st.lists(
    st.tuples(
        st.booleans(),
        st.sampled_from(
            [ACK, ACK, ACK, PSH | ACK, SYN, SYN | ACK, FIN | ACK, FIN, RST, RST | ACK, SYN | FIN, FIN | RST, 0]
        ),
        st.integers(-3, 30),
        st.integers(-3, 30),
        st.sampled_from([b"", b"", b"x", b"hello", bytes(15)]),
        st.sampled_from([0, 0, 502, 64240]),
        st.sampled_from([1, MILLISECOND, SECOND, 7 * SECOND, 400 * SECOND]),
    ),
    max_size=40,
)


@settings(max_examples=150)
@given(steps=anything, opened=st.booleans())
def test_any_segments_give_the_same_tables_kept_or_not(tmp_path_factory, steps, opened):
    talk = Talk()
    if opened:
        talk.open()
        talk.client.says(b"a")
        talk.server.says(b"b")
        talk.client.acks()
    for by_client, flags, seq, ack, payload, window, rest in steps:
        talk.rests(rest)
        sender = talk.client if by_client else talk.server
        sender.sends(flags, payload, seq=sender.isn + seq, ack=sender.peer.isn + ack, window=window)
    path = tmp_path_factory.mktemp("any")
    kept, plain = talk.read(path).connections, talk.read(path, keep=Keep.TABLES).connections
    assert sum(each.packets for each in kept) == len(talk.frames)
    for number in (1, len(plain)):  # the others are only counted
        alone = talk.read(path, keep=Keep.TABLES, wanted={number})
        assert (alone.connections, alone.connection_count) == (plain[number - 1 : number], len(plain))
    for one, other in zip(kept, plain, strict=True):
        assert len(one.segments) == one.packets
        one.segments = None
        for side in (one.client, one.server):
            side.stream, side.data_packets = None, []
        assert one == other


def in_sequence():
    """A conversation that has come to where segments in sequence are only counted."""
    talk = Talk()
    talk.open()
    for _ in range(4):
        talk.client.says(b"0123456789")
        talk.server.acks()
        talk.server.says(b"0123456789")
        talk.client.acks()
    return talk


def is_the_same_kept_or_not(tmp_path, frames):
    data = pcap(frames)
    (kept,), (plain,) = (
        conversations(tmp_path, data).connections,
        conversations(tmp_path, data, keep=Keep.TABLES).connections,
    )
    kept.segments = None
    for side in (kept.client, kept.server):
        side.stream, side.data_packets = None, []
    assert kept == plain
    return plain


def test_a_window_that_closes_with_data_in_sequence(tmp_path):
    talk = in_sequence()
    talk.client.says(b"0123456789", window=0)
    talk.server.sends(ACK, b"x")
    talk.server.sends(ACK, b"x", seq=talk.client.ack - 1)
    assert is_the_same_kept_or_not(tmp_path, talk.frames).client.zero_windows == 1


def test_a_long_silence_in_sequence(tmp_path):
    talk = in_sequence()
    talk.rests(301 * SECOND)
    talk.client.says(b"0123456789")
    assert is_the_same_kept_or_not(tmp_path, talk.frames).client.bytes == 40


def test_a_cut_payload_in_sequence(tmp_path):
    talk = in_sequence()
    talk.client.says(b"0123456789")
    time, whole = talk.frames.pop()
    talk.server.acks()
    frames = [*talk.frames[:-1], (time, whole[:60], len(whole)), talk.frames[-1]]
    assert is_the_same_kept_or_not(tmp_path, frames).history.endswith("G")


def test_a_new_ack_in_sequence_after_duplicates(tmp_path):
    talk = in_sequence()
    talk.client.says(b"lost", lost=True)
    for _ in range(3):
        talk.client.says(b"next")
        talk.server.acks(ack=1041)
    talk.server.acks()  # the lost one came, though not into the capture
    talk.client.says(b"late", lost=True)
    talk.client.says(b"next")
    talk.client.says(b"late", seq=talk.server.ack - 8)
    found = is_the_same_kept_or_not(tmp_path, talk.frames).client
    assert (found.out_of_order, found.retransmissions) == (1, 0)


def lost(frames, at):
    del frames[at]


def repeated(frames, at):
    frames.insert(at, frames[at])


def late(frames, at):
    frames.append(frames.pop(at))


def silent(frames, at):
    frames[at:] = [(time + 61 * SECOND, frame) for time, frame in frames[at:]]


long_turns = st.lists(st.tuples(st.booleans(), st.integers(1, 5), st.booleans()), min_size=5, max_size=60)


@settings(max_examples=100)
@given(
    steps=long_turns,
    odd=st.lists(st.tuples(st.integers(0, 200), st.sampled_from([lost, repeated, late, silent])), max_size=4),
)
def test_plain_segments_that_are_only_counted_end_in_the_same_tables(tmp_path_factory, steps, odd):
    """Mostly in sequence, with a lost, repeated, late or silent moment here and there."""
    talk = Talk()
    talk.open()
    for by_client, count, acked in steps:
        sender = talk.client if by_client else talk.server
        for _ in range(count):
            sender.says(b"0123456789")
        if acked:
            sender.peer.acks()
    for place, change in odd:
        if talk.frames:
            change(talk.frames, place % len(talk.frames))
    assume(talk.frames)
    path = tmp_path_factory.mktemp("plain")
    (kept,), (plain,) = talk.read(path).connections, talk.read(path, keep=Keep.TABLES).connections
    kept.segments = None
    for side in (kept.client, kept.server):
        side.stream, side.data_packets = None, []
    assert kept == plain


def test_memory_does_not_grow_with_the_segments():
    forth = bytes((10, 0, 0, 1, 10, 0, 0, 2, 1, 1, 2, 2))
    back = bytes((10, 0, 0, 2, 10, 0, 0, 1, 2, 2, 1, 1))

    def peak(turns):
        tracker = Tracker(keep=False)
        data, number = bytes(60), 0
        tracemalloc.start()

        def sends(key, seq, ack, flags, length=0):
            nonlocal number
            number += 1
            tracker.segment(key, number, START + number, 0, seq, ack, 0x5000 | flags, 502, length, data, 0, True)

        sends(forth, 99, 0, SYN)
        sends(back, 499, 100, SYN | ACK)
        sends(forth, 100, 500, ACK)
        for turn in range(turns):
            sends(forth, 100 + turn * 10, 500 + turn * 10, PSH | ACK, 10)
            sends(back, 500 + turn * 10, 110 + turn * 10, PSH | ACK, 10)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert tracker.finish()[0].client.bytes == turns * 10
        return found

    assert peak(8000) < peak(1000) + 20_000
