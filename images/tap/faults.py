"""Faults on the wire into one host: which packets they meet, and what becomes of those.

A fault acts on the packets that it was told to choose, on no others, so that a run is the same every time. The order
of packets is kept but for those that a fault delays, holds back or takes away.
"""

import hashlib
import heapq
import random

from frames import Choice, Frame

MOST_TOLD = 10_000  # packets that are told of one fault
HELD = 4096  # frames that wait for their time at once; what comes then is lost, as in any queue that is full


class Fault:
    """One fault, as `told` by the lab.

    That is its name and what it does, the choice of packets, how many of them it spares first and on how many it acts
    (None: until it is lifted), and what one of its kind needs to know.
    """

    def __init__(self, told):
        self.name, self.what = told["name"], told["what"]
        self.choice = Choice(**told["choice"])
        self.skip, self.count = told["skip"], told["count"]
        self.seconds, self.rate, self.share = told["seconds"], told["rate"], told["share"]
        self.random = random.Random(told["seed"])  # noqa: S311 - the same packets in every run of a seed
        self.active = True
        self.met, self.acted, self.told = 0, 0, []
        self.held = None  # (frame, when it came, its wire) of the first of two that are swapped
        self.free = 0.0  # when what a rate let pass has gone

    def takes(self, frame):
        """Whether it acts on this frame, which is counted."""
        if not self.active or not self.choice.fits(frame):
            return False
        self.met += 1
        if self.met <= self.skip or (self.count is not None and self.acted >= self.count):
            return False
        return self.what != "lose" or self.random.random() < self.share

    def tell(self, frame, when):
        """Note that it acted on a frame, and when it came: nanoseconds of the capture's clock."""
        self.acted += 1
        if len(self.told) < MOST_TOLD:
            self.told.append([when, hashlib.sha256(frame.data).hexdigest()])


class Wire:
    """What is in the way of the frames into one host. `send(data)` lets one pass.

    Of several faults the one that was put first acts on a packet that fits, and it alone.
    """

    def __init__(self, send):
        self.send = send
        self.faults = []
        self.waiting = []  # (monotonic time, number, frame)
        self.number = 0

    def come(self, data, when, now):
        """A frame came: `when` by the capture's clock, `now` by the monotonic one."""
        frame = Frame(data)
        for fault in self.faults:
            if fault.held is not None and fault.held[2] is self and fault.choice.fits(frame):
                self.swapped(fault, frame)
                return
            if fault.held is None and fault.takes(frame):
                if fault.what == "swap":
                    fault.held = frame, when, self
                else:
                    fault.tell(frame, when)
                    getattr(self, fault.what)(fault, frame, now)
                return
        self.send(data)

    def swapped(self, fault, frame):
        """The second of two arrives, then the first: only now has the fault acted."""
        fault.met += 1
        held, when, _ = fault.held
        fault.held = None
        fault.tell(held, when)
        self.send(frame.data)
        self.send(held.data)

    def drop(self, fault, frame, now):
        """It never arrives."""

    lose = drop

    def duplicate(self, fault, frame, now):
        """It arrives twice."""
        self.send(frame.data)
        self.send(frame.data)

    def delay(self, fault, frame, now):
        """It arrives later, others meanwhile."""
        self.wait(now + fault.seconds, frame.data)

    def rate(self, fault, frame, now):
        """It arrives when a wire of that many bytes a second would have carried it."""
        fault.free = max(now, fault.free) + len(frame.data) / fault.rate
        self.wait(fault.free, frame.data)

    def corrupt(self, fault, frame, now):
        """It arrives with one bit turned: of the last byte that it carries, or of its checksum if it carries none."""
        data = bytearray(frame.data)
        data[min(frame.end - 1 if frame.size else frame.checksum, len(data) - 1)] ^= 0x01
        self.send(bytes(data))

    def wait(self, until, data):
        """Let a frame pass at a time to come."""
        if len(self.waiting) < HELD:
            self.number += 1
            heapq.heappush(self.waiting, (until, self.number, data))

    def due(self):
        """When the next frame that waits is to pass; None where none does."""
        return self.waiting[0][0] if self.waiting else None

    def pass_due(self, now):
        """Let those pass whose time has come."""
        while self.waiting and self.waiting[0][0] <= now:
            self.send(heapq.heappop(self.waiting)[2])

    def lift(self, fault):
        """It acts on nothing any more; what it holds back passes now, what it delays in its time."""
        fault.active = False
        if fault.held is not None and fault.held[2] is self:
            frame, fault.held = fault.held[0], None
            self.send(frame.data)
