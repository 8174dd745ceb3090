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
        self.file = network + ".pcap"
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
    def wait_for(self, marker, again=None):
        self.log("seen " + marker.decode() + (" or sent again" if again else ""))
    def finish(self):
        self.log("finish")
        return {"captured": 1, "received": 1, "dropped": 0}
    def abandon(self):
        self.log("abandon")

def make(networks):
    if "denied" in networks:
        raise subprocess.CalledProcessError(1, "ip", stderr="RTNETLINK answers: Operation not permitted\\n")
    print("make", networks, file=sys.stderr, flush=True)

def plug(pid, interfaces, *, relayed):
    if pid == 1:
        raise ProcessLookupError(3, "No such process")
    return ["p7.0"]

def bring_up(pid, interfaces):
    print("up", pid, file=sys.stderr, flush=True)

class Follower:
    def __init__(self, files, tell):
        self.tell = tell
        print("follow", files, file=sys.stderr, flush=True)
    def look(self, *, last):
        self.tell({"event": "frames"})

class Caps:
    def put(self, ports, size, packets):
        print("cap", ports, size, packets, file=sys.stderr, flush=True)

tap.recorder.Recorder, tap.switch.make, tap.switch.plug, tap.switch.bring_up = Recorder, make, plug, bring_up
tap.follower.Follower = Follower
tap.cap.Caps, tap.traffic.Meter.run = Caps, lambda meter: None
tap.traffic.read, tap.traffic.take_down = lambda: {"p7.0": (0, 2001)}, lambda port: None
tap.main()
"""


def talk(*requests: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    """What the tap answered, and what it did, until the lab went away."""
    said, did = heard(*requests)
    assert [message["id"] for message in said] == list(range(1, len(requests) + 1))
    return said, did


def heard(*requests: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    """All that the tap said after it was up, by itself too, and what it did."""
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
    first, *said = map(json.loads, done.stdout.splitlines())
    assert first["event"] == "up"
    return said, done.stderr.splitlines()


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
    again = [line for line in did if "or sent again" in line]
    assert again == [f"seen marker start {name} or sent again {name}" for name in ("lan", "wan")]
    assert did.index("seen marker end wan wan") < did.index("finish lan")
    assert did[:4] == ["open lan", "open wan", "ready lan", "ready wan"]


def test_captures_are_followed_once_and_told_of_to_their_end() -> None:
    follow = {"do": "follow"}
    said, did = heard({"do": "record", "networks": ["lan"]}, follow, follow, {"do": "finish"})
    assert [message.get("id", message.get("event")) for message in said] == [1, 2, 3, "frames", 4]
    assert did.count("follow {'lan': 'lan.pcap'}") == 1


def test_a_host_is_capped_before_it_is_up() -> None:
    answers, did = talk({"do": "plug", "host": "a", "pid": 7, "interfaces": [], "traffic": 2})
    assert answers == [{"id": 1, "ok": {}}]
    assert did == ["cap ['p7.0'] 2097152 2000", "up 7"]


def test_who_sent_too_much_is_told_of_before_the_lab_goes_on() -> None:
    plug = {"do": "plug", "host": "a", "pid": 7, "interfaces": [], "traffic": 2}
    said, _ = heard(plug, {"do": "limits"}, {"do": "limits"})
    assert [message.get("id", message.get("host")) for message in said] == [1, "a", 2, 3]
    assert (said[1]["event"], said[1]["what"]) == ("limit", "traffic")


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"do": "networks", "networks": {"denied": {}}}, "RTNETLINK answers: Operation not permitted"),
        ({"do": "plug", "host": "a", "pid": 1, "interfaces": [], "traffic": 1}, "[Errno 3] No such process"),
        ({"do": "record", "networks": ["broken"]}, "tcpdump ended: no such device"),
    ],
)
def test_what_fails_is_told_and_the_tap_goes_on(request_: dict[str, Any], error: str) -> None:
    answers, _ = talk(request_, {"do": "networks", "networks": {}})
    assert answers == [{"id": 1, "error": error}, {"id": 2, "ok": {}}]


def test_when_the_lab_goes_away_the_captures_are_ended() -> None:
    _, did = talk({"do": "record", "networks": ["lan"]})
    assert did[-1] == "abandon lan"
