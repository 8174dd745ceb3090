from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from facts import MS, Wire, program, run, step

from lab.checks import PARAMS
from lab.checks.facts import RunFacts
from lab.graded import Clue
from lab.grading.clues import clues
from lab.record import END, HostState, OutputLine, ProcessFacts, SocketFacts, StepFacts
from lab.results import Result, Verdict
from lab.scenario import Check, Exercise, Host, Network, Program, Scenario
from lab.steps import STEPS
from lab.submissions import Handed
from lab.text import same
from lab.values import Words

GOOD_SERVER = """
    import socket, sys, threading

    def serve(client):
        with client:
            while data := client.recv(1024):
                client.sendall("好".encode("gbk"))

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", int(sys.argv[1])))
    listener.listen()
    while True:
        client, address = listener.accept()
        threading.Thread(target=serve, args=(client,), daemon=True).start()
"""


@dataclass
class Story:
    """A run in which everything is wrong at once: whatever a text's fault is, its evidence is there."""

    wire: Wire = field(default_factory=Wire)
    errors: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    sockets: list[SocketFacts] = field(default_factory=list)
    exit: int | None = None
    interrupted: bool = False

    def facts(self) -> RunFacts:
        lines = [("err", text) for text in self.errors] + [("out", text) for text in self.printed]
        output = tuple(OutputLine.model_validate({"time": MS, "stream": s, "text": text}) for s, text in lines)
        ended = None if self.exit is None else 5 * MS
        facts = program("server", output=output, exit=self.exit, ended=ended, stopped_by_lab=self.interrupted)
        processes = (ProcessFacts(pid=9, parent=1, user="s", state="S", threads=2, command="p", program="server"),)
        state = HostState(time=10 * MS, sockets=tuple(self.sockets), processes=processes)
        told = run(
            self.wire,
            programs={"server": facts},
            observations={END: {"server": state}},
            steps=(signalled(),),
            encoding="gbk",
        )
        for connection in told.conversations.connections:
            for segment in connection.segments or ():
                if segment.payload:
                    connection.side(segment.sender).bytes += segment.length
                    connection.side(segment.sender).data_packets.append(segment.number)
        return told


def signalled() -> StepFacts:
    return step().model_copy(update={"verb": "signal", "ended": 4 * MS})


def socket(state: str, local: str = "0.0.0.0", port: int = 8080) -> SocketFacts:
    return SocketFacts(
        transport="tcp", state=state, local=local, local_port=port, remote="0.0.0.0", remote_port=0,
        receive_queue=0, send_queue=0, program="server",
    )  # fmt: skip


def found(
    text: str | bytes, story: Story, name: str = "server.py", kind: str = "output"
) -> list[tuple[str, int | None]]:
    return [(clue.id, clue.line) for clue in given(text, story, name, kind)]


def given(text: str | bytes, story: Story, name: str = "server.py", kind: str = "output") -> tuple[Clue, ...]:
    params = {
        "output": {"program": "server", "line": "done"},
        "tcp.overlap": {"to": {"host": "server", "port": 8080}, "at_least": 2},
    }
    check = Check(id="check", kind=kind, params=PARAMS[kind].model_validate(params[kind]))
    scenario = Scenario(
        name="test",
        folder=Path("/nowhere"),
        title=Words(en="t", zh="t"),
        encoding="gbk",
        networks={"net": Network()},
        hosts={"server": Host(), "alice": Host()},
        programs={"server": Program(host="server", run=("python3", name, "8080"))},
        steps=(STEPS["signal"].model_validate({"signal": {"to": "server", "name": "INT"}}),),
        checks={"check": check},
        exercise=Exercise(files=(name,)),
    )
    content = text if isinstance(text, bytes) else textwrap.dedent(text).strip().encode()
    results = [Result("check", kind, Verdict.FAILED, same(""), same(""))]
    told = clues(scenario, Handed({name: content}), story.facts(), results)
    for clue in told:
        assert clue.checks == ("check",)
        assert clue.file == name
        assert clue.text.en[0].isupper() or clue.text.en.startswith(("bind()", "accept()", "send()", "recv()"))
        assert clue.text.en != clue.text.zh
    passed = [Result("check", kind, Verdict.PASSED, same(""), same(""))]
    assert clues(scenario, Handed({name: content}), story.facts(), passed) == ()
    return told


def line_of(text: str, piece: str) -> int:
    return next(n for n, line in enumerate(textwrap.dedent(text).strip().splitlines(), 1) if piece in line)


def refused() -> Wire:
    wire = Wire()
    talk = wire.talk()
    talk.syn()
    talk.rst("server")
    return wire


