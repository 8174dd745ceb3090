"""Programs started on pipes or on a terminal, as a user of their own."""

import fcntl
import os
import signal
import struct
import termios

import limits
import privilege
import seccomp
import tracing
from student import GROUP, HOME, USER

FILTER = seccomp.Filter()
IUTF8 = 0o40000  # termios(3): a character is erased whole; Python has no name for it
BEHIND = 10  # programs share what the host may compute among themselves, after PID 1: it answers while they are busy


def on_pipes(run, env, most=None, trace=None, capabilities=()):
    """Start a command with three pipes: (pid, stdin, {stdout: "out", stderr: "err"}).

    With limits it is a program of the student's; without, a command of the lab's own. `trace` is how its calls are
    traced, and the descriptor that they are told through; `capabilities` are those that it keeps.
    """
    stdin, feed = os.pipe2(os.O_CLOEXEC)
    out, printed = os.pipe2(os.O_CLOEXEC)
    err, complained = os.pipe2(os.O_CLOEXEC)
    try:
        pid = spawn(run, env, (stdin, printed, complained), most, trace=trace, capabilities=capabilities)
    except OSError:
        for descriptor in (feed, out, err):
            os.close(descriptor)
        raise
    finally:
        for descriptor in (stdin, printed, complained):
            os.close(descriptor)
    return pid, feed, {out: "out", err: "err"}


def on_terminal(run, env, most, trace=None, window=None, capabilities=()):
    """Start a command on a terminal: (pid, terminal, {terminal: "out"}).

    With a `window`, its rows and columns, it is as people sit at. Without, it neither echoes nor rewrites line ends.
    """
    ours, theirs = os.openpty()
    attributes = termios.tcgetattr(theirs)
    if window is None:
        attributes[1] &= ~termios.OPOST
        attributes[3] &= ~termios.ECHO
    else:
        attributes[0] |= IUTF8
        resize(theirs, window)
    termios.tcsetattr(theirs, termios.TCSANOW, attributes)
    try:
        pid = spawn(run, env, (theirs, theirs, theirs), most, trace=trace, capabilities=capabilities)
    except OSError:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    return pid, ours, {ours: "out"}


def resize(terminal, window):
    """Give a terminal so many rows and columns; who reads from it is told by SIGWINCH (ioctl_tty(2))."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *window, 0, 0))


def spawn(run, env, ends, most, trace=None, capabilities=()):
    """Fork and exec; an exec that fails raises here, in the parent, with its errno."""
    failure, fail = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        try:
            detach(ends)
            if most is not None:
                become_student(most, capabilities)
            os.chdir(HOME)
            env = environment() | env
            if trace is not None:
                run, env = tracing.prepared(*trace, run, env, most)
            os.execvpe(run[0], run, env)
        except OSError as error:
            os.write(fail, str(error.errno).encode())
        finally:
            os._exit(127)
    os.close(fail)
    reason = os.read(failure, 16)
    os.close(failure)
    if reason:
        code = int(reason)
        raise OSError(code, os.strerror(code))
    return pid


def detach(ends):
    """In the child: a session and standard streams of its own, and signals as a shell leaves them."""
    os.setsid()
    for target, descriptor in enumerate(ends):
        os.dup2(descriptor, target)
    if os.isatty(0):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


def become_student(most, capabilities=()):
    """In the child: the limits, a user of its own, no privilege but `capabilities`, and fewer system calls."""
    limits.impose(most)
    os.nice(BEHIND)
    if capabilities:
        privilege.keep_over_setuid()
    os.setgroups([])
    os.setresgid(GROUP, GROUP, GROUP)
    os.setresuid(USER, USER, USER)
    if capabilities:
        privilege.keep_only(capabilities)
    FILTER.apply()


def signal_name(number):
    """A signal without its SIG: KILL, RTMIN+3."""
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:  # a real-time signal between the first and the last
        return f"RTMIN+{number - signal.SIGRTMIN}"


def environment():
    """What a program finds in its environment."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
        "HOME": HOME,
        "USER": "student",
        "LANG": "C.UTF-8",
        "TERM": "xterm",
        "NO_COLOR": "1",  # tracebacks are read by people through the lab, which lets no escape sequence live
        "PYTHON_COLORS": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
