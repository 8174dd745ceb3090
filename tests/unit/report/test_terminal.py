from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lab.record import HostFacts, Interface, LimitFacts, NetworkFacts, OutputLine, StepFacts, Words
from lab.report import Reporter
from lab.report.summary import PAGE_FILE
from lab.report.terminal import SHOWN_CHARACTERS, SHOWN_LINES, TerminalReporter
from lab.results import Outcome
from lab.scenario import Exercise, Scenario
from lab.steps import SocketPort
from lab.text import LANGUAGES, Language, Text, same

Play = Callable[[Reporter, Outcome], None]
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
MS = 1_000_000
OUTPUT = LimitFacts(what="output", host="server", program="server", limit=1024, time=0)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")


def out(text: str) -> OutputLine:
    return OutputLine(time=0, stream="out", text=text)


def test_piped_there_is_no_escape_code(failed: Outcome, play: Play) -> None:
    stream = io.StringIO()
    play(TerminalReporter("en", stream=stream), failed)
    assert "\x1b" not in stream.getvalue()
    assert "starting 4 hosts …" in stream.getvalue()


def test_an_exercise_is_told_in_points(failed: Outcome, play: Play) -> None:
    stream, plain = io.StringIO(), io.StringIO()
    play(TerminalReporter("en", stream=stream), replace(failed, exercise=True))
    play(TerminalReporter("en", stream=plain), failed)
    assert re.search(r"✓ connected +1/1   3 complete handshakes", stream.getvalue())
    assert re.search(r"✗ at-once +0/1   expected", stream.getvalue())
    assert "   1 of 4 points   " in stream.getvalue()
    assert "points" not in plain.getvalue()
    assert "0/1" not in plain.getvalue()


def test_a_part_of_the_points_and_a_bonus_are_told(failed: Outcome, play: Play) -> None:
    first, second, *others = failed.results
    results = (replace(first, bonus=True, points=3), replace(second, points=2, share=2 / 3), *others)
    stream = io.StringIO()
    play(TerminalReporter("en", stream=stream), replace(failed, exercise=True, results=results))
    assert re.search(rf"✓ {first.id} +\+3/3   ", stream.getvalue())
    assert re.search(rf"✗ {second.id} +1\.33/2   expected", stream.getvalue())
    assert "   4.33 of 4 points, 3 of them bonus   " in stream.getvalue()


@pytest.mark.parametrize(
    ("language", "submission", "told"),
    [
        ("en", None, "  programs  solution/\n"),
        ("en", "hw/s1042", "  programs  hw/s1042\n"),
        ("zh", None, "  程序      solution/\n"),
    ],
)
def test_the_head_of_an_exercise_says_whose_programs_run(
    scenario: Scenario, language: Language, submission: str | None, told: str
) -> None:
    plain, stream = io.StringIO(), io.StringIO()
    TerminalReporter(language, stream=plain).started(scenario, None)
    exercise = scenario.model_copy(update={"exercise": Exercise(files=("server.py",))})
    TerminalReporter(language, stream=stream).started(exercise, submission)
    assert stream.getvalue() == plain.getvalue() + told


def test_a_run_with_a_seed_says_so_in_its_head(passed: Outcome, play: Play, scenario: Scenario) -> None:
    for seed, told in ((0, False), (7, True)):
        stream = io.StringIO()
        TerminalReporter("en", stream=stream).started(scenario.model_copy(update={"seed": seed}), None)
        assert ("   seed 7\n" in stream.getvalue()) == told


def test_a_terminal_has_colour_and_gets_its_cursor_back(passed: Outcome, play: Play) -> None:
    stream = Terminal()
    play(TerminalReporter("en", stream=stream), passed)
    screen = stream.getvalue()
    assert "\x1b[32m✓" in screen
    assert screen.rindex("\x1b[?25h") > screen.rindex("\x1b[?25l")
    assert screen.index("\x1b[?25h") < screen.index("\x1b[32m✓")


def test_what_a_program_prints_is_never_alive(passed: Outcome, play: Play) -> None:
    stream = Terminal()
    play(TerminalReporter("en", stream=stream), passed)
    assert "\x1b[2J" not in stream.getvalue()
    assert r"\x1b[2J[bold]Traceback[/bold]" in stream.getvalue()


