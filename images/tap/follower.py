"""What comes into the captures, told to the lab as it comes, so that who watches a run sees its packets.

Only the files that tcpdump writes are read, from their beginning: nothing of it touches the network, nor the proof that
a capture is whole. What is told is bounded; what is beyond that is counted, and is in the capture all the same.
"""

import base64
import struct
import sys
import threading
import time

POLL = 0.02  # seconds between two looks at the files
BYTES, PACKETS = 2 << 20, 1000  # that are told of in a second: nobody reads more, and showing them takes time
SECOND = 1.0
FILE_HEADER = 24  # bytes before the first record of a pcap file
RECORD = struct.Struct("=IIII")  # of this machine: seconds, nanoseconds, bytes captured, bytes on the wire
CHUNK = 1 << 20


class Follower:
    """Tells `tell` of the frames in `files` (network -> path) as they come."""

    def __init__(self, files, tell):
        self.files = {network: open(path, "rb") for network, path in files.items()}  # noqa: SIM115 - as long as the tap
        self.places = dict.fromkeys(files, FILE_HEADER)
        self.tell = tell
        self.room, self.left, self.left_out = BYTES, PACKETS, 0
        self.began = time.monotonic()
        self.looking = threading.Lock()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        """Look for ever."""
        while True:
            self.look()
            time.sleep(POLL)

    def look(self, *, last=False):
        """Tell what has come since the last look; how much was left out before it, or at the `last` look too."""
        with self.looking:
            now = time.monotonic()
            if now - self.began >= SECOND:
                self.room, self.left, self.began = BYTES, PACKETS, now
            before = self.left_out
            found = {network: self.fresh(network) for network in self.files}
            if any(found.values()) or (last and self.left_out):
                told = {network: base64.b64encode(data).decode() for network, data in found.items() if data}
                left_out = self.left_out if last else before
                self.left_out -= left_out
                self.tell({"event": "frames", "order": sys.byteorder, "networks": told, "left_out": left_out})

    def fresh(self, network):
        """The records that came into a network's file, as far as there is room."""
        kept = bytearray()
        while True:
            self.files[network].seek(self.places[network])
            data = self.files[network].read(CHUNK)
            at = 0
            for start, end in whole_records(data):
                if end - start <= self.room and self.left >= 1:
                    kept += data[start:end]
                    self.room -= end - start
                    self.left -= 1
                else:
                    self.left_out += 1
                at = end
            if not at:
                return kept
            self.places[network] += at


def whole_records(data):
    """Where the records begin and end that are whole in `data`."""
    at = 0
    while at + RECORD.size <= len(data):
        end = at + RECORD.size + RECORD.unpack_from(data, at)[2]
        if end > len(data):
            return
        yield at, end
        at = end
