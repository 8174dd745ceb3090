"""said.txt is a device, or else a link to one that never ends; everything else is right."""

import os
import stat

try:
    os.mknod("said.txt", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    print("ESCAPED made a device")
except OSError:
    os.symlink("/dev/zero", "said.txt")
open = lambda *_, **__: os.fdopen(os.open("/dev/null", os.O_WRONLY), "w")
