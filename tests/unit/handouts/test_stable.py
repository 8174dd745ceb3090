from __future__ import annotations

import pytest

from lab.handouts.pages import Figure
from lab.handouts.stable import agree

LADDER = """\
$ make inspect NAME=hello CONVERSATION=3
conversation 3   9 packets in 126.5 ms   began 0.470 s into the exchange

      carol:58266                                    server:8080
   17 ├── SYN  seq 0  win 64240  mss 1460 ────────────────────▶┤         0
      │ SYN-SENT                                  SYN-RECEIVED │
      │ carol → good day                                       │  +97.9 ms
   20 ├── PSH ACK  seq 1  ack 1  len 8   good day ────────────▶┤   +1.7 ms
   21 ├◀── ACK  ack 9 ─────────────────────────────────────────┤    +31 µs
   22 ├◀── PSH ACK  seq 1  ack 9  len 16   OK,数据处理中... ───┤   +502 µs
   23 ├── ACK  ack 17 ────────────────────────────────────────▶┤    +14 µs
"""
SPLIT = """\
$ make inspect NAME=hello CONVERSATION=1
conversation 1   8 packets in 1.2 s   began 4.470 s into the exchange

      carol:41200                                    server:8080
    3 ├── SYN  seq 0  win 64240  mss 1460 ────────────────────▶┤         0
      │ SYN-SENT                                  SYN-RECEIVED │
    8 ├── PSH ACK  seq 1  ack 1  len 5   good  ───────────────▶┤  +11.7 ms
    9 ├── PSH ACK  seq 6  ack 1  len 3   day ─────────────────▶┤  +21.7 ms
   10 ├◀── PSH ACK  seq 1  ack 9  len 3   OK, ─────────────────┤   +502 µs
   12 ├◀── PSH ACK  seq 4  ack 9  len 13   数据处理中... ──────┤   +502 µs
"""
TABLE = """\
$ make inspect NAME=hello
67 packets   2 TCP conversations   1 UDP conversation   11 other messages

  #  client       server       packets  bytes →   ←    lasted
  1  alice:46404  server:8080       10        6  16  195.3 ms
     handshake complete   FIN, client first   SF   31 ·FDASS
  2  bob:49292    server:8080       12       10  32  131.0 ms
     handshake complete   FIN, client first   SF   31 ·FDASS

  #   client     server      packets  bytes →   ←    lasted
  u1  bob:49292  server:53        12       10  32  131.0 ms

  arp 6   icmpv6 3   lab markers 2   (--all lists them)
"""
OUTPUT = """\
$ cat runs/hello/latest/server.out
connected from ('10.77.0.11', 46404)
connected from ('10.77.0.12', 49292)
早上好 from ('10.77.0.11', 46404) at Sat Nov 21
"""
CHECKS = """\
$ make scenario NAME=hello SUBMISSION=scenarios/hello/broken/at-once
  ✓ connected   2/2   3 complete handshakes to server:8080       packets 10-12 15-17 20-22
  ✗ at-once     0/3   expected  at least 3 conversations
                      actual    found 1
                                alice got its first answer at packet 31
                      hint      Do you accept() again before the first
                                client leaves?
  – closed      0/5   skipped  `at-once` failed
"""
DIFF = """\
$ make diff NAME=hello
               hello/1 passed              │ hello/2 failed

checks
  at-once      passed                      │ failed

program server
  printed      –                           │ hello
"""
KINDS = {"ladder": LADDER, "table": TABLE, "output": OUTPUT, "checks": CHECKS, "diff": DIFF}


def agreed(kind: str, page: str, run: str) -> bool:
    figure = Figure(kind)
    one, other = page.splitlines(), run.splitlines()
    assert agree(figure, one, other) == agree(figure, other, one)
    return agree(figure, one, other)


@pytest.mark.parametrize(
    ("kind", "run"),
    [
        ("ladder", LADDER),
        ("ladder", SPLIT),
        ("ladder", LADDER.replace("│ carol → good day ", "│ carol   input closed ")),
        ("ladder", LADDER.replace("len 8   good day", "len 8  retransmission   good day")),
        ("ladder", LADDER.replace("len 8   good day", "len 8")),
        ("ladder", LADDER.replace("good day ──", "\\x16\\x03 ──")),
        ("ladder", LADDER + "      │ ⋮  3 packets left out here        │\n"),
        ("table", TABLE.replace("46404", "33000").replace("195.3 ms", "1.2 s").replace("arp 6", "arp 12")),
        ("table", TABLE.replace("client first", "server first")),
        ("table", TABLE + "  ⋮  3 lines left out here\n"),
        ("output", OUTPUT.replace("46404", "33000").replace("Sat Nov", "Sun Dec")),
        ("output", "\n".join(reversed(OUTPUT.splitlines()))),
        ("output", OUTPUT.replace("46404)\nconnected", "46404)connected")),
        ("output", OUTPUT + "  ⋮  3 lines left out here\n"),
        ("output", OUTPUT + "word " * 19),
        ("checks", CHECKS.replace("10-12", "11-13").replace("packet 31", "packet 33")),
        ("diff", DIFF.replace("hello/1", "hello/3")),
        ("diff", DIFF + "  ⋮  3 lines left out here\n"),
        ("checks", CHECKS.replace("the first\n                                client", "the\n      first client")),
    ],
)
def test_runs_of_the_same_programs_agree(kind: str, run: str) -> None:
    assert agreed(kind, KINDS[kind], run)


@pytest.mark.parametrize(
    ("kind", "run"),
    [
        ("ladder", LADDER.replace("good day ──", "good bye ──")),
        ("ladder", SPLIT.replace("数据", "书")),
        ("ladder", SPLIT.replace("8080", "8081")),
        ("ladder", SPLIT.replace("carol", "bob")),
        ("ladder", LADDER.replace("├◀── PSH", "├── PSH").replace("───┤   +502", "──▶┤   +502")),
        ("table", TABLE.replace("bob:49292    server", "bob:49292    carol")),
        ("table", TABLE.replace("server:8080", "server:8081")),
        ("table", TABLE[: TABLE.index("  2  bob")]),
        ("table", TABLE.replace("server:53 ", "server:54 ")),
        ("output", OUTPUT.replace("早上好", "晚上好")),
        ("output", OUTPUT.replace("connected", "welcome")),
        ("checks", CHECKS.replace("✓ connected", "✗ connected")),
        ("checks", CHECKS.replace("2/2", "4/4")),
        ("checks", CHECKS.replace("closed ", "orderly")),
        ("checks", CHECKS.replace("client leaves", "client goes")),
        ("diff", DIFF.replace("program server", "program client")),
        ("diff", DIFF + "\nsteps\n"),
        ("checks", CHECKS[: CHECKS.index("  – closed")]),
    ],
)
def test_what_another_program_does_does_not(kind: str, run: str) -> None:
    assert run != KINDS[kind]
    assert not agreed(kind, KINDS[kind], run)


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_that_was_never_filled_agrees_with_nothing(kind: str) -> None:
    assert not agree(Figure(kind), [], KINDS[kind].splitlines())
    assert not agree(Figure(kind), [], ["$ cat runs/hello/latest/silent.out"])


def test_hints_are_compared_in_chinese_too() -> None:
    chinese = CHECKS.replace("hint      Do you accept()", "提示      调用 accept() 了吗？")
    assert agreed("checks", chinese, chinese)
    assert not agreed("checks", chinese, chinese.replace("了吗", "了没有"))
