import pytest
from facts import find, ipv4, lines, run

from lab.checks.facts import RunFacts
from lab.errors import EngineError, InputError
from lab.record import END, Call, HostState, ProcessFacts, SocketFacts, TimerFacts


def socket(
    state: str,
    local: int,
    remote: tuple[str, int] | None = None,
    program: str | None = None,
    call: Call | None = None,
) -> SocketFacts:
    name, port = remote or ("0.0.0.0", 0)
    return SocketFacts(
        transport="udp" if state == "UNCONN" else "tcp",
        state=state,
        local=ipv4("server"),
        local_port=local,
        remote=ipv4(name) if remote else name,
        remote_port=port,
        receive_queue=0,
        send_queue=0,
        program=program,
        call=call,
    )


def process(pid: int, state: str, threads: int, command: str, program: str | None = None) -> ProcessFacts:
    return ProcessFacts(
        pid=pid, parent=1, user="student", state=state, threads=threads, command=command, program=program
    )


def with_peaks(*peaks: int | None) -> RunFacts:
    processes = [p.model_copy(update={"peak": kib}) for p, kib in zip(STATE.processes, peaks, strict=True)]
    return run(observations={END: {"server": STATE.model_copy(update={"processes": tuple(processes)})}})


STATE = HostState(
    time=0,
    free=(),
    sockets=(
        socket("LISTEN", 8080, program="server", call="accept"),
        socket("ESTABLISHED", 8080, ("alice", 40112), "server"),
        socket("TIME-WAIT", 8080, ("bob", 51544)),
        socket("UNCONN", 9999),
    ),
    processes=(
        process(10, "Ss", 4, "python3 server.py 8080", "server"),
        process(11, "R", 1, "python3 other.py"),
        process(12, "Z", 1, "gone", "server"),
    ),
)


def at(kind: str, params: str):
    return find(run(observations={END: {"server": STATE}, "middle": {"server": STATE}}), kind, params)


class TestObservation:
    @pytest.mark.parametrize(
        ("kind", "more"), [("file", "path: notes.txt"), ("socket", "count: 0"), ("process", "count: 0")]
    )
    def test_a_run_that_ended_before_it_fails(self, kind: str, more: str):
        finding = at(kind, f"{{host: server, at: later, {more}}}")
        assert not finding.ok
        assert finding.expected.en == "server to be observed at `later`"
        assert finding.actual.zh == "运行在此之前就结束了"

    def test_a_host_that_it_leaves_out_is_the_scenario_s_fault(self):
        with pytest.raises(InputError, match="`middle` does not observe alice"):
            at("socket", "{host: alice, at: middle}")

    def test_it_is_named(self):
        assert at("socket", "{host: server, at: middle}").actual.en == "4 sockets on server at `middle`"
        assert at("socket", "{host: server}").actual.zh == "最后一步之后 server 上的 4 个套接字"


