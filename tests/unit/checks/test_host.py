import base64
import hashlib
from pathlib import Path

import pytest
from facts import find, ipv4, lines, run
from pydantic import ValidationError

from lab.errors import InputError
from lab.record import END, FileFacts, HostState, ProcessFacts, SocketFacts


def kept(path: str, content: bytes) -> FileFacts:
    return FileFacts(
        path=path,
        kind="file",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=base64.b64encode(content).decode(),
    )


def socket(state: str, local: int, remote: tuple[str, int] | None = None, program: str | None = None) -> SocketFacts:
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
    )


def process(pid: int, state: str, threads: int, command: str, program: str | None = None) -> ProcessFacts:
    return ProcessFacts(
        pid=pid, parent=1, user="student", state=state, threads=threads, command=command, program=program
    )


STATE = HostState(
    time=0,
    files=(
        kept("notes.txt", b"hello\n"),
        kept("gbk.txt", "数据".encode("gbk")),
        FileFacts(path="none.txt", kind="missing"),
        FileFacts(path="dir", kind="directory"),
    ),
    sockets=(
        socket("LISTEN", 8080, program="server"),
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


def at(kind: str, params: str, folder: Path = Path()):
    return find(run(observations={END: {"server": STATE}, "middle": {"server": STATE}}, folder=folder), kind, params)


class TestFile:
    def test_exists(self):
        finding = at("file", "{host: server, path: notes.txt}")
        assert finding.ok
        assert finding.actual.en == "server:notes.txt with 6 bytes"
        finding = at("file", "{host: server, path: none.txt}")
        assert not finding.ok
        assert finding.actual.en == "no file server:none.txt"
        assert finding.actual.zh == "没有文件 server:none.txt"
        assert not at("file", "{host: server, path: dir}").ok

    def test_does_not_exist(self):
        assert at("file", "{host: server, path: none.txt, exists: false}").ok
        finding = at("file", "{host: server, path: notes.txt, exists: false}")
        assert not finding.ok
        assert finding.actual.en == "server:notes.txt exists (6 bytes)"

    def test_size(self):
        assert at("file", "{host: server, path: notes.txt, size: 6}").ok
        finding = at("file", "{host: server, path: notes.txt, size: 7}")
        assert not finding.ok
        assert finding.expected.en == "the file server:notes.txt with 7 bytes"
        assert finding.actual.en == "server:notes.txt has 6 bytes"

    def test_text(self):
        assert at("file", '{host: server, path: notes.txt, text: "hello\\n"}').ok
        finding = at("file", '{host: server, path: notes.txt, text: "help!\\n"}')
        assert not finding.ok
        assert finding.actual.en == ("server:notes.txt has 6 bytes and differs at byte 3: 6c 6f 0a, not 70 21 0a")
        assert not at("file", '{host: server, path: notes.txt, text: "hello\\n", size: 5}').ok

    def test_a_file_that_was_cut(self):
        finding = at("file", '{host: server, path: notes.txt, text: "hello\\nworld"}')
        assert finding.actual.en == "server:notes.txt has 6 bytes, of 11"

    def test_encoding(self):
        assert at("file", "{host: server, path: gbk.txt, text: 数据, encoding: gbk}").ok
        assert not at("file", "{host: server, path: gbk.txt, text: 数据}").ok

    def test_same_as_a_file_of_the_scenario(self, tmp_path: Path):
        (tmp_path / "original").write_bytes(b"hello\n")
        (tmp_path / "other").write_bytes(b"hellO\n")
        assert at("file", "{host: server, path: notes.txt, same_as: original}", tmp_path).ok
        finding = at("file", "{host: server, path: notes.txt, same_as: other}", tmp_path)
        assert not finding.ok
        assert finding.expected.en == "the file server:notes.txt with the bytes of other (6)"
        with pytest.raises(InputError, match="the scenario's file lost cannot be read"):
            at("file", "{host: server, path: notes.txt, same_as: lost}", tmp_path)

    def test_a_file_that_nobody_looked_for(self):
        with pytest.raises(InputError, match="did not keep the file x of server"):
            at("file", "{host: server, path: x}")

    @pytest.mark.parametrize(
        "more", ["text: a, same_as: b", "encoding: gbk", "exists: false, size: 1", "exists: false, text: a"]
    )
    def test_refused_parameters(self, more: str):
        with pytest.raises(ValidationError):
            at("file", f"{{host: server, path: notes.txt, {more}}}")


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
        assert finding.expected.en == ("at least 1 process (program server, threads ≥ 5) on server after the last step")
        assert "pid 10 Ss student threads 4: python3 server.py 8080" in lines(finding)
        assert "other.py" not in lines(finding)
