from __future__ import annotations

import errno
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fake_engine import FakeEngine, FakeProgram, dead_run, left_behind
from marks import good
from test_runner import datagram
from wire import MILLISECOND, START, Talk, pcap

from lab import (
    __main__,
    __version__,
    arguments,
    batch,
    capture,
    cli,
    dockerengine,
    doctor,
    interrupts,
    reader,
    record,
    running,
    runs,
    usage,
)
from lab.errors import EngineMissing
from lab.grading import bundle, keys
from lab.report.inspect import PAGE
from lab.text import say

SCENARIO = """\
title: {en: Hello by datagram, zh: 用数据报问好}
hosts: {server: {}, alice: {}}
programs:
  server: {host: server, run: [server]}
  alice: {host: alice, run: [alice]}
steps:
  - start: server
    until: {listening: {udp: 53}}
  - start: alice
  - wait: alice
checks:
  arrived:
    udp.datagrams: {to: {host: server, port: 53}, count: 1}
    hint: {en: Did you sendto()?, zh: 你调用 sendto() 了吗？}
"""


class Lab:
    """The command with folders of its own and an engine that is not one."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch = monkeypatch
        self.capsys = capsys
        self.runs = folder / "runs"
        self.scenarios = folder / "scenarios"
        self.engine = FakeEngine({"server": lambda p: p.listens(53, "udp"), "alice": self.alice})
        self.sends = True
        self.scenario("hello", SCENARIO)
        monkeypatch.setattr(cli, "RUNS", self.runs)
        monkeypatch.setattr(cli.machine, "RUNS", self.runs)
        monkeypatch.setattr(running, "RUNS", self.runs)
        monkeypatch.setattr(cli.scenarios, "SCENARIOS", self.scenarios)
        monkeypatch.setattr(arguments, "RUNS", self.runs)
        monkeypatch.setattr(arguments, "SCENARIOS", self.scenarios)
        monkeypatch.setattr(doctor, "RUNS", self.runs)
        monkeypatch.setattr(usage, "LANGUAGE", "en")
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        monkeypatch.delenv("COLUMNS", raising=False)
        self.connects_to(self.engine)

    def scenario(self, name: str, text: str) -> None:
        (self.scenarios / name).mkdir(parents=True)
        (self.scenarios / name / "scenario.yaml").write_text(text)

    def alice(self, program: FakeProgram) -> None:
        if self.sends:
            self.engine.tap.carries("lan", datagram())
        program.prints(b"said hello\n")
        program.ends()

    def connects_to(self, found: FakeEngine | Exception) -> None:
        def connect() -> FakeEngine:
            if isinstance(found, Exception):
                raise found
            return found

        self.monkeypatch.setattr(doctor, "connect", connect)
        self.monkeypatch.setattr(dockerengine, "connect", connect)

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of the command."""
        self.monkeypatch.setattr(sys, "argv", ["lab", *arguments])
        with pytest.raises(SystemExit) as ended:
            __main__.main()
        said = self.capsys.readouterr()
        assert "Traceback" not in said.err
        return int(ended.value.code or 0), said.out, said.err


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Lab]:
    before = {number: signal.getsignal(number) for number in interrupts.SIGNALS}
    yield Lab(tmp_path, monkeypatch, capsys)
    for number, handler in before.items():
        signal.signal(number, handler)


# lab run


def test_a_run_that_passes(lab: Lab) -> None:
    code, out, err = lab("run", "hello")
    assert (code, err) == (0, "")
    assert "Hello by datagram" in out
    assert "said hello" in out
    assert re.search(r"✓ arrived", out)
    assert "passed" in out
    assert (lab.runs / "hello" / "latest" / "record.json").is_file()


def test_a_run_that_fails(lab: Lab) -> None:
    lab.sends = False
    code, out, _ = lab("run", "hello")
    assert code == 1
    assert re.search(r"✗ arrived", out)
    assert "Did you sendto()?" in out


def test_quiet_shows_only_the_outcome(lab: Lab) -> None:
    code, out, err = lab("run", "hello", "-q")
    assert (code, err) == (0, "")
    assert "said hello" not in out
    assert "passed" in out


@pytest.mark.parametrize(("sends", "exit_code", "verdict"), [(True, 0, "passed"), (False, 1, "failed")])
def test_json_stands_alone_on_stdout(lab: Lab, sends: bool, exit_code: int, verdict: str) -> None:
    lab.sends = sends
    code, out, err = lab("run", "hello", "--json")
    document = json.loads(out)
    assert code == exit_code
    assert (document["scenario"], document["verdict"]) == ("hello", verdict)
    assert set(document) >= {"scenario", "run", "verdict", "checks", "capture", "seconds"}
    assert set(document["seconds"]) == {"setup", "exchange", "checks", "cleanup"}
    assert {"id", "verdict", "expected", "actual", "packets", "hint"} <= set(document["checks"][0])
    assert Path(document["capture"]).is_file()
    assert "said hello" in err


def test_json_and_quiet(lab: Lab) -> None:
    code, out, err = lab("run", "hello", "--json", "-q")
    assert code == 0
    assert json.loads(out)["verdict"] == "passed"
    assert "said hello" not in err


def test_an_unknown_scenario_suggests_the_nearest(lab: Lab) -> None:
    code, out, err = lab("run", "helo")
    assert (code, out) == (2, "")
    assert "no scenario `helo`" in err
    assert "`hello`" in err
    assert not lab.runs.exists()


def test_a_scenario_with_faults_is_not_run(lab: Lab) -> None:
    lab.scenario("broken", SCENARIO.replace("wait: alice", "wait: alise"))
    code, out, err = lab("run", "broken")
    assert (code, out) == (2, "")
    assert re.search(r"10:11 .*alise.*`alice`", err)
    assert lab.engine.calls == []


