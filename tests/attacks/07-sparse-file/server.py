"""said.txt of a tebibyte, with nothing in it."""

import os

file = os.open("said.txt", os.O_CREAT | os.O_RDWR)
for size in (1 << 40, 1 << 33, 1 << 30):
    try:
        os.ftruncate(file, size)
    except OSError as error:
        print("no", size, "bytes:", error.strerror)
    else:
        print("ESCAPED a file of", size, "bytes")
        break
