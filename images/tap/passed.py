"""Packets that somebody waits for: counted in the capture from its beginning, until so many have passed."""

import contextlib
import threading
import time

from follower import CHUNK, FILE_HEADER, RECORD, whole_records
from frames import Choice, Frame

POLL = 0.005  # seconds between two looks at the files


class Watch:
    """Counts the packets of a choice in the capture `files`; `reached(count)` is called once there are enough."""

    def __init__(self, files, choice, count, reached):
        self.files = files
        self.choice, self.wanted, self.reached = Choice(**choice), count, reached
        self.found = 0
        self.over = threading.Event()

    def start(self):
        """Look again and again, in a thread of its own."""
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        """Look until there are enough, or nobody wants to know any more."""
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(opened(path)) for path in self.files]
            while not self.over.is_set():
                self.found += sum(1 for file in files for _ in those_of(self.choice, file))
                if self.found >= self.wanted:
                    self.reached(self.found)
                    return
                time.sleep(POLL)

    def stop(self):
        """Nobody waits any more; how many there were."""
        self.over.set()
        return self.found


def latest(files, choice):
    """The latest packet of a choice in the capture `files`; None where there is none."""
    found, chosen = None, Choice(**choice)
    for path in files:
        with opened(path) as file:
            for at, frame in those_of(chosen, file):
                if found is None or at >= found[0]:
                    found = at, frame
    return None if found is None else found[1]


def opened(path):
    """A file of a capture, at its first frame."""
    file = open(path, "rb")  # noqa: SIM115 - the caller's
    file.seek(FILE_HEADER)
    return file


def those_of(choice, file):
    """The frames of a choice from where a file is read to its last whole record, each with its time, in order."""
    place = file.tell()
    while data := file.read(CHUNK):
        end = 0
        for start, end in whole_records(data):
            frame = Frame(data[start + RECORD.size : end])
            if choice.fits(frame):
                yield RECORD.unpack_from(data, start)[:2], frame
        place += end
        file.seek(place)
        if not end:
            return
