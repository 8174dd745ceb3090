"""Wireshark's marks, one conversation each."""

import struct

from wire import ACK, MILLISECOND, PSH, SECOND, Talk

from lab.conversations import Mark


def marks(talk, tmp_path):
    """The marks by packet number."""
    return {segment.number: set(segment.marks) for segment in talk.one(tmp_path).segments if segment.marks}


def established():
    talk = Talk()
    talk.open()
    talk.client.says(b"0123456789")
    talk.server.acks()
    return talk


def sack(left, right):
    return b"\1\1\5\x0a" + struct.pack(">II", left, right)


def test_nothing_to_mark(tmp_path):
    assert marks(established(), tmp_path) == {}


def test_retransmission(tmp_path):
    talk = established()
    talk.client.says(b"lost")
    talk.rests(SECOND)
    talk.client.says(b"lost", seq=1011)
    assert marks(talk, tmp_path) == {7: {Mark.RETRANSMISSION}}
    assert talk.one(tmp_path).client.retransmissions == 1


def test_spurious_retransmission(tmp_path):
    talk = established()
    talk.client.says(b"0123456789", seq=1001)
    assert marks(talk, tmp_path) == {6: {Mark.SPURIOUS_RETRANSMISSION}}
    assert talk.one(tmp_path).client.retransmissions == 1


def lost_and_three_duplicates():
    talk = established()
    talk.client.says(b"lost", lost=True)
    for _ in range(3):
        talk.client.says(b"next")
        talk.server.acks(ack=1011)
    return talk


def test_fast_retransmission_after_duplicate_acks(tmp_path):
    talk = lost_and_three_duplicates()
    talk.client.says(b"lost", seq=1011)
    assert marks(talk, tmp_path) == {
        6: {Mark.LOST_BEFORE},
        7: {Mark.DUPLICATE_ACK},
        9: {Mark.DUPLICATE_ACK},
        11: {Mark.DUPLICATE_ACK},
        12: {Mark.FAST_RETRANSMISSION},
    }
    connection = talk.one(tmp_path)
    assert (connection.client.retransmissions, connection.server.duplicate_acks) == (1, 3)


def test_a_late_one_is_a_plain_retransmission(tmp_path):
    talk = lost_and_three_duplicates()
    talk.rests(25 * MILLISECOND)
    talk.client.says(b"lost", seq=1011)
    assert marks(talk, tmp_path)[12] == {Mark.RETRANSMISSION}


def test_out_of_order_within_the_first_round_trip(tmp_path):
    talk = established()
    talk.client.says(b"first", lost=True)
    talk.client.says(b"second")
    talk.client.says(b"first", seq=1011)
    assert marks(talk, tmp_path) == {6: {Mark.LOST_BEFORE}, 7: {Mark.OUT_OF_ORDER}}
    assert talk.one(tmp_path).client.out_of_order == 1


def test_what_was_seen_before_is_no_disorder(tmp_path):
    talk = established()
    talk.client.says(b"first")
    talk.client.says(b"second")
    talk.client.says(b"first", seq=1011)
    assert marks(talk, tmp_path) == {8: {Mark.RETRANSMISSION}}


def test_keep_alive_and_its_answer(tmp_path):
    talk = established()
    talk.rests(10 * SECOND)
    talk.client.acks(seq=1010)
    talk.server.acks()
    talk.client.sends(ACK, b"\0", seq=1010)
    talk.server.acks()
    assert marks(talk, tmp_path) == {
        6: {Mark.KEEP_ALIVE},
        7: {Mark.KEEP_ALIVE_ACK},
        8: {Mark.KEEP_ALIVE},
        9: {Mark.KEEP_ALIVE_ACK},
    }
    connection = talk.one(tmp_path)
    assert (connection.client.keep_alives, connection.client.retransmissions) == (2, 0)


def test_zero_window_its_probe_and_the_opening(tmp_path):
    talk = established()
    talk.server.acks(window=0)
    talk.client.sends(ACK, b"x", seq=1011)
    talk.server.acks(window=0)
    talk.server.acks(window=100)
    assert marks(talk, tmp_path) == {
        6: {Mark.ZERO_WINDOW},
        7: {Mark.ZERO_WINDOW_PROBE},
        8: {Mark.ZERO_WINDOW},
        9: {Mark.WINDOW_UPDATE},
    }
    connection = talk.one(tmp_path)
    assert connection.server.zero_windows == 2
    assert connection.history.endswith("w")


def test_a_probe_whose_byte_is_taken(tmp_path):
    talk = established()
    talk.server.acks(window=0)
    talk.client.sends(ACK, b"x")
    talk.server.acks(window=0)
    talk.client.sends(ACK, b"y")
    assert marks(talk, tmp_path) == {
        6: {Mark.ZERO_WINDOW},
        7: {Mark.ZERO_WINDOW_PROBE},
        8: {Mark.ZERO_WINDOW},
        9: {Mark.ZERO_WINDOW_PROBE},
    }


def test_duplicate_acks_are_forgotten_once_there_is_a_new_one(tmp_path):
    talk = lost_and_three_duplicates()
    talk.client.says(b"lost", seq=1011)
    talk.server.acks()
    talk.client.says(b"lost again", lost=True)
    talk.client.says(b"and more")
    talk.client.says(b"lost again", seq=talk.server.ack - 18)
    assert Mark.FAST_RETRANSMISSION not in marks(talk, tmp_path)[max(marks(talk, tmp_path))]


def test_window_update(tmp_path):
    talk = established()
    talk.server.acks(window=777)
    assert marks(talk, tmp_path) == {6: {Mark.WINDOW_UPDATE}}


def test_another_window_with_sack_is_a_duplicate_ack(tmp_path):
    talk = established()
    talk.client.says(b"lost", lost=True)
    talk.client.says(b"next")
    talk.server.acks(ack=1011, window=400, options=sack(1015, 1019))
    assert marks(talk, tmp_path) == {6: {Mark.LOST_BEFORE}, 7: {Mark.DUPLICATE_ACK}}


def test_a_fin_again_is_a_retransmission(tmp_path):
    talk = established()
    talk.client.fin()
    talk.rests(SECOND)
    talk.client.fin(seq=1011)
    assert marks(talk, tmp_path) == {7: {Mark.RETRANSMISSION}}
    assert talk.one(tmp_path).close_packets == (6,)


def test_an_ack_of_what_is_not_in_the_capture_is_not_blamed_on_the_data_after_it(tmp_path):
    talk = established()
    talk.client.says(b"unseen", lost=True)
    talk.server.acks()
    talk.client.sends(PSH | ACK, b"seen")
    assert marks(talk, tmp_path) == {7: {Mark.LOST_BEFORE}}
