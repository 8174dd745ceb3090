"""Sending a piece at a time, so that nobody can say the pieces came together."""

import fcntl
import select
import struct
import sys
import termios


def send_and_wait(connection, piece):
    """Send a piece, print `delivered` once the other kernel has acknowledged it, and go on after a line of input."""
    connection.sendall(piece)
    broken = select.poll()
    broken.register(connection, 0)  # nothing but POLLERR and POLLHUP
    while unacknowledged(connection) and not broken.poll(5):
        pass
    print("delivered")
    sys.stdin.readline()


def unacknowledged(connection):
    """How many bytes were sent that the other end has not acknowledged: SIOCOUTQ of tcp(7)."""
    (count,) = struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))
    return count
