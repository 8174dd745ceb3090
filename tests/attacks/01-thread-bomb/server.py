"""A thread for every client it hopes for, 400 of them: an honest mistake."""

import threading
import time

made = 0
for _ in range(400):
    try:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        made += 1
    except RuntimeError:
        time.sleep(0.001)
if made == 400:
    print("ESCAPED 400 threads at once")
