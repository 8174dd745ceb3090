"""What strace(1) writes of a program, read as its calls on sockets.

A line is `PID  TIME NAME(ARGUMENTS) = RESULT <SECONDS>`. A call that another thread's line interrupts comes in two,
`… <unfinished ...>` and `<... NAME resumed>…`; one that never returned has no end. `-yy` puts a socket's addresses
behind each descriptor, `3<TCP:[10.77.0.11:40000->10.77.0.10:8080]>`, or its inode as long as it has none.
Whatever else stands there is passed over: a program can write into its own trace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lab.conversations import Endpoint
from lab.trace.call import RECEIVE, SEND, WAITS, SocketCall, Transport

LINE = re.compile(r"(?P<thread>\d+) +(?P<seconds>\d{1,11})\.(?P<fraction>\d{9}) (?P<text>.*)")
CALL = re.compile(r"(?P<name>\w+)\((?P<rest>.*)", re.DOTALL)
RESUMED = re.compile(r"<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)", re.DOTALL)
RETURN = re.compile(
    r"(?P<arguments>.*)\) += (?P<result>-?\d+|\?)(?P<more>.*?)(?: <(?P<seconds>\d{1,9})\.(?P<fraction>\d{9})>)?"
)
UNFINISHED = " <unfinished ...>"
SOCKET = re.compile(
    r"(?P<descriptor>\d+)<(?P<kind>(?:TCP|UDP|UNIX|RAW|PING|ICMP|PACKET|socket)[A-Za-z0-9-]*):\[(?P<ends>(?:->|[^<>])*)\]>"
)
BEHIND = re.compile(r"(?<=\d)<(?:->|[^<>]|<[^<>]*>)*>")
INET = re.compile(r"sin_port=htons\((?P<port>\d+)\), sin_addr=inet_addr\(\"(?P<address>[\d.]+)\"\)")
INET6 = re.compile(
    r"sin6_port=htons\((?P<port>\d+)\), .*?inet_pton\(AF_INET6, \"(?P<address>[0-9a-fA-F:.]+)\", &sin6_addr\)"
)
END = re.compile(r"\[?(?P<address>[0-9a-fA-F:.]+?)\]?:(?P<port>\d{1,5})")
TRANSPORTS: dict[str, Transport] = {"TCP": "tcp", "TCPv6": "tcp", "UDP": "udp", "UDPv6": "udp"}
NAMES = {  # system call -> the name of its man page, where that is another
    "accept4": "accept",
    "ppoll": "poll",
    "pselect6": "select",
    "epoll_pwait": "epoll_wait",
    "epoll_pwait2": "epoll_wait",
    "sendfile64": "sendfile",
}
KNOWN = RECEIVE | SEND | WAITS | {"socket", "bind", "listen", "connect", "accept", "shutdown", "close", "setsockopt"}
MAKES = frozenset({"clone", "clone3", "fork", "vfork"})
LENGTHS = {"recv": 2, "recvfrom": 2, "read": 2, "send": 2, "sendto": 2, "write": 2, "sendfile": 3}
"""Which of the arguments, from 0, is the number of bytes."""
FLAGGED = frozenset({"recv", "recvfrom", "send", "sendto"})
SHOWN = 200  # characters of arguments


@dataclass(slots=True)
class _Written:
    """A call as it was written: its text from the arguments on, up to where it came."""

    thread: int
    name: str
    started: int
    text: str


@dataclass(slots=True)
class _Reading:
    """What the lines so far say: whose thread is whose, and calls whose socket's address is not told yet."""

    program: str
    process_of: dict[int, int]
    calls: list[SocketCall] = field(default_factory=list)
    nameless: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def take(self, written: _Written) -> None:
        """Take in a call; nothing of one that is on no socket."""
        call = self._call(written)
        if call is None:
            return
        self.calls.append(call)
        if call.descriptor is not None:
            self._fill((call.process, call.descriptor), call)

    def _fill(self, socket: tuple[int, int], call: SocketCall) -> None:
        """Say of the calls before it on the same socket what address that got, as this one tells."""
        if call.name == "socket":
            self.nameless[socket] = []
            return
        waiting = self.nameless.setdefault(socket, [])
        if call.local is None:
            waiting.append(len(self.calls) - 1)
        elif call.name != "accept":
            for place in waiting:
                self.calls[place] = self.calls[place].model_copy(update={"local": call.local})
            waiting.clear()
        if call.name == "close":
            del self.nameless[socket]

    def _call(self, written: _Written) -> SocketCall | None:
        over = RETURN.fullmatch(written.text)
        arguments = written.text if over is None else over["arguments"]
        name = _name(written.name, arguments)
        socket = SOCKET.search((over["result"] + over["more"]) if over and name == "socket" else arguments)
        if name not in KNOWN or socket is None or (name not in WAITS and name != "socket" and not _first(arguments)):
            return None
        given = _split(BEHIND.sub("", arguments))
        facts = _facts(name, over) | _sockets(name, arguments, socket, over)
        return SocketCall(
            number=0,
            program=self.program,
            process=self.process_of.get(written.thread, written.thread),
            thread=written.thread,
            name=name,
            arguments=_shown(name, given)[:SHOWN],
            started=written.started,
            ended=_ended(written.started, over),
            **facts,
        )