class TestSocket:
    def test_state(self):
        finding = at("socket", "{host: server, state: TIME-WAIT, count: 1}")
        assert finding.ok
        assert finding.actual.en == "1 TIME-WAIT socket on server after the last step"
        finding = at("socket", "{host: server, state: CLOSE-WAIT}")
        assert not finding.ok
        assert "tcp ESTABLISHED server:8080 → alice:40112 (server)" in lines(finding)

    def test_transport(self):
        assert at("socket", "{host: server, transport: udp, count: 1}").ok

    def test_ends(self):
        assert at("socket", "{host: server, local: {port: 8080}, count: 3}").ok
        assert at("socket", "{host: server, remote: {host: alice}, count: 1}").ok
        assert at("socket", "{host: server, remote: {host: alice, port: 1}, count: 0}").ok

    def test_program(self):
        finding = at("socket", "{host: server, program: server, count: 2}")
        assert finding.ok
        assert finding.actual.en == "2 sockets of server on server after the last step"

    def test_queues_and_limits_of_listeners(self):
        full = STATE.sockets[0].model_copy(update={"receive_queue": 3, "limit": 2})
        busy = STATE.sockets[1].model_copy(update={"receive_queue": 3, "send_queue": 7})
        facts = run(observations={END: {"server": STATE.model_copy(update={"sockets": (full, busy)})}})
        for asked in ("queue: 3", "limit: 2", "queue: 3, limit: 2", "unread_at_least: 3", "unacknowledged_at_least: 7"):
            assert find(facts, "socket", f"{{host: server, {asked}, count: 1}}").ok, asked
        for asked in ("queue: 2", "limit: 3", "unread_at_least: 4", "unacknowledged_at_least: 8"):
            assert not find(facts, "socket", f"{{host: server, {asked}}}").ok, asked
        finding = find(facts, "socket", "{host: server, state: LISTEN, queue: 2, limit: 1}")
        assert finding.expected.en == "at least 1 LISTEN socket (queue: 2, limit: 1) on server after the last step"
        assert finding.expected.zh == "最后一步之后 server 上的至少 1 个 LISTEN 套接字（队列中 2 个，上限 1）"
        assert "(server, accept(), queue: 3 of 2)" in lines(finding)
        assert "(server, 3 bytes unread, 7 bytes unacknowledged)" in lines(finding)

    def test_timers(self):
        timer = TimerFacts(which="time-wait", seconds=59.5, fired=0)
        again = TimerFacts(which="retransmission", seconds=0.8, fired=2)
        sockets = [s.model_copy(update={"timer": t}) for s, t in zip(STATE.sockets, (None, again, timer), strict=False)]
        facts = run(observations={END: {"server": STATE.model_copy(update={"sockets": tuple(sockets)})}})
        for asked in (
            "{which: time-wait}",
            "{seconds_at_least: 59.5}",
            "{which: time-wait, seconds_at_least: 50, seconds_at_most: 60}",
            "{which: retransmission, fired_at_least: 2}",
            "{seconds_at_most: 0.8}",
        ):
            assert find(facts, "socket", f"{{host: server, timer: {asked}, count: 1}}").ok, asked
        assert find(facts, "socket", "{host: server, timer: {}, count: 2}").ok
        for asked in (
            "{which: keep-alive}",
            "{seconds_at_least: 59.6}",
            "{seconds_at_most: 0.7}",
            "{fired_at_least: 3}",
        ):
            assert not find(facts, "socket", f"{{host: server, timer: {asked}}}").ok, asked
        finding = find(facts, "socket", "{host: server, timer: {which: keep-alive, seconds_at_most: 75}}")
        assert (
            finding.expected.en
            == "at least 1 socket (timer: keep-alive, at most 75 s left) on server after the last step"
        )
        assert "bob:51544 (time-wait in 59.5 s)" in lines(finding)
        assert "（server，retransmission 0.8 秒后，已到时 2 次）" in lines(finding)

    def test_the_call_that_a_thread_sleeps_in(self):
        assert at("socket", "{host: server, call: accept, count: 1}").ok
        finding = at("socket", "{host: server, program: server, call: recv}")
        assert not finding.ok
        assert finding.expected.en == "at least 1 socket in recv() of server on server after the last step"
        assert finding.expected.zh == "最后一步之后 server 上的至少 1 个套接字（server 在 recv() 中等待）"
        assert "tcp LISTEN server:8080 → 0.0.0.0:0 (server, accept())" in lines(finding)
        unknown = run(observations={END: {"server": STATE.model_copy(update={"free": None})}})
        with pytest.raises(EngineError, match="the machine of server does not tell"):
            find(unknown, "socket", "{host: server, call: recv}")
        assert find(unknown, "socket", "{host: server, state: LISTEN}").ok


class TestProcess:
    def test_zombies_count_only_where_asked(self):
        assert at("process", "{host: server, count: 2}").ok
        assert at("process", "{host: server, state: zombie, count: 1}").ok

    def test_program_command_and_user(self):
        assert at("process", "{host: server, program: server, count: 1}").ok
        assert at("process", "{host: server, command: other, count: 1}").ok
        assert at("process", "{host: server, user: student, count: 2}").ok
        assert at("process", "{host: server, user: root, count: 0}").ok

    def test_state(self):
        assert at("process", "{host: server, state: running, count: 1}").ok
        assert at("process", "{host: server, state: sleeping, count: 1}").ok

    def test_threads(self):
        assert at("process", "{host: server, threads: 4, count: 1}").ok
        assert at("process", "{host: server, threads_at_least: 2, count: 1}").ok
        finding = at("process", "{host: server, program: server, threads_at_least: 5}")
        assert not finding.ok
        assert finding.expected.en == (
            "at least 1 process (program server, threads: at least 5) on server after the last step"
        )
        assert "pid 10 Ss student threads 4: python3 server.py 8080" in lines(finding)
        assert "other.py" not in lines(finding)

    def test_memory(self):
        facts = with_peaks(65536, 65537, 0)
        assert find(facts, "process", "{host: server, memory_at_most: 64, count: 1}").ok
        assert find(facts, "process", "{host: server, memory_at_most: 65, count: 2}").ok
        assert find(facts, "process", "{host: server, state: zombie, memory_at_most: 0, count: 1}").ok
        finding = find(with_peaks(110000, 9000, 0), "process", "{host: server, program: server, memory_at_most: 64}")
        assert not finding.ok
        assert (
            finding.expected.en == "at least 1 process (program server, at most 64 MiB) on server after the last step"
        )
        assert finding.expected.zh == "最后一步之后 server 上的至少 1 个进程（程序 server，内存至多 64 MiB）"
        assert "pid 10 Ss student threads 4 107.4 MiB: python3 server.py 8080" in lines(finding)

    def test_memory_of_a_run_that_did_not_keep_it_cannot_be_told(self):
        with pytest.raises(InputError, match="did not keep how much memory"):
            find(with_peaks(None, 9000, 0), "process", "{host: server, memory_at_most: 64}")
        assert find(with_peaks(None, 9000, 0), "process", "{host: server, command: other, memory_at_most: 64}").ok
