"""Wrappers around the calls on sockets of Python's standard library, which tell of them.

They call the real ones with what they were given, give back what those give back and raise what those raise.
"""

import _warnings
import errno
import os

from lab_pipe import outcome, said

FAMILIES = {1: "unix", 2: "inet", 10: "inet"}  # include/linux/socket.h
FORMAT, SOCKET = 0o170000, 0o140000  # S_IFMT, S_IFSOCK of inode(7)
KINDS = {1: "tcp", 2: "udp"}  # include/linux/net.h: SOCK_STREAM, SOCK_DGRAM


class Calls:
    """Wrappers around the methods of the class `socket.socket`."""

    def __init__(self, pipe, module):
        self.pipe = pipe
        self.kind = module.socket
        raw = module._socket.socket
        self.fileno, self.family, self.type = raw.fileno, raw.family.__get__, raw.type.__get__
        self.close, self.getsockname, self.getpeername = raw.close, raw.getsockname, raw.getpeername
        self.named = {
            prefix: {getattr(module, n): n for n in dir(module) if n.startswith(prefix) and "_VM_" not in n}
            for prefix in ("AF_", "SOCK_", "SHUT_", "SO_", "TCP_", "IP_", "IPV6_")
        }
        self.levels = {module.SOL_SOCKET: "SOL_SOCKET", 0: "IPPROTO_IP", 6: "IPPROTO_TCP", 41: "IPPROTO_IPV6"}
        self.options = {module.SOL_SOCKET: "SO_", 0: "IP_", 6: "TCP_", 41: "IPV6_"}
        self.flags = module.MsgFlag
        self.known = {}  # id of a connected TCP socket -> descriptor, what `ends` has told: that does not change

    def ends(self, socket):
        """Descriptor, transport and addresses of a socket, as fields in JSON."""
        descriptor = self.fileno(socket)
        if descriptor < 0:
            return ""
        known = self.known.get(id(socket))
        if known is not None and known[0] == descriptor:
            return known[1]
        family = FAMILIES.get(self.family(socket), "other")
        if family != "inet":
            return f'"descriptor":{descriptor},"transport":"{family}",'
        kind = KINDS.get(self.type(socket) & 15, "other")
        local, remote = self.end("local", self.getsockname, socket), self.end("remote", self.getpeername, socket)
        told = f'"descriptor":{descriptor},"transport":"{kind}",{local}{remote}'
        if kind == "tcp" and local and remote:
            self.known[id(socket)] = descriptor, told
        return told

    def end(self, name, question, socket):
        """An address of a socket as a field; nothing where it has none."""
        try:
            found = question(socket)
        except OSError:
            return ""
        return said(**{name: address(found)})

    def wrap(self, name, method, shown, told):
        """Let a method be told of: `shown` gives its arguments as text, `told` its result as fields."""
        original, pipe = getattr(self.kind, method), self.pipe

        def call(self_, *arguments, **named):
            number = pipe.begun(name, attempt(shown, arguments, named), self.ends(self_))
            try:
                result = original(self_, *arguments, **named)
            except BaseException as failure:
                pipe.over(number, said(error=outcome(failure, name)) + (self.ends(self_) if name == "connect" else ""))
                raise
            pipe.over(number, told(self_, result, arguments))
            return result

        setattr(self.kind, method, like(original, call))

    def wrap_all(self):
        """Everything of the class that is a system call, by the name of that."""
        for name, methods in {"recv": ("recv", "recv_into"), "recvfrom": ("recvfrom", "recvfrom_into")}.items():
            for method in methods:
                self.wrap(name, method, self.wanted, self.received)
        self.wrap("recvmsg", "recvmsg", lambda most, *_: f"{most}", self.received)
        self.wrap("recvmsg", "recvmsg_into", lambda buffers, *_: f"{sum(map(size, buffers))}", self.received)
        self.wrap("send", "send", self.given, self.sent)
        self.wrap("send", "sendall", self.given, self.sent)
        self.wrap("sendto", "sendto", self.given, self.sent)
        self.wrap("sendmsg", "sendmsg", lambda buffers, *_: f"{sum(map(size, buffers))}", self.sent)
        self.wrap("connect", "connect", repr, self.changed)
        self.wrap("connect", "connect_ex", repr, self.tried)
        self.wrap("accept", "accept", str, self.accepted)
        self.wrap("bind", "bind", repr, self.changed)
        self.wrap("listen", "listen", lambda *backlog: f"{backlog[0]}" if backlog else "", done)
        self.wrap("shutdown", "shutdown", lambda how: self.called("SHUT_", how), done)
        self.wrap("setsockopt", "setsockopt", self.option, done)
        self.wrap_making()
        self.wrap_closing()

    def wrap_making(self):
        """socket(2): a socket that is made of a descriptor there is already is none."""
        original = self.kind.__init__

        def __init__(self_, family=-1, type=-1, proto=-1, fileno=None):  # noqa: A002, N807 - the names are Python's
            self.known.pop(id(self_), None)
            if fileno is not None:
                return original(self_, family, type, proto, fileno)
            called = self.called("AF_", 2 if family == -1 else family), self.called("SOCK_", 1 if type == -1 else type)
            call = self.pipe.begun("socket", ", ".join(called), "")
            try:
                original(self_, family, type, proto, fileno)
            except BaseException as failure:
                self.pipe.over(call, said(error=outcome(failure)))
                raise
            new = self.fileno(self_)
            self.pipe.over(call, said(result=f"{new}", new_descriptor=new) + self.ends(self_))
            return None

        self.kind.__init__ = like(original, __init__)

    def wrap_closing(self):
        """close(2), which comes when the last file made of a socket is closed too, or when nobody has it any more."""
        closing, dropped, pipe, close = self.kind._real_close, self.kind.__del__, self.pipe, self.close

        def _real_close(self_, *arguments):
            if self.fileno(self_) < 0:
                return closing(self_, *arguments)
            call = pipe.begun("close", "", self.ends(self_))
            self.known.pop(id(self_), None)
            try:
                result = closing(self_, *arguments)
            except BaseException as failure:
                pipe.over(call, said(error=outcome(failure)))
                raise
            pipe.over(call, said(result="0"))
            return result

        def __del__(self_):  # noqa: N807
            call = None
            try:
                if self.fileno(self_) >= 0:
                    call = pipe.begun("close", "", self.ends(self_))
            except Exception:  # noqa: S110 - the interpreter ends, and what this module needs is gone
                pass
            self.known.pop(id(self_), None)
            if call is None:
                dropped(self_)
                return
            try:  # what the class in C does, which would blame this line
                _warnings.warn(f"unclosed {self_!r}", ResourceWarning, 2, self_)
            finally:
                close(self_)
                pipe.over(call, said(result="0"))

        self.kind._real_close, self.kind.__del__ = like(closing, _real_close), __del__

    # What is shown of arguments

    def wanted(self, first, *rest, nbytes=0, flags=0):
        """Of recv and the like: how many bytes at most, and the flags."""
        if not isinstance(first, int):
            nbytes = rest[0] if rest else nbytes
            first, rest = nbytes or size(first), rest[1:]
        return f"{first}{self.with_flags(rest[-1] if rest else flags)}"

    def given(self, data, *rest):
        """Of send and the like: how many bytes, the flags, and where to."""
        to = f", {rest[-1]!r}" if rest and not isinstance(rest[-1], int) else ""
        flags = rest[0] if rest and isinstance(rest[0], int) else 0
        return f"{size(data)}{self.with_flags(flags)}{to}"

    def with_flags(self, flags):
        """Flags by their names, to go on with."""
        return f", {bare(self.flags(flags))}" if flags else ""

    def option(self, level, name, *value):
        """Of setsockopt: level and name by their names."""
        called = self.called(self.options.get(level, "none"), name)
        return f"{self.levels.get(level, level)}, {called}, {', '.join(map(repr, value))}"

    def called(self, prefix, value):
        """A constant by its name."""
        return self.named.get(prefix, {}).get(value, f"{value}")

    # What is told of results

    def received(self, socket, result, _):
        """Bytes that came, and of whom where that is told."""
        peer = None
        if isinstance(result, tuple):
            result, peer = result[0], address(result[-1])
        count = result if isinstance(result, int) else len(result)
        return f'"result":"{count}","bytes":{count},' + ("" if peer is None else said(remote=peer))

    def sent(self, socket, result, arguments):
        """Bytes that were taken; a datagram may have given the socket its address."""
        count = size(arguments[0]) if result is None else result
        told = f'"result":"{count}","bytes":{count},'
        if self.type(socket) & 15 == 1:
            return told
        to = address(arguments[-1])
        told += self.end("local", self.getsockname, socket)
        return told + (said(remote=to) if to is not None and numeric(to[0]) else "")

    def changed(self, socket, _, __):
        """Success; the addresses are known now."""
        return self.ends(socket) + said(result="0")

    def tried(self, socket, result, _):
        """Of connect_ex."""
        told = said(error=errno.errorcode.get(result, f"{result}")) if result else said(result="0")
        return self.ends(socket) + told

    def accepted(self, listening, result, _):
        """The new socket, whose addresses these are."""
        new = self.fileno(result[0])
        own = said(result=f"{new}", new_descriptor=new, descriptor=self.fileno(listening))
        return self.ends(result[0]) + own