def calls(program: str, data: bytes) -> list[SocketCall]:
    """The calls of `program` on sockets, in the order in which they began, not numbered yet; `data` is what came."""
    written = sorted(_written(data.decode(errors="replace")), key=lambda each: each.started)
    reading = _Reading(program, _processes(written))
    for each in written:
        reading.take(each)
    return reading.calls


def _written(text: str) -> Iterator[_Written]:
    """The calls as they were written, those in two pieces put together."""
    open_: dict[int, _Written] = {}
    for line in text.split("\n"):
        found = LINE.fullmatch(line)
        if found is None:
            continue
        thread, rest = int(found["thread"]), found["text"]
        whole = not rest.endswith(UNFINISHED)
        rest = rest.removesuffix(UNFINISHED)
        if resumed := RESUMED.fullmatch(rest):
            begun = open_.pop(thread, None)
            if begun is None or begun.name != resumed["name"]:
                continue
            begun.text += resumed["rest"]
        elif called := CALL.fullmatch(rest):
            started = int(found["seconds"]) * 1_000_000_000 + int(found["fraction"])
            begun = _Written(thread, called["name"], started, called["rest"])
        else:
            continue
        if whole:
            yield begun
        else:
            open_[thread] = begun
    yield from open_.values()


def _processes(written: list[_Written]) -> dict[int, int]:
    """Thread -> its process, where that has another number."""
    found: dict[int, int] = {}
    for each in written:
        over = RETURN.fullmatch(each.text) if each.name in MAKES else None
        if over is not None and "CLONE_THREAD" in over["arguments"] and over["result"] not in {"?", "-1"}:
            found[int(over["result"])] = found.get(each.thread, each.thread)
    return found


def _name(name: str, arguments: str) -> str:
    """The name of the man page: recv(2) and send(2) are the calls recvfrom and sendto without an address."""
    name = NAMES.get(name, name)
    if name == "recvfrom" and arguments.rstrip().endswith("NULL, NULL"):
        return "recv"
    if name == "sendto" and arguments.rstrip().endswith("NULL, 0"):
        return "send"
    return name


def _first(arguments: str) -> bool:
    """Whether the first argument is a socket."""
    return SOCKET.match(arguments) is not None


def _facts(name: str, over: re.Match[str] | None) -> dict[str, object]:
    """Result, error and bytes of a call that is over."""
    if over is None or over["result"] == "?":
        return {"error": "EINTR"} if over is not None and "ERESTART" in over["more"] else {}
    if over["result"] == "-1":
        error = over["more"].strip().partition(" ")[0]
        return {"error": error or "unknown"}
    facts: dict[str, object] = {"result": over["result"]}
    if name in {"poll", "select"}:
        facts["result"] = f"[{', '.join(_ready(name, BEHIND.sub('', over['more'])))}]"
    if name in RECEIVE | SEND:
        facts["bytes"] = int(over["result"])
    return facts


