from __future__ import annotations

import pytest

from lab.record import (
    FileFacts,
    GroupFacts,
    HostState,
    NeighbourFacts,
    ProcessFacts,
    ProgramFacts,
    Record,
    RouteFacts,
    SocketFacts,
    StepFacts,
    TimerFacts,
    Words,
)
from lab.report.page import facts

BEGAN = 1_760_000_000_000_000_000
SOCKET = SocketFacts(
    transport="tcp", state="LISTEN", local="10.77.4.10", local_port=8080, remote="0.0.0.0", remote_port=0,
    receive_queue=2, send_queue=0, program="server", call="accept",
)  # fmt: skip


def cells(table: facts.Table) -> list[list[str]]:
    return [[cell.en for cell in row] for row in table.rows]


def test_host_state_in_the_order_of_time(record: Record) -> None:
    process = ProcessFacts(pid=7, parent=1, user="student", state="S", threads=3, command="python3 server.py")
    file = FileFacts(path="/tmp/a", kind="file", size=1234, mode="0644", sha256="ab" * 32)
    states = {
        "end": {"alice": HostState(time=BEGAN + 2_000_000_000, files=(file,))},
        "before": {"server": HostState(time=BEGAN + 1_000_000_000, sockets=(SOCKET,), processes=(process,))},
    }
    before, end = facts.moments(record.model_copy(update={"observations": states}), BEGAN)
    assert (before.name.en, end.name.zh) == ("before, at 1.000 s", "最后一步之后，2.000 秒")
    sockets, processes = before.tables
    assert cells(sockets) == [["tcp", "LISTEN", "10.77.4.10:8080", "", "2", "0", "server · accept()", ""]]
    assert cells(processes) == [["7", "S", "3", "student", "python3 server.py", ""]]
    assert cells(end.tables[0]) == [["/tmp/a", "file", "1,234", "0644", "ab" * 8]]


def test_timers_backlogs_and_the_tables_that_were_asked_for(record: Record) -> None:
    timer = TimerFacts(which="retransmission", seconds=0.82, fired=2)
    state = HostState(
        time=BEGAN,
        sockets=(SOCKET.model_copy(update={"limit": 5}), SOCKET.model_copy(update={"timer": timer})),
        neighbours=(NeighbourFacts(address="10.77.4.99", mac=None, interface="eth0", state="FAILED"),),
        routes=(RouteFacts(to="10.77.4.0/24", via=None, interface="eth0", source="10.77.4.10", metric=0),),
        groups=(GroupFacts(address="239.1.2.3", interface="eth0", users=1),),
        counters={"UdpNoPorts": 3},
    )
    (moment,) = facts.moments(record.model_copy(update={"observations": {"end": {"server": state}}}), BEGAN)
    sockets, *tables = moment.tables
    assert [(row[4], row[5], row[7]) for row in cells(sockets)] == [
        ("2", "5", ""),
        ("2", "0", "retransmission 0.8 s · 2×"),
    ]
    assert [cells(table) for table in tables] == [
        [["10.77.4.99", "", "eth0", "FAILED"]],
        [["10.77.4.0/24", "", "eth0"]],
        [["239.1.2.3", "eth0"]],
        [["UdpNoPorts", "3"]],
    ]


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        ({"exit": 3}, "exit 3"),
        ({"signal": "SIGKILL"}, "ended by SIGKILL"),
        ({"stopped_by_lab": True, "signal": "SIGTERM"}, "stopped by the lab at the end"),
        ({"failure": "no such file"}, "no such file"),
        ({}, ""),
    ],
)
def test_how_programs_ended(record: Record, ended: dict[str, object], told: str) -> None:
    program = ProgramFacts.model_validate({"host": "server", "run": ("python3", "a.py"), **ended})
    table = facts.programs(record.model_copy(update={"programs": {"it": program}}))
    assert cells(table) == [["it", "server", "python3 a.py", told]]


def test_steps_with_outcome_and_time(record: Record) -> None:
    step = StepFacts(
        index=4, verb="wait", outcome="failed", started=BEGAN + 1_000_000, ended=BEGAN + 2_500_000_000,
        what=Words(en="alice ended", zh="alice 已结束"), actual=Words(en="it did not", zh="没有"),
    )  # fmt: skip
    table = facts.steps(record.model_copy(update={"steps": (step,)}), BEGAN)
    assert cells(table) == [["4", "alice ended: it did not", "failed", "0.001", "2.500"]]


def test_what_was_run_has_versions_and_digests(record: Record) -> None:
    run = record.model_copy(update={"images": {"host": "sha256:abc"}, "seed": 7, "submission": "hw/li.py"})
    told = dict(cells(facts.what_was_run(run, None)))
    assert told["image host"] == "sha256:abc"
    assert told["engine"] == "docker 26"
    assert told["kernel"] == "6.1 x86_64"
    assert (told["seed"], told["submission"]) == ("7", "hw/li.py")
    assert told["began"] == "2025-10-09 08:53:19 UTC"


def test_counters_of_each_network(record: Record) -> None:
    assert cells(facts.capture(record)) == [["lan", "34", "34", "0", "yes"]]