def split() -> Wire:
    """A message in two packets, and a second client that gets no answer while the first is there."""
    wire = Wire()
    first, second = wire.talk("alice"), wire.talk("bob")
    first.shake()
    first.asks("one")
    first.asks("two")
    first.answers("好", "gbk")
    second.shake()
    first.close()
    return wire


def everything() -> Story:
    return Story(
        split(),
        sockets=[socket("LISTEN"), socket("CLOSE-WAIT")],
        interrupted=True,
        printed=["name: done"],
    )


def test_a_text_without_a_fault_gets_no_clue_whatever_happened() -> None:
    assert found(GOOD_SERVER, everything()) == []
    assert found(GOOD_SERVER, everything(), kind="tcp.overlap") == []


def changed(old: str, new: str) -> str:
    assert old in GOOD_SERVER
    return GOOD_SERVER.replace(old, new)


def test_bound_to_loopback() -> None:
    text = changed('(("", ', '(("127.0.0.1", ')
    there = Story(refused(), sockets=[socket("LISTEN", "127.0.0.1")])
    assert found(text, there) == [("bound-to-loopback", line_of(text, "bind"))]
    assert found(text, Story(refused(), sockets=[socket("LISTEN")])) == []
    assert found(text, Story(Wire(), sockets=[socket("LISTEN", "127.0.0.1")])) == []
    assert found("echo hi", there, "server.sh") == [("bound-to-loopback", None)]


def test_reuseaddr_missing() -> None:
    text = changed("    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n", "")
    crash = ["Traceback (most recent call last):", '  File "/w/server.py", line 9, in <module>',
             "OSError: [Errno 98] Address already in use"]  # fmt: skip
    assert found(text, Story(errors=crash, exit=1)) == [("reuseaddr-missing", line_of(text, "bind"))]
    assert found(text, Story()) == []
    assert ("reuseaddr-missing", line_of(GOOD_SERVER, "bind")) not in found(GOOD_SERVER, Story(errors=crash, exit=1))


@pytest.mark.parametrize(
    ("thread", "at"),
    [
        ("threading.Thread(target=serve, args=(client,)).start()", "Thread("),
        ("t = threading.Thread(target=serve, args=(client,))\n        t.Daemon = True\n        t.start()", "Daemon"),
    ],
)
def test_thread_not_daemon(thread: str, at: str) -> None:
    text = changed("threading.Thread(target=serve, args=(client,), daemon=True).start()", thread)
    assert found(text, everything()) == [("thread-not-daemon", line_of(text, at))]
    right = text.replace("Daemon", "daemon") if "Daemon" in text else GOOD_SERVER
    assert found(right, everything()) == []


def test_one_recv() -> None:
    text = changed("while data := client.recv(1024):", "if data := client.recv(1024):")
    assert found(text, everything()) == [("one-recv", line_of(text, "recv"))]
    whole = Wire()
    talk = whole.talk()
    talk.shake()
    talk.asks("one")
    assert found(text, Story(whole)) == []
    helper = changed("while data := client.recv(1024):", "while data := read(client):") + (
        "\n    def read(client):\n        return client.recv(1024)\n"
    )
    assert found(helper, everything()) == []


def test_send_without_sendall() -> None:
    text = changed("client.sendall(", "client.send(")
    much = Wire()
    talk = much.talk()
    talk.shake()
    talk.asks("one")
    talk.answers(b"x" * 70_000)
    assert found(text, Story(much)) == [("send-without-sendall", line_of(text, "send("))]
    assert found(changed("client.sendall(", "sent = client.send("), Story(much)) == []
    assert found(text, everything()) == []


def test_wrong_encoding() -> None:
    text = changed('encode("gbk")', "encode()")
    wire = Wire()
    talk = wire.talk()
    talk.shake()
    talk.answers("数据处理中")
    assert found(text, Story(wire)) == [("wrong-encoding", line_of(text, "encode"))]
    assert found(GOOD_SERVER, Story(wire)) == []
    assert found(text, everything()) == []


def test_never_closed() -> None:
    text = changed("with client:", "if True:")
    assert found(text, everything()) == [("never-closed", line_of(text, "accept"))]
    assert found(text, Story(split(), sockets=[socket("LISTEN")])) == []
    assert found("nc -l", Story(split(), sockets=[socket("CLOSE-WAIT")]), "server.sh") == [("never-closed", None)]


def test_one_accept() -> None:
    text = changed("while True:", "if True:")
    assert found(text, everything()) == [("one-accept", line_of(text, "accept"))]


def test_one_at_a_time() -> None:
    text = changed("threading.Thread(target=serve, args=(client,), daemon=True).start()", "serve(client)").replace(
        ", threading", ""
    )
    assert found(text, everything(), kind="tcp.overlap") == [("one-at-a-time", line_of(text, "accept"))]
    assert found(text, everything()) == []


