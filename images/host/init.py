"""PID 1 of a host: starts programs, types to them, and says when they printed what.

It talks JSON lines with the lab: requests on stdin, replies and events on stdout. A request is
`{"id": 7, "do": "start", ...}`; its reply has the same id and either `ok` or `error`. Events have
no id. All times are nanoseconds since the epoch, on the clock that stamps the capture too.

Programs run as an unprivileged user in a session of their own, so they can neither signal nor
trace this process. It is single-threaded: what is ready is handled, nothing blocks. When the lab
goes away its end of stdin closes, and with this process the host is gone.
"""

import base64
import errno
import json
import os
import select
import signal
import time

import calls
import scheduling
import sockets
import spawn
import student
from student import HOME

POLL = 0.002  # seconds between two looks at the socket table while somebody waits for it
CHUNK = 65536
COMMAND_LIMIT = 1 << 20  # bytes of a command's output that are told


class Refused(Exception):
    """A request that cannot be done; its text is told to the lab."""


class Program:
    """A started program: its process, the ends of its input and output, what it still has to read."""

    def __init__(self, name, pid, stdin, outputs, terminal, limit):
        self.name = name
        self.pid = pid
        self.stdin = stdin
        self.outputs = outputs  # descriptor -> "out" or "err"
        self.terminal = terminal
        self.pending = bytearray()
        self.closing = False
        self.printed = 0
        self.limit = limit
        self.status = None


class Watch:
    """A condition on the socket table that the lab waits for."""

    def __init__(self, number, want, program):
        self.number = number
        self.want = want
        self.program = program


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

    @property
    def due(self):
        """Whether the program sleeps, or has been busy for so long that it will not."""
        pid = self.program.pid
        return scheduling.rests(pid) or scheduling.spent(pid) - self.spent > scheduling.SPINS