@pytest.mark.parametrize("text", ["", "{", "- a\n- b", "\x00"])
def test_a_file_that_is_no_scenario(lab: Lab, text: str) -> None:
    lab.scenario("broken", text)
    code, _, err = lab("run", "broken")
    assert code == 2
    assert err.strip()


def test_no_engine(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "can_mend", lambda: False)
    remedy = say("`lab doctor --fix` starts one", "`lab doctor --fix` 可启动")
    lab.connects_to(EngineMissing(say("no container engine answers", "没有容器引擎应答"), remedy))
    code, out, err = lab("run", "hello", "--json")
    assert (code, out) == (3, "")
    assert "no container engine answers" in err
    assert "lab doctor --fix" in err


def test_an_engine_that_goes_away_in_mid_run(lab: Lab) -> None:
    lab.engine.behaviours = {"server": lambda p: p.host.dies()}
    code, _, err = lab("run", "hello")
    assert code == 3
    assert "the connection to server was lost" in err
    assert lab.engine.existing == {}
    assert list((lab.runs / "hello").iterdir()) == []


def test_ctrl_c(lab: Lab) -> None:
    lab.engine.behaviours = {"server": lambda p: os.kill(os.getpid(), signal.SIGINT)}
    code, _, err = lab("run", "hello")
    assert code == 130
    assert "interrupted" in err
    assert lab.engine.existing == {}


def test_no_interrupt_changes_the_status_of_a_command_that_is_over(lab: Lab) -> None:
    lab("list")
    assert {signal.getsignal(number) for number in interrupts.SIGNALS} == {signal.SIG_IGN}


def test_sigterm_is_as_ctrl_c(lab: Lab) -> None:
    lab.engine.behaviours = {"server": lambda p: os.kill(os.getpid(), signal.SIGTERM)}
    assert lab("run", "hello")[0] == 130
    assert lab.engine.existing == {}


def test_ctrl_c_before_the_exchange(lab: Lab) -> None:
    lab.engine.fails["create server"] = KeyboardInterrupt()
    assert lab("run", "hello")[0] == 130
    assert lab.engine.existing == {}


@pytest.mark.parametrize("where", ["record", "capture"])
def test_a_full_disk_is_one_line(lab: Lab, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "/runs/record.json" if where == "record" else None)

    def fail(*_: object, **__: object) -> None:
        raise full

    if where == "record":
        monkeypatch.setattr("lab.runner.save", fail)
    else:
        monkeypatch.setattr(capture.Writer, "packet", fail)
    code, _, err = lab("run", "hello")
    assert code == 3
    place = "/runs/record.json" if where == "record" else str(lab.runs)
    assert err.splitlines()[-1] == f"No space left on device: {place}: `lab clean --runs` removes old runs"
    assert lab.engine.existing == {}


def test_a_submission_that_does_not_exist(lab: Lab) -> None:
    code, _, err = lab("run", "hello", "--submission", "/no/such")
    assert code == 2
    assert "/no/such" in err


VARIED = SCENARIO.replace("hosts:", "vary: {word: [one, two]}\nhosts:", 1).replace(
    "run: [alice]", 'run: [alice, "${word}"]'
)


def test_a_seed_chooses_is_told_and_is_what_the_run_is_checked_by(lab: Lab) -> None:
    lab.scenario("varied", VARIED)
    for seed, word, prefix in (("0", "one", "10.77.0.0/24"), ("7", "two", "10.77.174.0/24")):
        code, out, _ = lab("run", "varied", "--seed", seed)
        assert code == (seed == "7")  # the datagram of these tests goes to the address that is there without a seed
        assert ("seed 7" in out) == (seed == "7")
        recorded = record.load(lab.runs / "varied" / "latest")
        assert recorded.seed == int(seed)
        assert recorded.programs["alice"].run == ("alice", word)
        assert recorded.networks["lan"].ipv4 == prefix
        _, out, _ = lab("check", "varied", "--json")
        assert json.loads(out)["seed"] == int(seed)
        assert arguments.scenario_of(recorded, lab.runs / "varied" / "latest").vary == {"word": word}


def test_a_seed_is_a_whole_number_from_nothing_on(lab: Lab) -> None:
    assert lab("run", "hello", "--seed", "-1")[0] == 2
    assert lab("run", "hello", "--seed", "x")[0] == 2


# lab run, several of them

CHILD = """
import json, os, sys
name = os.path.basename(sys.argv[-1])
if name == "broken":
    print("1 fault, nothing was run", file=sys.stderr)
    sys.exit(2)
verdict = {"fails": "failed", "errs": "error"}.get(name, "passed")
print(json.dumps({"scenario": name, "verdict": verdict, "checks": []}))
sys.exit({"passed": 0, "failed": 1, "error": 3}[verdict])
"""


@pytest.fixture
def several(lab: Lab) -> Lab:
    """The command with a stand-in for what it starts for each scenario."""
    lab.monkeypatch.setattr(batch, "COMMAND", (sys.executable, "-c", CHILD))
    for name in ("fails", "errs", "works"):
        lab.scenario(name, SCENARIO)
    return lab


@pytest.mark.parametrize(
    ("names", "code", "verdict"),
    [
        (["hello", "works"], 0, "passed"),
        (["hello", "fails"], 1, "failed"),
        (["fails", "errs", "hello"], 3, "error"),
        (["hello", "hello", "hello"], 0, "passed"),
    ],
)
def test_several_scenarios(several: Lab, names: list[str], code: int, verdict: str) -> None:
    status, out, err = several("run", *names)
    assert (status, err) == (code, "")
    assert out.splitlines()[-1].startswith(f"{verdict}   {len(names)} scenarios")
    status, out, err = several("run", *names, "--json", "-j", "2")
    assert status == code
    document = json.loads(out)
    assert (document["verdict"], [each["scenario"] for each in document["scenarios"]]) == (verdict, names)
    assert err.splitlines()[-1].startswith(f"{verdict}   {len(names)} scenarios")


