"""said.txt is a FIFO that nobody writes to; everything else is right."""

import os

os.mkfifo("said.txt")
open = lambda *_, **__: os.fdopen(os.open("/dev/null", os.O_WRONLY), "w")
