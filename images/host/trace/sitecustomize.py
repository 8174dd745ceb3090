"""Writes down what a Python program asks of the kernel about its sockets; imported by the interpreter as it starts.

PYTHONPATH names this folder for traced programs only. LAB_TRACE names the pipe, `descriptor:inode`. The modules of the
library are changed as the program imports them, not before: a file of the program's own that is called socket.py is
imported as it would have been. For the same reason only what the interpreter has built in is imported here.
"""

import errno
import os
import sys

from lab_calls import Calls, like, wrap_os, wrap_waits
from lab_pipe import LIBRARY, Pipe

OURS = os.path.dirname(__file__) + "/lab_"


def keep_open(pipe):
    """Who closes every descriptor there may be does not close the pipe: it looks as if there were none."""
    close, closerange = os.close, os.closerange

    def close_one(fd):
        if fd == pipe.descriptor and pipe.there():
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        close(fd)

    def close_others(fd_low, fd_high, /):
        if fd_low <= pipe.descriptor < fd_high and pipe.there():
            closerange(fd_low, pipe.descriptor)
            fd_low = pipe.descriptor + 1
        closerange(fd_low, fd_high)

    os.close, os.closerange = like(close, close_one), like(closerange, close_others)


class OnImport:
    """Changes a module of the standard library once it has been imported; first of `sys.meta_path`."""

    def __init__(self, changes):
        self.changes = changes

    def find_spec(self, name, path, target=None):
        """Let the others find it; when it is the library's own, change it when it has been executed."""
        if name not in self.changes:
            return None
        change = self.changes.pop(name)
        spec = next(filter(None, (f.find_spec(name, path, target) for f in sys.meta_path if f is not self)), None)
        if spec is not None and (spec.origin or "").startswith(LIBRARY):
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                change(module)

            spec.loader.exec_module = exec_module
        return spec


def without_ours(value):
    """Take this folder's frames out of the traceback of an exception, and of those that led to it."""
    seen, chain = set(), [value]
    while chain:
        each = chain.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            each.__traceback__ = shortened(each.__traceback__)
            chain += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]


def shortened(found):
    """A traceback without this folder's frames."""
    while found is not None and found.tb_frame.f_code.co_filename.startswith(OURS):
        found = found.tb_next
    first = found
    while found is not None:
        while found.tb_next is not None and found.tb_next.tb_frame.f_code.co_filename.startswith(OURS):
            found.tb_next = found.tb_next.tb_next
        found = found.tb_next
    return first


def begin(told):
    """Trace this interpreter's program."""
    pipe, show = Pipe(told), sys.excepthook

    def of_socket(module):
        calls = Calls(pipe, module)
        calls.wrap_all()
        wrap_os(calls)

    def of_threading(module):
        show_thread = module.excepthook

        def excepthook(raised):
            without_ours(raised.exc_value)
            kept = raised.exc_value.__traceback__
            show_thread(module.ExceptHookArgs((raised.exc_type, raised.exc_value, kept, raised.thread)))

        module.excepthook = excepthook

    def excepthook(kind, value, _):
        without_ours(value)
        show(kind, value, value.__traceback__)

    sys.excepthook = excepthook
    keep_open(pipe)
    changes = {"socket": of_socket, "threading": of_threading, "select": lambda module: wrap_waits(pipe, module)}
    for name in [
        n for n in changes if n in sys.builtin_module_names or n in sys.modules
    ]:  # no file stands in for these
        changes.pop(name)(__import__(name))
    sys.meta_path.insert(0, OnImport(changes))


if "LAB_TRACE" in os.environ:
    begin(os.environ["LAB_TRACE"])