def test_all_scenarios(several: Lab, tmp_path: Path) -> None:
    """Whatever lies where it is called; the engine and the images are made ready once."""
    (tmp_path / "cwd" / "hello").mkdir(parents=True)
    several.monkeypatch.chdir(tmp_path / "cwd")
    code, out, _ = several("run", "--all", "--lang", "zh", "--json")
    assert code == 3
    document = json.loads(out)
    assert [each["scenario"] for each in document["scenarios"]] == ["errs", "fails", "hello", "works"]
    assert several.engine.existing == {}


def test_a_faulty_scenario_among_all_is_told_and_the_others_are_run(several: Lab) -> None:
    several.scenario("broken", "{")
    shutil.rmtree(several.scenarios / "errs")
    code, out, _ = several("run", "--all")
    assert code == 2
    assert "  ! broken\n    1 fault, nothing was run\n" in out
    assert "4 scenarios: 1 failed, 1 error, 2 passed" in out


def test_a_faulty_scenario_that_is_named_is_refused(several: Lab) -> None:
    several.scenario("broken", "{")
    for wrong in ("broken", "nosuch"):
        code, out, err = several("run", "hello", wrong)
        assert (code, out) == (2, "")
        assert wrong in err
    assert several.engine.calls == []


def test_images_are_built_before_several_are_run(several: Lab) -> None:
    del several.engine.references[next(tag for tag in several.engine.references if "/tap:" in tag)]
    several.monkeypatch.setattr(doctor, "can_mend", lambda: False)
    several.engine.registry.add("debian:trixie-slim")
    code, out, _ = several("run", "hello", "works")
    assert code == 0
    assert out.index("building image tap") < out.index("✓ hello")


def test_no_engine_for_several(several: Lab) -> None:
    several.monkeypatch.setattr(doctor, "can_mend", lambda: False)
    several.connects_to(EngineMissing(say("no container engine answers", "没有容器引擎应答")))
    code, out, err = several("run", "--all", "--json")
    assert (code, out) == (3, "")
    assert err.splitlines() == ["no container engine answers"]


def test_ctrl_c_while_several_run(several: Lab) -> None:
    presses = f"import os, signal; os.kill({os.getpid()}, signal.SIGINT); signal.pause()"
    several.monkeypatch.setattr(batch, "COMMAND", (sys.executable, "-c", presses))
    code, out, err = several("run", "hello", "works", "-j", "1")
    assert code == 130
    assert out.startswith("interrupted   0 of 2 scenarios   ")
    assert err == ""


def test_the_last_run_is_no_error_whatever_it_left(lab: Lab) -> None:
    assert arguments.last("hello") is None
    assert arguments.took("hello") == float("inf")
    lab("run", "hello")
    outcome = arguments.last("hello")
    assert outcome is not None
    assert outcome.verdict == "passed"
    assert arguments.took("hello") == sum(outcome.seconds.values())
    for content in (b"", b"{}", b"\xff", b'{"format": 99, "outcome": null}'):
        (lab.runs / "hello" / "latest" / "result.json").write_bytes(content)
        assert arguments.last("hello") is None
        assert "not run yet" in lab("list")[1]
    (lab.runs / "hello" / "latest" / "result.json").unlink()
    assert arguments.last("hello") is None


def test_a_run_that_left_no_result_hides_no_earlier_one(lab: Lab) -> None:
    lab("run", "hello")
    lab("run", "hello")
    earlier, latest = sorted(path.parent for path in lab.runs.glob("hello/2*/record.json"))
    (latest / "result.json").unlink()
    outcome = arguments.last("hello")
    assert outcome is not None
    assert outcome.run == earlier.name


# the other verbs


def test_list(lab: Lab) -> None:
    lab.scenario("broken", "{")
    code, out, _ = lab("list")
    assert code == 0
    assert re.search(r"hello +Hello by datagram +not run yet", out)
    assert "broken" in out


def test_list_says_how_the_last_run_ended(lab: Lab) -> None:
    lab("run", "hello")
    assert re.search(r"hello +Hello by datagram +passed just now", lab("list")[1])
    lab.sends = False
    lab("run", "hello")
    assert re.search(r"hello +Hello by datagram +failed: arrived", lab("list")[1])


def test_list_of_a_submission(lab: Lab) -> None:
    lab.scenario("mine", SCENARIO.replace("run: [server]", "run: [server, x.py]") + "exercise: {files: [x.py]}\n")
    for folder in ("solution", "starter", "theirs"):
        (lab.scenarios / "mine" / folder).mkdir()
        (lab.scenarios / "mine" / folder / "x.py").touch()
    theirs = str(lab.scenarios / "mine" / "theirs")
    code, out, _ = lab("run", "mine", "--submission", theirs)
    assert code == 0
    assert f"programs  {theirs}\n" in re.sub(r"\n {12}", "", out)
    assert re.search(r"mine +Hello by datagram +exercise +submission passed just now", lab("list")[1])


def test_list_as_json(lab: Lab) -> None:
    lab("run", "hello")
    lab.scenario("broken", "{")
    code, out, _ = lab("list", "--json")
    broken, hello = json.loads(out)["scenarios"]
    assert code == 0
    assert (broken["name"], broken["faults"], broken["last"]) == ("broken", 1, None)
    assert (hello["title"], hello["last"]["verdict"]) == ("Hello by datagram", "passed")
    assert Path(hello["last"]["folder"], "capture.pcapng").is_file()


def test_validate(lab: Lab) -> None:
    code, out, _ = lab("validate", "hello")
    assert (code, out) == (0, "hello: no faults; 2 hosts, 2 programs, 3 steps, 1 check\n")


