"""Whatever happens to a run: it says one line, exits as documented, and leaves nothing but its directory."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import docker
import driving
import pytest
from driving import Command, ended, no_leaks, until_said

from lab import record, runs
from lab.capture import CAPTURE_FILE
from lab.engine import Engine
from lab.runs import SCENARIO_LABEL

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
NOBODY += (
    "--inh-caps=-all,+dac_read_search",
    "--ambient-caps=-all,+dac_read_search",
)  # to read the interpreter's files
MIDDLE = "server ← middle"


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    """The scenario `waiting` under a name that no other test has."""
    return driving.copied("waiting", tmp_path, f"waiting-{os.getpid()}-{threading.get_ident() % 1000}")


@contextmanager
def events(folder: Path) -> Iterator[Iterator[str]]:
    """What the engine does to the containers of a scenario's runs from now on: create, attach, start, die, destroy."""
    with closing(docker.from_env(timeout=30)) as client:
        stream = client.events(decode=True, filters={"label": f"{SCENARIO_LABEL}={folder.name}", "type": "container"})
        yield (event["Action"] for event in stream)
        stream.close()


def readable(run: Path) -> list[bytes]:
    """The datagrams of the exchange in the capture of a run."""
    return [payload for f in driving.frames_of(run / CAPTURE_FILE) if (payload := f.udp(7060)) is not None]


def test_a_run_that_passes(lab: Command, engine: Engine, into: Path) -> None:
    with no_leaks(engine, into):
        said = lab("run", driving.HERE / "token", "--json")
    assert said.status == 0
    assert said.document["verdict"] == "passed"
    assert sorted(said.document["seconds"]) == ["checks", "cleanup", "exchange", "setup"]
    (run,) = lab.run_folders()
    assert {p.name for p in run.iterdir()} >= {"capture.pcapng", "record.json", "result.json", "server.out"}
    assert (into / "token" / "latest").resolve() == run
    assert not (run / runs.LOCK_FILE).exists()


def test_a_run_that_fails(lab: Command, engine: Engine, into: Path, tmp_path: Path) -> None:
    folder = driving.copied("token", tmp_path, "token")
    (folder / "client.py").write_text("raise SystemExit(1)")
    text = (folder / "scenario.yaml").read_text().replace("exit: 0", "exit: 0\n    within: 0.3")
    (folder / "scenario.yaml").write_text(text)
    with no_leaks(engine, into):
        said = lab("run", folder, "--json")
    assert said.status == 1
    assert said.document["verdict"] == "failed"
    assert "asked" in said.failed


def test_a_scenario_with_a_fault(lab: Command, engine: Engine, into: Path, tmp_path: Path) -> None:
    folder = driving.copied("token", tmp_path, "token")
    (folder / "scenario.yaml").write_text((folder / "scenario.yaml").read_text().replace("hosts:", "hots:"))
    with no_leaks(engine, into):
        said = lab("run", folder)
    assert said.status == 2
    assert "hosts" in said.err
    assert lab.run_folders() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_in_the_exchange(
    lab: Command, engine: Engine, into: Path, waiting: Path, number: signal.Signals
) -> None:
    with no_leaks(engine, into), lab.start("run", waiting) as process:
        until_said(process, MIDDLE)
        process.send_signal(number)
        said = ended(process)
    assert said.status == 130
    (run,) = lab.run_folders()
    assert f"interrupted; what happened until then is in {run}" in " ".join(said.err.split())
    assert readable(run) == [b"middle"]
    kept = record.load(run)
    assert kept.capture.whole
    assert [step.outcome for step in kept.steps[:3]] == ["done"] * 3
    assert [line.text for line in kept.programs["server"].output] == ["middle"]


@pytest.mark.parametrize(
    ("event", "count"),
    [("create", 1), ("create", 3), ("attach", 2), ("start", 1), ("start", 3), ("die", 1), ("destroy", 1)],
)
def test_interrupted_at_any_other_moment(
    lab: Command, engine: Engine, into: Path, waiting: Path, event: str, count: int
) -> None:
    with no_leaks(engine, into), events(waiting) as happening, lab.start("run", waiting) as process:
        if event in ("die", "destroy"):
            until_said(process, MIDDLE)
            process.send_signal(signal.SIGINT)
        for action in happening:
            count -= action == event
            if count == 0:
                break
        process.send_signal(signal.SIGINT)
        said = ended(process)
    assert said.status == 130


def test_interrupted_twice(lab: Command, engine: Engine, into: Path, waiting: Path) -> None:
    """Whoever presses Ctrl-C again while it cleans up gets everything cleaned up all the same."""
    with no_leaks(engine, into), events(waiting) as happening, lab.start("run", waiting) as process:
        until_said(process, MIDDLE)
        process.send_signal(signal.SIGINT)
        next(action for action in happening if action == "die")
        process.send_signal(signal.SIGINT)
        said = ended(process)
    assert said.status == 130


