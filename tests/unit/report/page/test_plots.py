from __future__ import annotations

from dataclasses import replace

from lab.conversations import Connection, Mark
from lab.report.page.plots import MOST_POINTS, plots, round_trips

US = 1_000


def test_a_plot_for_each_quantity_with_both_directions(connection: Connection) -> None:
    made = {plot.key: plot for plot in plots(connection)}
    assert [*made] == ["c1-sequence", "c1-window", "c1-rtt"]
    for plot in made.values():
        assert 'class="series client"' in plot.svg
        assert 'class="series server"' in plot.svg
        assert 'class="axis"' in plot.svg
        assert "time since the first packet (ms)" in plot.svg
        assert "自首个数据包起的时间（ms）" in plot.svg
    assert made["c1-sequence"].summary.en == "7 points of the client, 4 of the server, at most 265 bytes"
    assert made["c1-rtt"].summary.zh == "客户端 3 个点，服务端 3 个点，最大 100 µs"


def test_round_trips_are_from_the_data_to_its_ack(connection: Connection) -> None:
    segments = connection.segments or []
    start = connection.start
    assert round_trips(segments, "client", start)[0] == (20 * US, 20 * US), "of the SYN"
    assert round_trips(segments, "server", start)[0] == (37 * US, 17 * US), "of the SYN-ACK"


def test_what_was_sent_twice_gives_no_round_trip(connection: Connection) -> None:
    segments = connection.segments or []
    data, ack = segments[3], segments[4]
    again = replace(data, time=data.time + 10 * US, marks=frozenset({Mark.RETRANSMISSION}))
    late = replace(ack, time=ack.time + 50 * US)
    assert round_trips([data, again, late], "client", 0) == []
    assert len(round_trips([data, ack], "client", 0)) == 1


def test_a_connection_of_one_packet_has_no_plots(connection: Connection) -> None:
    one = replace(connection, segments=(connection.segments or [])[:1])
    assert plots(one) == ()
    assert plots(replace(connection, segments=None)) == ()


def test_points_that_are_not_drawn_are_counted(connection: Connection) -> None:
    segment = (connection.segments or [])[3]
    count = 2 * MOST_POINTS
    many = [replace(segment, number=n, time=segment.time + n, seq=n) for n in range(count)]
    plot = plots(replace(connection, segments=many, start=segment.time, end=segment.time + count))[0]
    assert plot.svg.count("<circle") == MOST_POINTS
    assert "; 500 points not drawn" in plot.summary.en