def test_validate_what_checks_nothing(lab: Lab) -> None:
    lab.scenario("bare", SCENARIO.partition("checks:")[0])
    assert lab("validate", "bare")[1].endswith("3 steps, no checks: nothing will be judged\n")


def test_validate_tells_the_faults_of_all_and_goes_on(lab: Lab) -> None:
    lab.scenario("broken", SCENARIO.replace("wait: alice", "wait: alise"))
    code, out, err = lab("validate", "broken", "nosuch", "hello")
    assert code == 2
    assert "alise" in err
    assert "nosuch" in err
    assert "hello: no faults" in out


def test_validate_a_file_by_its_path(lab: Lab) -> None:
    assert lab("validate", str(lab.scenarios / "hello" / "scenario.yaml"))[0] == 0


def test_check_again_without_an_engine(lab: Lab) -> None:
    lab("run", "hello")
    lab.connects_to(AssertionError("no engine is needed"))
    code, out, _ = lab("check", "hello", "--json")
    assert (code, json.loads(out)["verdict"]) == (0, "passed")
    other = SCENARIO.replace("count: 1", "count: 2")
    lab.scenario("other", other)
    code, out, _ = lab("check", str(lab.runs / "hello" / "latest"), "--scenario", str(lab.scenarios / "other"))
    assert code == 1
    assert "✗ arrived" in out


def test_a_run_checked_again_is_named(lab: Lab) -> None:
    lab("run", "hello")
    first = (lab.runs / "hello" / "latest").resolve()
    lab("run", "hello")
    code, out, _ = lab("check", "hello", "--run", first.name)
    assert code == 0
    assert out.splitlines()[0] == f"checked again: {first}"
    assert f"make inspect NAME=hello RUN={first.name}" in out
    elsewhere = lab.runs.parent / "elsewhere"
    shutil.copytree(first, elsewhere)
    assert f"lab inspect {elsewhere}" in lab("check", str(elsewhere))[1]
    assert lab("check", "hello", "-q")[1].startswith("hello   passed")


def test_a_run_is_checked_where_its_scenario_is_not(lab: Lab) -> None:
    lab("run", "hello")
    folder = (lab.runs / "hello" / "latest").resolve()
    shutil.rmtree(lab.scenarios / "hello")
    assert (folder / "scenario" / "scenario.yaml").read_text() == SCENARIO
    code, out, _ = lab("check", str(folder), "--json")
    assert (code, json.loads(out)["scenario"]) == (0, "hello")
    shutil.rmtree(folder / "scenario")
    code, _, err = lab("check", str(folder))
    assert code == 2
    assert "the scenario of this run is neither in" in err
    assert "name its file with --scenario" in err


def test_steps_stand_in_the_document(lab: Lab) -> None:
    steps = json.loads(lab("run", "hello", "--json", "-q")[1])["steps"]
    assert [(s["index"], s["verb"], s["outcome"], s["actual"]) for s in steps] == [
        (1, "start", "done", None),
        (2, "start", "done", None),
        (3, "wait", "done", None),
    ]
    assert all(step["what"] for step in steps)
    assert json.loads(lab("check", "hello", "--json", "-q")[1])["steps"] == steps


def test_a_run_is_found_by_its_own_name(lab: Lab) -> None:
    lab("run", "hello")
    name = (lab.runs / "hello" / "latest").resolve().name
    assert lab("inspect", name)[0] == 0


@pytest.mark.parametrize("verb", ["check", "inspect", "explain", "diff"])
def test_what_has_not_been_run(lab: Lab, verb: str) -> None:
    code, _, err = lab(verb, "hello")
    assert code == 2
    assert "hello has not been run yet" in err


@pytest.mark.parametrize("verb", ["check", "inspect", "explain", "diff"])
def test_a_misspelt_scenario(lab: Lab, verb: str) -> None:
    code, _, err = lab(verb, "helo")
    assert code == 2
    assert "`hello`" in err


@pytest.mark.parametrize("content", [None, b"", b"{", b"{}"])
def test_a_damaged_run_directory(lab: Lab, content: bytes | None) -> None:
    lab("run", "hello")
    file = (lab.runs / "hello" / "latest" / "record.json").resolve()
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    code, _, err = lab("check", str(file.parent))
    assert code == 2
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("content", [None, b"", b"hello", b"\x0a\x0d\x0d\x0a"])
@pytest.mark.parametrize("verb", ["check", "inspect", "explain"])
def test_a_run_whose_capture_is_damaged(lab: Lab, verb: str, content: bytes | None) -> None:
    lab("run", "hello")
    file = (lab.runs / "hello" / "latest" / "capture.pcapng").resolve()
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    code, out, err = lab(verb, str(file.parent))
    assert (code, out) == (2, "")
    assert err.strip()


def test_inspect_the_latest_run(lab: Lab) -> None:
    lab("run", "hello")
    code, out, _ = lab("inspect", "hello")
    assert code == 0
    assert "alice" in out


def test_inspect_one_conversation(lab: Lab) -> None:
    lab("run", "hello")
    code, out, _ = lab("inspect", "hello", "-c", "u1")
    assert code == 0
    assert "hi" in out
    code, _, err = lab("inspect", "hello", "-c", "9")
    assert (code, err) == (2, "there is no conversation 9; there is UDP u1\n")


def test_inspect_past_the_last_page(lab: Lab) -> None:
    lab("run", "hello")
    assert lab("inspect", "hello", "--page", "2")[::2] == (2, "there is no page 2; the table has 1 page\n")