def test_no_color_is_honoured(passed: Outcome, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    play(TerminalReporter("en", stream=stream), passed)
    assert not re.search(r"\x1b\[(\d+;)*[349]\d", stream.getvalue())


def test_a_dumb_terminal_is_not_redrawn(passed: Outcome, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    play(TerminalReporter("en", stream=stream), passed)
    assert "\x1b" not in stream.getvalue()


def test_live_can_be_turned_off(passed: Outcome, play: Play) -> None:
    stream = Terminal()
    play(TerminalReporter("en", stream=stream, live=False), passed)
    assert "\x1b[?25l" not in stream.getvalue()


def test_an_exception_in_mid_run_gives_the_terminal_back(scenario: Scenario) -> None:
    stream = Terminal()

    def interrupted() -> None:
        with TerminalReporter("en", stream=stream) as reporter:
            reporter.started(scenario, None)
            reporter.doing(Text("building images", "正在构建镜像"))
            reporter.typed(0, "alice", None)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert "alice    input closed" in ESCAPE.sub("", stream.getvalue())
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")


def test_an_event_that_waits_for_company_is_seen_at_once_on_a_terminal(scenario: Scenario) -> None:
    stream = Terminal()
    with TerminalReporter("en", stream=stream) as reporter:
        reporter.started(scenario, None)
        reporter.doing(Text("going on", "进行中"))
        reporter.typed(17 * MS, "alice", None)
        assert "alice    input closed" in ESCAPE.sub("", stream.getvalue())


def test_quiet_shows_the_verdict_only(passed: Outcome, play: Play) -> None:
    stream = io.StringIO()
    play(TerminalReporter("en", stream=stream, quiet=True), passed)
    assert stream.getvalue() == (
        "tcp-multiclient   passed   2 checks   1.5 s (hosts 0.9, exchange 0.02, checks 0.1, cleaning up 0.5)\n"
    )


def test_quiet_does_not_redraw_a_terminal(passed: Outcome, play: Play) -> None:
    stream = Terminal()
    play(TerminalReporter("en", stream=stream, quiet=True), passed)
    assert "\x1b[?25l" not in stream.getvalue()


def test_quiet_shows_what_failed_too(failed: Outcome, play: Play) -> None:
    stream = io.StringIO()
    play(TerminalReporter("en", stream=stream, quiet=True), failed)
    marks = [line.split()[0] for line in stream.getvalue().splitlines() if line.startswith("  ") and line[2] in "✓✗–!"]
    assert marks == ["✗", "!"]


def test_a_flood_is_cut_and_counted_once(scenario: Scenario, passed: Outcome) -> None:
    stream = io.StringIO()
    reporter = TerminalReporter("en", stream=stream)
    reporter.started(scenario, None)
    for n in range(SHOWN_LINES + 1_234):
        reporter.said(n, "server", out(f"line {n}"))
    reporter.said(0, "alice", out("one"))
    reporter.checking()
    reporter.finished(passed)
    screen = stream.getvalue()
    assert screen.count("← line ") == SHOWN_LINES
    assert screen.count("… 1,234 more lines in server.out") == 1
    assert "alice.out" not in screen


def test_a_long_line_is_cut_and_its_rest_counted(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")
    stream = io.StringIO()
    reporter = TerminalReporter("zh", stream=stream)
    reporter.started(scenario, None)
    reporter.said(0, "server", out("x" * (SHOWN_CHARACTERS + 3_000)))
    assert "x" * SHOWN_CHARACTERS + " … 另有 3,000 个字符\n" in stream.getvalue()


def test_long_lines_hang_under_their_beginning(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    reporter = TerminalReporter("en", stream=stream, live=False)
    reporter.started(scenario, None)
    reporter.said(0, "bob", out("好" * 40))
    lines = ESCAPE.sub("", stream.getvalue()).splitlines()[2:]
    assert [line.index("好") for line in lines] == [21, 21, 21]
    assert "".join(line[21:] for line in lines) == "好" * 40


def test_events_are_merged_only_when_equal_and_close(scenario: Scenario) -> None:
    stream = io.StringIO()
    with TerminalReporter("en", stream=stream) as reporter:
        reporter.started(scenario, None)
        reporter.ended(10 * MS, "alice", 0, None)
        reporter.ended(20 * MS, "bob", 0, None)
        reporter.ended(31 * MS, "server", 0, None)
        reporter.ended(32 * MS, "carol", 3, None)
        reporter.ended(90 * MS, "alice", 3, None)
        reporter.ended(91 * MS, "alice", 3, None)
        reporter.ended(92 * MS, "server", None, "SIGKILL")
    assert [line.strip() for line in stream.getvalue().splitlines()[2:]] == [
        "0.010  alice, bob   exit 0",
        "0.031  server   exit 0",
        "0.032  carol    exit 3",
        "0.090  alice    exit 3",
        "0.091  alice    exit 3",
        "0.092  server   ended by SIGKILL",
    ]


def test_a_host_on_two_networks_is_shown_with_whole_addresses(scenario: Scenario) -> None:
    networks = {n: NetworkFacts(ipv4=f"10.77.{n[-1]}.0/24", ipv6=f"fd77:{n[-1]}::/64") for n in ("net1", "net2")}
    plugs = tuple(
        Interface(name="eth0", network=f"net{n}", mac="", ipv4=f"10.77.{n}.9", ipv6=f"fd77:{n}::9") for n in (1, 2)
    )
    stream = io.StringIO()
    reporter = TerminalReporter("en", stream=stream)
    reporter.started(scenario, None)
    reporter.up(networks, {"router": HostFacts(image="host", interfaces=plugs)}, 1.25)
    assert "router 10.77.1.9 10.77.2.9" in stream.getvalue()
    assert "net2  10.77.2.0/24 · fd77:2::/64" in stream.getvalue()


def test_a_wide_network_shows_whole_addresses(scenario: Scenario, hosts: dict[str, HostFacts]) -> None:
    stream = io.StringIO()
    reporter = TerminalReporter("en", stream=stream)
    reporter.started(scenario, None)
    reporter.up({"lan": NetworkFacts(ipv4="10.77.0.0/16", ipv6="fd77::/64")}, hosts, 1)
    assert "alice 10.77.4.11" in stream.getvalue()


def test_an_address_of_no_host_stays_an_address(scenario: Scenario) -> None:
    stream = io.StringIO()
    reporter = TerminalReporter("en", stream=stream)
    reporter.started(scenario, None)
    reporter.connected(0, "alice", 1, "2001:db8::1", 80)
    assert "connected to [2001:db8::1]:80 from port 1" in stream.getvalue()


def test_a_program_that_waits_for_data(scenario: Scenario) -> None:
    told = ("waiting in recv() on tcp 8765", "在 recv() 中等待（tcp 8765）")
    for language, said in zip(LANGUAGES, told, strict=True):
        stream = io.StringIO()
        reporter = TerminalReporter(language, stream=stream)
        reporter.started(scenario, None)
        reporter.receiving(0, "alice", SocketPort(tcp=8765))
        assert said in stream.getvalue()


def test_lost_packets_are_told(passed: Outcome, play: Play) -> None:
    stream = io.StringIO()
    play(TerminalReporter("en", stream=stream), replace(passed, dropped=1_200))
    assert "34 packets, 1,200 packets lost: the capture is not whole" in stream.getvalue()


def test_a_capture_below_the_working_directory_is_named_from_there(
    passed: Outcome, play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stream = io.StringIO()
    play(TerminalReporter("en", stream=stream), replace(passed, capture=tmp_path / "runs" / "x\x1b.pcapng"))
    assert "   runs/x\\x1b.pcapng\n" in stream.getvalue()


def test_the_prefixes_of_several_networks_stand_in_a_column(scenario: Scenario) -> None:
    stream = io.StringIO()
    reporter = TerminalReporter("en", stream=stream)
    reporter.started(scenario, None)
    reporter.up({n: NetworkFacts(ipv4="10.77.1.0/24", ipv6="") for n in ("lan", "backbone")}, {}, 1)
    lines = [line for line in stream.getvalue().splitlines() if "10.77.1.0" in line]
    assert len({line.index("10.77") for line in lines}) == 1


def test_output_that_is_cut_is_told_where_it_happens_and_in_the_end(scenario: Scenario, passed: Outcome) -> None:
    stream = io.StringIO()
    reporter = TerminalReporter("en", stream=stream)
    reporter.started(scenario, None)
    for n in range(SHOWN_LINES + 5):
        reporter.said(n, "server", out(f"line {n}"))
        reporter.said(n, "alice", out(f"line {n}"))
    reporter.limit(7 * MS, OUTPUT)
    reporter.checking()
    reporter.finished(replace(passed, cut=("server",)))
    screen = stream.getvalue()
    assert "0.007  server   printed more than 1 MiB; the first 1 MiB is kept\n" in screen
    assert "… 5 more lines in server.out, which is cut at 1 MiB\n" in screen
    assert "… 5 more lines in alice.out\n" in screen
    assert "  output    server printed more than 1 MiB; the first 1 MiB is kept\n" in screen


def test_limits_are_told_in_one_line_of_the_end(scenario: Scenario, passed: Outcome) -> None:
    stream = io.StringIO()
    reporter = TerminalReporter("en", stream=stream)
    reporter.started(scenario, None)
    lost = LimitFacts(what="memory", host="server", limit=256, time=1, ended=True)
    full = LimitFacts(what="disk", host="alice", program="alice", limit=32, time=1)
    reporter.finished(replace(passed, limits=(full, lost, OUTPUT)))
    line = next(line for line in stream.getvalue().splitlines() if line.startswith("  limits"))
    assert line.startswith("  limits    alice hit the disk limit: a folder of 32 MiB is full; server hit the memory")
    assert "1 MiB" not in line


def test_steps_that_are_not_done_are_told(scenario: Scenario) -> None:
    stream = io.StringIO()
    reporter = TerminalReporter("en", stream=stream)
    reporter.started(scenario, None)
    reporter.skipped(5 * MS, 2, 3)
    reporter.skipped(5 * MS, 4, 4)
    assert "0.005  – steps 2–3 skipped\n" in stream.getvalue()
    assert "0.005  – step 4 skipped\n" in stream.getvalue()


def failing(scenario: Scenario, between: int, *, cut: bool = False) -> str:
    stream = io.StringIO()
    reporter = TerminalReporter("en", stream=stream)
    reporter.started(scenario, None)
    words = Words(en="x", zh="x")
    step = StepFacts(index=1, verb="expect", outcome="failed", started=0, ended=0, what=words)
    for text in ("Traceback", "OSError"):
        reporter.said(0, "alice", out(text))
    for n in range(between):
        reporter.said(0, "bob", out(f"{n}"))
    if cut:
        reporter.limit(0, OUTPUT.model_copy(update={"program": "alice"}))
    reporter.step_failed(0, step, ("Traceback", "OSError"))
    return stream.getvalue()


def test_what_was_shown_just_above_a_failed_step_is_not_shown_again(scenario: Scenario) -> None:
    assert failing(scenario, 10).count("OSError") == 1
    assert "printed last" not in failing(scenario, 10)
    assert failing(scenario, 11).count("OSError") == 2
    assert "its program printed last:\n" in failing(scenario, 11)
    assert "the last lines kept of its program:\n" in failing(scenario, 11, cut=True)


def test_in_a_pipe_columns_wrap_only_where_they_are_asked_for(
    failed: Outcome, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    narrow, wide = io.StringIO(), io.StringIO()
    play(TerminalReporter("en", stream=narrow), replace(failed, folder=Path(), capture=Path("capture.pcapng")))
    assert max(len(line) for line in narrow.getvalue().splitlines()) <= 60
    monkeypatch.delenv("COLUMNS")
    play(TerminalReporter("en", stream=wide), failed)
    assert (
        "alice got her answer at packet 14; bob's first answer came at packet 31, after alice's FIN" in wide.getvalue()
    )


def test_what_cannot_be_read_of_the_capture_is_told(passed: Outcome) -> None:
    def told(**facts: object) -> str:
        stream = io.StringIO()
        TerminalReporter("en", stream=stream).finished(replace(passed, **facts))
        return next(line for line in stream.getvalue().splitlines() if line.startswith("  capture"))

    assert "34 packets, none dropped" in told()
    assert "12 packets read of 46 that were captured, the file is damaged: cut" in told(
        packets=12, unread=34, damage=same("cut")
    )
    assert "none dropped" not in told(packets=12, unread=34)
    assert "none dropped" not in told(damage=same("cut"))


def test_the_page_is_named_where_there_is_one(
    passed: Outcome, play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    without, with_page = io.StringIO(), io.StringIO()
    play(TerminalReporter("en", stream=without), replace(passed, folder=tmp_path))
    (tmp_path / PAGE_FILE).touch()
    play(TerminalReporter("en", stream=with_page), replace(passed, folder=tmp_path))
    assert "report.html" not in without.getvalue()
    assert f"\n  page      {tmp_path}/report.html\n" in with_page.getvalue()
