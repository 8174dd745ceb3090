from __future__ import annotations

import pytest

from lab.trace import told


@pytest.mark.parametrize(
    ("run", "method"),
    [
        ("python3 server.py", "python"),
        ("/usr/bin/python3.13 -u -W error -X dev server.py -I", "python"),
        ("python -c print(1)", "python"),
        ("python3 -m http.server -S", "python"),
        ("python3 -ucprint -I", "python"),
        ("python3 -I server.py", "strace"),
        ("python3 -uES server.py", "strace"),
        ("python3 -u -W error -I server.py", "strace"),
        ("pythonista server.py", "strace"),
        ("nc -l 9000", "strace"),
        ("./server.py", "strace"),
    ],
)
def test_a_wrapper_where_python_loads_it_and_strace_elsewhere(run: str, method: str) -> None:
    assert told.method(tuple(run.split())) == method


def test_the_calls_of_all_programs_are_numbered_in_the_order_in_which_they_began() -> None:
    late = b'{"process":1,"call":1,"thread":1,"name":"listen","started":2000000000}\n'
    early = b"8  1.000000001 close(3<TCP:[1.1.1.1:1]>) = 0 <0.000000001>\n"
    found = told.calls([("p", "python", late), ("q", "strace", early)])
    assert [(call.number, call.program, call.name) for call in found] == [(1, "q", "close"), (2, "p", "listen")]
