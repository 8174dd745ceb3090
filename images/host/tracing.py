"""How a program is traced: what it is started with, so that its calls on sockets come down a pipe.

A Python program is started as it would be; PYTHONPATH lets its interpreter import trace/sitecustomize.py. Others
are started by strace(1), which makes itself a grandchild and a session of its own: the program stays the child that
is signalled and waited for.
"""

import errno
import fcntl
import os
from contextlib import suppress

import student

HOLDS = 1 << 20  # bytes: fs.pipe-max-size as Linux sets it
PYTHON, STRACE = "python", "strace"
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "trace")
CALLS = (
    "%network,close,read,write,readv,writev,sendfile,sendfile64,"
    "clone,clone3,fork,vfork,poll,ppoll,select,pselect6,epoll_wait,epoll_pwait,epoll_pwait2"
)
COMMAND = (
    "strace",
    "--follow-forks",
    "-DDD",
    "--quiet=all",
    "-yy",
    "--absolute-timestamps=format:unix,precision:ns",
    "--syscall-times=ns",
    "--string-limit=0",
    "--signal=none",
    "--trace=" + ",".join(f"?{name}" for name in CALLS.split(",")),  # ?: not every machine has each of them
)


def pipe():
    """A pipe that belongs to the student: strace, and a Python whose parent closed it, open its end by name.

    It holds what thousands of calls tell, so that a program does not wait while nobody reads.
    """
    with student.acting():
        come, tell = os.pipe2(os.O_CLOEXEC)
    with suppress(OSError):  # those of one user may together hold no more, pipe(7); it then holds 64 KiB
        fcntl.fcntl(tell, fcntl.F_SETPIPE_SZ, HOLDS)
    return come, tell


def prepared(how, tell, run, env, most):
    """In the child: the command and the environment of a program that tells of its calls through `tell`.

    Its descriptor is the highest that there may be, so that those of the program have the numbers that they would
    have. Raises `OSError` where strace would not find the command.
    """
    number = most["open_files"] - 1
    os.dup2(tell, number)
    if how == PYTHON:
        folders = [FOLDER, *filter(None, [env.get("PYTHONPATH")])]
        told = f"{number}:{os.fstat(number).st_ino}"
        return run, env | {"PYTHONPATH": os.pathsep.join(folders), "LAB_TRACE": told}
    findable(run[0], env)
    return [*COMMAND, f"--output=/proc/self/fd/{number}", "--", *run], env


def findable(command, env):
    """Raise the error with which execvp(3) would fail to find a command."""
    folders = [""] if "/" in command else env["PATH"].split(os.pathsep)
    found = [path for path in (os.path.join(folder, command) for folder in folders) if os.path.exists(path)]
    if not found:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    if not any(os.path.isfile(path) and os.access(path, os.X_OK) for path in found):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
