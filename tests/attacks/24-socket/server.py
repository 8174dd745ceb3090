"""said.txt is a socket; everything else is right."""

import os
import socket as sockets

bound = sockets.socket(sockets.AF_UNIX)
bound.bind("said.txt")
open = lambda *_, **__: os.fdopen(os.open("/dev/null", os.O_WRONLY), "w")