def test_hard_coded_port() -> None:
    text = changed("int(sys.argv[1])", "9090")
    assert found(text, Story(sockets=[socket("LISTEN", port=9090)])) == [("hard-coded-port", line_of(text, "9090"))]
    assert found(text, Story(sockets=[socket("LISTEN")])) == []
    assert found(changed("int(sys.argv[1])", "8080"), Story(sockets=[socket("LISTEN")])) == []


def test_hard_coded_address() -> None:
    text = 'HOST = "192.168.1.5"\ns.connect((HOST, int(sys.argv[1])))'
    assert found(text, Story()) == [("hard-coded-address", 1)]
    wire = Wire()
    wire.talk("server", "alice", from_=40000).shake()
    assert found(text, Story(wire)) == []


@pytest.mark.parametrize(
    ("content", "said", "clue"),
    [
        (b'import socket\nprint "hi"\n', "SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?",
         ("python-2-print", 2)),
        (b"import socket\nwhile True\n", "SyntaxError: expected ':'", ("syntax-error", 2)),
        (b"import socket\n  x = 1\n", "IndentationError: unexpected indent", ("syntax-error", 2)),
        ("import socket\nprint('你好')\n".encode("gbk"),
         "SyntaxError: Non-UTF-8 code starting with '\\xc4' in file /w/server.py on line 2, but no encoding declared",
         ("source-encoding", 2)),
        ("import socket\n".encode("utf-16"), "SyntaxError: source code cannot contain null bytes", ("source-encoding", 2)),
        (b"\xef\xbb\xbf\xef\xbb\xbfimport socket\n\n", "SyntaxError: invalid non-printable character U+FEFF",
         ("byte-order-mark", 2)),
    ],
)  # fmt: skip
def test_a_text_that_the_interpreter_refuses(content: bytes, said: str, clue: tuple[str, int]) -> None:
    errors = ['  File "/w/server.py", line 2', "    ^^^^", said]
    assert found(content, Story(errors=errors, exit=1)) == [clue]
    assert found(GOOD_SERVER, Story(errors=errors, exit=1)) == []


def test_lines_that_end_as_on_windows() -> None:
    errors = ["server.sh: line 1: $'\\r': command not found"]
    assert found(b"nc -l 8080\r\n", Story(errors=errors, exit=127), "server.sh") == [("line-ends", None)]


def test_prompt_in_output() -> None:
    text = GOOD_SERVER + '    input("name: ")\n'
    assert found(text, everything()) == [("prompt-in-output", line_of(text, "input"))]
    assert found(text, Story(printed=["done"])) == []


def test_crash() -> None:
    errors = ["Exception in thread Thread-1:", "Traceback (most recent call last):",
              '  File "/usr/lib/python3.13/threading.py", line 1043, in _bootstrap_inner',
              '  File "/w/server.py", line 5, in serve', "ValueError: \x1b[2J no"]  # fmt: skip
    assert found(GOOD_SERVER, Story(errors=errors)) == [("crash", 5)]
    assert found(GOOD_SERVER, Story(errors=[*errors[:-1], "KeyboardInterrupt"])) == []
    assert found(GOOD_SERVER, Story(errors=[*errors[:3], '  File "/w/server.py", line 5000, in x', errors[-1]])) == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("ConnectionResetError: [Errno 104] Connection reset by peer", "state of the connection"),
        ("OSError: [Errno 107] Transport endpoint is not connected", "state of the connection"),
        ("TimeoutError: timed out", "state of the connection"),
        ("PermissionError: [Errno 13] Permission denied: '/root/x'", "It says: [Errno 13] Permission denied: '/root/x'"),
        ("OSError: [Errno 28] No space left on device", "It says: [Errno 28] No space left on device"),
        ("ValueError: invalid literal for int()", "It says: invalid literal for int()"),
        ("IndexError", "caught it."),
    ],
)  # fmt: skip
def test_a_crash_is_of_a_connection_or_told_in_its_own_words(said: str, told: str) -> None:
    errors = ["Traceback (most recent call last):", '  File "/w/server.py", line 5, in serve', said]
    [clue] = given(GOOD_SERVER, Story(errors=errors))
    assert told in clue.text.en
    assert ("state of the connection" in clue.text.en) is ("state" in told)


@pytest.mark.parametrize(
    "content",
    [b"\0" * 100, b"\xff\xfe", b"(" * 100_000, b"-" * 100_000 + b"1", b"x" * (1 << 20), b"", b"a" + b".b" * 50_000],
)
def test_a_hostile_text_is_no_text(content: bytes) -> None:
    assert found(content, everything()) in ([], [("never-closed", None)])
