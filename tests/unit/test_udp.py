import pytest
from wire import CLIENT, MILLISECOND, SECOND, SERVER, START, conversations, ethernet, ipv4, pcap, udp

from lab.conversations import Endpoint
from lab.reader import Keep


def datagram(time, source, destination, payload=b"", *, back=False, **more):
    between = (SERVER, CLIENT) if back else (CLIENT, SERVER)
    return START + time, ethernet(ipv4(udp(source, destination, payload, between=between, **more), 17, *between))


def read(tmp_path, *frames, **more):
    return conversations(tmp_path, pcap(list(frames)), **more)


def test_an_exchange(tmp_path):
    found = read(
        tmp_path,
        datagram(0, 5000, 9999, b"ping"),
        datagram(MILLISECOND, 9999, 5000, b"pong!", back=True),
        datagram(2 * MILLISECOND, 5000, 9999, b"bye"),
    )
    (exchange,) = found.exchanges
    assert (exchange.client, exchange.server) == (Endpoint(CLIENT, 5000), Endpoint(SERVER, 9999))
    assert (exchange.client_packets, exchange.server_packets) == (2, 1)
    assert (exchange.client_bytes, exchange.server_bytes) == (7, 5)
    assert (exchange.conn_state, exchange.history) == ("SF", "Dd")
    assert (exchange.first_packet, exchange.last_packet) == (1, 3)
    assert (exchange.start, exchange.end) == (START, START + 2 * MILLISECOND)
    assert [each.payload for each in found.datagrams] == [b"ping", b"pong!", b"bye"]
    assert [each.checksum_ok for each in found.datagrams] == [True] * 3


def test_no_answer(tmp_path):
    (exchange,) = read(tmp_path, datagram(0, 5000, 9999)).exchanges
    assert (exchange.conn_state, exchange.history) == ("S0", "D")


def test_only_an_answer_of_a_well_known_server(tmp_path):
    (exchange,) = read(tmp_path, datagram(0, 53, 5000, back=True)).exchanges
    assert exchange.server == Endpoint(SERVER, 53)
    assert (exchange.conn_state, exchange.history) == ("SHR", "^d")


def test_a_broadcast_is_not_turned_round(tmp_path):
    frame = ethernet(ipv4(udp(67, 68, b"offer"), 17, SERVER, "255.255.255.255"))
    (exchange,) = read(tmp_path, (START, frame)).exchanges
    assert (exchange.client.port, exchange.history) == (67, "D")


@pytest.mark.parametrize(
    ("port", "silence", "count"),
    [(9999, 59 * SECOND, 1), (9999, 60 * SECOND, 2), (53, 5 * SECOND, 1), (53, 20 * SECOND, 2), (53, 61 * SECOND, 2)],
)
def test_silence_ends_an_exchange(tmp_path, port, silence, count):
    found = read(tmp_path, datagram(0, 5000, port), datagram(silence, 5000, port)).exchanges
    assert len(found) == count
    assert [each.index for each in found] == list(range(1, count + 1))


def test_exchanges_come_in_the_order_of_their_first_datagrams(tmp_path):
    found = read(
        tmp_path,
        datagram(0, 1111, 9999),
        datagram(1, 2222, 9999),
        datagram(70 * SECOND, 1111, 9999),
    ).exchanges
    assert [each.client.port for each in found] == [1111, 2222, 1111]


def test_without_keep_only_the_table(tmp_path):
    found = read(tmp_path, datagram(0, 5000, 53, b"x"), keep=Keep.TABLES)
    assert found.datagrams == found.messages == []
    assert len(found.exchanges) == 1


def test_checksums(tmp_path):
    none = bytearray(datagram(0, 5000, 9999, b"odd")[1])
    none[40:42] = b"\0\0"
    found = read(tmp_path, datagram(0, 5000, 9999, b"odd", right=False), (START, bytes(none)))
    assert [each.checksum_ok for each in found.datagrams] == [False, None]


def test_a_length_of_its_own_is_believed_as_far_as_there_are_bytes(tmp_path):
    short, wrong = bytearray(udp(1, 2, b"hello!!")), bytearray(udp(1, 2, b"hello"))
    short[4:6], wrong[4:6] = b"\0\x0d", b"\0\3"
    found = read(tmp_path, (START, ethernet(ipv4(bytes(short), 17))), (START, ethernet(ipv4(bytes(wrong), 17))))
    assert [(each.payload, each.length) for each in found.datagrams] == [(b"hello", 5), (b"hello", 5)]


def test_exchanges_that_nobody_asked_for_are_counted(tmp_path):
    frames = [datagram(each, 5000 + each, 9999) for each in range(4)]
    found = read(tmp_path, *frames, wanted={2, 4, 5})
    assert [each.index for each in found.exchanges] == [2, 4]
    assert found.exchange_count == 4
