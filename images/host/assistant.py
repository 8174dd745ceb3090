"""The other end of any program, worked by hand: a TCP server, a TCP client or a UDP socket, in JSON lines.

Requests come on stdin, events go to stdout, one JSON object a line; bytes are in base64, a peer is `[address, port]`,
times are nanoseconds since the epoch, on the clock that stamps the capture too.

    {"do": "listen", "transport": "tcp", "port": 8080, "address": ""}    "" are all addresses, of IPv4 and IPv6;
    {"do": "listen", "transport": "udp", "port": 0, "broadcast": true}   port 0 is any that is free
    {"do": "connect", "host": "server", "port": 8080}
    {"do": "send", "peer": ["10.77.0.11", 53294], "data": "aGVsbG8="}    over UDP the peer may be a name
    {"do": "disconnect", "peer": ["10.77.0.11", 53294]}
    {"do": "stop"}                                                       closes everything; it can listen again

    {"event": "listening", "transport": "tcp", "local": ["", 8080], "time": …}
    {"event": "connected", "peer": …, "local": …, "time": …}
    {"event": "received", "peer": …, "data": …, "time": …}
    {"event": "sent", "peer": …, "data": …, "time": …}                   when the kernel had taken the last byte
    {"event": "closed", "peer": …, "how": "peer" | "here" | "lost", "errno": …, "text": …, "time": …}
    {"event": "stopped", "time": …}
    {"event": "error", "do": "connect", "errno": 111, "text": "Connection refused", "time": …}

It is single-threaded: what is ready is handled, nothing blocks but the look-up of a name, and stdout while nobody
reads it, so that what peers send waits in the kernel and no memory is filled. It ends with its stdin.
"""

import base64
import errno
import json
import os
import selectors
import socket
import time

CHUNK = 65536
WAITING = 1 << 20  # bytes that wait for a peer that does not read; more are refused
REQUEST = 2 * WAITING  # bytes of one request: what may wait, in base64, and its frame
CONNECTIONS = 200  # peers at once, fewer than a program may have descriptors
BACKLOG = 128


class Refused(Exception):
    """A request that cannot be done; its text is told."""


