"""`make bench`: how fast the lab is, against what it cannot do without, measured side by side in one run.

(a) a whole `lab run tcp-multiclient` against the same engine and tap requests with no lab around them
    (`floor.py`), and against `docker compose` up and down of as many hosts where it is installed;
(b) the set-up of 2, 8 and 32 hosts; (c) packets a second of `lab.reader` against tshark's table of
conversations where it is installed, its memory as captures grow, and `lab inspect` of 100 MB likewise; (d) submissions
a minute of a class against the raw requests of as many runs, as many at a time, and against `lab run` for each
(`grading.py`); (e) what tracing costs a program (`tracing.py`); (f) the page of 2,000 packets in Chromium (`page.py`).

Machines are noisy: the commands of a comparison run in turn, and medians and the median of the
pairs' ratios are told, never a single time.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lab import images
from tests.bench import captures, grading, page, settings, tracing

ROOT = Path(__file__).resolve().parents[2]
LAB = [str(Path(sys.executable).parent / "lab")]
SCENARIO = "tcp-multiclient"
PARTS = ("run", "hosts", "packets", "grading", "tracing", "page")
HUNDRED_MEGABYTES = (
    ("67,000 connections of 16 packets", 67_000, 16, captures.PAYLOAD),
    ("10 connections of 12,000 packets", 10, 12_000, b"0123456789abcdef" * 90),
)
AS_SEGMENTS = ("-o", "tcp.desegment_tcp_streams:FALSE")  # else tshark puts each stream together, which takes minutes


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=7, help="runs of each command")
    parser.add_argument("parts", nargs="*", default=[*PARTS], help=", ".join(PARTS))
    parser.add_argument("--submissions", type=int, default=50, help="of the class that is graded")
    asked = parser.parse_args()
    os.chdir(ROOT)
    for part in asked.parts:
        if part == "grading":
            grading.measure(LAB, asked.submissions, max(1, asked.n // 3))
        elif part == "tracing":
            tracing.measure(LAB, asked.n)
        elif part == "page":
            page.measure(LAB, asked.n)
        else:
            {"run": whole_run, "hosts": many_hosts, "packets": packets}[part](asked.n)


def whole_run(runs: int) -> None:
    """(a) A whole run against its floor, and against docker compose."""
    print(f"(a) {SCENARIO}, warm, {runs} pairs")
    lab = [*LAB, "run", SCENARIO, "-q"]
    with tempfile.TemporaryDirectory() as folder:
        floor = [sys.executable, "-m", "tests.bench.floor", str(settings.write(Path(folder) / "settings.json")), "1"]
        compare("lab run", lab, "floor: the same requests, no lab", floor, runs)
    if (compose := compose_command()) is None:
        print("  docker compose is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = write_compose(Path(folder))
        up_and_down = f"{compose} -f {file} up -d && {compose} -f {file} down -t 0"
        compare("lab run", lab, "compose up and down", ["sh", "-c", up_and_down], max(3, runs // 2))


def many_hosts(runs: int) -> None:
    """(b) Set-up of so many hosts, each with a server that is waited for."""
    print("(b) set-up by number of hosts")
    with tempfile.TemporaryDirectory() as folder:
        for count in (2, 8, 32):
            scenario = write_scenario(Path(folder) / f"hosts-{count}", count)
            seconds = [set_up_seconds(scenario) for _ in range(max(3, runs // 2))]
            middle = statistics.median(seconds)
            print(f"  {count:>2} hosts   {middle:6.2f} s   {middle / count * 1000:5.0f} ms a host")


def packets(runs: int) -> None:
    """(c) Packets a second, against tshark, and memory by the number of packets."""
    print("(c) 100,000 TCP packets in 1,000 connections")
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.pcap", Path(folder) / "large.pcap"
        captures.write(small, connections=1000, packets=100)
        captures.write(large, connections=1000, packets=400)
        read = [sys.executable, "-m", "tests.bench.read", str(small)]
        rate = statistics.median(json.loads(output(read))["packets_per_second"] for _ in range(runs))
        print(f"  lab.reader   {rate:,.0f} packets/s (without start-up)")
        if shutil.which("tshark"):
            tshark = ["tshark", "-n", "-q", "-r", str(small), "-z", "conv,tcp"]
            compare("lab.reader", read, "tshark -z conv,tcp", tshark, runs)
        else:
            print("  tshark is not installed")
        peaks = [json.loads(output([*read[:-1], str(file)]))["peak_kib"] for file in (small, large)]
        print(f"  peak memory  {peaks[0] / 1024:.1f} MiB for 100,000 packets, {peaks[1] / 1024:.1f} MiB for 400,000")
    for what, connections, each, payload in HUNDRED_MEGABYTES:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "large.pcap"
            captures.write(file, connections, each, payload)
            inspect_beside_tshark(what, file, max(3, runs // 2))


def inspect_beside_tshark(what: str, file: Path, runs: int) -> None:
    """The first table of a large capture, and what it takes."""
    print(f"    {file.stat().st_size / 1e6:.0f} MB: {what}")
    inspect = [*LAB, "inspect", str(file)]
    if shutil.which("tshark"):
        tshark = ["tshark", "-nqr", str(file), *AS_SEGMENTS, "-z", "conv,tcp"]
        compare("lab inspect", inspect, "tshark -z conv,tcp", tshark, runs)
    else:
        print("  tshark is not installed")
    print(f"  peak memory  {peak_mib(inspect):.0f} MiB")


def compare(name: str, command: list[str], other_name: str, other: list[str], runs: int) -> None:
    """Run two commands in turn, after a warm-up of each; medians, and the median of the ratios pair by pair."""
    ours, theirs = [], []
    for number in range(runs + 1):
        pair = timed(command), timed(other)
        if number:
            ours.append(pair[0])
            theirs.append(pair[1])
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    width = max(len(name), len(other_name))
    for label, seconds in ((name, ours), (other_name, theirs)):
        spread = f"{min(seconds):.2f}-{max(seconds):.2f}"
        print(f"  {label:<{width}}   {statistics.median(seconds):6.2f} s   ({spread})")
    print(f"  {'ratio':<{width}}   {ratio:6.2f}")


def timed(command: list[str]) -> float:
    """Wall time of a command in seconds; one that fails ends the benchmark with what it said."""
    began = time.perf_counter()
    output(command)
    return time.perf_counter() - began


def peak_mib(command: list[str]) -> float:
    """The most memory that a command ever held."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss / 1024