def wrap_waits(pipe, module):
    """select(2), and poll(2) and epoll_wait(2), which are methods of objects that the module makes."""

    def waiting(name, wait, shown, told):
        def call(*arguments, **named):
            number = pipe.begun(name, attempt(shown, arguments, named), "")
            try:
                result = wait(*arguments, **named)
            except BaseException as failure:
                pipe.over(number, said(error=outcome(failure)))
                raise
            pipe.over(number, said(result=told(result)))
            return result

        return like(wait, call)

    module.select = waiting(
        "select", module.select, given_to_select, lambda sets: descriptors([each for some in sets for each in some])
    )
    for name, made in (("poll", "poll"), ("epoll_wait", "epoll")):
        if hasattr(module, made):
            setattr(module, made, waits_of(getattr(module, made), name, waiting))


def waits_of(real, name, waiting):
    """A stand-in for `select.poll` or `select.epoll`: of what it makes, the method `poll` is told of."""

    class Wait:
        def __init__(self, *arguments, **named):
            self._is(real(*arguments, **named))

        def _is(self, made):
            self._real = made
            self.poll = waiting(name, made.poll, lambda *given: ", ".join(map(repr, given)), ready)

        def __getattr__(self, attribute):
            return getattr(self._real, attribute)

        def __enter__(self):
            self._real.__enter__()
            return self

        def __exit__(self, *raised):
            return self._real.__exit__(*raised)

        @classmethod
        def fromfd(cls, descriptor):
            made = cls.__new__(cls)
            made._is(real.fromfd(descriptor))
            return made

    return like(real, Wait)