class Assistant:
    """The loop, its sockets and its peers."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.listener = None
        self.datagrams = None
        self.attempt = None
        self.peers = {}
        self.requests = bytearray()
        self.selector.register(0, selectors.EVENT_READ, self.read_requests)

    def run(self):
        """Handle what is ready, until stdin ends."""
        while True:
            for key, events in self.selector.select():
                if self.selector.get_map().get(key.fileobj) is not None:  # else closed by what was handled before it
                    key.data(events)

    # Requests

    def read_requests(self, _):
        """Take what is asked; end with it."""
        data = os.read(0, CHUNK)
        if not data:
            raise SystemExit
        self.requests += data
        *lines, self.requests = self.requests.split(b"\n")
        if len(self.requests) > REQUEST:
            raise SystemExit("a request is longer than any can be")
        for line in lines:
            self.answer(json.loads(line))

    def answer(self, request):
        """Do one request; tell why it cannot be done."""
        do = request.pop("do")
        try:
            getattr(self, "do_" + do)(**request)
        except Refused as refusal:
            tell("error", do=do, errno=None, text=str(refusal))
        except OSError as error:
            tell("error", do=do, **reason(error))

    def do_listen(self, transport, port, address="", *, broadcast=False):
        """Be a TCP server, or a UDP socket that may send to broadcast addresses too."""
        if self.listener or self.datagrams:
            raise Refused("it listens already")
        kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
        opened = bound(kind, address, port, broadcast)
        if transport == "tcp":
            opened.listen(BACKLOG)
            self.listener = opened
        else:
            self.datagrams = opened
        ready = self.accept if transport == "tcp" else self.receive
        self.selector.register(opened, selectors.EVENT_READ, ready)
        tell("listening", transport=transport, local=[address, opened.getsockname()[1]])

    def do_connect(self, host, port):
        """Be a TCP client; the addresses of `host` are tried one after the other."""
        if self.attempt:
            raise Refused("it is connecting already")
        self.attempt = Attempt(self, addresses(host, port, socket.SOCK_STREAM))
        self.attempt.next()

    def do_send(self, peer, data):
        """Send bytes to a peer."""
        content = base64.b64decode(data)
        if self.datagrams:
            family = self.datagrams.family
            *_, target = addresses(*peer, socket.SOCK_DGRAM, family)[0]
            self.datagrams.sendto(content, target)
            tell("sent", peer=plain(target), data=data)
        else:
            self.connection(peer).send(content)

    def do_disconnect(self, peer):
        """Close the connection with a peer once everything has been sent."""
        self.connection(peer).finish("here")

    def do_stop(self):
        """Close everything."""
        if self.attempt:
            self.attempt.give_up()
        for connection in list(self.peers.values()):
            connection.close("here")
        for opened in (self.listener, self.datagrams):
            if opened:
                self.forget(opened)
        self.listener = self.datagrams = None
        tell("stopped")

    def connection(self, peer):
        """The connection with a peer."""
        try:
            return self.peers[tuple(peer)]
        except KeyError:
            raise Refused("there is no connection with it") from None

    # Sockets

    def accept(self, _):
        """Take a client, or turn it away where there are too many."""
        try:
            client, _ = self.listener.accept()
        except (BlockingIOError, ConnectionAbortedError):  # it has gone again
            return
        if len(self.peers) >= CONNECTIONS:
            client.close()
            tell("error", do="accept", errno=errno.EMFILE, text=os.strerror(errno.EMFILE))
            return
        self.connected(client)

    def connected(self, opened):
        """There is a connection."""
        try:
            peer = plain(opened.getpeername())
        except OSError:  # reset already
            opened.close()
            return
        self.peers[tuple(peer)] = Connection(self, opened, peer)
        tell("connected", peer=peer, local=plain(opened.getsockname()))

    def receive(self, _):
        """Tell of a datagram."""
        try:
            data, sender = self.datagrams.recvfrom(CHUNK)
        except BlockingIOError:  # its checksum was wrong
            return
        except OSError as error:
            tell("error", do="receive", **reason(error))
            return
        tell("received", peer=plain(sender), data=base64.b64encode(data).decode())

    def forget(self, opened):
        """Close a socket and look at it no more."""
        self.selector.unregister(opened)
        opened.close()


class Attempt:
    """An attempt to connect to one of several addresses."""

    def __init__(self, assistant, targets):
        self.assistant = assistant
        self.targets = targets
        self.opened = None

    def next(self, failure=None):
        """Try the next address; when there is none, tell of the last failure."""
        while self.targets:
            family, target = self.targets.pop(0)
            try:
                self.opened = socket.socket(family, socket.SOCK_STREAM)
                self.opened.settimeout(0)
                self.opened.connect(target)
            except BlockingIOError:
                pass
            except OSError as error:
                self.opened.close()
                failure = error
                continue
            self.assistant.selector.register(self.opened, selectors.EVENT_WRITE, self.ready)
            return
        self.assistant.attempt = None
        tell("error", do="connect", **reason(failure))

    def ready(self, _):
        """It has succeeded or failed."""
        code = self.opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.assistant.forget(self.opened)
            self.next(OSError(code, os.strerror(code)))
            return
        self.assistant.selector.unregister(self.opened)
        self.assistant.attempt = None
        self.assistant.connected(self.opened)

    def give_up(self):
        """Try no more."""
        self.assistant.forget(self.opened)
        self.assistant.attempt = None


class Connection:
    """A TCP connection: its socket and the messages that wait until the peer takes them."""

    def __init__(self, assistant, opened, peer):
        self.assistant = assistant
        self.opened = opened
        self.peer = peer
        self.messages = []
        self.taken = 0  # bytes of the first message that the kernel has
        self.ending = None  # how it ends once all messages are sent
        opened.settimeout(0)
        assistant.selector.register(opened, selectors.EVENT_READ, self.ready)

    def ready(self, events):
        """Write what waits, and read; the peer's end of the stream is answered with ours."""
        try:
            if events & selectors.EVENT_WRITE:
                self.write()
            if events & selectors.EVENT_READ and self.ending is None:
                self.read()
        except BlockingIOError:
            pass
        except OSError as error:
            self.close("lost", error)

    def read(self):
        """Tell what came."""
        data = self.opened.recv(CHUNK)
        if data:
            tell("received", peer=self.peer, data=base64.b64encode(data).decode())
        else:
            self.finish("peer")

    def send(self, data):
        """Send bytes after those that wait."""
        if self.ending is not None:
            raise Refused("the connection is being closed")
        if sum(map(len, self.messages)) + len(data) > WAITING:
            raise Refused("the peer does not read: too much waits for it already")
        self.messages.append(data)
        self.ready(selectors.EVENT_WRITE)

    def write(self):
        """Give the kernel as much as it takes now; the rest when it can take more."""
        try:
            while self.messages:
                self.taken += self.opened.send(memoryview(self.messages[0])[self.taken :])
                if self.taken == len(self.messages[0]):
                    tell("sent", peer=self.peer, data=base64.b64encode(self.messages.pop(0)).decode())
                    self.taken = 0
        finally:
            self.listen()
        if self.ending is not None:
            self.close(self.ending)

    def listen(self):
        """Look at what there is to do."""
        events = selectors.EVENT_WRITE if self.messages else 0
        events |= selectors.EVENT_READ if self.ending is None else 0
        if events:
            self.assistant.selector.modify(self.opened, events, self.ready)

    def finish(self, how):
        """Close it once everything has been sent."""
        self.ending = how
        if self.messages:
            self.listen()
        else:
            self.close(how)

    def close(self, how, error=None):
        """Close it now."""
        self.assistant.forget(self.opened)
        del self.assistant.peers[tuple(self.peer)]
        tell("closed", peer=self.peer, how=how, **({} if error is None else reason(error)))


