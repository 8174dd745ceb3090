"""conn_state and history, a row each: what was sent, and what Zeek says of it."""

import pytest
from wire import ACK, FIN, PSH, RST, SECOND, SYN, Talk, conversations, pcap

FLAGS = {
    "S": SYN,
    "H": SYN | ACK,
    "A": ACK,
    "D": PSH | ACK,
    "F": FIN | ACK,
    "R": RST,
    "Q": RST | ACK,
    "X": SYN | FIN,
    "I": FIN | RST,
}


def played(script, ports=(40000, 4444)):
    """`cS sH cA cD4`: who, what, and how many bytes; `@7` rests seven seconds."""
    talk = Talk(ports=ports)
    talk.client.ack, talk.server.ack = 9000, 1000
    for word in script.split():
        if word[0] == "@":
            talk.rests(int(word[1:]) * SECOND)
            continue
        end = talk.client if word[0] == "c" else talk.server
        flags = FLAGS[word[1]]
        again = end.isn if flags & (SYN | FIN) == SYN and end.seq != end.isn else None
        end.sends(flags, b"x" * int(word[2:] or 0), seq=again)
    return talk


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(
    ("script", "state", "history"),
    [
        ("cS", "S0", "S"),
        ("cS sH", "S1", "Sh"),
        ("cS sH cA", "S1", "ShA"),
        ("cS sH cA cD3 sA sD3 cA", "S1", "ShADad"),
        ("cS sH cA cF sA sF cA", "SF", "ShAFaf"),
        ("cS sH cA cF sF cA", "SF", "ShAFf"),
        ("cS sH cA cF sF cA sR cR", "SF", "ShAFfrR"),
        ("cS sH cA cF sA", "S2", "ShAFa"),
        ("cS sH cA sF cA", "S3", "ShAf"),
        ("cS cF", "SH", "SF"),
        ("sH sF", "SH", "HF"),
        ("cS sQ", "REJ", "Sr"),
        ("cS cR", "RSTOS0", "SR"),
        ("cS cA cR", "OTH", "SAR"),
        ("cS sH cR", "RSTO", "ShR"),
        ("cS sH cA cD3 cQ", "RSTO", "ShADR"),
        ("cS sH cA sR", "RSTR", "ShAr"),
        ("sH cR", "REJ", "Hr"),
        ("cD3 sD3", "OTH", "Dd"),
        ("cD3 sF", "SHR", "Df"),
        ("cS sH cA cD5 cI", "RSTO", "ShADI"),
        ("cX", "SH", "Q"),
        ("cS sH sH cA", "S1", "ShA"),
        ("sH cA cD2 sA", "OTH", "^hADa"),
    ],
)
def test_states_and_histories(tmp_path, script, state, history, keep):
    connection = played(script).one(tmp_path, keep=keep)
    assert (connection.conn_state, connection.history) == (state, history)


@pytest.mark.parametrize(
    ("script", "ports", "history", "server"),
    [
        ("sD3 cA", (40000, 80), "^dA", 80),
        ("sH", (40000, 80), "^h", 80),
        ("sD3 cA", (443, 80), "^dA", 80),
        ("cD3 sA", (443, 80), "Da", 80),
        ("sH", (443, 80), "H", 443),
        ("cS sH", (80, 40000), "Sh", 40000),
    ],
)
def test_who_is_the_originator(tmp_path, script, ports, history, server):
    connection = played(script, ports).one(tmp_path)
    assert (connection.history, connection.server.endpoint.port) == (history, server)


def test_bytes_are_counted_by_sequence_numbers(tmp_path):
    talk = played("cS sH cA cD100 sA cD50")
    talk.client.says(b"x" * 100, seq=1001)
    talk.client.says(b"x" * 40, lost=True)
    talk.server.acks()
    talk.client.fin()
    connection = talk.one(tmp_path)
    assert (connection.client.bytes, connection.server.bytes) == (190, 0)


def test_retransmissions_are_written_at_one_ten_and_a_hundred(tmp_path):
    talk = played("cS sH cA cD5 sA")
    for _ in range(100):
        talk.client.says(b"x" * 5, seq=1001)
    assert talk.one(tmp_path).history == "ShADaTTT"


def test_a_gap_is_written_where_an_ack_shows_it(tmp_path):
    talk = played("cS sH cA cD5 sA")
    talk.client.says(b"lost", lost=True)
    talk.client.says(b"more")
    talk.server.acks()
    assert talk.one(tmp_path).history == "ShADaG"


def test_a_payload_cut_by_the_capture_is_a_gap(tmp_path):
    talk = played("cS sH cA cD500 sA cD1 sA")
    (connection,) = conversations(tmp_path, pcap(talk.frames, snaplen=96)).connections
    assert connection.history == "ShADaG"
    assert connection.client.bytes == 501


@pytest.mark.parametrize(
    ("script", "state", "history", "packets"),
    [
        ("cS @6 cS", "S0", "S", 2),
        ("cS @6 sH cA", "S0", "S", 3),
        ("cS sH cA cF sF cA @6 cR", "SF", "ShAFf", 7),
        ("cS sH cA cF sF cA @4 cR", "SF", "ShAFfR", 7),
        ("cS sH cA @301 cF sF", "S1", "ShA", 5),
        ("cS sH cA @299 cF sF", "SF", "ShAFf", 5),
        ("cS sH cA cF @400 sF", "S2", "ShAF", 5),
        ("cS sH cA cR @9 sD3", "RSTO", "ShAR", 5),
        ("cD3 cF @20 sA", "SH", "DF", 3),
    ],
)
def test_the_record_ends_where_a_timer_of_zeek_ends_it(tmp_path, script, state, history, packets):
    connection = played(script).one(tmp_path)
    assert (connection.conn_state, connection.history, connection.packets) == (state, history, packets)


def test_interactive_ports_may_be_silent_for_an_hour(tmp_path):
    connection = played("cS sH cA @3000 cF sF", (40000, 22)).one(tmp_path)
    assert connection.conn_state == "SF"
