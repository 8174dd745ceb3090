"""What programs may do wrong, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from driving import Ran

Run = Callable[..., Ran]
Written = Callable[..., Path]


def one(program: str, steps: str, more: str = "") -> str:
    """A scenario of one program on one host."""
    return f"hosts: {{h: {{}}}}\nprograms:\n  p: {{host: h, run: {program}{more}}}\nsteps:\n{steps}"


@pytest.mark.parametrize(
    ("command", "file", "why"),
    [
        ('["no-such-command"]', "", "`no-such-command` cannot be started: No such file or directory"),
        ('["./tool.py"]', "", "`./tool.py` cannot be started: Exec format error"),
        ('["/etc"]', "", "`/etc` cannot be started: Permission denied"),
    ],
)
def test_it_cannot_be_started(run: Run, written: Written, command: str, file: str, why: str) -> None:
    ran = run(written(one(command, "  - start: p\n  - wait: p\n"), tool=file))
    assert ran.steps == ["failed", "skipped"]
    assert ran.told(1) == why
    assert ran.program("p").failure
    assert ran.verdicts == {"exchange": "failed"}


def test_it_crashes_at_once(run: Run, written: Written) -> None:
    text = one("[python3, p.py]", "  - start: p\n    until: {listening: {tcp: 80}}\n  - wait: p\n")
    ran = run(written(text, p="def main():\n    raise RuntimeError('no luck')\nmain()\n"))
    assert ran.steps == ["failed", "skipped"]
    assert ran.told(1) == "p had ended, exit 1: RuntimeError: no luck"
    assert ran.said("p", "err")[0] == "Traceback (most recent call last):"
    assert ran.said("p", "err")[-1] == "RuntimeError: no luck"


def test_its_source_cannot_be_decoded(run: Run, written: Written) -> None:
    folder = written(one("[python3, p.py]", "  - start: p\n  - wait: p\n    exit: 0\n"))
    (folder / "p.py").write_bytes("print('你好')\n".encode("gbk"))
    ran = run(folder)
    assert ran.steps == ["done", "failed"]
    assert ran.told(2).startswith("p had ended, exit 1: SyntaxError: ")
    assert any(line.startswith("SyntaxError: ") for line in ran.said("p", "err"))


def test_it_never_listens(run: Run, written: Written) -> None:
    text = one("[python3, p.py]", "  - start: p\n    until: {listening: {tcp: 8080}}\n    within: 0.5\n")
    ran = run(written(text, p="import socket\nsocket.create_server(('', 8081)).accept()\n"))
    assert ran.steps == ["failed"]
    assert (
        ran.told(1)
        == "p runs, but is not listening on tcp 8080; it is bound to tcp 8081; p waits in accept() on tcp 8081"
    )


def test_it_never_ends(run: Run, written: Written) -> None:
    text = one("[python3, -u, p.py]", "  - start: p\n  - wait: p\n    within: 60\n  - wait: p\n")
    ran = run(written("deadline: 0.7\n" + text, p="import signal\nprint('here')\nsignal.pause()\n"))
    assert ran.steps == ["done", "failed", "skipped"]
    assert ran.told(2) == "p still runs; the deadline of the whole exchange (0.7 s) has passed"
    assert ran.said("p") == ["here"]
    assert ran.program("p").stopped_by_lab


def test_it_floods_its_output(run: Run, written: Written) -> None:
    text = one("[python3, p.py]", "  - start: p\n  - wait: p\n    within: 30\n    exit: 0\n")
    ran = run(written(text, p="for n in range(400_000):\n    print(f'{n:070}')\n"))
    facts = ran.program("p")
    assert ran.steps == ["done", "done"]
    assert facts.output_bytes == 400_000 * 71
    assert facts.output_cut
    assert (ran.folder / "p.out").stat().st_size == 1 << 20
    assert ran.said("p")[0] == f"{0:070}"


def test_it_prints_what_is_not_utf8(run: Run, written: Written) -> None:
    text = one("[python3, p.py]", "  - start: p\n  - wait: p\n    exit: 0\n")
    source = "import os\nos.write(1, b'good\\nbad \\xff\\xfe end\\n\\xe4\\xbd')\nos.write(2, b'\\x00\\x1b[2J\\n')\n"
    ran = run(written(text, p=source))
    assert ran.said("p") == ["good", "bad \\xff\\xfe end", "\\xe4\\xbd"]
    assert ran.said("p", "err") == ["\x00\x1b[2J"]
    assert (ran.folder / "p.out").read_bytes().count(b"\xff\xfe") == 1


def test_it_talks_through_a_terminal(run: Run, written: Written) -> None:
    steps = """\
      - start: p
      - expect: {from: p, text: "your name? "}
      - send: {to: p, line: 小明}
      - expect: {from: p, line: hello 小明}
      - expect: {from: p, text: "again? "}
      - close: p
      - wait: p
        exit: 3
    """
    source = """\
    import sys
    assert sys.stdin.isatty() and sys.stdout.isatty()
    print("hello", input("your name? "))
    try:
        input("again? ")
    except EOFError:
        sys.exit(3)
    """
    ran = run(written(one("[python3, p.py]", steps, ", terminal: true"), p=source))
    assert ran.steps == ["done"] * 7
    assert [line.text for line in ran.program("p").input] == ["小明", None]


def test_it_ignores_sigterm(run: Run, written: Written) -> None:
    steps = """\
      - start: p
        until: {line: ready}
      - signal: {to: p, name: TERM}
      - expect: {from: p, line: not yet}
      - signal: {to: p, name: KILL}
      - wait: p
        exit: KILL
    """
    source = """\
    import os, signal
    signal.signal(signal.SIGTERM, lambda *_: os.write(1, b"not yet\\n"))
    os.write(1, b"ready\\n")
    while True:
        signal.pause()
    """
    ran = run(written(one("[python3, p.py]", steps), p=source))
    assert ran.steps == ["done"] * 5
    assert ran.program("p").signal == "KILL"


def test_its_children_go_on(run: Run, written: Written) -> None:
    steps = """\
      - start: p
      - wait: p
        exit: 0
      - observe: {name: after, hosts: h, files: [nothing]}
    """
    source = """\
    import os, signal
    read, write = os.pipe()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("child", flush=True)
        os.write(write, b".")
        signal.pause()
    os.read(read, 1)
    """
    ran = run(written(one("[python3, p.py]", steps), p=source))
    assert ran.steps == ["done"] * 3
    assert ran.said("p") == ["child"]
    (orphan,) = ran.observed("after", "h").processes
    assert (orphan.program, orphan.parent, orphan.user) == ("p", 1, "student")


def test_it_is_nobody_and_may_do_nothing(run: Run, written: Written) -> None:
    source = """\
    import errno, os, socket

    def attempt(what, *arguments):
        try:
            what(*arguments)
        except OSError as error:
            return errno.errorcode[error.errno]
        return "done"

    with open("/proc/self/status") as status:
        print(*(line.split()[1] for line in status if line.startswith(("CapEff", "CapPrm", "CapBnd", "NoNewPrivs"))))
    print(os.getuid(), os.getgid(), os.getgroups(), os.getcwd())
    for place in ("/x", "/etc/hosts", "/lab/init.py", "/usr/bin/x", "/proc/sys/net/ipv4/ip_forward", "/proc/1/mem"):
        print(place, attempt(open, place, "r+" if os.path.exists(place) else "w"))
    for place in ("own", "/tmp/own"):
        print(place, attempt(open, place, "w"))
    for port in (80, 1023, 1024):
        print(port, attempt(socket.create_server, ("", port)))
    print("raw", attempt(socket.socket, socket.AF_INET, socket.SOCK_RAW, 1))
    print("packet", attempt(socket.socket, socket.AF_PACKET, socket.SOCK_RAW, 0))
    print("root", attempt(os.setuid, 0))
    print("kill", attempt(os.kill, 1, 9))
    """
    ran = run(written(one("[python3, p.py]", "  - start: p\n  - wait: p\n    exit: 0\n"), p=source))
    empty = "0" * 16
    first, *rest = ran.said("p")
    assert first.split()[:2] == [empty, empty]
    assert int(first.split()[2], 16) == 1 << 5 | 1 << 6 | 1 << 7  # what its first process needs to start programs
    assert first.split()[3] == "1"
    assert rest == [
        "1000 1000 [] /home/student",
        *("/x EROFS", "/etc/hosts EACCES", "/lab/init.py EACCES", "/usr/bin/x EROFS"),
        *("/proc/sys/net/ipv4/ip_forward EACCES", "/proc/1/mem EACCES"),
        *("own done", "/tmp/own done"),
        *("80 EACCES", "1023 EACCES", "1024 done"),
        *("raw EPERM", "packet EPERM", "root EPERM", "kill EPERM"),
    ]


def test_it_kills_all_it_can(run: Run, written: Written) -> None:
    text = """\
    hosts: {h: {}, other: {}}
    programs:
      victim: {host: h, run: [sleep, "60"]}
      killer: {host: h, run: [python3, killer.py]}
      after: {host: h, run: [echo, still there]}
      elsewhere: {host: other, run: [cat]}
    steps:
      - start: [victim, elsewhere]
      - start: killer
      - wait: victim
        exit: KILL
      - start: after
      - expect: {from: after, line: still there}
      - close: elsewhere
      - wait: elsewhere
        exit: 0
    """
    ran = run(written(text, killer="import os\nos.kill(-1, 9)\n"))
    assert ran.steps == ["done"] * 7
    assert ran.record.capture.whole


def test_it_takes_all_memory(run: Run, written: Written) -> None:
    steps = "  - start: p\n  - wait: p\n    within: 20\n  - observe: {name: after, hosts: h, files: [nothing]}\n"
    source = "kept = []\nwhile len(kept) < 640:\n    kept.append(b'x' * (1 << 20))\nprint('too much')\n"
    ran = run(written(one("[python3, p.py]", steps), p=source))
    assert ran.steps == ["done"] * 3
    assert ran.program("p").signal == "KILL"
    assert ran.said("p") == []


BOMB = """\
import os, signal
try:
    for number in range(1, 601):
        if os.fork() == 0:
            signal.pause()
        print(number, flush=True)
except BlockingIOError:  # the lab is told within a tenth of a second
    signal.pause()
"""


def test_it_takes_all_processes(run: Run, written: Written) -> None:
    steps = """\
      - start: p
      - wait: p
        within: 20
      - observe: {name: after, hosts: h, files: [p.py]}
    """
    ran = run(written(one("[python3, p.py]", steps), p=BOMB))
    assert 60 < int(ran.said("p")[-1]) < 80
    assert [(facts.what, facts.host, facts.limit, facts.ended) for facts in ran.record.limits] == [
        ("processes", "h", 64, True)
    ]
    assert ran.record.programs["p"].signal == "KILL"
    assert ran.record.capture.whole
