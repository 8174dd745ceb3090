"""What PID 1 waits for: descriptors, each with what is to be done when it can be read or written."""

import math
import os
import select
import time

PAUSE = 0.01  # seconds between two readings of a program that prints without end: each piece is an event


class Descriptors:
    """The descriptors of a loop. One that rests is not listened to for a while; its end is noticed all the same."""

    def __init__(self):
        self.poll = select.poll()
        self.readers = {}
        self.writers = {}
        self.resting = {}

    def handle(self, patience):
        """Do what is to be done for those that are ready, within so many seconds."""
        patience = min(patience, PAUSE) if self.resting else patience
        for descriptor, events in self.poll.poll(None if patience == math.inf else patience * 1000):
            if descriptor in self.writers and events & (select.POLLOUT | select.POLLERR):
                self.writers[descriptor]()
            elif descriptor in self.readers:
                self.readers[descriptor]()
        self.listen_again()

    def watch_descriptor(self, descriptor, ready):
        """Call `ready` when there is something to read."""
        self.readers[descriptor] = ready
        self.look_at(descriptor)

    def watch_room(self, descriptor, ready):
        """Call `ready` when there is room to write, until `enough`."""
        if descriptor not in self.writers:
            self.writers[descriptor] = ready
            self.look_at(descriptor)

    def enough(self, descriptor):
        """Nothing more is to be written just now."""
        if self.writers.pop(descriptor, None) is not None:
            self.look_at(descriptor)

    def look_away(self, descriptor):
        """Look at a descriptor no more."""
        if descriptor in self.readers or descriptor in self.writers:
            self.poll.unregister(descriptor)
        self.readers.pop(descriptor, None)
        self.writers.pop(descriptor, None)
        self.resting.pop(descriptor, None)

    def forget(self, descriptor):
        """Close a descriptor and look at it no more."""
        self.look_away(descriptor)
        os.close(descriptor)

    def look_at(self, descriptor):
        """Have the kernel tell of what is to be done for a descriptor, and of its end."""
        reads = descriptor in self.readers and descriptor not in self.resting
        if descriptor in self.readers or descriptor in self.writers:
            wanted = (select.POLLIN if reads else 0) | (select.POLLOUT if descriptor in self.writers else 0)
            self.poll.register(descriptor, wanted)
        else:
            self.poll.unregister(descriptor)

    def rest(self, descriptor):
        """Look at a descriptor again after `PAUSE`; or when its other end is gone."""
        self.resting[descriptor] = time.monotonic() + PAUSE
        self.look_at(descriptor)

    def listen_again(self):
        """Look at the descriptors again that have rested."""
        for descriptor, until in list(self.resting.items()):
            if time.monotonic() >= until:
                del self.resting[descriptor]
                self.look_at(descriptor)