def test_inspect_reads_no_more_than_the_page_shows(lab: Lab, tmp_path: Path) -> None:
    frames: list[tuple[int, bytes]] = []
    for number in range(PAGE + 2):
        Talk(ports=(40000 + number, 8080), frames=frames, start=START + number * MILLISECOND).client.syn()
    file = tmp_path / "many.pcap"
    file.write_bytes(pcap(frames))
    code, out, _ = lab("inspect", str(file), "--page", "2")
    assert (code, out.splitlines()[0]) == (
        0,
        f"{PAGE + 2} packets   {PAGE + 2} TCP conversations   0 UDP conversations",
    )
    assert [line.split()[0] for line in out.splitlines()[3:5]] == [f"{PAGE + 1}", f"{PAGE + 2}"]
    assert f"{PAGE + 1}-{PAGE + 2} of {PAGE + 2} shown" in out
    assert lab("inspect", str(file), "--page", "3")[::2] == (2, "there is no page 3; the table has 2 pages\n")
    assert f"conversation {PAGE + 2} " in lab("inspect", str(file), "-c", f"{PAGE + 2}")[1]
    told = lab("explain", str(file))[1]
    assert f"conversation {PAGE} " in told
    assert told.splitlines()[-1] == "… 2 more conversations: --all tells of them, -c of one"
    assert f"conversation {PAGE + 2} " in lab("explain", str(file), "--all")[1]
    assert "   0.051  10.0.0.1 tries to connect" in lab("explain", str(file), "-c", f"{PAGE + 2}")[1]
    assert lab("inspect", str(file), "-c", "99")[2] == f"there is no conversation 99; there is TCP 1-{PAGE + 2}\n"


def test_inspect_another_run_than_the_latest(lab: Lab) -> None:
    lab("run", "hello")
    first = (lab.runs / "hello" / "latest").resolve().name
    lab("run", "hello")
    code, out, _ = lab("inspect", "hello", "--run", first)
    assert code == 0
    assert f"make inspect NAME=hello RUN={first} CONVERSATION=u1" in out
    assert lab("inspect", str(lab.scenarios / "hello"))[0] == 0


def test_inspect_as_a_page(lab: Lab, tmp_path: Path) -> None:
    lab("run", "hello")
    page = tmp_path / "page.html"
    assert lab("inspect", "hello", "--html", str(page)) == (0, f"{page}\n", "")
    assert 'id="checks"' in page.read_text("utf-8")
    capture = next(lab.runs.glob("hello/latest/*.pcapng"))
    assert lab("inspect", str(capture), "--html", str(page), "--encoding", "gbk")[0] == 0
    assert 'id="checks"' not in page.read_text("utf-8"), "a file alone was never judged"
    code, _, err = lab("inspect", "hello", "--html", str(tmp_path / "missing" / "page.html"))
    assert (code, err) == (2, f"{tmp_path}/missing/page.html cannot be written: No such file or directory\n")


def test_inspect_as_json(lab: Lab) -> None:
    lab("run", "hello")
    document = json.loads(lab("inspect", "hello", "--json")[1])
    assert document["connections"] == []
    assert len(document["datagrams"]) == 1


def test_explain_the_latest_run(lab: Lab) -> None:
    lab("run", "hello")
    code, out, _ = lab("explain", "hello")
    assert code == 0
    assert "conversation u1   alice:" in out
    assert lab("explain", "hello", "-c", "9")[::2] == (2, "there is no conversation 9; there is UDP u1\n")
    assert lab("explain", "hello", "--encoding", "rot13")[::2] == (2, "no text encoding is called `rot13`\n")


def test_explain_one_conversation_as_json(lab: Lab) -> None:
    lab("run", "hello")
    sentences = json.loads(lab("explain", "hello", "-c", "u1", "--json")[1])["sentences"]
    assert {each["conversation"] for each in sentences} == {"u1"}
    assert sentences[0]["text"].endswith("a datagram of 2 bytes: `hi`")


def test_diff_of_two_runs(lab: Lab) -> None:
    lab("run", "hello")
    alone = lab("diff", "hello")
    assert (alone[0], alone[1]) == (2, "")
    assert "to compare it with" in alone[2]
    first = (lab.runs / "hello" / "latest").resolve()
    lab("run", "hello")
    code, out, _ = lab("diff", "hello")
    assert (code, out.splitlines()[-1]) == (0, "  nothing is different")
    lab.sends = False
    lab("run", "hello")
    code, out, _ = lab("diff", str(first), "hello", "--json")
    document = json.loads(out)
    assert (code, document["same"]) == (1, False)
    assert [part["kind"] for part in document["parts"]] == ["checks", "conversations"]


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--all"], ["-c", "u1"]])
def test_ctrl_c_while_a_capture_is_read(lab: Lab, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    lab("run", "hello")
    monkeypatch.setattr(reader.Decoder, "frame", lambda *_: os.kill(os.getpid(), signal.SIGINT))
    assert lab("inspect", "hello", *arguments) == (130, "", "")


def test_a_check_says_in_the_capture_what_it_found(lab: Lab) -> None:
    lab("run", "hello")
    file = lab.runs / "hello" / "latest" / "capture.pcapng"
    once = file.read_bytes()
    assert "✓ arrived: ".encode() in once
    assert b"step 1: " in once
    assert lab("check", "hello")[0] == 0
    assert file.read_bytes() == once
    (lab.scenarios / "hello" / "scenario.yaml").write_text(SCENARIO.replace("count: 1", "count: 2"), encoding="utf-8")
    assert lab("check", "hello")[0] == 1
    assert "✗ arrived: expected ".encode() in file.read_bytes()
    assert "✓".encode() not in file.read_bytes()


@pytest.mark.parametrize("content", [b"", b"not a capture", b"\xd4\xc3\xb2\xa1"])
def test_inspect_what_is_no_capture(lab: Lab, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.pcap"
    file.write_bytes(content)
    code, out, err = lab("inspect", str(file))
    assert (code, out) == (2, "")
    assert "x.pcap" in err


@pytest.mark.parametrize("verb", ["inspect", "check", "explain"])
@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("no/such.pcap", "no such file: no/such.pcap"),
        ("nosuch.pcap", "no such file: nosuch.pcap"),
        ("x" * 300 + ".pcap", "no such file: xx"),
        ("dangling", "dangling is a link to nothing"),
        ("fifo", "fifo is no regular file"),
        (".", ". is a folder without record.json; a run directory has one"),
        ("folder", "folder is a folder without record.json; a run directory has one"),
    ],
)
def test_what_is_neither_a_capture_nor_a_run(lab: Lab, tmp_path: Path, verb: str, what: str, said: str) -> None:
    lab.monkeypatch.chdir(tmp_path)
    Path("dangling").symlink_to("nowhere")
    os.mkfifo("fifo")
    Path("folder").mkdir()
    code, out, err = lab(verb, what)
    assert (code, out) == (2, "")
    assert err.startswith(said)