def wrap_os(calls):
    """read(2), write(2), sendfile(2) and the like where the module `os` calls them on the descriptor of a socket."""

    def moving(name, shown):
        real = getattr(os, name)

        def call(*arguments, **named):
            ends = ends_of(calls, arguments[0] if arguments else named.get("out_fd"))
            if ends is None:
                return real(*arguments, **named)
            number = calls.pipe.begun(name, attempt(shown, (*arguments, *named.values()), {}), ends)
            try:
                result = real(*arguments, **named)
            except BaseException as failure:
                calls.pipe.over(number, said(error=outcome(failure)))
                raise
            calls.pipe.over(number, calls.received(None, result, None))
            return result

        setattr(os, name, like(real, call))

    for name in ("read", "sendfile"):
        moving(name, lambda *given: f"{given[-1]}")
    moving("write", lambda _, data: f"{size(data)}")
    for name in ("readv", "writev"):
        moving(name, lambda _, buffers: f"{sum(map(size, buffers))}")


def ends_of(calls, descriptor):
    """What `Calls.ends` tells of the socket of a descriptor; None where it is of none."""
    try:
        if os.fstat(descriptor).st_mode & FORMAT != SOCKET:
            return None
        socket = calls.kind(fileno=os.dup(descriptor))  # of its own descriptor, so that it may be closed
    except (OSError, TypeError):
        return None
    ends = calls.ends(socket) + said(descriptor=descriptor)
    os.close(socket.detach())
    return ends


def like(original, wrapper):
    """`wrapper` under the name and with the documentation of what it stands for."""
    for name in ("__name__", "__qualname__", "__doc__", "__module__"):
        found = getattr(original, name, None)
        if found is not None:
            setattr(wrapper, name, found)
    return wrapper


def address(found):
    """A socket's address as (text, port); None of a socket that has none yet, or one of another kind."""
    if not isinstance(found, tuple) or not found[1]:
        return None
    text = found[0].partition("%")[0]
    return (text[7:] if text.startswith("::ffff:") and "." in text else text), found[1]


def attempt(shown, arguments, named):
    """Arguments as text; what cannot be shown is for the real call to refuse."""
    try:
        return f"{shown(*arguments, **named)}"
    except Exception:
        return ""


def size(data):
    """Bytes of a buffer."""
    return len(data) if isinstance(data, bytes) else memoryview(data).nbytes


def numeric(text):
    """Whether an address is one, and not a name."""
    return ":" in text or text.replace(".", "").isdigit()


def bare(flag):
    """An enumeration's value without the name of its class."""
    return getattr(flag, "name", None) or f"{flag}"


def given_to_select(*given):
    """The arguments of select: three lists and perhaps a timeout."""
    return ", ".join(descriptors(each) for each in given)


def descriptors(waited):
    """A list of files and descriptors as one of descriptors; a timeout as it is."""
    if waited is None or isinstance(waited, (int, float)):
        return f"{waited}"
    return "[" + ", ".join(f"{each if isinstance(each, int) else each.fileno()}" for each in waited) + "]"


def ready(found):
    """Of poll and epoll_wait: the descriptors that are ready."""
    return descriptors([descriptor for descriptor, _ in found])


def done(*_):
    """Of a call that gives nothing back."""
    return said(result="0")
