"""(e) What tracing costs: 5,000 sends of a program that is not traced, by the wrapper, and by strace, in one run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from lab.record import load

SENDS = 5000
TURNS = 3  # in one run: more packets than a host may send would end it
WAYS = ("plain", "wrapper", "strace")
SENDER = f"""\
import socket, time
with socket.create_connection(("server", 9000)) as connection:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    began = time.perf_counter()
    for _ in range({SENDS}):
        connection.send(b"x" * 100)
    print(time.perf_counter() - began)
"""
SINK = """\
import socket
with socket.create_server(("", 9000)) as listening:
    while True:
        with listening.accept()[0] as connection:
            while connection.recv(65536):
                pass
"""
SCENARIO = """\
title: What tracing costs
hosts: {server: {}, client: {}}
programs:
  server: {host: server, run: [python3, sink.py]}
  plain: {host: client, run: [python3, sender.py]}
  wrapper: {host: client, run: [python3, sender.py], trace: true}
  strace: {host: client, run: [python3, -E, sender.py], trace: true} # -E: no wrapper is loaded
steps:
  - {start: server, until: {listening: {tcp: 9000}}}
"""


def measure(lab: list[str], runs: int) -> None:
    """Run each way in turn, about `runs` times; medians, and those of the ratios turn by turn."""
    exchanges = max(1, runs // TURNS)
    print(f"(e) {SENDS:,} sends of 100 bytes, {exchanges} runs of {TURNS} turns")
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(exchanges):
        with tempfile.TemporaryDirectory() as folder:
            for way, found in _seconds(lab, Path(folder)).items():
                seconds[way] += found
    plain = seconds["plain"]
    for way in WAYS:
        ratio = statistics.median(each / base for each, base in zip(seconds[way], plain, strict=True))
        more = statistics.median(each - base for each, base in zip(seconds[way], plain, strict=True)) / SENDS * 1e6
        print(f"  {way:<8}   {statistics.median(seconds[way]):6.3f} s   ratio {ratio:5.1f}   {more:6.1f} µs a call")


def _seconds(lab: list[str], folder: Path) -> dict[str, list[float]]:
    scenario = folder / "tracing"
    scenario.mkdir()
    (scenario / "sender.py").write_text(SENDER, encoding="utf-8")
    (scenario / "sink.py").write_text(SINK, encoding="utf-8")
    turn = "".join(f"  - start: {way}\n  - {{wait: {way}, exit: 0, within: 60}}\n" for way in WAYS)
    (scenario / "scenario.yaml").write_text(SCENARIO + turn * TURNS, encoding="utf-8")
    place = folder / "runs"
    done = subprocess.run(
        [*lab, "run", str(scenario), "-q"], env=os.environ | {"LAB_RUNS": str(place)}, capture_output=True, check=False
    )
    if done.returncode:
        sys.exit(f"the run failed:\n{(done.stdout + done.stderr).decode()}")
    programs = load(place / "tracing" / "latest").programs
    return {way: [float(line.text) for line in programs[way].output if line.stream == "out"] for way in WAYS}
