"""The user that programs run as, and how PID 1 does something as that user."""

import contextlib
import os

USER, GROUP = 1000, 1000
HOME = "/home/student"


@contextlib.contextmanager
def acting():
    """With the student's effective user and group: it may do what the student may, no more."""
    os.setegid(GROUP)
    os.seteuid(USER)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def put(path, content):
    """Put a file into the working folder."""
    target = os.path.join(HOME, path)
    with acting():
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o755)  # any of them may be the command itself
