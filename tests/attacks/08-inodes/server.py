"""Empty files and folders, 20000 at most, in the working folder and in /tmp; then it serves."""

import os

made = 0
for folder in (".", "/tmp"):
    try:
        for number in range(10000):
            os.close(os.open(f"{folder}/{number}", os.O_CREAT | os.O_WRONLY))
            made += 1
    except OSError as error:
        print(folder, "took", made, "files:", error.strerror)
if made >= 20000:
    print("ESCAPED 20000 files")