def output(command: list[str]) -> str:
    """What a command prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def set_up_seconds(scenario: Path) -> float:
    """Seconds of set-up of one run."""
    return float(json.loads(output([*LAB, "run", str(scenario), "--json"]))["seconds"]["setup"])


def write_scenario(folder: Path, count: int) -> Path:
    """A scenario of `count` hosts, on the first of which a server starts."""
    folder.mkdir()
    hosts = ", ".join(f"h{n}: {{}}" for n in range(count))
    (folder / "scenario.yaml").write_text(
        f"title: {count} hosts\n"
        f"hosts: {{{hosts}}}\n"
        "programs: {server: {host: h0, run: [nc, -l, '9000']}}\n"
        "steps:\n  - start: server\n    until: {listening: {tcp: 9000}}\n"
        "checks: {listens: {socket: {host: h0, state: LISTEN, count: 1}}}\n",
        encoding="utf-8",
    )
    return folder


def compose_command() -> str | None:
    """`docker compose` or `docker-compose`, whichever is installed."""
    attempts: list[tuple[str, Callable[[], bool]]] = [
        (
            "docker compose",
            lambda: subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0,
        ),
        ("docker-compose", lambda: shutil.which("docker-compose") is not None),
    ]
    return next((name for name, there in attempts if there()), None)


def write_compose(folder: Path) -> Path:
    """The same hosts for docker compose: one network, four idle containers."""
    services = "".join(
        f"  {name}:\n    image: {images.tag('host')}\n    entrypoint: [sleep, '60']\n"
        for name in ("server", "alice", "bob", "carol")
    )
    file = folder / "docker-compose.yml"
    file.write_text(f"version: '3'\nservices:\n{services}", encoding="utf-8")
    return file


if __name__ == "__main__":
    main()