def bound(kind, address, port, broadcast):
    """A socket bound to a port of an address; of all of them, both families' on one socket where there is IPv6."""
    if address:
        family, target = addresses(address, port, kind, 0, socket.AI_PASSIVE)[0]
        choices = [(family, target)]
    else:
        choices = [(socket.AF_INET6, ("::", port)), (socket.AF_INET, ("", port))]
    for family, target in choices:
        try:
            opened = socket.socket(family, kind)
        except OSError as error:
            if error.errno != errno.EAFNOSUPPORT or family == choices[-1][0]:
                raise
            continue
        try:
            opened.settimeout(0)
            if family == socket.AF_INET6 and not address:
                opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            if kind == socket.SOCK_STREAM:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, broadcast)
            opened.bind(target)
        except OSError as error:
            opened.close()
            if error.errno == errno.EADDRNOTAVAIL and family != choices[-1][0]:  # IPv6 is switched off
                continue
            raise
        return opened
    raise AssertionError(choices)


def addresses(host, port, kind, family=0, flags=0):
    """The (family, address) pairs of a name or an address; what an IPv6 socket reaches over IPv4 is mapped."""
    flags |= socket.AI_V4MAPPED | socket.AI_ALL if family == socket.AF_INET6 else 0
    found = socket.getaddrinfo(host, port, family, kind, 0, flags)
    return [(family, target) for family, _, _, _, target in found]


def plain(target):
    """`[address, port]` of a socket's address; what came over IPv4 is shown as IPv4."""
    address, port = socket.getnameinfo(target, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    return [address.removeprefix("::ffff:") if "." in address else address, int(port)]


def reason(error):
    """Why something failed: the kernel's number, none of the resolver's, and the text."""
    number = None if isinstance(error, socket.gaierror) else error.errno
    return {"errno": number, "text": error.strerror or str(error)}


def tell(event, **facts):
    """Write one event, whole."""
    data = json.dumps({"event": event, **facts, "time": time.time_ns()}).encode() + b"\n"
    while data:
        data = data[os.write(1, data) :]


if __name__ == "__main__":
    Assistant().run()
