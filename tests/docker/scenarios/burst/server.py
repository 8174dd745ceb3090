"""Bind and never read: the kernel throws away what does not fit."""

import signal
import socket
import sys

receiving = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiving.bind(("", int(sys.argv[1])))
signal.pause()
