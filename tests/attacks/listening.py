"""What hears whoever gets out: listeners on the machine under the lab, where the attacks look for them."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

SERVICE, RESOLVER = 47251, 47253
BRIDGE = "172.17.0.1"  # the engine's own network, if it has one
ABSTRACT = "\0lab-attack-listener"


class Listener:
    """A service at every address of the machine (TCP, UDP, Unix) and a resolver; a context manager."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._selector = selectors.DefaultSelector()
        self._over, self._end = socket.socketpair()
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Self:
        self._open(socket.AF_INET6, socket.SOCK_STREAM, ("::", SERVICE))
        self._open(socket.AF_INET6, socket.SOCK_DGRAM, ("::", SERVICE))
        self._open(socket.AF_INET6, socket.SOCK_DGRAM, ("::", RESOLVER))
        self._open(socket.AF_UNIX, socket.SOCK_STREAM, ABSTRACT)
        for address, port in ((BRIDGE, 53), (BRIDGE, 514), (BRIDGE, 4444)):
            with suppress(OSError):  # taken, not ours to take, or no such bridge here
                self._open(socket.AF_INET, socket.SOCK_DGRAM, (address, port))
        self._selector.register(self._over, selectors.EVENT_READ)
        self._prove()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end.send(b".")
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()
        self._end.close()

    def _open(self, family: int, kind: int, address: tuple[str, int] | str) -> None:
        opened = socket.socket(family, kind)
        try:
            if family == socket.AF_INET6:
                opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # 0.0.0.0 too
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(address)
            if kind == socket.SOCK_STREAM:
                opened.listen()
        except OSError:
            opened.close()
            raise
        self._selector.register(opened, selectors.EVENT_READ)

    def _prove(self) -> None:
        """That it hears: itself."""
        with socket.create_connection(("127.0.0.1", SERVICE), timeout=5) as call:
            listening = next(key.fileobj for key, _ in self._selector.select(5))
            taken, _ = listening.accept()  # type: ignore[union-attr]
            taken.close()
            call.recv(1)

    def _listen(self) -> None:
        while True:
            for key, _ in self._selector.select():
                opened = key.fileobj
                if opened is self._over:
                    return
                assert isinstance(opened, socket.socket)
                if opened.type == socket.SOCK_STREAM:
                    taken, peer = opened.accept()
                    taken.settimeout(0.2)
                    with taken, suppress(OSError):
                        self.heard.append(f"connection from {peer} to {opened.getsockname()}: {taken.recv(200)!r}")
                else:
                    data, peer = opened.recvfrom(2000)
                    self.heard.append(f"datagram from {peer} to {opened.getsockname()}: {data!r}")