def test_clean(lab: Lab) -> None:
    lab("run", "hello")
    lab.engine.found = [left_behind(dead_run(lab.runs))]
    code, out, _ = lab("clean")
    assert (code, out) == (0, "1 dead run cleaned up\n")
    lab.engine.found = []
    code, out, _ = lab("clean", "--runs", "--images")
    assert out.splitlines() == ["0 dead runs cleaned up", "2 run directories removed", "2 images removed"]
    assert list(lab.runs.iterdir()) == []


def test_doctor(lab: Lab) -> None:
    code, out, _ = lab("doctor")
    assert code == 0
    assert "fake 1" in out
    assert "✗" not in out


def test_doctor_fixes(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "can_mend", lambda: False)
    del lab.engine.references[next(tag for tag in lab.engine.references if "/tap:" in tag)]
    lab.engine.registry.add("debian:trixie-slim")
    code, out, _ = lab("doctor")
    assert code == 0
    assert re.search(r"–  image tap +not built yet", out)
    code, out, err = lab("doctor", "--fix")
    assert code == 0
    assert "building image tap" in err


def test_doctor_without_an_engine(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "can_mend", lambda: False)
    lab.connects_to(EngineMissing(say("no container engine answers", "没有容器引擎应答")))
    code, out, _ = lab("doctor", "--fix")
    assert code == 3
    assert "no container engine answers" in out


def test_schema(lab: Lab) -> None:
    code, out, _ = lab("schema")
    assert code == 0
    assert "$defs" in json.loads(out)


def test_new_makes_a_scenario_without_faults(lab: Lab) -> None:
    code, out, _ = lab("new", "mine")
    assert code == 0
    assert "make scenario NAME=mine" in out
    assert lab("validate", "mine")[0] == 0
    assert lab("new", "mine")[0] == 2


