"""Capabilities that a program keeps when it becomes the student: capabilities(7).

They stay through its exec, and through those of what it starts, as ambient ones: no file needs to grant them, and
nothing can be gained besides.
"""

import ctypes
import os
import struct

NUMBERS = {"NET_RAW": 13}  # include/uapi/linux/capability.h
VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3: two words of 32 bits a set
PR_SET_KEEPCAPS = 8  # include/uapi/linux/prctl.h
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
libc = ctypes.CDLL(None, use_errno=True)


def sets(names):
    """The effective, permitted and inheritable set of a thread that has these capabilities: struct __user_cap_data."""
    mask = sum(1 << NUMBERS[name] for name in names)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    return struct.pack("=6I", low, low, low, high, high, high)


def keep_over_setuid():
    """In the child, as root: its permitted capabilities stay when it changes its user."""
    checked(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))


def keep_only(names):
    """In the child, as the student: have these of the capabilities that it kept, and no others, over the exec too."""
    header = struct.pack("=Ii", VERSION, 0)
    checked(libc.capset(header, sets(names)))
    for name in names:
        checked(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, NUMBERS[name], 0, 0))


def checked(result):
    """Raise the error of a call that failed."""
    if result:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
