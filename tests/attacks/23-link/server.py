"""said.txt is a link to a file that only root may read; everything else is right."""

import os

os.symlink("/etc/shadow", "said.txt")
open = lambda *_, **__: os.fdopen(os.open("/dev/null", os.O_WRONLY), "w")
