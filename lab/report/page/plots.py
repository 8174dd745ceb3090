"""Plots of a connection: sequence numbers, windows and round-trip times over time, both directions in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from lab.conversations import RESENT, Connection, Role, Segment
from lab.report.page.svg import drawing, element, label, line, ticks
from lab.report.page.times import Times
from lab.report.wording import plural
from lab.text import Text, say

WIDTH, HEIGHT = 336, 200
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 12, 40
MOST_POINTS = 500  # of a direction; of more, every n-th is drawn
ROLES: tuple[Role, Role] = ("client", "server")
_UNITS = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"), (1, "ns"))

Points = list[tuple[int, int]]
"""Times and values: nanoseconds since the beginning of the connection; bytes, or nanoseconds."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing with what it shows; `summary` says it to those who do not see it."""

    key: str
    title: Text
    svg: Markup
    summary: Text


def plots(connection: Connection) -> tuple[Plot, ...]:
    """What can be plotted of a connection whose segments were kept; nothing of one without two points."""
    segments = connection.segments or []
    if len(segments) < 2 or connection.end == connection.start:  # noqa: PLR2004 - a line has two ends
        return ()
    sequence = say("sequence numbers sent (bytes)", "已发送的序号（字节）")
    window = say("window announced (bytes)", "通告窗口（字节）")
    rtt = say("round-trip time, from the data to its ACK", "往返时间（从数据到其 ACK）")
    start = connection.start
    sent = {role: [(s.time - start, s.seq + s.length) for s in segments if s.sender == role] for role in ROLES}
    windows = {
        role: [(s.time - start, s.window) for s in segments if s.sender == role and "RST" not in s.flags.split()]
        for role in ROLES
    }
    trips = {role: round_trips(segments, role, start) for role in ROLES}
    times = Times((s.time - start for s in segments), LEFT, WIDTH - RIGHT)
    name = f"c{connection.index}"
    drawn = (
        _plot(f"{name}-sequence", sequence, sent, times, "bytes"),
        _plot(f"{name}-window", window, windows, times, "bytes"),
        _plot(f"{name}-rtt", rtt, trips, times, "time") if any(trips.values()) else None,
    )
    return tuple(plot for plot in drawn if plot is not None)


def round_trips(segments: Sequence[Segment], role: Role, start: int) -> Points:
    """From each segment of `role` to the first ACK that covers it; none of what was sent twice (Karn's rule)."""
    found: Points = []
    waiting: list[tuple[int, int]] = []
    for segment in segments:
        if segment.sender == role:
            flags = segment.flags.split()
            end = segment.seq + segment.length + ("SYN" in flags) + ("FIN" in flags)
            if RESENT & segment.marks:
                waiting = [each for each in waiting if each[0] <= segment.seq]
            elif end > segment.seq:
                waiting.append((end, segment.time))
        elif segment.ack is not None:
            acked = segment.ack
            found += [(segment.time - start, segment.time - sent) for end, sent in waiting if end <= acked]
            waiting = [each for each in waiting if each[0] > acked]
    return found


def _plot(key: str, title: Text, points: dict[Role, Points], times: Times, unit: Literal["bytes", "time"]) -> Plot:
    most = max(value for series in points.values() for _, value in series)
    scale, name = _unit(most) if unit == "time" else (1, "")
    parts = [*_axes(times, most / scale, name)]
    left_out = 0
    for role in ROLES:
        series = points[role]
        every = -(-len(series) // MOST_POINTS)
        kept = series[::every] if every > 1 else series
        left_out += len(series) - len(kept)
        at = [(times.x(time), _y(value, most)) for time, value in kept]
        parts += _line(at, role, steps=unit == "bytes")
    return Plot(key, title, drawing(WIDTH, HEIGHT, key, *parts), _summary(points, most / scale, name, left_out))


def _summary(points: dict[Role, Points], most: float, unit: str, left_out: int) -> Text:
    said = say(
        "{c} points of the client, {s} of the server, at most {most} {unit}",
        "客户端 {c} 个点，服务端 {s} 个点，最大 {most} {unit}",
        c=len(points["client"]),
        s=len(points["server"]),
        most=f"{most:,.4g}" if unit else f"{most:,.0f}",
        unit=say("{u}", "{u}", u=unit) if unit else say("bytes", "字节"),
    )
    if left_out:
        said += say("; {n} not drawn", "；{n}未画出", n=plural(left_out, "point", "points", "个点"))
    return said


def _axes(times: Times, most: float, unit: str) -> list[Markup]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    time_scale, time_unit = _unit(times.end - times.start)
    parts = [*times.axis(0, time_scale, TOP, bottom)]
    parts += [line(LEFT, bottom, right, bottom, "axis"), line(LEFT, TOP, LEFT, bottom, "axis")]
    for tick in ticks(0, most, 4):
        y = _y(tick, most)
        parts += [
            line(LEFT, y, right, y, "grid"),
            label(LEFT - 6, y + 4, f"{tick:,.6g}{unit and ' ' + unit}", "tick", "end"),
        ]
    time = say("time since the first packet ({unit})", "自首个数据包起的时间（{unit}）", unit=time_unit)
    return [*parts, label((LEFT + right) / 2, HEIGHT - 6, time, "tick", "middle")]


def _line(at: Sequence[tuple[float, float]], role: Role, *, steps: bool) -> list[Markup]:
    """A direction: the client's dots are filled and its line whole, the server's are rings on a dashed one."""
    if not at:
        return []
    path = f"M{at[0][0]:.1f} {at[0][1]:.1f}" + "".join(
        f"H{x:.1f}V{y:.1f}" if steps else f"L{x:.1f} {y:.1f}" for x, y in at[1:]
    )
    dots = [element("circle", cx=round(x, 1), cy=round(y, 1), r=2.5) for x, y in at]
    return [element("g", element("path", d=path), *dots, class_=f"series {role}")]


def _unit(nanoseconds: int) -> tuple[int, str]:
    return next((size, name) for size, name in _UNITS if nanoseconds >= size or size == 1)


def _y(value: float, most: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / (most or 1)
