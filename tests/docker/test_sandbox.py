"""Programs that nobody vouches for: what they may not do, what they may not use up, and what is told of it.

Every loop of theirs is bounded, so that a sandbox that fails costs seconds and not the machine.
"""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from driving import Ran

Run = Callable[..., Ran]
Written = Callable[..., Path]

ALONE = """\
hosts: {server: {}, client: {}}
programs:
  bad: {host: server, run: [python3, bad.py]}
  good: {host: client, run: [python3, good.py]}
steps:
  - start: bad
  - wait: bad
    within: 8
  - observe: {name: seen, hosts: server, files: [f, g]}
  - start: good
  - wait: good
"""
GOOD = "print('unharmed')"


def tried(run: Run, written: Written, bad: str) -> Ran:
    """A run with this program on the server; the client's follows."""
    return run(written(ALONE, bad=textwrap.dedent(bad), good=GOOD))


def limits(ran: Ran) -> list[tuple[str, str, str | None, int, bool]]:
    return [(f.what, f.host, f.program, f.limit, f.ended) for f in ran.record.limits]


def test_what_a_program_is_and_may_see(run: Run, written: Written) -> None:
    said = tried(
        run,
        written,
        """\
        import os, subprocess
        for line in open("/proc/self/status"):
            if line.startswith(("Cap", "NoNewPrivs", "Seccomp", "Uid", "Groups")):
                print(" ".join(line.split()))
        def attempt(what, do):
            try: do(); print(what, "done")
            except OSError as error: print(what, error.errno)
        attempt("environ", lambda: open("/proc/1/environ").read())
        attempt("fd", lambda: os.listdir("/proc/1/fd"))
        attempt("root", lambda: open("/usr/local/x", "w"))
        attempt("etc", lambda: open("/etc/hosts", "a"))
        attempt("sysctl", lambda: open("/proc/sys/net/ipv4/ip_forward", "w"))
        attempt("signal", lambda: os.kill(1, 9))
        attempt("trace", lambda: open("/proc/1/mem", "rb"))
        attempt("chroot", lambda: os.chroot("/tmp"))
        attempt("mine", lambda: open("mine", "w"))
        names = [os.path.join(at, n) for at, _, ns in os.walk("/", followlinks=False) for n in ns
                 if not at.startswith(("/proc", "/sys", "/usr", "/var/lib", "/etc"))]
        print("setuid", subprocess.run(["su", "-c", "id"], stdin=subprocess.DEVNULL, capture_output=True).returncode)
        print(sorted(n for n in names if n.startswith(("/home", "/tmp", "/lab", "/root", "/mnt", "/srv", "/opt", "/run"))
                     and not n.endswith(".pyc")))
        print([n for n in names if n.endswith(".sock")])
        """,
    ).said("bad")
    caps = [line for line in said if line.startswith("Cap")]
    assert [line.split()[1] for line in caps if not line.startswith("CapBnd")] == ["0" * 16] * 4
    assert {"NoNewPrivs: 1", "Seccomp: 2", "Seccomp_filters: 2", "Uid: 1000 1000 1000 1000"} <= set(said)
    outcomes = dict(line.split() for line in said if len(line.split()) == 2 and ":" not in line)
    assert outcomes.pop("mine") == "done"
    assert outcomes.pop("setuid") == "1"
    outcomes = {what: errno for what, errno in outcomes.items() if what.isalpha()}
    assert set(outcomes.values()) <= {"1", "13", "30"}, outcomes
    files = said[-2]
    assert "/home/student/bad.py" in files
    for word in ("scenario.yaml", "solution", "good.py", "record", "result", "checks"):
        assert word not in files
    assert said[-1] == "[]"


