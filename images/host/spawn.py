"""Programs started on pipes or on a terminal, as a user of their own."""

import fcntl
import os
import resource
import signal
import termios

from student import GROUP, HOME, USER


def on_pipes(run, env, user=USER, group=GROUP):
    """Start a command with three pipes: (pid, stdin, {stdout: "out", stderr: "err"})."""
    stdin, feed = os.pipe2(os.O_CLOEXEC)
    out, printed = os.pipe2(os.O_CLOEXEC)
    err, complained = os.pipe2(os.O_CLOEXEC)
    try:
        pid = spawn(run, env, (stdin, printed, complained), user, group, terminal=False)
    except OSError:
        for descriptor in (feed, out, err):
            os.close(descriptor)
        raise
    finally:
        for descriptor in (stdin, printed, complained):
            os.close(descriptor)
    return pid, feed, {out: "out", err: "err"}


def on_terminal(run, env):
    """Start a command on a terminal that neither echoes nor rewrites line ends: (pid, terminal, {terminal: "out"})."""
    ours, theirs = os.openpty()
    attributes = termios.tcgetattr(theirs)
    attributes[1] &= ~termios.OPOST
    attributes[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, attributes)
    try:
        pid = spawn(run, env, (theirs, theirs, theirs), USER, GROUP, terminal=True)
    except OSError:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    return pid, ours, {ours: "out"}


def spawn(run, env, ends, user, group, terminal):
    """Fork and exec; an exec that fails raises here, in the parent, with its errno."""
    failure, fail = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        try:
            become(ends, user, group, terminal)
            os.chdir(HOME)
            os.execvpe(run[0], run, environment() | env)
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


def become(ends, user, group, terminal):
    """In the child: a session, standard streams and a user of its own, and no privilege."""
    os.setsid()
    for target, descriptor in enumerate(ends):
        os.dup2(descriptor, target)
    if terminal:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if user:
        os.setgroups([])
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)


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
