"""said.txt is a folder that nobody may look into; everything else is right."""

import os

os.mkdir("said.txt", 0)
open = lambda *_, **__: os.fdopen(os.open("/dev/null", os.O_WRONLY), "w")
