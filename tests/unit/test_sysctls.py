from __future__ import annotations

import pytest
from pydantic import ValidationError

from lab.sysctls import Sysctls

START, LOCAL = "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_port_range"


def test_what_is_given_is_told_to_the_kernel_and_nothing_else() -> None:
    assert Sysctls().for_kernel() == {}
    given = {START: 0, LOCAL: (40000, 40009), "net.ipv4.tcp_rmem": [4096, 8192, 8192], "net.ipv4.tcp_syncookies": 0}
    assert Sysctls.model_validate(given).for_kernel() == {
        START: "0",
        LOCAL: "40000 40009",
        "net.ipv4.tcp_rmem": "4096 8192 8192",
        "net.ipv4.tcp_syncookies": "0",
    }


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        (START, [0, 1024, 32768], [-1, 32769, "0", True, 53.0]),
        (LOCAL, [(1024, 1024), (2000, 65535)], [(1023, 2000), (3000, 2000), (2000,), (2000, 65536), (), 2000]),
        ("net.core.somaxconn", [1, 65535], [0, 65536]),
        ("net.ipv4.tcp_max_syn_backlog", [1, 65535], [0, 65536]),
        ("net.ipv4.tcp_syncookies", [0, 1, 2], [-1, 3]),
        ("net.ipv4.tcp_abort_on_overflow", [0, 1], [-1, 2]),
        ("net.ipv4.tcp_syn_retries", [1, 127], [0, 128]),
        ("net.ipv4.tcp_synack_retries", [1, 127], [0, 128]),
        ("net.ipv4.tcp_rmem", [(1, 1, 1), (1, 2, 1 << 30)], [(0, 1, 1), (2, 1, 3), (1, 2), (1, 1, 1, 1), 4096]),
        ("net.ipv4.tcp_wmem", [(1, 1, 1), (1, 2, 1 << 30)], [(0, 1, 1), (2, 1, 3), (1, 2), (1, 1, (1 << 30) + 1)]),
    ],
)
def test_each_has_its_range(name: str, right: list[object], wrong: list[object]) -> None:
    for value in right:
        assert list(Sysctls.model_validate({name: value}).for_kernel()) == [name]
    for value in wrong:
        with pytest.raises(ValidationError):
            Sysctls.model_validate({name: value})


def test_local_ports_begin_where_the_kernel_lets_them() -> None:
    Sysctls.model_validate({START: 2000, LOCAL: (2000, 3000)})
    with pytest.raises(ValidationError, match="the kernel refuses that"):
        Sysctls.model_validate({START: 2001, LOCAL: (2000, 3000)})


@pytest.mark.parametrize("name", ["port_start", "net.ipv4.ip_forward", "kernel.hostname", ""])
def test_no_other_can_be_given(name: str) -> None:
    with pytest.raises(ValidationError):
        Sysctls.model_validate({name: 1})