@pytest.mark.parametrize("after", ["create", "die", "destroy"])
def test_interrupted_many_times(lab: Command, engine: Engine, into: Path, waiting: Path, after: str) -> None:
    """From then until the command has ended, whatever it is doing."""
    with no_leaks(engine, into), events(waiting) as happening, lab.start("run", waiting) as process:
        if after != "create":
            until_said(process, MIDDLE)
            process.send_signal(signal.SIGINT)
        next(action for action in happening if action == after)
        apart = threading.Event()
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            apart.wait(0.03)
        said = ended(process)
    assert said.status == 130
    assert len(said.err.splitlines()) <= 1


def test_a_reader_that_leaves(lab: Command, engine: Engine, into: Path) -> None:
    """As `| head -1` does: the run goes on to its end."""
    with no_leaks(engine, into), lab.start("run", driving.HERE / "token") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(60) == 0
    (run,) = lab.run_folders()
    assert record.load(run).capture.whole


@pytest.mark.parametrize("then", [("clean",), ("run", "token", "-q")])
def test_killed_in_the_exchange(lab: Command, engine: Engine, into: Path, waiting: Path, then: tuple[str, ...]) -> None:
    """kill -9: the next command removes the containers and takes the capture out of the dead run's tap."""
    with no_leaks(engine, into):
        with lab.start("run", waiting) as process:
            until_said(process, MIDDLE)
            process.kill()
        said = lab(*(driving.HERE / word if word == "token" else word for word in then))
        assert said.status == 0
    run = next(p for p in lab.run_folders() if p.parent.name == waiting.name)
    assert readable(run) == [b"middle"]


def test_a_host_that_somebody_kills_is_an_error_of_the_lab(
    lab: Command, engine: Engine, into: Path, waiting: Path
) -> None:
    """Not the memory limit of its programs, though the exit status is the same."""
    with no_leaks(engine, into), lab.start("run", waiting) as process:
        until_said(process, MIDDLE)
        (host,) = [c for c in engine.containers(f"{SCENARIO_LABEL}={waiting.name}") if c.name.endswith("server")]
        with closing(docker.from_env(timeout=30)) as client:
            client.api.kill(host.id)
        said = ended(process)
    assert said.status == 3
    assert "memory" not in said.out + said.err


def test_a_living_run_is_left_alone(lab: Command, engine: Engine, into: Path, waiting: Path) -> None:
    with no_leaks(engine, into), lab.start("run", waiting) as process:
        until_said(process, MIDDLE)
        there = driving.left_of(engine, into)
        assert len(there) == 3
        assert lab("clean").status == 0
        assert driving.left_of(engine, into) == there
        process.send_signal(signal.SIGINT)
        assert ended(process).status == 130


def test_the_same_scenario_side_by_side(lab: Command, engine: Engine, into: Path) -> None:
    with no_leaks(engine, into):
        together = [lab.start("run", driving.HERE / "token", "--json") for _ in range(4)]
        all_said = [_finished(process) for process in together]
    assert [said.status for said in all_said] == [0] * 4, [said.err for said in all_said]
    documents = [said.document for said in all_said]
    words = [_word(document) for document in documents]
    assert len(set(words)) == 4
    for document, word in zip(documents, words, strict=True):
        frames = list(driving.frames_of(Path(document["capture"])))
        assert [f.udp(7050) for f in frames].count(b"who are you?") == 50
        assert not any(other.encode() in f.data for f in frames for other in words if other != word)


def _finished(process: subprocess.Popen[str]) -> driving.Said:
    with process:
        return ended(process)


def _word(document: Any) -> str:
    kept = json.loads((Path(document["folder"]) / "record.json").read_text())
    return str(kept["programs"]["server"]["output"][0]["text"])


@pytest.mark.parametrize("host", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:9"])
def test_no_engine_at_docker_host(lab: Command, into: Path, host: str) -> None:
    said = lab("run", driving.HERE / "token", DOCKER_HOST=host)
    assert said.status == 3
    assert f"no engine answers at DOCKER_HOST={host}" in " ".join(said.err.split())
    assert lab.run_folders() == []


def test_no_permission_on_the_engine(into: Path, tmp_path: Path) -> None:
    """As whoever is not of the group that may use the engine's socket."""
    place = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen()
        place.chmod(0)
        said = Command(into, NOBODY if os.geteuid() == 0 else ())(
            "run", driving.HERE / "token", DOCKER_HOST=f"unix://{place}"
        )
    assert said.status == 3
    assert said.err.startswith("you may not use the container engine")
