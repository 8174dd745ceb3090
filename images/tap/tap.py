"""The tap of a run: it holds the run's networks in its own network namespace, and captures on them.

It talks JSON lines with the lab, one request at a time: `{"id": 3, "do": "plug", ...}` is answered
by `{"id": 3, "ok": {...}}` or `{"id": 3, "error": "..."}`. It shares the engine machine's pid
namespace to enter the hosts' network namespaces. When the lab goes away, stdin closes and the tap
ends its captures and itself; the networks go with its namespace, the captures stay in its
file system until the lab's next command takes them out.

By itself it tells when a host was cut off from the network: `{"event": "limit", "what": "traffic", "host": ...}`. Once
it was asked to follow it tells of the frames that come, of all of them before it replies that the capture is finished:
`{"event": "frames", "order": "little", "networks": {name: records of pcap in base64}, "left_out": 0}`.
"""

import base64
import json
import socket
import subprocess
import sys
import threading
import time

import cap
import follower
import passed
import recorder
import relay
import switch
import traffic

speaking = threading.Lock()


def main():
    """Answer requests until stdin closes."""
    tap = Tap()
    tell({"event": "up", "time": time.time_ns()})
    for line in sys.stdin.buffer:
        request = json.loads(line)
        number, do = request.pop("id"), request.pop("do")
        try:
            reply = tap.do_passed(number, **request) if do == "passed" else getattr(tap, "do_" + do)(**request)
        except subprocess.CalledProcessError as error:
            tell({"id": number, "error": (error.stderr or str(error)).strip()})
        except (OSError, recorder.CaptureFailed) as error:
            tell({"id": number, "error": str(error)})
        else:
            if reply is not None:
                tell({"id": number, "ok": reply})
    tap.end()


def tell(message):
    """Send one line to the lab, whole."""
    with speaking:
        sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
        sys.stdout.buffer.flush()


def tell_exceeded(host):
    """Tell that a host was cut off for what it sent."""
    tell({"event": "limit", "what": "traffic", "host": host, "time": time.time_ns()})


class Tap:
    """What the lab may ask for."""

    def __init__(self):
        self.recorders = {}
        self.follower = None
        self.meter = traffic.Meter(cap.Caps(), tell_exceeded)
        self.relay = relay.Relay()
        self.watches = {}  # number of its request -> Watch

    def do_networks(self, networks):
        """Make a switch a network: name -> {"mtu": bytes}."""
        switch.make(networks)
        return {}

    def do_plug(self, host, pid, interfaces, traffic, *, relayed=False):
        """Plug the host whose first process is `pid` into its networks; it may send `traffic` MiB.

        The wires of one that is `relayed` pass through the tap, where faults can be put on them.
        """
        ports = switch.plug(pid, interfaces, relayed=relayed)
        if relayed:
            for outer, inner in switch.relayed_through(ports):
                self.relay.connect(host, relay.opened(outer), relay.opened(inner))
        self.meter.add(host, ports, traffic)  # before it can send
        switch.bring_up(pid, interfaces)
        return {}

    def do_limits(self):
        """Tell of hosts that sent too much and that nothing was told of yet."""
        self.meter.look()
        return {}

    def do_fault(self, into, **told):
        """Put a fault on the wires into a host (`faults.Fault`)."""
        self.relay.put(into, **told)
        return {}

    def do_lift(self, name):
        """Take a fault off."""
        self.relay.lift(name)
        return {}

    def do_faults(self):
        """What every fault did so far."""
        return {"faults": self.relay.acted()}

    def do_passed(self, number, choice, count):
        """Reply when `count` packets of a choice have passed since the captures began (`frames.Choice`)."""

        def reached(found):
            tell({"id": number, "ok": {"found": found}})

        self.watches[number] = passed.Watch(self.files, choice, count, reached)
        self.watches[number].start()

    def do_unwatch(self, watch):
        """Stop waiting for packets; how many there were."""
        return {"found": self.watches.pop(watch).stop()}

    def do_latest(self, choice):
        """The latest packet of a choice that passed, if there is one."""
        found = passed.latest(self.files, choice)
        return {"frame": None if found is None else base64.b64encode(found.data).decode()}

    def do_inject(self, network, frames):
        """Send frames on a network, as if its switch had them from somewhere."""
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as opened:
            opened.bind((network, 0))
            for frame in frames:
                opened.send(base64.b64decode(frame))
        return {"time": time.time_ns()}

    @property
    def files(self):
        """The files of the captures."""
        return [one.file for one in self.recorders.values()]

    def do_record(self, networks):
        """Start to capture every network; the reply comes when the kernel hands over every frame."""
        self.recorders = {name: recorder.Recorder(name) for name in networks}
        for one in self.recorders.values():
            one.wait_until_ready()
        return {"time": time.time_ns()}

    def do_mark(self, label):
        """Put a marker frame on every network and wait until it is in the file."""
        return {"time": time.time_ns(), "markers": self.mark(label, again=recorder.AGAIN)}

    def do_follow(self):
        """Tell of every frame from the beginning of the captures on, as they come."""
        if self.follower is None:
            self.follower = follower.Follower({name: one.file for name, one in self.recorders.items()}, tell)
        return {}

    def do_finish(self):
        """Mark the end of every capture, end it, and tell its file and counters."""
        markers = self.mark("end")
        if self.follower is not None:
            self.follower.look(last=True)
        now = time.time_ns()
        return {"time": now, "markers": markers, "networks": {n: r.finish() for n, r in self.recorders.items()}}

    def mark(self, label, **sending):
        """Marker text of every network, once each is in its file (`Recorder.wait_for`)."""
        markers = {name: one.marker(label) for name, one in self.recorders.items()}
        for name, one in self.recorders.items():
            one.send(markers[name])
        for name, one in self.recorders.items():
            one.wait_for(markers[name], **sending)
        return {name: marker.decode() for name, marker in markers.items()}

    def end(self):
        """The lab is gone: let the captures be complete files."""
        for one in self.recorders.values():
            one.abandon()
