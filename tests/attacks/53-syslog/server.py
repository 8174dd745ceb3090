"""20000 lines for whatever log there is: of this host, of the kernel, of the machine; then it serves."""

import ctypes
import os
import socket as sockets
import syslog

until = 20000
syslog.openlog("lab-attack-53")
for number in range(2000):
    syslog.syslog("lab-attack-53 %d" % number)
for path in ("/dev/kmsg", "/dev/log", "/run/systemd/journal/socket", "/var/log/syslog", "/var/log/attack"):
    try:
        descriptor = os.open(path, os.O_WRONLY | (os.O_CREAT if path.endswith("attack") else 0))
    except OSError:
        continue
    print("ESCAPED writes to", path)
    for _ in range(10):
        os.write(descriptor, b"lab-attack-53\n")
for family, name in ((sockets.AF_UNIX, "/dev/log"), (sockets.AF_INET, ("172.17.0.1", 514)), (sockets.AF_INET, ("127.0.0.1", 514))):
    with sockets.socket(family, sockets.SOCK_DGRAM) as log:
        for _ in range(200):
            try:
                log.sendto(b"<0>lab-attack-53", name)
            except OSError:
                break
libc = ctypes.CDLL(None, use_errno=True)
text = ctypes.create_string_buffer(4096)
if libc.klogctl(3, text, 4096) > 0:
    print("ESCAPED reads the kernel's log")