def test_version(lab: Lab) -> None:
    assert lab("--version")[:2] == (0, f"lab {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "en", "zh"),
    [
        (["lits"], "lab has no verb `lits`; did you mean `list`?", "lab 没有命令 `lits`；是否想写 `list`？"),
        (["run"], "NAME or --all is missing: see `lab run -h`", "缺少 NAME 或 --all：请看 `lab run -h`"),
        (["run", "hello", "--all"], "--all and hello exclude each other: see", "--all 与 hello 不能并用：请看"),
        (["run", "--all", "--submission", "."], "--submission goes with one scenario", "--submission 只能用于单个场景"),
        (
            ["run", "a", "b", "--submission", "."],
            "--submission goes with one scenario",
            "--submission 只能用于单个场景",
        ),
        (["run", "--all", "-j", "0"], "--jobs is a whole number of at least 1", "--jobs 应为不小于 1 的整数"),
        (["validate"], "NAME… is missing: see `lab validate -h`", "缺少 NAME…：请看 `lab validate -h`"),
        (
            ["run", "hello", "--fast"],
            "there is no option --fast: see `lab run -h`",
            "没有选项 --fast：请看 `lab run -h`",
        ),
        (
            ["run", "x", "--qiet"],
            "there is no option --qiet; did you mean --quiet?: see `lab run -h`",
            "没有选项 --qiet；是否想写 --quiet？：请看 `lab run -h`",
        ),
        (
            ["run", "x", "--watch"],
            "there is no option --watch; `lab watch NAME` shows packets as they pass: see `lab run -h`",
            "没有选项 --watch；`lab watch NAME` 实时显示数据包：请看 `lab run -h`",
        ),
        (["watch", "20991128-1"], "no run `20991128-1`", "没有运行 `20991128-1`"),
        (["inspect", "20991128-120000-abcdef"], "no run `20991128-120000-abcdef`", "没有运行 `20991128-120000-abcdef`"),
        (["list", "a"], "too much is given: a: see `lab list -h`", "多余的参数：a：请看 `lab list -h`"),
        (["run", "x", "--quiet=1"], "--quiet takes no value: see `lab -h`", "--quiet 不带值：请看 `lab -h`"),
        (["inspect", "x", "-c"], "-c needs a value: see `lab -h`", "-c 需要一个值：请看 `lab -h`"),
        (
            ["inspect", "x", "--page", "0"],
            "--page is a whole number of at least 1: see `lab inspect -h`",
            "--page 应为不小于 1 的整数：请看 `lab inspect -h`",
        ),
        (["inspect", "x", "-p", "x"], "--packet is a whole number", "--packet 应为不小于 1 的整数"),
        (["--lang", "fr", "list"], "--lang is en or zh, not fr", "--lang 只能是 en 或 zh，而不是 fr"),
        (["list", "--lang", "fr"], "--lang is en or zh, not fr", "--lang 只能是 en 或 zh，而不是 fr"),
        (["run", "hello", "--submission", "/no"], "no such submission: /no", "没有这份提交：/no"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_wrong_call(lab: Lab, arguments: list[str], en: str, zh: str, language: str) -> None:
    lab.monkeypatch.setattr(usage, "LANGUAGE", language)
    code, out, err = lab(*arguments)
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith(en if language == "en" else zh)


def test_a_program_of_the_lab_that_is_at_fault_is_not_hidden(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(runs, "new_folder", fault)
    monkeypatch.setattr(sys, "argv", ["lab", "run", "hello"])
    with pytest.raises(ZeroDivisionError):
        __main__.main()


# a process of its own


def spoken(arguments: list[str], **environment: str) -> tuple[int, str]:
    clean = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "LANG")}
    done = subprocess.run(
        [sys.executable, "-m", "lab", *arguments] if arguments[0] != "-c" else [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=clean | {"PYTHONUTF8": "1"} | environment,
    )
    return done.returncode, done.stdout + done.stderr


class Heeding:
    """A command that has begun to heed interrupts: it says so, and what it says on stdout is of no interest."""

    def __init__(self, process: subprocess.Popen[str], clock: threading.Event) -> None:
        self._process = process
        self._clock = clock

    def wait_for(self, seconds: float) -> None:
        self._clock.wait(seconds)

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def ended(self) -> tuple[int, str]:
        return self._process.wait(30), self._process.communicate()[1]


@contextmanager
def heeding(*arguments: str) -> Iterator[Heeding]:
    program = textwrap.dedent("""\
        import sys
        from lab import interrupts, pipes
        begun = pipes.outlive_readers
        pipes.outlive_readers = lambda: (begun(), print("begun", flush=True))
        from lab.__main__ import main
        main()
    """)
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        yield Heeding(process, threading.Event())


MAIN = "import sys; sys.argv[0] = 'lab'; from lab.__main__ import main; main()"


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["--help"], {"LANG": "C.UTF-8"}, "Run scenarios and check them."),
        (["--help"], {"LANG": "zh_CN.UTF-8"}, "运行场景并检查结果。"),
        (["--lang", "zh", "--help"], {"LANG": "C.UTF-8"}, "运行场景并检查结果。"),
        (["run", "--help", "--lang=en"], {"LC_ALL": "zh_CN.UTF-8"}, "only the outcome"),
        (["run", "nosuch", "--lang", "zh"], {"LANG": "C.UTF-8"}, "没有场景 `nosuch`"),
    ],
)
def test_it_speaks_the_language_of_the_locale_or_the_option(
    arguments: list[str], environment: dict[str, str], words: str
) -> None:
    _, said = spoken(["-c", MAIN, *arguments], **environment)
    assert words in said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_help_imports_nothing_slow(language: str) -> None:
    program = textwrap.dedent(f"""\
        import atexit, sys
        slow = {{"docker", "scapy", "rich", "yaml", "pydantic", "testinfra", "libpcap", "requests"}}
        atexit.register(lambda: print("slow:", sorted(slow & set(sys.modules))))
        sys.argv = ["lab", "--lang", "{language}", "--help"]
        from lab.__main__ import main
        main()
    """)
    code, said = spoken(["-c", program])
    assert code == 0
    assert "slow: []" in said


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["run", "udp-h"], ["udp-hello"]),
        (["validate", "udp-h"], ["udp-hello"]),
        (["check", "udp-h"], ["udp-hello"]),
        (["inspect", "udp-h"], ["udp-hello"]),
        (["list", "--lang", ""], ["en", "zh"]),
    ],
)
def test_the_shell_completes(words: list[str], completed: list[str]) -> None:
    code, said = spoken(
        ["-c", MAIN], _LAB_COMPLETE="complete_bash", COMP_WORDS="lab " + " ".join(words), COMP_CWORD=str(len(words))
    )
    assert (code, said.split()) == (0, completed)


@pytest.mark.parametrize("verb", ["check", "inspect"])
def test_the_shell_completes_runs(lab: Lab, verb: str) -> None:
    lab("run", "hello")
    name = (lab.runs / "hello" / "latest").resolve().name
    lab.monkeypatch.setenv("_LAB_COMPLETE", "complete_bash")
    lab.monkeypatch.setenv("COMP_WORDS", f"lab {verb} hello --run 2")
    lab.monkeypatch.setenv("COMP_CWORD", "4")
    assert lab()[:2] == (0, f"{name}\n")


def test_the_runs_of_a_scenario_newest_first(lab: Lab) -> None:
    lab("run", "hello")
    lab("run", "hello")
    newest = (lab.runs / "hello" / "latest").resolve().name
    names = sorted((p.name for p in (lab.runs / "hello").iterdir() if not p.is_symlink()), reverse=True)
    assert arguments.runs_of("hello") == names
    assert newest in names


def test_the_frame_of_the_help_is_chinese_too() -> None:
    for verb in ([], ["run"], ["inspect"]):
        said = spoken(["-c", MAIN, "--lang", "zh", *verb, "--help"])[1]
        for word in ("用法：", "选项：", "显示此帮助"):
            assert word in said
        assert not re.search(r"Usage|Options:|Arguments:|Commands:|required|default|Show|Install", said)


# interrupts and readers that leave


@pytest.mark.parametrize("after", [0.02, 0.05, 0.1, 0.15, 0.2, 0.3])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_at_any_moment(after: float, number: signal.Signals) -> None:
    """A verb that is over by then has its own status; an interrupt says nothing and is 130."""
    with heeding("list") as process:
        process.wait_for(after)
        process.send(number)
        assert process.ended() in ((130, ""), (0, ""))


@pytest.mark.parametrize("apart", [0.0, 0.005, 0.03])
def test_a_burst_of_interrupts(apart: float) -> None:
    with heeding("list") as process:
        for _ in range(12):
            process.send(signal.SIGINT)
            process.wait_for(apart)
        assert process.ended() in ((130, ""), (0, ""))


