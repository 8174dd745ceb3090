"""One packet, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict, Unpack

from rich.cells import cell_len
from rich.text import Text as Line

from lab.capturefile import Frame
from lab.layers import Layer
from lab.report.labels import prove_encoding
from lab.report.layout import Screen, cut, hexdump
from lab.report.wording import clock
from lab.text import Language, say
from lab.visible import one_line, visible


class Known(TypedDict, total=False):
    """What else is known of a packet.

    `since` is the time (ns) that the capture began, `encoding` that of the payload, `conversation` the name by which
    the tables call the one that it belongs to.
    """

    since: int | None
    encoding: str
    conversation: str | None


def packet_view(
    number: int, frame: Frame, layers: tuple[Layer, ...], language: Language, **known: Unpack[Known]
) -> Screen:
    """Packet `number` with its layers, its payload as text, and its bytes.

    Raises `InputError` where there is no such encoding.
    """
    encoding = known.get("encoding", "utf-8")
    prove_encoding(encoding)

    def draw(width: int) -> Iterator[Line]:
        yield _head(number, frame, language, known)
        for layer in layers:
            yield Line()
            yield Line("  " + one_line(layer.name), style="bold cyan")
            rows = [(one_line(name), one_line(value)) for name, value in layer.fields]
            if layer.payload:
                label = say("text ({encoding})", "文本（{encoding}）", encoding=encoding).in_(language)
                rows.append((label, visible(layer.payload.decode(encoding, "backslashreplace"))))
            names = max((cell_len(name) for name, _ in rows), default=0)
            for name, value in rows:
                space = " " * (names - cell_len(name) + 3)
                yield Line(f"    {name}{space}", style="dim").append(cut(value, max(width - names - 8, 12)), "default")
        yield Line()
        for row in hexdump(frame[3]):
            yield Line("  " + row, style="dim")

    return Screen(draw)


def _head(number: int, frame: Frame, language: Language, known: Known) -> Line:
    time, _, _, _, length = frame
    since, conversation = known.get("since"), known.get("conversation")
    head = Line(say("packet {n}", "数据包 {n}", n=number).in_(language), style="bold")
    at = "" if since is None else f"   {clock(time - since)} s"
    size = say("{n} bytes on the wire", "线路上 {n} 字节", n=length).in_(language)
    head.append(f"{at}   {size}", style="not bold dim")
    if conversation is not None:
        belongs = say("   conversation {name}", "   会话 {name}", name=conversation).in_(language)
        head.append(belongs, style="not bold dim")
    return head
