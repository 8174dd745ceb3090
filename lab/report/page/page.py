"""What was seen, put together into one file that needs no network: style, script and pictures are inside it.

Every value passes through the template's escaping; a Content-Security-Policy lets the one script and the one style run
that are the lab's own, and loads nothing. Without script everything is there to be read.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from lab.grade import points
from lab.report.html import TAGS, both, environment
from lab.report.page import facts
from lab.report.page.commands import Commands
from lab.report.page.conversations import ladders, not_listed
from lab.report.page.ladder import Ladder, Row, call_row
from lab.report.page.timeline import timeline
from lab.report.page.topology import topology
from lab.report.page.wording import ARROWS, LABELS
from lab.report.wording import MARKS, VERDICTS, plural, ranges
from lab.results import Outcome, Result, Verdict
from lab.seen import Seen, Sentence
from lab.text import Language, Text, same, say
from lab.visible import visible

EMBEDDED = 2 << 20  # bytes of a capture that is carried inside the page
SHOWN_GROUPS = 12  # of a check's packets
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class _Links:
    """Packets as links to their rows; a packet that is not drawn is a number."""

    drawn: frozenset[int]

    def group(self, numbers: Iterable[int]) -> Markup:
        """One group of packets: `8-10,14`, each range a link to its first packet."""
        every = [*numbers]
        shown = ranges(every)
        parts = [self._range(part) for part in shown.removesuffix("…").split(",") if part]
        return Markup(",").join(parts) + ("…" if shown.endswith("…") else "")

    def groups(self, groups: Sequence[Sequence[int]]) -> Markup:
        """The packets of a check, a group a connection."""
        filled = [group for group in groups if group]
        links = Markup(" ").join(self.group(group) for group in filled[:SHOWN_GROUPS])
        more = len(filled) - SHOWN_GROUPS
        return links if more <= 0 else links + " " + both(plural(more, "more group", "more groups", "组未列出"))

    def _range(self, part: str) -> Markup:
        first = part.split("-", maxsplit=1)[0]
        if int(first) not in self.drawn:
            return Markup("{}").format(part)
        return Markup('<a class="packet-link" href="#p{}">{}</a>').format(first, part)


def page(seen: Seen, language: Language = "en", sentences: Sequence[Sentence] = ()) -> str:
    """The page of what was `seen`, `language` chosen at first; `sentences` tell its story, if there is one."""
    began = _began(seen)
    commands = Commands.of(seen)
    drawn = ladders(seen, began, commands)
    numbers = frozenset(n for ladder in drawn for sheet in ladder.sheets for n in _numbers(sheet.rows))
    script, style = (_HERE / "page.js").read_text("utf-8"), (_HERE / "page.css").read_text("utf-8")
    return _ENVIRONMENT.get_template("page.html.j2").render(
        {
            **_of_record(seen, began),
            "seen": seen,
            "chosen": language,
            "tags": TAGS,
            "links": _Links(numbers),
            "labels": LABELS,
            "arrows": ARROWS,
            "marks": MARKS,
            "verdicts": VERDICTS,
            "title": same(seen.capture.name) if seen.record is None else seen.record.title.text,
            "told": _told(seen),
            "score": _score(seen.outcome),
            "sentences": sentences,
            "topology": topology(seen),
            "timeline": timeline(seen, drawn, began),
            "ladders": drawn,
            "not_listed": not_listed(seen.conversations, commands),
            "not_drawn": _not_drawn(seen, drawn, commands),
            "other_calls": [call_row(each, began) for each in seen.calls if each.conversation is None],
            "look": commands.look,
            "show_packet": commands.packet,
            "capture": _embedded(seen.capture),
            "script": Markup(script),  # noqa: S704 - the lab's own files
            "style": Markup(style),  # noqa: S704
            "script_hash": _hash(script),
            "style_hash": _hash(style),
        }
    )


def save_page(seen: Seen, path: Path, language: Language = "en", sentences: Sequence[Sentence] = ()) -> None:
    """Write the page of what was `seen` to `path`."""
    path.write_text(page(seen, language, sentences), encoding="utf-8", newline="\n")


def failed_first(results: Iterable[Result]) -> list[Result]:
    """The checks, those that say what is wrong before the others."""
    return sorted(results, key=lambda result: result.verdict not in (Verdict.FAILED, Verdict.ERROR))


def _of_record(seen: Seen, began: int) -> dict[str, object]:
    """What only a run has, nothing of it for any other capture."""
    if seen.record is None:
        return {"results": [], "moments": (), "tables": ()}
    record, outcome = seen.record, seen.outcome
    return {
        "results": [] if outcome is None else failed_first(outcome.results),
        "moments": facts.moments(record, began),
        "tables": (facts.what_was_run(record, outcome), facts.programs(record), facts.steps(record, began)),
        "counters": facts.capture(record),
    }


def _began(seen: Seen) -> int:
    """What times are counted from: the first step of a run, the first packet of any other capture."""
    if seen.record is not None:
        return seen.record.steps[0].started if seen.record.steps else seen.record.started
    found = seen.conversations
    times = [connection.start for connection in found.connections]
    times += [exchange.start for exchange in found.exchanges]
    times += [message.time for message in found.messages[:1]]
    return min(times, default=0)


def _told(seen: Seen) -> Text:
    """The capture in a line."""
    found = seen.conversations
    parts = [
        plural(found.packets, "packet", "packets", "个数据包"),
        plural(len(found.connections), "TCP conversation", "TCP conversations", "个 TCP 会话"),
        plural(len(found.exchanges), "UDP conversation", "UDP conversations", "个 UDP 会话"),
    ]
    told = parts[0] + say(" · ", " · ") + parts[1] + say(" · ", " · ") + parts[2]
    if found.damage is not None:
        told += say(" · the file is damaged: {where}", " · 文件已损坏：{where}", where=found.damage)
    return told


def _score(outcome: Outcome | None) -> Text | None:
    if outcome is None or not outcome.exercise:
        return None
    earned, most = points(outcome.results)
    return say("{earned:g} of {most:g} points", "得分 {earned:g}/{most:g}", earned=earned, most=most)


def _not_drawn(seen: Seen, drawn: Sequence[Ladder], commands: Commands) -> Text | None:
    """How many packets are in no ladder of the page, such as the first fragments of a datagram."""
    held = sum(len(ladder.arrows) for ladder in drawn)
    missing = seen.conversations.packets - held
    if missing <= 0:
        return None
    counted = plural(missing, "packet of the capture is", "packets of the capture are", "个数据包")
    return counted + say(
        " in none of these ladders; {command}… shows one",
        "不在以上任何时序图中；{command}… 可查看单个",
        command=commands.packet,
    )


def _numbers(rows: Iterable[Row]) -> Iterable[int]:
    return (row.number for row in rows if row.kind == "packet")


def _embedded(capture: Path) -> str | None:
    """A small capture as a link that carries it; None of one that is too large."""
    if not capture.is_file() or capture.stat().st_size > EMBEDDED:
        return None
    return "data:application/octet-stream;base64," + base64.b64encode(capture.read_bytes()).decode("ascii")


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")


_ENVIRONMENT = environment(_HERE)
_ENVIRONMENT.filters["visible"] = visible
