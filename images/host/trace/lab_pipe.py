"""The way out of a traced Python program: a line of JSON for the beginning of a call, and one for its end."""

import _thread
import errno
import itertools
import os
import sys
import time
from _json import encode_basestring_ascii as quoted

LIBRARY = os.path.dirname(os.__file__) + "/"
PASSED_OVER = (LIBRARY, os.path.dirname(__file__) + "/lab_", "<frozen ")  # files of which no line is told
SHOWN = 200  # characters of arguments: a line has to fit into a write that is not interleaved with others, pipe(7)
WRITE = os.write  # that of the module is changed
NUMBERS = itertools.count(1)
HERE = os.getcwd() + "/"
PLACES = {}  # what `where` has told, by file, function and line


class Pipe:
    """Where the lines go, as long as the descriptor is the one that was given: a program may close or reuse any."""

    def __init__(self, told):
        self.descriptor, self.inode = map(int, told.split(":"))
        if not self.there():
            self.take_from_parent()

    def there(self):
        """Whether the descriptor is still the pipe."""
        try:
            return os.fstat(self.descriptor).st_ino == self.inode
        except OSError:
            return False

    def take_from_parent(self):
        """Open the pipe again where subprocess has closed it on the way; the parent may have it no more either."""
        try:
            opened = os.open(f"/proc/{os.getppid()}/fd/{self.descriptor}", os.O_WRONLY | os.O_CLOEXEC)
            os.dup2(opened, self.descriptor)
            os.close(opened)
        except OSError:
            pass

    def begun(self, name, arguments, ends):
        """Tell of a call that begins; its number, None where the pipe is gone.

        `ends` is what is known of its socket, as fields in JSON.
        """
        call = next(NUMBERS)
        if not self.there():
            return None
        self.tell(
            f'{{"process":{os.getpid()},"call":{call},"thread":{_thread.get_native_id()},"name":"{name}",'
            f'"arguments":{quoted(arguments[:SHOWN])},{where()}{ends}"started":{time.time_ns()}}}\n'
        )
        return call

    def over(self, call, fields):
        """Tell of the end of a call, and what came of it, as fields in JSON."""
        if call is not None:
            self.tell(f'{{"process":{os.getpid()},"call":{call},{fields}"ended":{time.time_ns()}}}\n')

    def tell(self, line):
        """Write a line, whole."""
        try:
            WRITE(self.descriptor, line.encode())
        except OSError:  # closed since it was looked at; nothing of that is the program's
            pass


def said(**fields):
    """Fields in JSON, a comma behind each; texts and numbers, and addresses as (text, port)."""
    return "".join([f'"{name}":{encoded(value)},' for name, value in fields.items() if value is not None])


def encoded(value):
    """A value in JSON."""
    if isinstance(value, int):
        return int.__repr__(value)
    return quoted(value) if isinstance(value, str) else f"[{quoted(value[0])},{value[1]}]"


def where():
    """File, line and function of the innermost frame of the program's own, as fields in JSON."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(PASSED_OVER):
        frame = frame.f_back
    if frame is None:
        return ""
    file, function, line = key = frame.f_code.co_filename, frame.f_code.co_name, frame.f_lineno
    if key not in PLACES:
        name = None if function == "<module>" else function[:SHOWN]
        PLACES[key] = said(file=file.removeprefix(HERE)[-SHOWN:], line=line, function=name)
    return PLACES[key]


def outcome(failure, name=""):
    """What the kernel said to a call that raised: the errno's name, or what kept Python from making it."""
    if isinstance(failure, KeyboardInterrupt):
        return "EINTR"
    number = getattr(failure, "errno", None)
    if number is None and isinstance(failure, TimeoutError):  # Python sets the socket to non-blocking, and waits itself
        return "EINPROGRESS" if name == "connect" else "EAGAIN"
    return errno.errorcode.get(number, type(failure).__name__)