def test_interrupts_while_it_cleans_up(lab: Lab) -> None:
    """The second one arrives while the first one unwinds, the third one when all is said."""
    removed = lab.engine.remove

    def remove(container: str) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        removed(container)

    lab.monkeypatch.setattr(lab.engine, "remove", remove)
    complain = cli.complain

    def say_so(error: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        complain(error)

    lab.monkeypatch.setattr(cli, "complain", say_so)
    lab.engine.behaviours = {"server": lambda p: os.kill(os.getpid(), signal.SIGINT)}
    code, _, err = lab("run", "hello")
    assert code == 130
    assert len(err.splitlines()) == 1
    assert lab.engine.existing == {}


@pytest.mark.parametrize("verb", [["list"], ["schema"], ["--help"], ["inspect", "-h"]])
def test_a_reader_that_leaves(verb: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([sys.executable, "-m", "lab", *verb], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_output_that_has_no_room_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-m", "lab", "list"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 3
    assert done.stderr.decode().startswith("No space left on device: stdout")
    assert len(done.stderr.splitlines()) == 1


def test_a_run_whose_reader_leaves_goes_on(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        lab.sends = False
        code, _, err = lab("run", "hello")
    assert (code, err) == (1, "")
    assert record.load(lab.runs / "hello" / "latest").steps
    assert lab.engine.existing == {}


@pytest.mark.parametrize(("said", "agreed"), [("", False), ("\n", True), ("y\n", True), ("是\n", True), ("n\n", False)])
def test_a_question_about_the_mending(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], said: str, agreed: bool
) -> None:
    monkeypatch.setattr(usage, "LANGUAGE", "zh")
    stdin = io.StringIO(said)
    stdin.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert usage.agreed(say("build image host", "构建镜像 host")) is agreed
    assert capsys.readouterr().err == "构建镜像 host？[Y/n] "


def test_every_verb_has_help_in_both_languages() -> None:
    english = spoken(["-c", MAIN, "--lang", "en", "--help"])[1]
    chinese = spoken(["-c", MAIN, "--lang", "zh", "--help"])[1]
    verbs = re.findall(r"^  ([a-z]+)  +\S", english, re.MULTILINE)
    assert {"run", "list", "validate", "check", "inspect", "clean", "doctor", "schema", "new"} <= set(verbs)
    for verb in verbs:
        assert re.search(rf"^  {verb}  +\S*[\u4e00-\u9fff]", chinese, re.MULTILINE), verb


# lab verify


def test_what_a_bundle_says_as_a_document(lab: Lab, tmp_path: Path) -> None:
    lab.monkeypatch.setenv("LAB_KEY", str(tmp_path / "key.pem"))
    fine, other = tmp_path / "fine.json", tmp_path / "other.json"
    fine.write_bytes(bundle.sign(good(), keys.signing_key()))
    other.write_bytes(bundle.sign(good(), Ed25519PrivateKey.generate()))
    for given, code, signatures in (
        ([fine], 0, ["ok"]),
        ([other, fine], 1, ["wrong", "ok"]),
        ([other, tmp_path / "none.json"], 2, ["wrong", None]),
    ):
        ended, out, err = lab("verify", *map(str, given), "--json")
        assert (ended, err) == (code, "")
        found = json.loads(out)["bundles"]
        assert [each["bundle"] for each in found] == [*map(str, given)]
        assert [each["signature"] for each in found] == signatures
        assert lab("verify", *map(str, given))[0] == code


def test_trace_traces_every_program(lab: Lab) -> None:
    started: dict[str, str | None] = {}
    for name, behaviour in dict(lab.engine.behaviours).items():
        lab.engine.behaviours[name] = lambda p, b=behaviour: (started.update({p.name: p.trace}), b(p))
    assert lab("run", "hello", "--trace")[0] == 0
    assert set(started.values()) == {"strace"}
    assert (lab.runs / "hello" / "latest" / "calls.jsonl").is_file()
    assert lab("inspect", "hello", "-c", "u1")[0] == 0


# Runs that are watched, and hosts from within


def test_a_run_that_is_watched_shows_its_packets(lab: Lab) -> None:
    code, out, err = lab("watch", "hello")
    assert (code, err) == (0, "")
    assert re.search(r"u1  alice  ──▶ server:53 +len 2   hi\n", out)
    assert "✓ arrived" in out
    assert "──▶" not in lab("run", "hello")[1]


def test_the_document_of_a_run_that_is_watched_stands_alone(lab: Lab) -> None:
    code, out, err = lab("watch", "hello", "--json")
    assert code == 0
    assert json.loads(out)["verdict"] == "passed"
    assert "──▶" in err


@pytest.mark.parametrize("by", ["path", "name"])
def test_a_run_that_is_over_cannot_be_watched(lab: Lab, by: str) -> None:
    lab("run", "hello")
    folder = (lab.runs / "hello" / "latest").resolve()
    code, out, err = lab("watch", str(folder) if by == "path" else folder.name)
    assert (code, out) == (2, "")
    assert err == f"no run goes on in {folder}: `lab inspect {folder}` shows what it left\n"


def test_the_help_says_of_every_verb_all_that_it_does(lab: Lab) -> None:
    said = " ".join(lab("-h")[1].split())
    assert "…" not in said
    assert "..." not in said.partition("Commands:")[2]
    assert "each with the packets and calls that show it" in said


def test_a_shell_needs_a_terminal(lab: Lab) -> None:
    lab.monkeypatch.setattr(os, "isatty", lambda _: False)
    code, out, err = lab("shell", "hello")
    assert (code, out, err) == (2, "", "`lab shell` needs a terminal: `lab run hello` needs none\n")
    assert not lab.runs.exists()
