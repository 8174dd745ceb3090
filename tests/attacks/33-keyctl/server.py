"""The keyring, which containers share by user; and calls of the kernel that programs of an exercise never need."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
ARM = os.uname().machine == "aarch64"
CALLS = {
    "add_key": (217 if ARM else 248, (b"user", b"lab-attack-33", b"secret", 6, -4)),
    "request_key": (218 if ARM else 249, (b"user", b"lab-attack-33", None, -4)),
    "keyctl": (219 if ARM else 250, (0, -4, 1)),
    "bpf": (280 if ARM else 321, (0, ctypes.create_string_buffer(72), 72)),
    "perf_event_open": (241 if ARM else 298, (ctypes.create_string_buffer(b"\1\0\0\0\x70", 112), 0, -1, -1, 0)),
    "userfaultfd": (282 if ARM else 323, (1,)),
    "kexec_load": (104 if ARM else 246, (0, 0, None, 0)),
    "init_module": (105 if ARM else 175, (b"x", 1, b"")),
    "name_to_handle_at": (264 if ARM else 303, (-100, b"/", ctypes.create_string_buffer(b"\x80", 160), ctypes.create_string_buffer(8), 0)),
    "settimeofday": (170 if ARM else 164, (ctypes.create_string_buffer(16), None)),
    "swapon": (224 if ARM else 167, (b"server.py", 0)),
    "acct": (89 if ARM else 163, (b"server.py",)),
}
for name, (number, arguments) in CALLS.items():
    if libc.syscall(number, *arguments) >= 0:
        print("ESCAPED", name)
for path in ("/proc/keys",):
    try:
        with open(path, "rb") as file:
            if file.read(1):
                print("ESCAPED read", path)
    except OSError:
        continue
