"""said.txt is a link whose path means something on the host; everything else is right."""

import os

os.symlink("/tmp/lab-attack-23", "said.txt")
open = lambda *_, **__: os.fdopen(os.open("/dev/null", os.O_WRONLY), "w")