class Init:
    """The loop and what it knows."""

    def __init__(self):
        self.programs = {}
        self.watches = {}
        self.signals = []
        self.commands = {}
        self.requests = bytearray()
        self.poll = select.poll()
        self.readers = {}
        self.writers = {}
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
            for descriptor, events in self.poll.poll(POLL * 1000 if self.watches or self.signals else None):
                if descriptor in self.writers and events & (select.POLLOUT | select.POLLERR):
                    self.writers[descriptor]()
                elif descriptor in self.readers:
                    self.readers[descriptor]()
            self.look()
            self.send_signals()

    def watch_descriptor(self, descriptor, ready):
        """Call `ready` when there is something to read."""
        self.readers[descriptor] = ready
        self.poll.register(descriptor, select.POLLIN)

    def forget(self, descriptor):
        """Close a descriptor and look at it no more."""
        if descriptor in self.readers or descriptor in self.writers:
            self.poll.unregister(descriptor)
        self.readers.pop(descriptor, None)
        self.writers.pop(descriptor, None)
        os.close(descriptor)

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
            target = os.path.join(HOME, path)
            with student.acting():
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "wb") as file:
                    file.write(base64.b64decode(content))
                    os.fchmod(file.fileno(), 0o755)  # any of them may be the command itself
        return {}

    def do_start(self, number, program, run, env, terminal, limit):
        """Start a program; the reply comes when its exec succeeded."""
        known = self.programs.get(program)
        if known and known.status is None:
            raise Refused("still running")
        if terminal:
            pid, stdin, outputs = spawn.on_terminal(run, env)
        else:
            pid, stdin, outputs = spawn.on_pipes(run, env)
        started = Program(program, pid, stdin, outputs, terminal, limit)
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

    def do_signal(self, number, program, name):
        """Signal a program and what it started in its session's process group; the reply comes when that is done."""
        self.signals.append(Signal(number, self.running(program), name))

    def do_watch(self, number, want, program=None):
        """Reply when the socket table meets `want`, or the program has ended."""
        if "receiving" in want and not calls.known():
            raise Refused("this machine does not tell what programs wait for")
        self.watches[number] = Watch(number, want, program)

    def do_unwatch(self, number, watch):
        """Stop waiting."""
        self.watches.pop(watch, None)
        return {}

    def do_sockets(self, number):
        """The socket table, with the programs that hold the sockets and the calls that they sleep in on them."""
        sessions = self.sessions()
        began = time.time_ns()
        rows, free = sockets.table_with_calls(sessions)
        return {"time": began, "until": time.time_ns(), "sessions": sessions, "sockets": rows, "free": free}

    def do_delayed(self, number):
        """How long the threads of this host have waited for a processor, in nanoseconds."""
        return {"delayed": scheduling.delayed()}

    def do_run(self, number, argv):
        """Run a command of the lab's own as root without capabilities and reply with what it printed."""
        pid, stdin, outputs = spawn.on_pipes(argv, {}, user=0, group=0)
        os.close(stdin)
        command = {"number": number, "out": bytearray(), "err": bytearray(), "open": len(outputs), "status": None}
        self.commands[pid] = command
        for descriptor, stream in outputs.items():
            self.watch_descriptor(descriptor, lambda d=descriptor, s=stream: self.read_command(pid, command, d, s))

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
            if program.stdin not in self.writers:
                self.writers[program.stdin] = lambda: self.feed(program)
                events = select.POLLOUT | (select.POLLIN if program.stdin in self.readers else 0)
                self.poll.register(program.stdin, events)
            return
        except OSError:  # it closed its end, or is gone: what it did not read is lost, as for a person
            program.pending.clear()
        if program.stdin in self.writers:
            del self.writers[program.stdin]
            if program.stdin in self.readers:
                self.poll.register(program.stdin, select.POLLIN)
            else:
                self.poll.unregister(program.stdin)
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
            if not program.terminal:
                self.forget(descriptor)
            else:
                self.poll.unregister(descriptor)
                del self.readers[descriptor]
                self.writers.pop(descriptor, None)
            del program.outputs[descriptor]
            return True
        now = time.time_ns()
        room = program.limit - program.printed
        program.printed += len(data)
        if room >= 0:  # with none left, once more: that there is more
            told = base64.b64encode(data[:room]).decode()
            event = {"event": "output", "program": program.name, "stream": program.outputs[descriptor], "time": now}
            tell(event | {"data": told, "printed": program.printed})
        return False

    def reap(self):
        """Collect every process that ended, ours and the orphans."""
        os.read(self.woken, CHUNK)
        now = time.time_ns()
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.ended(pid, os.waitstatus_to_exitcode(status), now)

    def ended(self, pid, status, now):
        """Tell of a program's end, after everything it had printed by then."""
        if pid in self.commands:
            self.commands[pid]["status"] = status
            self.command_over(pid)
        for program in self.programs.values():
            if program.pid == pid and program.status is None:
                for descriptor in list(program.outputs):
                    drained = 0
                    while descriptor in program.outputs and not self.read_output(program, descriptor):
                        drained += CHUNK
                        if drained > 16 * CHUNK:  # a pipe holds no more; a child goes on printing
                            break
                program.status = status
                event = {"event": "ended", "program": program.name, "time": now, "printed": program.printed}
                if status >= 0:
                    tell(event | {"exit": status})
                else:
                    tell(event | {"signal": signal.Signals(-status).name.removeprefix("SIG")})

    # Commands of the lab's own

    def read_command(self, pid, command, descriptor, stream):
        """Collect what a command prints."""
        data = os.read(descriptor, CHUNK)
        if data:
            command[stream] += data[: max(0, COMMAND_LIMIT - len(command[stream]))]
            return
        self.forget(descriptor)
        command["open"] -= 1
        self.command_over(pid)

    def command_over(self, pid):
        """Reply once a command has ended and its output is complete."""
        command = self.commands[pid]
        if command["open"] or command["status"] is None:
            return
        del self.commands[pid]
        out, err = (base64.b64encode(command[s]).decode() for s in ("out", "err"))
        tell({"id": command["number"], "ok": {"status": command["status"], "out": out, "err": err}})

    def send_signals(self):
        """Send the signals that are due, and reply."""
        for waiting in list(self.signals):
            if waiting.program.status is not None:
                self.signals.remove(waiting)
                tell({"id": waiting.number, "error": "it has ended"})
            elif waiting.due:
                self.signals.remove(waiting)
                now = time.time_ns()
                os.killpg(waiting.program.pid, getattr(signal, "SIG" + waiting.name))
                tell({"id": waiting.number, "ok": {"time": now}})

    # Watches

    def look(self):
        """Reply to the watches whose condition holds now, or never will."""
        if not self.watches:
            return
        if any("receiving" in watch.want for watch in self.watches.values()):
            table, _ = sockets.table_with_calls(self.sessions())
        else:
            table = sockets.table(self.sessions())
        now = time.time_ns()
        for watch in list(self.watches.values()):
            program = self.programs.get(watch.program)
            met = sockets.matches(table, watch.want, watch.program)
            if met or (program is not None and program.status is not None):
                del self.watches[watch.number]
                tell({"id": watch.number, "ok": {"met": bool(met), "time": now, "sockets": met or []}})


def tell(message):
    """Send one line to the lab, whole."""
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(1, data) :]
