"""A capture of one network that can prove it is whole.

tcpdump writes every frame to its file at once; marker frames at both ends prove that the file
covers what lies between, and tcpdump's own counters that the kernel dropped nothing. A marker is
addressed to the bridge itself, so that it is seen by the capture and reaches no host.
"""

import math
import os
import re
import signal
import socket
import subprocess
import time

ETHERTYPE = 0x88B5  # IEEE Std 802: local experimental
LINK = 14 + 4  # bytes of a frame besides its packet: the Ethernet header, a VLAN tag
BUFFER_KIB = 65536  # the ring has a slot of snap length for every frame: 38,000 of them at 1500 bytes, 1,000 at 65535
POLL = 0.001  # seconds between two looks at the file
AGAIN = 0.1  # seconds after which the first marker is sent again: a bridge that is coming up drops frames
DEADLINE = 10.0  # seconds for tcpdump to start, to write a marker, to end
COUNTER = re.compile(r"(\d+) packets? (captured|received by filter|dropped by kernel)")


class CaptureFailed(Exception):
    """tcpdump did not do its part; the text says which."""


class Recorder:
    """A tcpdump on one bridge."""

    def __init__(self, network):
        self.network = network
        self.file = f"/capture/{network}.pcap"
        self.checked = 0
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((network, 0))
        with open(f"/sys/class/net/{network}/mtu", encoding="ascii") as file:
            mtu = int(file.read())
        command = ["tcpdump", "-i", network, "-n", "-Z", "root", "--immediate-mode", "-U"]
        command += ["-s", str(mtu + LINK), "-B", str(BUFFER_KIB), "--time-stamp-precision=nano", "-w", self.file]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def wait_until_ready(self):
        """Wait until tcpdump says `listening on`: the kernel hands it every frame from then on."""
        said = []
        for line in self.process.stderr:
            if "listening on" in line:
                return
            said.append(line.strip())
        raise CaptureFailed("tcpdump ended: " + "; ".join(said))

    def marker(self, label):
        """A new marker: `socket-lab <label> <network> <token that nobody can know>`."""
        return f"socket-lab {label} {self.network} {os.urandom(8).hex()}".encode()

    def send(self, marker):
        """Put a marker on the network."""
        address = self.socket.getsockname()[4]
        self.socket.send(address + address + ETHERTYPE.to_bytes(2, "big") + marker.ljust(46, b"\0"))

    def wait_for(self, marker, again=math.inf):
        """Until a marker that was sent is in the file; what was searched before is not searched again.

        It is sent again every `again` seconds: not at the end, where a second one might come when tcpdump is told to
        end, and be received but not captured.
        """
        now = time.monotonic()
        deadline, resend = now + DEADLINE, now + again
        with open(self.file, "rb") as file:
            while now < deadline:
                if self.search(file, marker):
                    return
                if self.process.poll() is not None:
                    raise CaptureFailed("tcpdump ended: " + self.process.stderr.read().strip())
                time.sleep(POLL)
                now = time.monotonic()
                if now >= resend:
                    self.send(marker)
                    resend = now + again
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
        try:
            _, said = self.process.communicate(timeout=DEADLINE)
        except subprocess.TimeoutExpired as error:
            raise CaptureFailed(f"tcpdump did not end within {DEADLINE:.0f} s") from error
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
