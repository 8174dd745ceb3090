"""The tap of a run: it holds the run's networks in its own network namespace, and captures on them.

It talks JSON lines with the lab, one request at a time: `{"id": 3, "do": "plug", ...}` is answered
by `{"id": 3, "ok": {...}}` or `{"id": 3, "error": "..."}`. It shares the engine machine's pid
namespace to enter the hosts' network namespaces. When the lab goes away, stdin closes and the tap
ends its captures and itself; the networks go with its namespace, the captures stay in its
file system until the lab's next command takes them out.
"""

import json
import os
import subprocess
import sys
import time

import recorder
import switch


def main():
    """Answer requests until stdin closes."""
    tap = Tap()
    tell({"event": "up", "time": time.time_ns()})
    for line in sys.stdin.buffer:
        request = json.loads(line)
        number, do = request.pop("id"), request.pop("do")
        try:
            reply = getattr(tap, "do_" + do)(**request)
        except subprocess.CalledProcessError as error:
            tell({"id": number, "error": (error.stderr or str(error)).strip()})
        except (OSError, recorder.CaptureFailed) as error:
            tell({"id": number, "error": str(error)})
        else:
            tell({"id": number, "ok": reply})
    tap.end()


def tell(message):
    """Send one line to the lab."""
    os.write(1, json.dumps(message).encode() + b"\n")


class Tap:
    """What the lab may ask for."""

    def __init__(self):
        self.recorders = {}

    def do_networks(self, networks):
        """Make a switch a network: name -> {"mtu": bytes}."""
        switch.make(networks)
        return {}

    def do_plug(self, pid, interfaces):
        """Plug the host whose first process is `pid` into its networks."""
        switch.plug(pid, interfaces)
        return {}

    def do_record(self, networks):
        """Start to capture every network; the reply comes when the kernel hands over every frame."""
        self.recorders = {name: recorder.Recorder(name) for name in networks}
        for one in self.recorders.values():
            one.wait_until_ready()
        return {"time": time.time_ns()}

    def do_mark(self, label):
        """Put a marker frame on every network and wait until it is in the file."""
        return {"time": time.time_ns(), "markers": self.mark(label)}

    def do_finish(self):
        """Mark the end of every capture, end it, and tell its file and counters."""
        markers = self.mark("end")
        now = time.time_ns()
        return {"time": now, "markers": markers, "networks": {n: r.finish() for n, r in self.recorders.items()}}

    def mark(self, label):
        """Marker text of every network, once each is in its file."""
        markers = {name: one.marker(label) for name, one in self.recorders.items()}
        for name, one in self.recorders.items():
            one.send(markers[name])
        for name, one in self.recorders.items():
            one.wait_for(markers[name])
        return {name: marker.decode() for name, marker in markers.items()}

    def end(self):
        """The lab is gone: let the captures be complete files."""
        for one in self.recorders.values():
            one.abandon()
