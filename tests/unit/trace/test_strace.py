"""Lines of strace 6.1 and 6.13, as they were written of real programs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.conversations import Endpoint
from lab.trace import SocketCall, strace

SERVER, CLIENT = Endpoint("127.0.0.1", 42569), Endpoint("127.0.0.1", 35426)
THREADS = """\
6140  1795887451.474456925 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3<TCP:[2143386]> <0.000034394>
6140  1795887451.475320135 setsockopt(3<TCP:[2143386]>, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0 <0.000024967>
6140  1795887451.476108756 bind(3<TCP:[2143386]>, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.1")}, 16) = 0 <0.000033843>
6140  1795887451.476961577 listen(3<TCP:[127.0.0.1:42569]>, 128) = 0 <0.000574972>
6140  1795887451.478227929 getsockname(3<TCP:[127.0.0.1:42569]>, {sa_family=AF_INET, sin_port=htons(42569), sin_addr=inet_addr("127.0.0.1")}, [16]) = 0 <0.000015910>
6140  1795887451.478927929 clone(child_stack=0x7f, flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM) = 6247 <0.000015910>
6247  1795887451.481192208 accept4(3<TCP:[127.0.0.1:42569]>,  <unfinished ...>
6140  1795887451.491778384 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 5<TCP:[2143398]> <0.000035426>
6140  1795887451.492551105 connect(5<TCP:[2143398]>, {sa_family=AF_INET, sin_port=htons(42569), sin_addr=inet_addr("127.0.0.1")}, 16 <unfinished ...>
6247  1795887451.493350106 <... accept4 resumed>{sa_family=AF_INET, sin_port=htons(35426), sin_addr=inet_addr("127.0.0.1")}, [16], SOCK_CLOEXEC) = 4<TCP:[127.0.0.1:42569->127.0.0.1:35426]> <0.012087375>
6140  1795887451.494031917 <... connect resumed>) = 0 <0.000816764>
6247  1795887451.494774853 recvfrom(4<TCP:[127.0.0.1:42569->127.0.0.1:35426]>,  <unfinished ...>
6140  1795887451.494844964 sendto(5<TCP:[127.0.0.1:35426->127.0.0.1:42569]>, ""..., 2, 0, NULL, 0 <unfinished ...>
6247  1795887451.498819578 <... recvfrom resumed>""..., 1024, 0, NULL, NULL) = 2 <0.004008867>
6140  1795887451.498881673 <... sendto resumed>) = 2 <0.003374544>
6140  1795887451.506784073 pselect6(6, [5<TCP:[127.0.0.1:35426->127.0.0.1:42569]>], NULL, NULL, {tv_sec=1, tv_nsec=0}, NULL) = 1 (in [5], left {tv_sec=0, tv_nsec=999996403}) <0.000125324>
6140  1795887451.507172367 close(5<TCP:[127.0.0.1:35426->127.0.0.1:42569]>) = 0 <0.000071473>
"""


def one(line: str) -> SocketCall:
    (call,) = strace.calls("p", f"8  1795887451.000000001 {line}".encode())
    return call


def test_two_threads_whose_lines_interrupt_each_other() -> None:
    found = {call.name: call for call in strace.calls("p", THREADS.encode())}
    assert list(found) == [
        "socket",
        "setsockopt",
        "bind",
        "listen",
        "accept",
        "connect",
        "recv",
        "send",
        "select",
        "close",
    ]
    accept, connect, recv = found["accept"], found["connect"], found["recv"]
    assert (accept.process, accept.thread, accept.descriptor, accept.new_descriptor) == (6140, 6247, 3, 4)
    assert (accept.local, accept.remote, accept.result) == (SERVER, CLIENT, "4")
    assert accept.started == 1795887451481192208
    assert accept.ended == accept.started + 12087375
    assert (connect.local, connect.remote, connect.arguments) == (CLIENT, SERVER, "('127.0.0.1', 42569)")
    assert (recv.arguments, recv.result, recv.bytes, recv.transport) == ("1024", "2", 2, "tcp")
    assert (found["send"].arguments, found["send"].bytes) == ("2", 2)
    assert (found["setsockopt"].arguments, found["listen"].arguments) == ("SOL_SOCKET, SO_REUSEADDR, [1]", "128")
    assert (found["select"].result, found["select"].descriptor) == ("[5]", None)
    assert (found["bind"].local, found["close"].arguments) == (SERVER, "")


@pytest.mark.parametrize(
    ("line", "error", "local", "remote"),
    [
        (
            'connect(9<TCP:[2143424]>, {sa_family=AF_INET, sin_port=htons(1), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 ECONNREFUSED (Connection refused) <0.000098183>',
            "ECONNREFUSED",
            None,
            Endpoint("127.0.0.1", 1),
        ),
        (
            "accept(3<TCP:[0.0.0.0:9999]>, 0x7ffd, [16]) = ? ERESTARTSYS (To be restarted if SA_RESTART is set) <1.000000000>",
            "EINTR",
            Endpoint("0.0.0.0", 9999),
            None,
        ),
        (
            "read(7<TCPv6:[[::1]:35647->[::1]:59868]>, 0x7f, 16384) = -1 ECONNRESET (Connection reset by peer) <0.000000098>",
            "ECONNRESET",
            Endpoint("::1", 35647),
            Endpoint("::1", 59868),
        ),
    ],
)
def test_calls_that_failed(line: str, error: str, local: Endpoint | None, remote: Endpoint | None) -> None:
    call = one(line)
    assert (call.error, call.result, call.local, call.remote) == (error, None, local, remote)


def test_datagrams_have_the_address_of_their_arguments() -> None:
    sent = one(
        'sendto(4<UDP:[127.0.0.1:46639]>, ""..., 3, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.9")}, 16) = 3 <0.000045906>'
    )
    assert (sent.name, sent.transport, sent.local, sent.remote) == (
        "sendto",
        "udp",
        Endpoint("127.0.0.1", 46639),
        Endpoint("127.0.0.9", 53),
    )
    came = one(
        'recvfrom(4<UDPv6:[[::]:9000]>, ""..., 99, MSG_PEEK, {sa_family=AF_INET6, sin6_port=htons(7), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::ffff:10.77.0.11", &sin6_addr), sin6_scope_id=0}, [28]) = 3 <0.000017433>'
    )
    assert (came.arguments, came.remote, came.bytes) == ("99, MSG_PEEK", Endpoint("10.77.0.11", 7), 3)


def test_lengths_of_several_buffers_and_what_poll_found() -> None:
    assert (
        one(
            'writev(3<TCP:[1.1.1.1:1->2.2.2.2:2]>, [{iov_base=""..., iov_len=3}, {iov_base=""..., iov_len=4}], 2) = 7 <0.000000001>'
        ).arguments
        == "7"
    )
    found = one(
        "poll([{fd=3<TCP:[1.1.1.1:1->2.2.2.2:2]>, events=POLLIN}, {fd=0<pipe:[7]>, events=POLLIN}], 2, -1) = 1 ([{fd=3<TCP:[1.1.1.1:1->2.2.2.2:2]>, revents=POLLIN|POLLHUP}]) <0.5>".replace(
            "<0.5>", "<0.500000000>"
        )
    )
    assert (found.result, found.arguments) == ("[3]", "[{fd=3, events=POLLIN}, {fd=0, events=POLLIN}], 2, -1")


def test_one_that_never_returned() -> None:
    for line in ("accept4(3<TCP:[0.0.0.0:9999]>, ", "accept4(3<TCP:[0.0.0.0:9999]>,  <unfinished ...>"):
        call = one(line)
        assert (call.name, call.ended, call.result, call.error) == ("accept", None, None, None)


@pytest.mark.parametrize(
    "line",
    [
        'read(0</dev/pts/0<char 136:0>>, "", 4096) = 0 <0.000000001>',
        'write(1<pipe:[2139181]>, ""..., 21) = 21 <0.000031439>',
        "close(4) = -1 EBADF (Bad file descriptor) <0.000025777>",
        "socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 3<NETLINK:[ROUTE:6140]> <0.000025777>",
        "epoll_wait(5<anon_inode:[eventpoll]>, [], 1, 0) = 0 <0.000025777>",
        "--- SIGINT {si_signo=SIGINT, si_code=SI_KERNEL} ---",
        "+++ exited with 0 +++",
        "<... recvfrom resumed>) = 3 <0.000000001>",
        "close(3<TCP:[9",
    ],
)
def test_what_is_no_call_on_a_socket_is_passed_over(line: str) -> None:
    assert strace.calls("p", f"8  1795887451.000000001 {line}".encode()) == []


@given(st.binary(max_size=200), st.integers(0, len(THREADS)))
def test_garbage_anywhere_raises_nothing(garbage: bytes, place: int) -> None:
    data = THREADS.encode()
    strace.calls("p", data[:place] + garbage + data[place:])
    strace.calls("p", data[place:] + garbage)
