"""The wrapper around Python's sockets: what it tells, and that a program does not notice it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lab.trace import SocketCall, python

FOLDER = Path(__file__).parents[3] / "images" / "host" / "trace"
HIGH = 255
PYTHON = str(Path(sys.executable).resolve())


class Ran:
    """A program that is over: what it printed, and what was told of its calls."""

    def __init__(self, home: Path, source: str, *options: str, traced: bool = True) -> None:
        (home / "program.py").write_text(source, encoding="utf-8")
        came, told = os.pipe()
        os.dup2(told, HIGH)
        os.close(told)
        chunks: list[bytes] = []
        reader = threading.Thread(target=lambda: chunks.extend(iter(lambda: os.read(came, 1 << 16), b"")))
        reader.start()
        env = {"PATH": os.environ["PATH"]}
        if traced:
            env |= {"PYTHONPATH": str(FOLDER), "LAB_TRACE": f"{HIGH}:{os.fstat(HIGH).st_ino}"}
        done = subprocess.run(
            [PYTHON, *options, "program.py"], cwd=home, env=env, pass_fds=(HIGH,), capture_output=True, check=False
        )
        os.close(HIGH)
        reader.join()
        os.close(came)
        self.status, self.out, self.err = done.returncode, done.stdout.decode(), done.stderr.decode()
        self.calls = python.calls("p", b"".join(chunks))

    def named(self, name: str) -> list[SocketCall]:
        return [call for call in self.calls if call.name == name]


ECHO = """\
import socket, threading

def serve():
    connection, _ = listening.accept()
    while data := connection.recv(1024):
        connection.sendall(data)
    connection.close()

listening = socket.create_server(("127.0.0.1", 0))
thread = threading.Thread(target=serve)
thread.start()
with socket.create_connection(listening.getsockname()) as client:
    client.sendall(b"hello")
    print(client.makefile("rb").read(5))
thread.join()
"""


def test_every_call_with_its_addresses_bytes_and_line(tmp_path: Path) -> None:
    ran = Ran(tmp_path, ECHO)
    assert (ran.status, ran.out, ran.err) == (0, "b'hello'\n", "")
    (connect,), (accept,), (bind,) = ran.named("connect"), ran.named("accept"), ran.named("bind")
    assert (connect.local, connect.remote) == (accept.remote, accept.local)
    assert accept.local == bind.local
    assert (accept.function, accept.line, accept.file) == ("serve", 4, "program.py")
    assert (connect.function, connect.line, connect.result) == (None, 12, "0")
    assert {connect.descriptor, accept.new_descriptor} == {4, 5}
    assert accept.thread != connect.thread
    assert [(call.bytes, call.line) for call in ran.named("send")] == [(5, 13), (5, 6)]
    assert sorted((call.bytes, call.line) for call in ran.named("recv")) == [(0, 5), (5, 5), (5, 14)]
    assert {call.arguments for call in ran.named("setsockopt")} == {"SOL_SOCKET, SO_REUSEADDR, 1"}
    assert all(call.ended is not None and call.ended >= call.started for call in ran.calls)
    closed = [call.descriptor for call in ran.named("close")]
    assert sorted(closed, key=str) == [3, 4, 5]


def test_one_that_never_returns_is_known_to_have_begun(tmp_path: Path) -> None:
    ran = Ran(tmp_path, "import os, signal, socket\nsignal.alarm(1)\nsocket.create_server(('127.0.0.1', 0)).accept()\n")
    (accept,) = ran.named("accept")
    assert (ran.status, accept.ended, accept.line) == (-14, None, 3)
    assert accept.local is not None


BEHAVIOUR = """\
import os, pickle, select, selectors, socket, subprocess, sys
from socket import *
import socket as S

class Shouting(S.socket):
    def recv(self, count):
        return super().recv(count).upper()

def told(do):
    try:
        print(repr(do()))
    except Exception as failure:
        print(repr(failure), repr(pickle.loads(pickle.dumps(failure))))

server = S.create_server(("127.0.0.1", 0))
print(type(server), type(server).__mro__, S.socket is socket, S.socket.recv.__name__)
with S.create_connection(server.getsockname()) as c:
    d = server.accept()[0]
    buffer = bytearray(8)
    d.sendall(b"abc"); told(lambda: (c.recv_into(buffer), buffer))
    d.sendmsg([b"x", b"yz"]); told(lambda: c.recvmsg(9))
    with open(__file__, "rb") as file:
        told(lambda: (d.sendfile(file, 0, 20), c.recv(9, S.MSG_PEEK), c.recv(99)))
    c.settimeout(0.01); told(lambda: c.recv(1))
    c.setblocking(False); told(lambda: c.recv(1))
    told(lambda: c.recv("x")); told(lambda: c.recv()); told(lambda: c.connect_ex(("127.0.0.1", 1)))
    shouting = Shouting(fileno=os.dup(c.fileno())); shouting.setblocking(True)
    d.send(b"low"); told(lambda: shouting.recv(9)); told(shouting.detach)
    d.send(b"q")
    with select.epoll() as epoll:
        epoll.register(c, select.EPOLLIN); told(lambda: epoll.poll(1) == [(c.fileno(), select.EPOLLIN)])
    told(lambda: epoll.closed)
    poll = select.poll(); poll.register(c); told(lambda: len(poll.poll(10)))
    told(lambda: select.select([c], [], [], 0)[0] == [c])
    with selectors.DefaultSelector() as selector:
        selector.register(c, selectors.EVENT_READ); told(lambda: len(selector.select(1)))
    told(lambda: subprocess.run([sys.executable, "-c", "import socket; print(socket.socket())"], capture_output=True))
    child = os.fork()
    if not child:
        c.send(b"from the child"); os._exit(7)
    told(lambda: (os.waitpid(child, 0)[1], d.recv(99)))
