"""IP datagrams put together from their fragments, in whatever order these come (RFC 791, 3.2; RFC 8200, 4.5)."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_WAITING = 1024  # datagrams of which fragments are missing
MOST_OF_ONE = 2048  # fragments that a datagram may have

Key = tuple[bytes, bytes, int, int]
"""What the fragments of a datagram have in common: source, destination, identification, protocol."""


@dataclass(slots=True)
class _Pieces:
    """The fragments of one datagram, as far as they came."""

    pieces: dict[int, bytes] = field(default_factory=dict)
    frames: list[int] = field(default_factory=list)
    total: int | None = None

    def joined(self) -> bytes | None:
        """The datagram, once no piece is missing; where pieces overlap the earlier offset wins."""
        if self.total is None:
            return None
        data = bytearray()
        for offset in sorted(self.pieces):
            if offset > len(data):
                return None
            data += self.pieces[offset][len(data) - offset :]
        return bytes(data[: self.total]) if len(data) >= self.total else None


class Fragments:
    """Those that wait for others. Of too many, the datagram that began first is given up."""

    def __init__(self) -> None:
        self._waiting: dict[Key, _Pieces] = {}

    def joined(
        self, key: Key, offset: int, piece: bytes, frame: int, *, more: bool
    ) -> tuple[bytes, tuple[int, ...]] | None:
        """The datagram that `piece` makes whole, if it does, and the numbers of the frames that it came in.

        `more` tells that another fragment follows; `frame` is the number of the frame with this one.
        """
        pieces = self._waiting.setdefault(key, _Pieces())
        pieces.pieces.setdefault(offset, piece)
        pieces.frames.append(frame)
        if not more:
            pieces.total = offset + len(piece)
        data = pieces.joined()
        if data is not None or len(pieces.pieces) > MOST_OF_ONE:
            del self._waiting[key]
        elif len(self._waiting) > MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        return None if data is None else (data, tuple(pieces.frames))
