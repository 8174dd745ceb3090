"""The other end of any program, as a process of this machine, on the loopback interface."""

from __future__ import annotations

import base64
import errno
import json
import queue
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[3] / "images" / "host" / "assistant.py"
PATIENCE = 10.0
MORE_THAN_WAITS = 16 << 20  # bytes; the kernel's buffers hold less


class Assistant:
    """The conversation with the program: what it is asked, what it tells."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.heard: queue.Queue[dict[str, Any]] = queue.Queue()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.heard.put(json.loads(line))

    def ask(self, do: str, **arguments: object) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"do": do} | arguments).encode() + b"\n")
        self.process.stdin.flush()

    def send(self, peer: list[object], data: bytes) -> None:
        self.ask("send", peer=peer, data=base64.b64encode(data).decode())

    def hears(self, event: str) -> dict[str, Any]:
        """The next thing that it tells, which must be this."""
        told = self.heard.get(timeout=PATIENCE)
        assert told.pop("event") == event, told
        assert told.pop("time") > 1_700_000_000_000_000_000
        if "data" in told:
            told["data"] = base64.b64decode(told["data"])
        return told

    def listens(self, transport: str = "tcp", **arguments: object) -> int:
        """Let it listen on a free port."""
        self.ask("listen", transport=transport, port=0, **arguments)
        port: int = self.hears("listening")["local"][1]
        return port

    def end(self) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        status = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stdout.close()
        return status


@pytest.fixture
def assistant() -> Iterator[Assistant]:
    made = Assistant()
    yield made
    assert made.end() == 0


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        opened.settimeout(PATIENCE)
        yield opened


def client_of(port: int, host: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection((host, port), PATIENCE)


def peer_of(opened: socket.socket) -> list[object]:
    """How the assistant calls the socket at the other end."""
    return list(opened.getsockname()[:2])


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_server_of_both_ip_versions(assistant: Assistant, host: str) -> None:
    port = assistant.listens()
    with client_of(port, host) as client:
        peer = peer_of(client)
        assert assistant.hears("connected") == {"peer": peer, "local": [host, port]}
        client.sendall("早上好".encode("gbk"))
        assert assistant.hears("received") == {"peer": peer, "data": "早上好".encode("gbk")}
        assistant.send(peer, b"\0\xff")
        assert assistant.hears("sent") == {"peer": peer, "data": b"\0\xff"}
        assert client.recv(100) == b"\0\xff"
    assert assistant.hears("closed") == {"peer": peer, "how": "peer"}


def test_several_clients_each_told_what_it_is_told(assistant: Assistant) -> None:
    port = assistant.listens(address="127.0.0.1")
    with client_of(port) as one, client_of(port) as other:
        peers = [assistant.hears("connected")["peer"] for _ in "12"]
        assert sorted(peers) == sorted([peer_of(one), peer_of(other)])
        assistant.send(peer_of(other), b"second")
        assistant.send(peer_of(one), b"first")
        assert (one.recv(100), other.recv(100)) == (b"first", b"second")
        assert [assistant.hears("sent")["data"] for _ in "12"] == [b"second", b"first"]
        assistant.ask("disconnect", peer=peer_of(one))
        assert assistant.hears("closed") == {"peer": peer_of(one), "how": "here"}
        assert one.recv(100) == b""
        assistant.ask("stop")
        assert assistant.hears("closed") == {"peer": peer_of(other), "how": "here"}
        assert assistant.hears("stopped") == {}
    with pytest.raises(ConnectionRefusedError):
        client_of(port)


def test_a_client(assistant: Assistant, listener: socket.socket) -> None:
    assistant.ask("connect", host="localhost", port=listener.getsockname()[1])  # ::1 refuses, then 127.0.0.1 takes it
    connected = assistant.hears("connected")
    assert connected["peer"] == peer_of(listener)
    accepted, address = listener.accept()
    with accepted:
        assert list(address) == connected["local"]
        assistant.send(connected["peer"], b"hello")
        assert accepted.recv(100) == b"hello"
        assistant.hears("sent")
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    lost = assistant.hears("closed")
    assert (lost["how"], lost["errno"]) == ("lost", errno.ECONNRESET)


def test_what_a_peer_does_not_read_waits_up_to_a_bound_and_arrives_whole(assistant: Assistant) -> None:
    port = assistant.listens()
    piece = bytes(range(256)) * 2048
    with client_of(port) as client:
        peer = assistant.hears("connected")["peer"]
        for _ in range(MORE_THAN_WAITS // len(piece)):
            assistant.send(peer, piece)
        while (told := assistant.heard.get(timeout=PATIENCE))["event"] == "sent":
            pass
        assert "does not read" in told["text"]
        assistant.ask("disconnect", peer=peer)
        whole = bytearray()
        while data := client.recv(1 << 20):
            whole += data
    pieces, rest = divmod(len(whole), len(piece))
    assert rest == 0
    assert 0 < pieces < MORE_THAN_WAITS // len(piece)
    assert whole == piece * pieces


def test_datagrams_of_both_ip_versions_to_and_from_anybody(assistant: Assistant) -> None:
    port = assistant.listens("udp")
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as other:
            other.settimeout(PATIENCE)
            other.bind((host, 0))
            other.sendto(b"", (host, port))
            assert assistant.hears("received") == {"peer": peer_of(other), "data": b""}
            assistant.send(peer_of(other), b"answer")
            assert other.recvfrom(100)[0] == b"answer"
            assert assistant.hears("sent") == {"peer": peer_of(other), "data": b"answer"}
    assistant.ask("stop")
    assistant.hears("stopped")


@pytest.mark.parametrize("broadcast", [False, True])
def test_broadcasts_only_where_that_was_asked_for(assistant: Assistant, broadcast: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.settimeout(PATIENCE)
        other.bind(("127.255.255.255", 0))
        assistant.listens("udp", broadcast=broadcast)
        assistant.send(peer_of(other), b"everybody")
        if broadcast:
            assert other.recv(100) == b"everybody"
            assistant.hears("sent")
        else:
            assert assistant.hears("error")["errno"] == errno.EACCES


def test_what_cannot_be_done_is_said_with_the_reason_of_the_kernel(
    assistant: Assistant, listener: socket.socket
) -> None:
    taken = listener.getsockname()[1]
    assistant.ask("listen", transport="tcp", port=taken)
    told = assistant.hears("error")
    assert (told["do"], told["errno"], told["text"]) == ("listen", errno.EADDRINUSE, "Address already in use")
    listener.close()
    assistant.ask("connect", host="127.0.0.1", port=taken)
    told = assistant.hears("error")
    assert (told["do"], told["errno"]) == ("connect", errno.ECONNREFUSED)
    assistant.ask("connect", host="no.such.host.invalid", port=1)
    assert assistant.hears("error")["errno"] is None
    assistant.send(["127.0.0.1", 9], b"")
    assert "no connection" in assistant.hears("error")["text"]
    assistant.listens()
    assistant.ask("listen", transport="udp", port=0)
    assert "listens already" in assistant.hears("error")["text"]
