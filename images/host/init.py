"""PID 1 of a host: starts programs, types to them, and says when they printed what.

It talks JSON lines with the lab: requests on stdin, replies and events on stdout. A request is
`{"id": 7, "do": "start", ...}`; its reply has the same id and either `ok` or `error`. Events have
no id. All times are nanoseconds since the epoch, on the clock that stamps the capture too.

Programs run as an unprivileged user in a session of their own, so they can neither signal nor
trace this process. It is single-threaded: what is ready is handled, nothing blocks. When the lab
goes away its end of stdin closes, and with this process the host is gone.

A host that is refused a fork has come to the limit of its processes: all of them are killed at once.
"""

import base64
import contextlib
import errno
import functools
import json
import math
import os
import signal
import time

import calls
import limits
import look
import scheduling
import sockets
import spawn
import student
import tables
import tracing
from descriptors import Descriptors
from programs import Command, Program, Signal, Watch

POLL = 0.002  # seconds between two looks at sockets while somebody waits for them
LOOK = 0.1  # and at the number of refused forks: version 1 of control groups wakes nobody up
CHUNK = 65536


class Refused(Exception):
    """A request that cannot be done; its text is told to the lab."""


class Init(Descriptors):
    """The loop and what it knows."""

    def __init__(self):
        super().__init__()
        self.programs = {}
        self.watches = {}
        self.signals = []
        self.commands = {}
        self.requests = bytearray()
        self.forks = limits.Counter("processes")
        self.killings = limits.Counter("memory")
        self.hit = set()
        self.next_look = 0.0
        self.woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        self.watch_descriptor(self.woken, self.reap)
        self.watch_descriptor(0, self.read_requests)

    # The loop

    def run(self):
        """Handle what is ready, for ever."""
        tell({"event": "up", "time": time.time_ns()})
        while True:
            patience = POLL if self.watches or self.signals else LOOK if self.programs else math.inf
            self.handle(patience)
            self.look()
            self.send_signals()
            if self.programs and time.monotonic() >= self.next_look:
                self.next_look = time.monotonic() + LOOK
                self.look_at_forks()

    # Requests

    def read_requests(self):
        """Take what the lab sent; end with it."""
        data = os.read(0, CHUNK)
        if not data:
            os._exit(0)
        self.requests += data
        *lines, rest = self.requests.split(b"\n")
        self.requests = rest
        for line in lines:
            self.answer(json.loads(line))

    def answer(self, request):
        """Do one request and reply; a watch or a command replies when it is over."""
        number, do = request.pop("id"), request.pop("do")
        try:
            reply = getattr(self, "do_" + do)(number=number, **request)
        except Refused as refusal:
            tell({"id": number, "error": str(refusal)})
        except OSError as error:
            tell({"id": number, "error": error.strerror or str(error), "errno": error.errno})
        else:
            if reply is not None:
                tell({"id": number, "ok": reply})

    def do_files(self, number, files):
        """Put files into the working folder: path -> content in base64."""
        for path, content in files.items():
            student.put(path, base64.b64decode(content))
        return {}

    def do_start(  # noqa: PLR0913, PLR0917 - a request
        self, number, program, run, env, terminal, most, trace=None, capabilities=()
    ):
        """Start a program; the reply comes when its exec succeeded. `most` are its limits: `Program`.

        `terminal` tells whether it is on one; rows and columns are those of one that a person sits at.
        `trace` is how its calls on sockets are traced: `tracing.PYTHON`, `tracing.STRACE`.
        `capabilities` are those that it keeps, of `privilege.NUMBERS`.
        """
        known = self.programs.get(program)
        if known and known.status is None:
            raise Refused("still running")
        start = functools.partial(spawn.on_pipes, capabilities=capabilities)
        if terminal:
            window = None if terminal is True else terminal
            start = functools.partial(spawn.on_terminal, window=window, capabilities=capabilities)
        if trace is None:
            pid, stdin, outputs = start(run, env, most)
        else:
            calls_come, tell_calls = tracing.pipe()
            self.watch_descriptor(calls_come, lambda: self.read_calls(self.programs[program], calls_come))
            try:
                pid, stdin, outputs = start(run, env, most, (trace, tell_calls))
            except OSError:
                self.forget(calls_come)
                raise
            finally:
                os.close(tell_calls)
        started = Program(program, pid, stdin, outputs, terminal, most)
        self.programs[program] = started
        for descriptor in outputs:
            os.set_blocking(descriptor, False)
            self.watch_descriptor(descriptor, lambda d=descriptor: self.read_output(started, d))
        os.set_blocking(stdin, False)
        return {"pid": pid, "time": time.time_ns()}

    def do_write(self, number, program, data):
        """Type `data` (base64) to a program."""
        running = self.running(program)
        if running.stdin is None or running.closing:
            raise Refused("its input is closed")
        running.pending += base64.b64decode(data)
        now = time.time_ns()
        self.feed(running)
        return {"time": now}

    def do_close(self, number, program):
        """End a program's input once everything typed has been taken."""
        running = self.running(program)
        now = time.time_ns()
        if not running.closing and running.stdin is not None:
            running.closing = True
            if running.terminal:
                running.pending += b"\x04"
            self.feed(running)
        return {"time": now}

    def do_resize(self, number, program, window):
        """The terminal of a program has so many rows and columns now."""
        running = self.running(program)
        if not running.terminal:
            raise Refused("it is on no terminal")
        spawn.resize(running.stdin, window)
        return {}

    def do_signal(self, number, program, name):
        """Signal a program and what it started in its session's process group; the reply comes when that is done."""
        self.signals.append(Signal(number, self.running(program), name))

    def do_watch(self, number, want, program=None):
        """Reply when the socket table meets `want`, or the program has ended."""
        if "receiving" in want and not calls.known():
            raise Refused("this machine does not tell what programs wait for")
        watch = Watch(number, want, program)
        seen = watch.seen(self.sessions(), self.programs.get(program))  # an error of it is told here
        if seen is None:
            self.watches[number] = watch
        return seen

    def do_unwatch(self, number, watch):
        """Stop waiting."""
        self.watches.pop(watch, None)
        return {}

    def do_sockets(self, number):
        """The socket table, with the programs that hold the sockets and the calls that they sleep in on them."""
        sessions = self.sessions()
        began = time.time_ns()
        rows, free = sockets.table(sessions)
        return {"time": began, "until": time.time_ns(), "sessions": sessions, "sockets": rows, "free": free}

    def do_tables(self, number, names):
        """What those tables of the host's network say that `tables.TABLES` has."""
        return {name: tables.TABLES[name]() for name in names}

    def do_delayed(self, number):
        """How long the threads of this host have waited for a processor, in nanoseconds."""
        return {"delayed": scheduling.delayed()}

    def do_look(self, number, paths):
        """What is at each path, as the student may see it."""
        return {"files": [look.at(path) for path in paths]}

    def do_limits(self, number, file_size):
        """Tell of the limits that were run into and that nothing has told of yet."""
        self.look_at_forks()
        self.look_at_limits()
        if limits.largest() >= file_size:
            self.tell_limit("file_size")
        return {}

    def do_run(self, number, argv):
        """Run a command of the lab's own as root without capabilities and reply with what it printed."""
        try:
            pid, stdin, outputs = spawn.on_pipes(argv, {})
        except BlockingIOError:  # no process is left
            self.look_at_forks()
            pid, stdin, outputs = spawn.on_pipes(argv, {})
        os.close(stdin)
        self.commands[pid] = Command(number, len(outputs))
        for descriptor, stream in outputs.items():
            self.watch_descriptor(descriptor, lambda d=descriptor, s=stream: self.read_command(pid, d, s))

    def running(self, name):
        """The program of that name, if it runs."""
        program = self.programs.get(name)
        if program is None:
            raise Refused("not started")
        if program.status is not None:
            raise Refused("it has ended")
        return program

    def sessions(self):
        """Session id -> program name, of the programs that were started."""
        return {program.pid: name for name, program in self.programs.items()}

    # Programs

    def feed(self, program):
        """Give a program as much of what was typed as it takes now; the rest when it can take more."""
        try:
            while program.pending:
                taken = os.write(program.stdin, program.pending[:CHUNK])
                del program.pending[:taken]
        except BlockingIOError:
            self.watch_room(program.stdin, lambda: self.feed(program))
            return
        except OSError:  # it closed its end, or is gone: what it did not read is lost, as for a person
            program.pending.clear()
        self.enough(program.stdin)
        if program.closing and not program.terminal and program.stdin is not None:
            self.forget(program.stdin)
            program.stdin = None

    def read_output(self, program, descriptor):
        """Pass on what a program printed, up to its limit; go on reading, so that it never blocks on us."""
        try:
            data = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return True
        except OSError as error:  # a terminal whose last holder is gone
            if error.errno != errno.EIO:
                raise
            data = b""
        if not data:
            if program.terminal:  # its input is the same
                self.look_away(descriptor)
            else:
                self.forget(descriptor)
            del program.outputs[descriptor]
            return True
        event = program.output_event(program.outputs[descriptor], data)
        if program.ceaseless:
            self.rest(descriptor)
        if event is not None:
            tell(event)
        return False

    def read_calls(self, program, descriptor):
        """Pass on what is told of a program's calls, up to its limit; go on reading, so that it never blocks on us.

        Between two readings it gathers in the pipe: to be woken for each call would cost more than the call.
        """
        data = os.read(descriptor, CHUNK)
        if not data:
            self.forget(descriptor)
        elif len(data) < CHUNK:
            self.rest(descriptor)
        event = program.calls_event(data)
        if event is not None:
            tell(event)

    def reap(self):
        """Collect every process that ended, ours and the orphans."""
        os.read(self.woken, CHUNK)
        while self.collect(os.WNOHANG):
            pass
        self.look_at_limits()

    def collect(self, how):
        """Collect one process that ended, waiting for it unless `how` is WNOHANG; whether there was one."""
        try:
            pid, status, used = os.wait4(-1, how)
        except ChildProcessError:
            return False
        if pid:
            self.ended(pid, os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, time.time_ns())
        return bool(pid)

    def ended(self, pid, status, seconds, now):
        """Tell of a program's end, after everything it had printed by then."""
        if pid in self.commands:
            self.commands[pid].status = status
            self.command_over(pid)
        program = next((p for p in self.programs.values() if p.pid == pid and p.status is None), None)
        what = limits.hit_by(status, seconds, math.inf if program is None else program.most["cpu"])
        if what is None and status == -signal.SIGKILL and self.killings.grew():
            what = "memory"
        if what is not None:
            self.tell_limit(what, program)
        if program is None:
            return
        for descriptor in list(program.outputs):
            drained = 0
            while descriptor in program.outputs and not self.read_output(program, descriptor):
                drained += CHUNK
                if drained > 16 * CHUNK:  # a pipe holds no more; a child goes on printing
                    break
        program.status = status
        tell(program.ended_event(now))

    # Limits

    def look_at_forks(self):
        """Kill every process of this host but this one, when a fork was refused, and tell of it."""
        if not self.forks.grew() or os.getpid() != 1:  # elsewhere than in a container -1 would be everybody
            return
        self.tell_limit("processes")
        limits.kill_everything(lambda: self.collect(0))
        self.forks.grew()

    def look_at_limits(self):
        """Tell of processes that were killed, not only programs, and of folders that are full."""
        if self.killings.grew():
            self.tell_limit("memory")
        for what in limits.full():
            self.tell_limit(what)

    def tell_limit(self, what, program=None):
        """Tell of a limit once a program; of the only one, where it cannot be told whose doing it was."""
        running = [p for p in self.programs.values() if p.status is None] or [*self.programs.values()]
        suspects = running if program is None else [program]
        name = suspects[0].name if len(suspects) == 1 else None
        if (what, name) not in self.hit and (what, None) not in self.hit:
            self.hit.add((what, name))
            tell({"event": "limit", "what": what, "program": name, "time": time.time_ns()})

    # Commands of the lab's own

    def read_command(self, pid, descriptor, stream):
        """Collect what a command prints."""
        data = os.read(descriptor, CHUNK)
        if data:
            self.commands[pid].add(stream, data)
            return
        self.forget(descriptor)
        self.commands[pid].open -= 1
        self.command_over(pid)

    def command_over(self, pid):
        """Reply once a command has ended and its output is complete."""
        reply = self.commands[pid].reply
        if reply is not None:
            del self.commands[pid]
            tell(reply)

    def send_signals(self):
        """Send the signals that are due, and reply."""
        for waiting in list(self.signals):
            reply = waiting.sent()
            if reply is not None:
                self.signals.remove(waiting)
                tell(reply)

    # Watches

    def look(self):
        """Reply to the watches whose condition holds now, or never will."""
        for watch in list(self.watches.values()):
            seen = None
            with contextlib.suppress(OSError):  # for want of memory: it looks again
                seen = watch.seen(self.sessions(), self.programs.get(watch.program))
            if seen is not None:
                del self.watches[watch.number]
                tell({"id": watch.number, "ok": seen})


def tell(message):
    """Send one line to the lab, whole."""
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(1, data) :]
