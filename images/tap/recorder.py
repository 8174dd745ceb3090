"""A capture of one network that can prove it is whole.

tcpdump writes every frame to its file at once; marker frames at both ends prove that the file
covers what lies between, and tcpdump's own counters that the kernel dropped nothing. A marker is
addressed to the bridge itself, so that it is seen by the capture and reaches no host.
"""

import os
import re
import signal
import socket
import subprocess
import time

ETHERTYPE = 0x88B5  # IEEE Std 802: local experimental
SNAPLEN = 65535
BUFFER_KIB = 65536
POLL = 0.001  # seconds between two looks at the file
DEADLINE = 10.0  # seconds for tcpdump to start, to write a marker, to end
COUNTER = re.compile(r"(\d+) packets? (captured|received by filter|dropped by kernel)")


class CaptureFailed(Exception):
    """tcpdump did not do its part; the text says which."""


class Recorder:
    """tcpdump on one bridge."""

    def __init__(self, network):
        self.network = network
        self.file = f"/capture/{network}.pcap"
        self.checked = 0
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((network, 0))
        command = ["tcpdump", "-i", network, "-n", "-Z", "root", "--immediate-mode", "-U"]
        command += ["-s", str(SNAPLEN), "-B", str(BUFFER_KIB), "--time-stamp-precision=nano", "-w", self.file]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def wait_until_ready(self):
        """tcpdump says `listening on` once the kernel hands it every frame."""
        said = []
        for line in self.process.stderr:
            if "listening on" in line:
                return
            said.append(line.strip())
        raise CaptureFailed("tcpdump ended: " + "; ".join(said))

    def send_marker(self, label):
        """Put a marker on the network; its text is `socket-lab <label> <network> <token that nobody can know>`."""
        address = self.socket.getsockname()[4]
        text = f"socket-lab {label} {self.network} {os.urandom(8).hex()}".encode()
        self.socket.send(address + address + ETHERTYPE.to_bytes(2, "big") + text.ljust(46, b"\0"))
        return text

    def wait_for_marker(self, marker):
        """Until the marker is in the file; what was searched before is not searched again."""
        deadline = time.monotonic() + DEADLINE
        with open(self.file, "rb") as file:
            while time.monotonic() < deadline:
                if self.search(file, marker):
                    return
                if self.process.poll() is not None:
                    raise CaptureFailed("tcpdump ended: " + self.process.stderr.read().strip())
                time.sleep(POLL)
        raise CaptureFailed(f"the marker of {self.network} did not come into the capture within {DEADLINE:.0f} s")

    def search(self, file, marker):
        """Whether the marker has come since the last look."""
        file.seek(self.checked)
        tail = b""
        while block := file.read(1 << 20):
            if marker in tail + block:
                return True
            tail = (tail + block)[-len(marker) :]
        self.checked = file.tell() - len(tail)
        return False

    def finish(self):
        """End tcpdump and tell its file and counters."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=DEADLINE)
        counters = {what: int(number) for number, what in COUNTER.findall(said)}
        if len(counters) != 3:
            raise CaptureFailed("tcpdump told no counters: " + said.strip())
        return {
            "file": self.file,
            "size": os.path.getsize(self.file),
            "captured": counters["captured"],
            "received": counters["received by filter"],
            "dropped": counters["dropped by kernel"],
        }

    def abandon(self):
        """End tcpdump, so that its file is complete for whoever takes it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=DEADLINE)
