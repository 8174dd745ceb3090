"""A teacher tests an exercise, on real containers: a sound one, and one whose faults are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from driving import Command

from lab.engine import Engine

SERVER = "import socket\nsocket.create_server(('', 8080)).accept()[0].sendall(b'{}')\n"
SCENARIO = """\
title: {en: One greeting, zh: 一声问候}
deadline: 20
hosts: {server: {}, alice: {}}
programs:
  server: {host: server, run: [python3, server.py]}
  alice: {host: alice, run: [nc, -w, "2", server, "8080"]}
steps:
  - start: server
    until: {listening: {tcp: 8080}}
    within: 3
  - start: alice
  - wait: alice
checks:
  listens: {tcp.handshake: {to: {host: server, port: 8080}, complete: 1}, points: 1}
  greets: {output: {program: alice, text: hello}, needs: [listens], points: 2}
exercise: {files: [server.py], starter: 1}
"""
FIXED = """\
networks: {lan: {ipv4: 10.77.9.0/24, ipv6: "fd77:9::/64"}}
hosts:
  server: {networks: {lan: {ipv4: 10.77.9.1, ipv6: "fd77:9::1"}}}
  alice: {networks: {lan: {ipv4: 10.77.9.2, ipv6: "fd77:9::2"}}}"""


@pytest.fixture
def exercise(tmp_path: Path) -> Path:
    folder = tmp_path / "greeting"
    for name, content in {
        "scenario.yaml": SCENARIO,
        "solution/server.py": SERVER.format("hello"),
        "starter/server.py": SERVER.format(""),
        "broken/listens/server.py": SERVER.replace("''", "'127.0.0.1'").format("hello"),
        "broken/greets/server.py": SERVER.format("goodbye"),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


@pytest.mark.timeout(300)  # some twenty gradings
def test_a_sound_exercise(engine: Engine, exercise: Path, tmp_path: Path) -> None:
    lab = Command(tmp_path / "runs")
    with lab.start("selftest", exercise, "--json") as process:
        out, err = process.communicate(timeout=140)
    assert process.returncode == 0, out + err
    assert [line for line in err.splitlines() if line.startswith("✓")] == ["✓ greeting"]
    assert {each["verdict"] for each in json.loads(out)["exercises"][0]["statements"]} == {"passed"}


@pytest.mark.timeout(300)  # some ten gradings: where nothing varies, no seed is tried
def test_an_exercise_whose_starter_earns_too_much_and_whose_broken_program_fits_no_check(
    engine: Engine, exercise: Path, tmp_path: Path
) -> None:
    lab = Command(tmp_path / "runs")
    (exercise / "scenario.yaml").write_text(SCENARIO.replace("hosts: {server: {}, alice: {}}", FIXED))
    (exercise / "starter" / "server.py").write_text(SERVER.format("hello"))
    (exercise / "broken" / "greets").rename(exercise / "broken" / "greet")
    with lab.start("selftest", exercise, "-q") as process:
        out, err = process.communicate(timeout=140)
    assert process.returncode == 1, out + err
    told = {line.split()[1]: line for line in out.splitlines()[1:]}
    assert set(told) == {"starter/", "broken/greet", "broken/greets"}
    assert "3 of 3" in told["starter/"]
