"""One packet, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text as Line

from lab.capturefile import Frame
from lab.layers import Layer
from lab.report.layout import Screen, cut, hexdump
from lab.report.visible import one_line
from lab.report.wording import clock
from lab.text import Language, say


def packet_view(number: int, frame: Frame, layers: tuple[Layer, ...], since: int | None, language: Language) -> Screen:
    """Packet `number` with its layers and its bytes; `since` is the time (ns) that the capture began."""

    def draw(width: int) -> Iterator[Line]:
        time, _, _, data, length = frame
        head = say("packet {n}", "数据包 {n}", n=number).in_(language)
        size = say("{n} bytes on the wire", "线路上 {n} 字节", n=length).in_(language)
        at = "" if since is None else f"   {clock(time - since)} s"
        yield Line(head, style="bold").append(f"{at}   {size}", style="dim")
        for layer in layers:
            yield Line()
            yield Line("  " + one_line(layer.name), style="bold cyan")
            names = max((len(name) for name, _ in layer.fields), default=0)
            for name, value in layer.fields:
                yield Line(f"    {one_line(name):<{names}}   ", style="dim").append(
                    cut(one_line(value), width - names - 8), "default"
                )
        yield Line()
        for row in hexdump(data):
            yield Line("  " + row, style="dim")

    return Screen(draw)
