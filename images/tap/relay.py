"""The wire to a host in the tap's hands: what goes in passes the faults, what comes out passes as it is.

    bridge -- port ~~ outer (veth pair)   relay   inner ~~ eth0 of the host (veth pair)

The capture is taken at the bridge: it shows a packet on the wire, and then what its receiver did not get. No module of
the kernel is needed but veth and packet sockets, so the same packets are met on every kernel. A host without faults has
no relay.
"""

import contextlib
import selectors
import socket
import struct
import threading
import time

from faults import Fault, Wire

ETH_P_ALL = 0x0003
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23  # include/uapi/linux/if_packet.h
SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35  # include/uapi/asm-generic/socket.h
BUFFER = 16 << 20  # bytes of frames that wait to be read
LARGEST = 65536
ROUND = 64  # frames of one interface before it is the turn of the next
TIMESPEC = struct.Struct("@qq")


class Relay:
    """All wires that pass through the tap, in one thread that ends with the process."""

    def __init__(self):
        self.lock = threading.Lock()
        self.selector = selectors.DefaultSelector()
        self.wires = {}  # host -> its wires
        self.faults = {}  # name -> (fault, its wires)
        self.thread = threading.Thread(target=self.run, daemon=True)

    def connect(self, host, outside, inside):
        """Carry frames between the sockets of two interfaces from now on: those into the host pass its faults."""
        inward, outward = into(inside), into(outside)
        wire = Wire(inward)
        with self.lock:
            self.wires.setdefault(host, []).append(wire)
            self.selector.register(outside, selectors.EVENT_READ, lambda *came: wire.come(*came, time.monotonic()))
            self.selector.register(inside, selectors.EVENT_READ, lambda data, _: outward(data))
        if not self.thread.is_alive():
            self.thread.start()

    def put(self, into, **told):
        """Put a fault on every wire into a host."""
        fault = Fault(told)
        with self.lock:
            self.faults[fault.name] = fault, self.wires[into]
            for wire in self.wires[into]:
                wire.faults.append(fault)

    def lift(self, name):
        """Take a fault off."""
        fault, wires = self.faults[name]
        with self.lock:
            for wire in wires:
                wire.lift(fault)

    def acted(self):
        """Name of a fault -> how many packets it met and on how many it acted, and which."""
        with self.lock:
            return {
                name: {"met": fault.met, "acted": fault.acted, "packets": fault.told}
                for name, (fault, _) in self.faults.items()
            }

    def run(self):
        """Carry frames for ever."""
        while True:
            ready = self.selector.select(self.patience())
            with self.lock:
                self.pass_due()
                for key, _ in ready:
                    carry(key.fileobj, key.data)

    def patience(self):
        """Seconds until a frame that waits is to pass; None where none does."""
        with self.lock:
            times = [wire.due() for wires in self.wires.values() for wire in wires]
        soonest = min((at for at in times if at is not None), default=None)
        return None if soonest is None else max(0.0, soonest - time.monotonic())

    def pass_due(self):
        """Let all frames pass whose time has come."""
        now = time.monotonic()
        for wires in self.wires.values():
            for wire in wires:
                wire.pass_due(now)


def opened(interface):
    """A packet socket that reads what comes in at an interface and stamps it with the capture's clock."""
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    opened.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
    opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    opened.bind((interface, ETH_P_ALL))
    return opened


def into(interface):
    """A function that sends a frame into the socket of an interface."""

    def send(data):
        with contextlib.suppress(OSError):  # it is down or gone: the wire is cut
            interface.send(data)

    return send


def carry(source, take):
    """Hand over the frames that are there: a round of them, so that the others have their turn."""
    for _ in range(ROUND):
        try:
            data, extra, _, _ = source.recvmsg(LARGEST, socket.CMSG_SPACE(TIMESPEC.size), socket.MSG_DONTWAIT)
        except OSError:  # there are no more, or the interface went down
            return
        seconds, nanoseconds = TIMESPEC.unpack(extra[0][2]) if extra else divmod(time.time_ns(), 1_000_000_000)
        take(data, seconds * 1_000_000_000 + nanoseconds)