told(lambda: S.create_connection(("nosuch.invalid", 1)))
told(lambda: S.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC)); told(lambda: S.socket(99, 99))
a, b = S.socketpair(); a.send(b"pair"); told(lambda: b.recv(4)); del a, b
print(server)
"""


def test_a_program_does_not_notice(tmp_path: Path) -> None:
    plain, traced = Ran(tmp_path, BEHAVIOUR, traced=False), Ran(tmp_path, BEHAVIOUR)
    assert (plain.status, traced.status, traced.err) == (0, 0, plain.err)
    seen = [re.sub(r"', \d{4,}\)", "', PORT)", ran.out) for ran in (plain, traced)]
    assert seen[0] == seen[1]
    assert plain.calls == []
    assert traced.named("sendfile")[0].bytes == 20
    assert {"sendmsg", "recvmsg", "select", "poll", "epoll_wait", "close"} <= {call.name for call in traced.calls}
    assert len({call.process for call in traced.calls}) == 3, "the forked child's and the subprocess's too"


def test_the_same_warnings_at_the_end(tmp_path: Path) -> None:
    source = "import socket\nkept = socket.socket()\nsocket.socket()\n"
    plain, traced = Ran(tmp_path, source, "-X", "dev", traced=False), Ran(tmp_path, source, "-X", "dev")
    assert traced.err == plain.err
    assert "ResourceWarning" in plain.err


def test_no_frame_of_the_wrapper_is_shown(tmp_path: Path) -> None:
    source = """\
import socket, threading
def refused():
    socket.create_connection(("127.0.0.1", 1))
thread = threading.Thread(target=refused)
thread.start()
thread.join()
try:
    refused()
except OSError as error:
    raise ValueError from error
"""
    plain, traced = Ran(tmp_path, source, traced=False), Ran(tmp_path, source)
    assert traced.err == plain.err
    assert {call.error for call in traced.named("connect")} == {"ECONNREFUSED"}


@pytest.mark.parametrize("closing", ["os.closerange(3, 4096)", "[close(n) for n in range(3, 4096)]"])
def test_who_closes_every_descriptor_is_traced_on(tmp_path: Path, closing: str) -> None:
    source = f"""\
import os, socket
def close(n):
    try:
        os.close(n)
    except OSError:
        pass
{closing}
socket.socket().close()
"""
    ran = Ran(tmp_path, source)
    assert (ran.err, [call.name for call in ran.calls]) == ("", ["socket", "close"])


def test_a_file_that_is_called_like_a_module_of_the_library_is_imported_as_ever(tmp_path: Path) -> None:
    (tmp_path / "socket.py").write_text("name = 'mine'\n")
    (tmp_path / "json.py").write_text("name = 'mine too'\n")
    ran = Ran(tmp_path, "import socket, json\nprint(socket.name, json.name)\n")
    assert (ran.out, ran.err) == ("mine mine too\n", "")


def test_what_kept_a_call_from_its_end(tmp_path: Path) -> None:
    source = """\
import socket
a, b = socket.socketpair()
for timeout in (0.01, 0):
    a.settimeout(timeout)
    try:
        a.recv(1)
    except OSError:
        pass
b.close()
a.settimeout(None)
try:
    a.sendall(b"x")
except OSError:
    pass
"""
    ran = Ran(tmp_path, source)
    assert [call.error for call in ran.named("recv")] == ["EAGAIN", "EAGAIN"]
    assert [call.error for call in ran.named("send")] == ["EPIPE"]
    assert {call.transport for call in ran.calls} == {"unix"}


def test_what_os_does_with_the_descriptor_of_a_socket(tmp_path: Path) -> None:
    source = """\
import os, socket
listening = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listening.getsockname())
server, _ = listening.accept()
os.write(client.fileno(), b"hello")
print(os.read(server.fileno(), 3), os.readv(server.fileno(), [bytearray(9)]))
os.writev(server.fileno(), [b"a", b"bc"])
print(client.recv(9))
pipe = os.pipe()
os.write(pipe[1], b"not told")
print(os.read(pipe[0], 99))
client.setblocking(False)
try:
    os.read(client.fileno(), 5)
except OSError as error:
    print(error)
"""
    ran, plain = Ran(tmp_path, source), Ran(tmp_path, source, traced=False)
    assert (ran.status, ran.out, ran.err) == (plain.status, plain.out, plain.err)
    moved = [each for each in ran.calls if each.name in {"read", "write", "readv", "writev"}]
    assert [(each.name, each.arguments, each.bytes, each.error, each.line) for each in moved] == [
        ("write", "5", 5, None, 5),
        ("read", "3", 3, None, 6),
        ("readv", "9", 2, None, 6),
        ("writev", "3", 3, None, 7),
        ("read", "5", None, "EAGAIN", 14),
    ]
    (accept,) = ran.named("accept")
    assert (moved[1].local, moved[1].remote) == (accept.local, accept.remote) == (moved[0].remote, moved[0].local)
    assert moved[1].descriptor == accept.new_descriptor