def _ready(name: str, more: str) -> list[str]:
    """The descriptors that poll or select found ready."""
    if name == "poll":
        return re.findall(r"fd=(\d+)", more)
    return [number for each in re.findall(r"(?:in|out|except) \[([\d ]+)\]", more) for number in each.split()]


def _sockets(name: str, arguments: str, socket: re.Match[str], over: re.Match[str] | None) -> dict[str, object]:
    """Descriptors, transport and addresses."""
    if name in WAITS:
        return {}
    facts: dict[str, object] = {"descriptor": int(socket["descriptor"]), "transport": _transport(socket["kind"])}
    if name == "socket":
        return facts | {"new_descriptor": int(socket["descriptor"])}
    if name == "accept":
        new = SOCKET.search(over["result"] + over["more"]) if over is not None else None
        if new is not None:
            facts["new_descriptor"], socket = int(new["descriptor"]), new
    local, remote = _ends(socket["ends"])
    named = _address(arguments)
    if name == "bind" and named is not None and named.port:
        local = local or named
    elif name in {"connect", "sendto", "recvfrom", "sendmsg", "recvmsg"}:
        remote = named or remote
    return facts | {"local": local, "remote": remote}


def _transport(kind: str) -> Transport:
    return "unix" if kind.startswith("UNIX") else TRANSPORTS.get(kind, "other")


def _ends(text: str) -> tuple[Endpoint | None, Endpoint | None]:
    """The addresses behind a descriptor; none of an inode."""
    local, _, remote = text.partition("->")
    return _end(local), _end(remote)


def _end(text: str) -> Endpoint | None:
    found = END.fullmatch(text)
    return None if found is None else Endpoint(_plain(found["address"]), int(found["port"]))


def _address(arguments: str) -> Endpoint | None:
    """The address among the arguments."""
    found = INET.search(arguments) or INET6.search(arguments)
    return None if found is None else Endpoint(_plain(found["address"]), int(found["port"]))


def _plain(address: str) -> str:
    """An IPv4 address as such where an IPv6 socket shows it as `::ffff:10.77.0.11`."""
    return address.removeprefix("::ffff:") if "." in address else address


def _ended(started: int, over: re.Match[str] | None) -> int | None:
    if over is None or over["seconds"] is None:
        return None
    return started + int(over["seconds"]) * 1_000_000_000 + int(over["fraction"])


def _shown(name: str, given: list[str]) -> str:
    """The arguments as people read them: no descriptor, which stands apart, and no payload."""
    if name in {"connect", "bind"}:
        address = _address(", ".join(given))
        return "" if address is None else repr(tuple(address))
    if name in LENGTHS:
        shown = given[LENGTHS[name] : LENGTHS[name] + 1]
        flags = given[3:4] if name in FLAGGED else []
        return ", ".join(shown + [flag for flag in flags if flag != "0"])
    if name in RECEIVE | SEND:
        lengths = re.findall(r"iov_len=(\d+)", ", ".join(given))
        return f"{sum(map(int, lengths))}" if lengths else ""
    if name == "socket":
        return ", ".join(given[:2])
    return "" if name in {"accept", "close"} else ", ".join(given if name in WAITS else given[1:4])


def _split(arguments: str) -> list[str]:
    """Arguments at the commas between them, not at those within brackets or quotes."""
    found, depth, quoted, begin = [], 0, False, 0
    for place, letter in enumerate(arguments):
        if letter == '"' and arguments[place - 1 : place] != "\\":
            quoted = not quoted
        elif not quoted:
            depth += (letter in "([{") - (letter in ")]}")
            if letter == "," and depth == 0:
                found.append(arguments[begin:place].strip())
                begin = place + 1
    rest = arguments[begin:].strip()
    return [*found, rest] if rest else found
