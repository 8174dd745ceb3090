"""The tap's conversation, as a process whose switch and recorders are stand-ins; its parts have tests of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TAP = Path(__file__).parents[3] / "images" / "tap"
STAND_INS = """\
import subprocess, sys
sys.path.insert(0, sys.argv[1])
import tap

class Recorder:
    def __init__(self, network):
        self.network = network
        self.log("open")
    def log(self, what):
        print(what, self.network, file=sys.stderr, flush=True)
    def wait_until_ready(self):
        if self.network == "broken":
            raise tap.recorder.CaptureFailed("tcpdump ended: no such device")
        self.log("ready")
    def marker(self, label):
        return f"marker {label} {self.network}".encode()
    def send(self, marker):
        self.log("send " + marker.decode())
    def wait_for(self, marker):
        self.log("seen " + marker.decode())
    def finish(self):
        self.log("finish")
        return {"captured": 1, "received": 1, "dropped": 0}
    def abandon(self):
        self.log("abandon")

def make(networks):
    if "denied" in networks:
        raise subprocess.CalledProcessError(1, "ip", stderr="RTNETLINK answers: Operation not permitted\\n")
    print("make", networks, file=sys.stderr, flush=True)

def plug(pid, interfaces):
    raise ProcessLookupError(3, "No such process")

tap.recorder.Recorder, tap.switch.make, tap.switch.plug = Recorder, make, plug
tap.main()
"""


def talk(*requests: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    """What the tap answered, and what it did, until the lab went away."""
    lines = "".join(json.dumps({"id": n} | request) + "\n" for n, request in enumerate(requests, 1))
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", STAND_INS, str(TAP)],
        input=lines,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == 0, done.stderr
    first, *answers = map(json.loads, done.stdout.splitlines())
    assert first["event"] == "up"
    assert [answer["id"] for answer in answers] == list(range(1, len(requests) + 1))
    return answers, done.stderr.splitlines()


def test_networks_are_made() -> None:
    answers, did = talk({"do": "networks", "networks": {"lan": {"mtu": 1500}}})
    assert answers == [{"id": 1, "ok": {}}]
    assert did == ["make {'lan': {'mtu': 1500}}"]


def test_every_network_is_captured_marked_and_finished() -> None:
    answers, did = talk(
        {"do": "record", "networks": ["lan", "wan"]}, {"do": "mark", "label": "start"}, {"do": "finish"}
    )
    assert answers[1]["ok"]["markers"] == {"lan": "marker start lan", "wan": "marker start wan"}
    assert answers[2]["ok"]["markers"] == {"lan": "marker end lan", "wan": "marker end wan"}
    assert answers[2]["ok"]["networks"]["wan"] == {"captured": 1, "received": 1, "dropped": 0}
    assert answers[1]["ok"]["time"] < answers[2]["ok"]["time"]
    assert did.index("seen marker end wan wan") < did.index("finish lan")
    assert did[:4] == ["open lan", "open wan", "ready lan", "ready wan"]


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"do": "networks", "networks": {"denied": {}}}, "RTNETLINK answers: Operation not permitted"),
        ({"do": "plug", "pid": 1, "interfaces": []}, "[Errno 3] No such process"),
        ({"do": "record", "networks": ["broken"]}, "tcpdump ended: no such device"),
    ],
)
def test_what_fails_is_told_and_the_tap_goes_on(request_: dict[str, Any], error: str) -> None:
    answers, _ = talk(request_, {"do": "networks", "networks": {}})
    assert answers == [{"id": 1, "error": error}, {"id": 2, "ok": {}}]


def test_when_the_lab_goes_away_the_captures_are_ended() -> None:
    _, did = talk({"do": "record", "networks": ["lan"]})
    assert did[-1] == "abandon lan"