def test_calls_that_lead_out_are_refused_and_tools_go_on_working(run: Run, written: Written) -> None:
    said = tried(
        run,
        written,
        """\
        import ctypes, errno, os, socket, subprocess
        libc = ctypes.CDLL(None, use_errno=True)
        MACHINE = os.uname().machine
        NUMBERS = {"x86_64": (272, 165, 161, 250, 321, 298, 323), "aarch64": (97, 40, 51, 219, 280, 241, 282)}[MACHINE]
        NAMES = ("unshare", "mount", "chroot", "keyctl", "bpf", "perf", "userfaultfd")
        for name, number in [*zip(NAMES, NUMBERS), ("io_uring", 425), ("fsopen", 430), ("clone3", 435)]:
            libc.syscall(number, 0x10000000, 0, 0, 0, 0)
            print(name, errno.errorcode[ctypes.get_errno()])
        FAMILIES = {"vsock": 40, "alg": 38, "packet": 17, "xdp": 44}
        for name, family in FAMILIES.items():
            try: socket.socket(family, socket.SOCK_DGRAM if name != "alg" else socket.SOCK_SEQPACKET)
            except OSError as error: print(name, errno.errorcode[error.errno])
        for family in (socket.AF_INET, socket.AF_INET6):
            try: socket.socket(family, socket.SOCK_RAW, 255)
            except OSError as error: print("raw", errno.errorcode[error.errno])
        for command in ("ip link set eth0 address 02:77:00:00:00:01", "ip addr add 10.77.0.11/24 dev eth0",
                        "ip neigh replace 10.77.0.11 lladdr 02:77:00:00:00:09 dev eth0", "ip link set eth0 down",
                        "unshare -Ur true", "ss -tn", "strace -o /dev/null true", "ping -c1 client", "ip addr"):
            done = subprocess.run(command.split(), capture_output=True)
            print(command.split()[0], command.split()[1], "ok" if done.returncode == 0 else "refused")
        """,
    ).said("bad")
    assert said == [
        *[f"{name} EPERM" for name in ("unshare", "mount", "chroot", "keyctl", "bpf", "perf", "userfaultfd")],
        "io_uring EPERM",
        "fsopen EPERM",
        "clone3 ENOSYS",
        *["vsock EAFNOSUPPORT", "alg EAFNOSUPPORT", "packet EPERM", "xdp EAFNOSUPPORT", "raw EPERM", "raw EPERM"],
        *["ip link refused", "ip addr refused", "ip neigh refused", "ip link refused", "unshare -Ur refused"],
        *["ss -tn ok", "strace -o ok", "ping -c1 ok", "ip addr ok"],
    ]


BOMB = """\
import os, time
end = time.monotonic() + 6
while time.monotonic() < end:
    try:
        os.fork()
    except OSError:
        pass
"""
SURVIVORS = """\
import os, time
for _ in range(90):
    try:
        if os.fork() == 0:
            os.setsid()
            time.sleep(20)
            os._exit(0)
    except OSError:
        break
time.sleep(8)
"""
THREADS = """\
import threading, time
try:
    for _ in range(90):
        threading.Thread(target=time.sleep, args=(8,), daemon=True).start()
except RuntimeError:
    time.sleep(8)
"""


@pytest.mark.parametrize("bad", [BOMB, SURVIVORS, THREADS])
def test_who_forks_without_end_is_ended_with_all_that_it_started(run: Run, written: Written, bad: str) -> None:
    ran = tried(run, written, bad)
    assert limits(ran) == [("processes", "server", "bad", 64, True)]
    assert ran.steps == ["done", "failed", "skipped", "skipped", "skipped"]
    assert ran.told(2) == "bad (server) hit the process limit (64): everything on server was ended"
    assert ran.program("bad").signal == "KILL"


FLOOD = """\
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    for _ in range({count}):
        try:
            s.sendto(b"x" * {size}, ("client", 9))
        except OSError:
            break
import time
time.sleep(8)
"""


TRAFFIC = 64  # MiB, a thousand packets each
OF_ITSELF = 20  # packets of a host that no program sent, some of them before the capture begins
TWO_NETWORKS = """\
networks: {one: {}, two: {}}
hosts: {server: {networks: [one, two]}, client: {networks: [one]}, other: {networks: [two]}}
"""


