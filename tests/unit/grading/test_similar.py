from __future__ import annotations

import re
import sys
from collections.abc import Mapping

import pytest

from lab.grading import similar

STARTER = """
import socket
import sys


def main(port):
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind(("", int(port)))
    server.listen(5)


if __name__ == "__main__":
    main(sys.argv[1])
"""
THREADED = """
import socket
import sys
import threading


def talk(conn, addr):
    reader = Reader(conn)
    while True:
        data = reader.piece(1024)
        if not data:
            print("left", addr)
            break
        text = data.decode("gbk", errors="replace")
        print(text, "from", addr)
        conn.sendall("OK".encode("gbk"))
    conn.close()


class Reader:
    def __init__(self, conn):
        self.conn = conn
        self.count = 0

    def piece(self, size):
        self.count += 1
        return self.conn.recv(size)


def serve(port):
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind(("", int(port)))
    server.listen(5)
    workers = []
    while True:
        conn, addr = server.accept()
        worker = threading.Thread(target=talk, args=(conn, addr), daemon=True)
        workers.append(worker)
        worker.start()


if __name__ == "__main__":
    serve(sys.argv[1])
"""
SELECTING = """
import selectors
import socket
import sys

chosen = selectors.DefaultSelector()


def greet(listener):
    stream, where = listener.accept()
    stream.setblocking(False)
    chosen.register(stream, selectors.EVENT_READ, data={"where": where, "rest": b""})


def answer(key):
    piece = key.fileobj.recv(4096)
    if piece == b"":
        chosen.unregister(key.fileobj)
        key.fileobj.close()
        return
    lines = (key.data["rest"] + piece).split(b"\\n")
    key.data["rest"] = lines.pop()
    for line in lines:
        key.fileobj.sendall(b"OK " + line[::-1])


with socket.create_server(("0.0.0.0", int(sys.argv[1]))) as listener:
    chosen.register(listener, selectors.EVENT_READ)
    while chosen.get_map():
        for key, mask in chosen.select(timeout=None):
            answer(key) if key.data else greet(listener)
"""


def renamed(text: str) -> str:
    for name in ("conn", "addr", "reader", "data", "text", "worker", "workers", "talk", "Reader", "piece", "count"):
        text = re.sub(rf"\b{name}\b", f"{name[::-1]}_1", text)
    return re.sub(r"^", "# mine\n", text).replace("1024", "2048").replace('"left"', "'gone'")


def reordered(text: str) -> str:
    head, *blocks, last = re.split(r"\n\n\n", text)
    return "\n\n\n".join([head, *reversed(blocks), last])


def groups(**programs: str) -> list[tuple[tuple[str, ...], bool]]:
    class_ = {slug: {"server.py": text.encode()} for slug, text in programs.items()}
    return [(alike.slugs, alike.identical) for alike in similar.groups(class_, {"server.py": STARTER.encode()})]


@pytest.mark.parametrize("disguise", [renamed, reordered, lambda text: reordered(renamed(text))])
def test_a_program_in_disguise_is_alike(disguise: object) -> None:
    assert groups(zhang=THREADED, li=disguise(THREADED), wang=SELECTING) == [(("li", "zhang"), False)]  # type: ignore[operator]


def test_how_alike_is_told() -> None:
    class_ = {"a": {"server.py": THREADED.encode()}, "b": {"server.py": renamed(THREADED).encode()}}
    (alike,) = similar.groups(class_, {})
    assert alike.similarity == 1.0
    class_["b"] = {"server.py": reordered(THREADED).encode()}
    (alike,) = similar.groups(class_, {})
    assert 0.9 <= alike.similarity < 1.0


def test_different_programs_are_not() -> None:
    assert groups(zhang=THREADED, li=SELECTING) == []


def test_the_starter_alone_makes_nobody_alike() -> None:
    assert groups(zhang=STARTER, li=STARTER, wang=STARTER + "\n# later\n") == []
    assert (
        groups(
            zhang=STARTER + "\n\ndef one(a):\n    return a + 1\n", li=STARTER + "\n\ndef two(b):\n    return b + 1\n"
        )
        == []
    )


def test_the_identical_come_first() -> None:
    found = groups(a=THREADED, b=renamed(THREADED), c=SELECTING, d=SELECTING)
    assert found == [(("c", "d"), True), (("a", "b"), False)]


def test_identical_ones_are_in_the_group_of_the_alike_too() -> None:
    found = groups(a=THREADED, b=renamed(THREADED), c=THREADED)
    assert found == [(("a", "c"), True), (("a", "b", "c"), False)]


def test_what_much_of_a_class_has_tells_nothing() -> None:
    """All of them wrote what there is to write; two of them have more in common."""
    own = "\n".join(
        f"def own{n}(a, b):\n    return [a, b, {{a: (b, a)}}, lambda *c: c[{n}] ** b % a] if a else not b"
        for n in range(8)
    )
    class_ = {f"s{n}": THREADED + f"\nx = {'(' * n}1{')' * n}\n" for n in range(12)}
    class_ |= {"p": THREADED + own, "q": renamed(THREADED) + own.replace("own", "new")}
    assert groups(**class_) == [(("p", "q"), False)]


def test_other_languages_and_bytes_of_any_kind() -> None:
    body = "int f%s(int a) { for (int i = 0; i < a; i++) { if (a %% i == 0) return g(a, i)[2]; } return -a; }\n"
    code = "".join(body % n for n in range(5))
    class_: Mapping[str, Mapping[str, bytes]] = {
        "c1": {"server.c": code.encode()},
        "c2": {"server.c": code.replace("a", "zz").encode()},
        "bytes": {"server.bin": bytes(range(256)) * 50},
        "nothing": {"server.py": b""},
        "gbk": {"server.py": "打印('你好')".encode("gbk")},
        "not-python": {"server.py": b"\x00\xff'''\"\"\"((" * 500},
    }
    found = [alike.slugs for alike in similar.groups(class_, {})]
    assert ("c1", "c2") in found


@pytest.mark.parametrize(
    "nasty", [b"\t\n" * 500_000, b'"' * 500_000, b"(" * 500_000, b"\\\n" * 200_000, b"f'{" * 100_000]
)
def test_what_is_made_to_take_long_does_not(nasty: bytes) -> None:
    assert len(list(similar.tokens("server.py", nasty))) <= len(nasty)  # where it did not, the test would hang


def test_nobody_of_a_class_of_80_is_alike_by_chance() -> None:
    class_ = {}
    for n in range(80):
        text = "".join(
            f"def f{k}(a):\n    return {'+'.join(['a'] * ((n * k) % 29 + 1))} if a else [{n}]\n" for k in range(40)
        )
        class_[f"s{n}"] = {"server.py": (THREADED + text).encode()}
    found = similar.groups(class_, {"server.py": STARTER.encode()})
    assert found == ()


def test_a_child_says_the_same() -> None:
    files = {name: {"server.py": text.encode()} for name, text in (("a", THREADED), ("b", renamed(THREADED)))}
    files["c"] = {"server.py": THREADED.encode()}
    starter = {"server.py": STARTER.encode()}
    assert similar.within(60, files, starter) == similar.groups(files, starter)


@pytest.mark.parametrize("does", ["import time; time.sleep(60)", "raise SystemExit(1)"])
def test_a_comparison_that_does_not_end_or_fails_is_given_up(monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    monkeypatch.setattr(similar, "COMMAND", (sys.executable, "-c", does))
    assert similar.within(1, {}, {}) is None
