"""What programs wait for, seen in the kernel: as a condition of steps, as a diagnosis, and as a check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from driving import Ran

SERVER = """
    import socket
    with socket.create_server(("", 7000), backlog=5) as listening:
        connection, peer = listening.accept()
        with connection:
            while data := connection.recv(100):
                print(data)
"""
CLIENT = """
    import socket
    with socket.create_connection(("server", 7000)) as connection:
        print(connection.recv(100))
"""
JOINED = """
    import socket, threading
    with socket.create_connection(("server", 7000)) as connection:
        thread = threading.Thread(target=connection.recv, args=(100,))
        thread.start()
        thread.join()
"""
TYPED_TO = """
    import socket, threading
    with socket.create_connection(("server", 7000)) as connection:
        threading.Thread(target=connection.recv, args=(100,), daemon=True).start()
        connection.sendall(input().encode())
"""
TIMED = """
    import socket
    with socket.create_connection(("server", 7000), timeout=60) as connection:
        connection.recv(100)
"""
TALKS = """
    import socket
    with socket.create_connection(("server", 7000)) as connection:
        connection.sendall(b"hello")
        connection.recv(100)
"""
UDP = """
    import socket
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.sendto(b"?", ("server", 9999))
        print(asking.recvfrom(100))
"""
DEADLOCK = """
    hosts: {server: {}, client: {}}
    programs:
      server: {host: server, run: [python3, server.py]}
      client: {host: client, run: [python3, client.py]}
    steps:
      - start: server
        until: {listening: {tcp: 7000}}
      - start: client
        until: {connected: {tcp: 7000}}
      - wait: server
        until: {receiving: {tcp: 7000}}
      - CLIENT
      - observe: {name: stuck, hosts: [server, client]}
    checks:
      deadlock:
        tcp.deadlock: {at: stuck, to: {host: server, port: 7000}, count: 1}
      server-in-recv:
        socket: {host: server, at: stuck, program: server, call: recv, count: 1}
      still-listening:
        socket: {host: server, at: stuck, state: LISTEN, count: 1}
"""
RECEIVES = "{wait: client, until: {receiving: {tcp: 7000}}}"


def details(ran: Ran, check: str) -> str:
    return "\n".join(d.en for r in ran.outcome.results if r.id == check for d in r.details)


def test_two_programs_that_wait_for_each_other(run: Callable[..., Ran], written: Callable[..., Path]) -> None:
    ran = run(written(DEADLOCK.replace("CLIENT", RECEIVES), server=SERVER, client=CLIENT))
    assert set(ran.steps) == {"done"}
    assert set(ran.verdicts.values()) == {"passed"}, ran.outcome.results


def test_a_main_thread_that_joins_the_one_that_waits(run: Callable[..., Ran], written: Callable[..., Path]) -> None:
    ran = run(written(DEADLOCK.replace("CLIENT", RECEIVES), server=SERVER, client=JOINED))
    assert set(ran.verdicts.values()) == {"passed"}, ran.outcome.results


def test_what_was_sent_and_acknowledged_is_no_way_out(run: Callable[..., Ran], written: Callable[..., Path]) -> None:
    said = "{expect: {from: server, match: hello}}\n      - {wait: [client, server], until: {receiving: {tcp: 7000}}}"
    ran = run(written(DEADLOCK.replace("CLIENT", said), server=SERVER, client=TALKS))
    assert set(ran.verdicts.values()) == {"passed"}, ran.outcome.results


def test_a_program_that_can_be_typed_to_may_go_on(run: Callable[..., Ran], written: Callable[..., Path]) -> None:
    ran = run(written(DEADLOCK.replace("CLIENT", RECEIVES), server=SERVER, client=TYPED_TO))
    assert set(ran.steps) == {"done"}
    assert ran.verdicts["deadlock"] == "failed"
    assert "client has a thread that may go on by itself" in details(ran, "deadlock")


def test_a_program_with_a_timeout_may_go_on(run: Callable[..., Ran], written: Callable[..., Path]) -> None:
    step = "{wait: client, until: {receiving: {tcp: 7000}}, within: 0.2}"
    ran = run(written(DEADLOCK.replace("CLIENT", step), server=SERVER, client=TIMED))
    assert ran.told(4) == "client runs, but is not waiting in recv() on tcp 7000"
    assert ran.verdicts["deadlock"] == "failed"
    assert "client is not in recv() on it" in details(ran, "deadlock")


def test_a_step_that_fails_tells_what_its_program_waits_for(
    run: Callable[..., Ran], written: Callable[..., Path]
) -> None:
    steps = """
    hosts: {server: {}, client: {}, late: {}}
    programs:
      server: {host: server, run: [python3, server.py]}
      client: {host: client, run: [python3, client.py]}
      late: {host: late, run: [python3, client.py]}
      udp: {host: client, run: [python3, udp.py]}
    steps:
      - start: server
        until: {listening: {tcp: 7000}}
      - {wait: server, within: 0.2}
      - start: client
        until: {receiving: {tcp: 7000}}
      - {expect: {from: client, match: .}, within: 0.2}
      - start: late
        until: {receiving: {tcp: 7000}}
      - {expect: {from: late, match: .}, within: 0.2}
      - start: udp
      - {expect: {from: udp, match: .}, within: 0.5}
    checks:
      connected:
        tcp.handshake: {to: {host: server, port: 7000}}
    """
    ran = run(written(steps, server=SERVER, client=CLIENT, udp=UDP))
    assert ran.steps == ["done", "failed", "done", "failed", "done", "failed", "done", "failed"]
    assert ran.told(2) == "server still runs; server waits in accept() on tcp 7000"
    assert ran.told(4) == (
        "client printed nothing more; client waits in recv() on its connection to server:7000, "
        "and server waits in recv() on the other end: both wait for the other"
    )
    assert ran.told(6) == (
        "late printed nothing more; late waits in recv() on its connection to server:7000, "
        "which no program has accepted"
    )
    assert ran.told(8).startswith("udp printed nothing more; udp waits in recv() on udp ")
    assert ran.told(8).endswith(", nothing is there to read")