@pytest.mark.parametrize(("size", "count"), [(1400, 150_000), (1, 400_000)])
def test_who_floods_the_network_gets_through_to_the_limit_and_is_cut_off(
    run: Run, written: Written, size: int, count: int
) -> None:
    ran = tried(run, written, FLOOD.format(size=size, count=count))
    assert limits(ran) == [("traffic", "server", None, TRAFFIC, True)]
    assert ran.steps[1:] == ["failed", "skipped", "skipped", "skipped"]
    sent = sent_by(ran, "server")
    assert sum(sent) <= TRAFFIC << 20
    assert len(sent) <= TRAFFIC * 1000
    most = min((TRAFFIC << 20) // (28 + size), TRAFFIC * 1000)
    assert len(sent) + ran.statistics.dropped >= most - OF_ITSELF


def test_the_ports_of_a_host_share_one_limit(run: Run, written: Written) -> None:
    """What comes through at one of them is missing at the other."""
    bad = """\
    import socket
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(40_000):
            for there in ("client", "other"):
                try: s.sendto(b"x", (there, 9))
                except OSError: pass
    import time
    time.sleep(8)
    """
    text = ALONE.replace("hosts: {server: {}, client: {}}\n", TWO_NETWORKS)
    ran = run(written(text, bad=textwrap.dedent(bad), good=GOOD))
    assert limits(ran) == [("traffic", "server", None, TRAFFIC, True)]
    assert len(sent_by(ran, "server")) <= TRAFFIC * 1000


def sent_by(ran: Ran, host: str) -> list[int]:
    """The sizes of the packets that came from a host, the headers of their frames apart."""
    macs = {bytes.fromhex(i.mac.replace(":", "")) for i in ran.record.hosts[host].interfaces}
    return [frame.length - 14 for frame in ran.frames if frame.data[6:12] in macs]


@pytest.mark.parametrize(
    ("bad", "what", "limit"),
    [
        ("x = []\nfor _ in range(400): x.append(b'x' * (1 << 20))", "memory", 256),
        ("f = open('f', 'wb')\nfor _ in range(40): f.write(b'x' * (1 << 20))", "disk", 32),
        ("f = open('/tmp/f', 'wb')\nfor _ in range(40): f.write(b'x' * (1 << 20))", "disk", 32),
        ("f = open('/dev/shm/f', 'wb')\nfor _ in range(40): f.write(b'x' * (1 << 20))", "disk", 32),
        ("for n in range(5000): open(f'f{n}', 'w')", "files", 4096),
        ("f = open('f', 'wb')\nf.truncate(128 << 20)\nf.seek(128 << 20)\nf.write(b'x')", "file_size", 128),
        ("import resource as r\nr.setrlimit(r.RLIMIT_CPU, (1, 2))\nwhile True: pass", "cpu", 30),
        ("for _ in range(3000): print('x' * 1000)", "output", 1024),
    ],
)
def test_what_is_used_up_is_told_and_harms_nobody_else(
    run: Run, written: Written, bad: str, what: str, limit: int
) -> None:
    ran = tried(run, written, bad)
    assert limits(ran) == [(what, "server", "bad", limit, False)]
    assert ran.steps == ["done"] * 5
    assert ran.said("good") == ["unharmed"]


def test_what_outlives_its_program_is_bounded_too(run: Run, written: Written) -> None:
    ran = tried(
        run,
        written,
        """\
        import ctypes, errno, resource
        libc = ctypes.CDLL(None, use_errno=True)
        made = [libc.shmget(0, 8 << 20, 0o1600) for _ in range(4)]
        print(sum(n >= 0 for n in made), errno.errorcode[ctypes.get_errno()])
        made = [libc.msgget(0, 0o1600) for _ in range(40)]
        print(sum(n >= 0 for n in made))
        print(resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(resource.RLIMIT_MSGQUEUE))
        print(resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_CPU))
        print(open("/proc/self/oom_score_adj").read().strip())
        try: open("f", "w").truncate((128 << 20) + 1)
        except OSError as error: print(errno.errorcode[error.errno])
        """,
    )
    assert ran.said("bad") == ["2 ENOSPC", "16", "(0, 0) (0, 0)", "(256, 256) (30, 31)", "1000", "EFBIG"]


@pytest.mark.parametrize(
    ("bad", "end"),
    [
        ("import os, signal\nos.kill(-1, signal.SIGKILL)", 1),
        ("import os\nos.kill(os.getpid(), 40)", "RTMIN+6"),
        ("import os\nos.close(1)\nos.close(2)", 0),
        ("import os\nos.write(1, b'\\0\\xff\\xed\\xa0\\x80\\n\\x1b[2J\\n')", 0),
        ("import os\nos._exit(0)", 0),
    ],
)
def test_strange_ends_are_ends(run: Run, written: Written, bad: str, end: int | str) -> None:
    ran = tried(run, written, bad)
    assert (ran.program("bad").signal or ran.program("bad").exit) == end
    assert ran.steps == ["done"] * 5


def test_a_program_that_stops_itself_only_fails_its_step(run: Run, written: Written) -> None:
    ran = tried(run, written, "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)")
    assert ran.steps == ["done", "failed", "done", "done", "done"]
    assert ran.told(2) == "bad still runs"


@pytest.mark.parametrize(
    ("bad", "kinds"),
    [
        ("os.mkfifo('f'); socket.socket(socket.AF_UNIX).bind('g')", ["other", "other"]),
        ("os.symlink('/etc/passwd', 'f'); os.symlink('/dev/zero', 'g')", ["symlink", "symlink"]),
        ("open('f', 'w').write('x'); os.chmod('f', 0); os.mkdir('g')", ["file", "directory"]),
    ],
)
def test_nothing_in_place_of_a_file_holds_up_the_lab(run: Run, written: Written, bad: str, kinds: list[str]) -> None:
    ran = tried(run, written, f"import os, socket\n{bad}")
    assert [f.kind for f in ran.observed("seen", "server").files] == kinds
    assert [f.content for f in ran.observed("seen", "server").files] == [None, None]


def test_a_file_that_is_swapped_for_a_link_is_the_file_or_the_link(run: Run, written: Written) -> None:
    """What is looked at while a program swaps it is never what the link leads to."""
    text = ALONE.replace("  - wait: bad\n    within: 8\n", "").replace(
        "start: bad\n", "start: bad\n    until: {line: ready}\n"
    )
    swapping = """\
    import os, time
    print("ready", flush=True)
    end = time.monotonic() + 3
    while time.monotonic() < end:
        open("h", "w").write("mine")
        os.replace("h", "f")
        os.symlink("/etc/passwd", "h")
        os.replace("h", "f")
    """
    ran = run(written(text, bad=textwrap.dedent(swapping), good=GOOD))
    file = ran.observed("seen", "server").files[0]
    assert file.kind in ("file", "symlink", "missing")
    assert base64.b64decode(file.content or "") in (b"", b"mine")


SMALL = """\
import os, subprocess
open("/proc/self/oom_score_adj", "w").write("0")
os.mkfifo("p")
hold = os.open("p", os.O_RDWR | os.O_NONBLOCK)
os.set_inheritable(hold, True)
try:
    while os.write(hold, b"x" * 4096):
        pass
except BlockingIOError:
    pass
for _ in range(50):
    subprocess.Popen(["dd", "if=/dev/zero", "of=p", "bs=4M", "count=1"], stderr=subprocess.DEVNULL)
print("all", flush=True)
os.execvp("sh", ["sh", "-c", "for f in /tmp/f f /dev/shm/f; do head -c 30M /dev/zero >$f; done; sleep 8"])
"""


def test_who_has_the_first_process_killed_for_want_of_memory_has_ended_its_own_run(run: Run, written: Written) -> None:
    """Many processes, each smaller than the first one, which their adjusted scores no longer protect."""
    ran = tried(run, written, SMALL)
    assert limits(ran)[-1] == ("memory", "server", None, 256, True)
    assert ran.steps == ["done", "failed", "skipped", "skipped", "skipped"]
    assert ran.told(2) == "server hit the memory limit (256 MiB) in many processes: everything on server was ended"
    assert (ran.program("bad").signal, ran.said("bad")) == ("KILL", ["all"])
    assert ran.observed("end", "server").sockets == ()
    assert ran.record.capture.whole


def test_a_slow_drip_of_output_costs_nothing(run: Run, written: Written) -> None:
    bad = "import os, time\nfor _ in range(300): os.write(1, b'.'); time.sleep(0.01)\nprint()"
    ran = tried(run, written, bad)
    assert ran.said("bad") == ["." * 300]
    assert ran.steps == ["done"] * 5
    assert ran.record.limits == ()


def test_a_megabyte_of_single_bytes_holds_nobody_up(run: Run, written: Written) -> None:
    bad = "import os\nfor _ in range(300_000): os.write(1, b'.')\nos.write(1, b'\\nend\\n')"
    ran = tried(run, written, bad)
    assert ran.said("bad") == ["." * 300_000, "end"]
    assert ran.steps == ["done"] * 5


def test_closed_connections_do_not_pile_up(run: Run, written: Written) -> None:
    """Nobody's file is open for them, and the whole table is read whenever somebody waits for a socket."""
    bad = """\
    import socket
    listening = socket.create_server(("127.0.0.1", 9000))
    for _ in range(6000):
        with socket.create_connection(("127.0.0.1", 9000)) as one:
            listening.accept()[0].close()
            one.recv(1)
    """
    ran = tried(run, written, bad)
    assert 1000 < len(ran.observed("seen", "server").sockets) <= 4097


def test_the_lab_is_answered_while_everything_is_busy(run: Run, written: Written) -> None:
    bad = """\
    import os, time
    for _ in range(55):
        if os.fork() == 0:
            end = time.monotonic() + 60
            while time.monotonic() < end:
                pass
            os._exit(0)
    print(os.nice(0))
    """
    ran = tried(run, written, bad)
    assert ran.said("bad") == ["10"]
    assert ran.steps == ["done"] * 5
    assert len(ran.observed("seen", "server").processes) == 55  # they are busy still


def test_what_a_program_calls_itself_hides_no_process(run: Run, written: Written) -> None:
    bad = """\
    import os
    all_are_sleep, write = os.pipe()  # exec() closes it
    for _ in range(30):
        if os.fork() == 0:
            os.execv("/bin/sleep", [b"\\xff\\xed\\xa0\\n1 2 3 x" * 10_000, b"60"])
    os.close(write)
    os.read(all_are_sleep, 1)
    """
    ran = tried(run, written, bad)
    assert len(ran.observed("seen", "server").processes) == 30


def test_the_address_of_another_host_cannot_be_taken(run: Run, written: Written) -> None:
    bad = """\
    import errno, socket, struct
    there = socket.gethostbyname("client")
    there6 = socket.getaddrinfo("client", 7, socket.AF_INET6)[0][4][0]
    FREEBIND, TRANSPARENT, FREEBIND6, TRANSPARENT6 = 15, 19, 78, 75
    def attempt(what, family, level, options):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(family, kind) as s:
                try:
                    for option in options: s.setsockopt(level, option, 1)
                    s.bind((there if family == socket.AF_INET else there6, 7000))
                    print(what, "bound")
                    s.settimeout(2)
                    s.connect(("client" if family == socket.AF_INET else there6, 7001))
                    s.send(b"x")
                    print(what, "sent")
                except OSError as error: print(what, errno.errorcode.get(error.errno, error))
    attempt("bind", socket.AF_INET, 0, ())
    attempt("bind6", socket.AF_INET6, 41, ())
    attempt("transparent", socket.AF_INET, 0, (TRANSPARENT,))
    attempt("transparent6", socket.AF_INET6, 41, (TRANSPARENT6,))
    address = socket.inet_aton(there)
    body = struct.pack("=BBBBI", socket.AF_INET, 24, 0, 0, socket.if_nametoindex("eth0"))
    body += struct.pack("=HH4s", 8, 2, address) + struct.pack("=HH4s", 8, 1, address)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as s:
        s.send(struct.pack("=IHHII", 16 + len(body), 20, 0x605, 1, 0) + body)  # RTM_NEWADDR
        print("netlink", errno.errorcode[-struct.unpack_from("=i", s.recv(4096), 16)[0]])
    """
    assert tried(run, written, bad).said("bad") == [
        *["bind EADDRNOTAVAIL"] * 2,
        *["bind6 EADDRNOTAVAIL"] * 2,
        *["transparent EPERM"] * 2,
        *["transparent6 EPERM"] * 2,
        "netlink EPERM",
    ]


def test_no_socket_is_bound_freely_to_an_address_of_another(run: Run, written: Written) -> None:
    """IP_FREEBIND needs no privilege, and IPv6 sends from such an address: the filter refuses it."""
    bad = """\
    import errno, socket
    for family in (socket.AF_INET, socket.AF_INET6):
        for level, name in ((0, 15), (41, 78)):
            with socket.socket(family, socket.SOCK_DGRAM) as s:
                try:
                    s.setsockopt(level, name, 1)
                    print("free")
                except OSError as error:
                    print(errno.errorcode[error.errno])
    """
    assert tried(run, written, bad).said("bad") == ["EPERM"] * 4
