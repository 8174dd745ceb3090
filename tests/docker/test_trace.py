"""System calls of programs that run as students' do: without privileges, and undisturbed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from driving import Ran

from lab import reader, trace
from lab.looking import Look
from lab.trace.beside import Beside, beside

SCENARIO = """\
hosts: {server: {}, client: {}}
programs:
  server: {host: server, run: [python3, server.py], trace: true}
  asker:
    host: client
    run: [bash, -c, "grep -E '^(CapEff|NoNewPrivs|TracerPid)' /proc/self/status; echo hello | nc -N server 9000"]
    trace: true
  listener: {host: client, run: [nc, -l, "9001"], trace: true}
  bystander: {host: client, run: [python3, bystander.py]}
steps:
  - {start: server, until: {listening: {tcp: 9000}}}
  - {start: listener, until: {listening: {tcp: 9001}}}
  - start: asker
  - {wait: asker, exit: 0}
  - start: bystander
  - {wait: bystander, exit: 0}
  - signal: {to: [server, listener], name: INT}
  - {wait: server, exit: 3}
  - {wait: listener, exit: INT}
"""
SERVER = """\
import socket, sys
listening = socket.create_server(("", 9000))
try:
    while True:
        connection, _ = listening.accept()
        data = connection.recv(1024)
        connection.sendall(data.upper())
        connection.close()
except KeyboardInterrupt:
    print("interrupted")
    sys.exit(3)
"""
BYSTANDER = """\
import os, socket, sys
print(sorted(name for name in os.environ if "TRACE" in name or "PYTHONPATH" in name), "lab_pipe" in sys.modules)
print([line for line in open("/proc/self/status") if line.startswith("TracerPid")])
with socket.create_connection(("server", 9000)) as connection:
    print(connection.fileno(), connection.send(b"me too"), connection.recv(99))
"""
TRACED = ("server", "asker", "listener")


def payloads(ran: Ran) -> list[tuple[bytes, bytes, str]]:
    """What both sides of each connection said, and how it ended."""
    connections = reader.read(ran.folder / ran.record.capture.file).connections
    return [(bytes(c.client.stream.data), bytes(c.server.stream.data), c.close) for c in connections]  # type: ignore[union-attr]


def calls_of(ran: Ran) -> list[Beside]:
    return beside(ran.record, reader.read(ran.folder / ran.record.capture.file), trace.load(ran.folder))


def test_calls_of_python_and_others_beside_their_packets(run: Callable[..., Ran], written: Callable[..., Path]) -> None:
    folder = written(SCENARIO, server=SERVER, bystander=BYSTANDER)
    traced, plain = run(folder, traced=TRACED), run(folder)
    assert traced.steps == plain.steps == ["done"] * 9
    unprivileged = {"NoNewPrivs:\t1", "CapEff:\t0000000000000000"}
    assert unprivileged < set(traced.said("asker"))
    assert "TracerPid:\t0" not in traced.said("asker")

    # the exchange is the same, and whoever is not traced sees nothing of it
    assert traced.said("asker")[-1] == plain.said("asker")[-1] == "HELLO"
    assert traced.said("server") == plain.said("server") == ["interrupted"]
    assert traced.said("bystander") == plain.said("bystander")
    assert traced.said("bystander")[0] == "[] False"
    assert payloads(traced) == payloads(plain)
    methods = {name: (program.trace, program.calls_cut) for name, program in traced.record.programs.items()}
    assert methods == dict.fromkeys(("asker", "listener"), ("strace", False)) | {
        "server": ("python", False),
        "bystander": (None, False),
    }
    assert {program.trace for program in plain.record.programs.values()} == {None}
    assert not (plain.folder / "calls.jsonl").exists()

    # each call beside its packets
    found = calls_of(traced)
    assert {each.call.program for each in found} == set(TRACED)
    served = [each for each in found if each.call.program == "server" and each.role]
    first = [each for each in served if each.conversation is served[0].conversation]
    accept, recv, send, close = first
    assert [each.call.line for each in first] == [5, 6, 7, 8]
    (write,) = [each for each in found if each.call.program == "asker" and each.call.name == "write" and each.role]
    assert recv.woken_by == write.caused
    (read,) = [each for each in found if each.call.program == "asker" and each.call.bytes == 6 and not each.caused]
    assert read.woken_by == send.caused
    assert accept.woken_by == accept.conversation.handshake_packets[2:]  # type: ignore[union-attr]
    assert close.caused == (accept.conversation.server.fin_packet,)  # type: ignore[union-attr]
    waiting = [each.call for each in found if each.call.program == "listener"][-1]
    assert (waiting.name, waiting.result) == ("accept", None)
    blocked = [each.call for each in found if each.call.name == "accept" and each.call.program == "server"][-1]
    assert (blocked.error, blocked.line) == ("EINTR", 5)

    # and on the ladder
    conversations = reader.read(traced.folder / traced.record.capture.file)
    ladder = Look(conversations, traced.record, "en", calls=found).one("1", None, as_hex=False).text(100)
    assert "recv(1024) = 6  server.py:6 │" in ladder
    assert "│ write(6) = 6  asker" in ladder
