"""What the first process of a host keeps of programs, commands of the lab's, conditions and signals that wait."""

import base64
import os
import signal
import time

import scheduling
import sockets
import spawn

PIECES = 2000  # of a program's output that are told as they come; who prints more is listened to now and then
COMMAND_LIMIT = 1 << 20  # bytes of a command's output that are told


class Program:
    """A started program: its process, the ends of its input and output, what it still has to read.

    `most` are its limits: `output` and `calls` (bytes that are told), and those that `limits.impose` takes.
    """

    def __init__(self, name, pid, stdin, outputs, terminal, most):
        self.name = name
        self.pid = pid
        self.stdin = stdin
        self.outputs = outputs  # descriptor -> "out" or "err"
        self.terminal = terminal
        self.pending = bytearray()
        self.closing = False
        self.printed = 0
        self.pieces = 0
        self.traced = 0  # bytes that its calls took
        self.most = most
        self.status = None

    def output_event(self, stream, data):
        """What is told of a piece of its output; None of what is beyond the limit, but once that there is more."""
        now = time.time_ns()
        room = self.most["output"] - self.printed
        self.printed += len(data)
        self.pieces += 1
        if room < 0:
            return None
        told = {"data": base64.b64encode(data[:room]).decode(), "printed": self.printed}
        return {"event": "output", "program": self.name, "stream": stream, "time": now} | told

    @property
    def ceaseless(self):
        """Whether it prints so much that it is listened to now and then only."""
        return self.pieces > PIECES

    def calls_event(self, data):
        """What is told of a piece of its calls, the last of them empty; None of what is beyond the limit."""
        room = max(0, self.most["calls"] - self.traced)
        self.traced += len(data)
        if data and not room:
            return None
        event = {"event": "calls", "program": self.name, "cut": len(data) > room, "over": not data}
        return event | {"data": base64.b64encode(data[:room]).decode()}

    def ended_event(self, now):
        """What is told of its end."""
        how = {"exit": self.status} if self.status >= 0 else {"signal": spawn.signal_name(-self.status)}
        return {"event": "ended", "program": self.name, "time": now, "printed": self.printed} | how


class Command:
    """A command of the lab's own: what it has printed, how many of its streams are open, how it ended."""

    def __init__(self, number, open_streams):
        self.number = number
        self.open = open_streams
        self.status = None
        self.printed = {"out": bytearray(), "err": bytearray()}

    def add(self, stream, data):
        """It printed something."""
        self.printed[stream] += data[: max(0, COMMAND_LIMIT - len(self.printed[stream]))]

    @property
    def reply(self):
        """What is told of it when it has ended and its output is complete; None before."""
        if self.open or self.status is None:
            return None
        told = {stream: base64.b64encode(data).decode() for stream, data in self.printed.items()}
        return {"id": self.number, "ok": {"status": self.status} | told}


class Watch:
    """A condition on the socket table that the lab waits for."""

    def __init__(self, number, want, program):
        self.number = number
        self.want = want
        self.program = program

    def seen(self, sessions, program):
        """What is replied where the socket table meets it or its `program`, if it is of one, has ended; else None."""
        met = sockets.matching(self.want, self.program, sessions)
        if not met and (program is None or program.status is None):
            return None
        return {"met": bool(met), "time": time.time_ns(), "sockets": met if isinstance(met, list) else []}


class Signal:
    """A signal that is sent once the program sleeps: one that comes just before a call may not interrupt it.

    An interpreter notes it and acts on it later; a Python program that was about to enter accept() goes to sleep
    there first. Who presses Ctrl-C sees a program that waits.
    """

    def __init__(self, number, program, name):
        self.number = number
        self.program = program
        self.name = name
        self.spent = scheduling.spent(program.pid)

    def sent(self):
        """Send it if it is due; the reply then, or where the program has ended, else None."""
        if self.program.status is not None:
            return {"id": self.number, "error": "it has ended"}
        if not self.due:
            return None
        now = time.time_ns()
        os.killpg(self.program.pid, getattr(signal, "SIG" + self.name))
        return {"id": self.number, "ok": {"time": now}}

    @property
    def due(self):
        """Whether the program sleeps, or has been busy for so long that it will not."""
        pid = self.program.pid
        return scheduling.rests(pid) or scheduling.spent(pid) - self.spent > scheduling.SPINS
