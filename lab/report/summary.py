"""What the checks say of a run, where its capture is, and its verdict, as lines of a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text as Line

from lab.grade import points, rounded
from lab.limits import limit_words
from lab.record import KEPT
from lab.report.judged import Judged
from lab.report.layout import Screen, beside, console_of, cut, hang, pad, wraps
from lab.report.wording import MARKS, PHASES, VERDICTS, packet_groups, plural, seconds
from lab.results import Outcome, Verdict
from lab.text import Language, Text, join, same, say
from lab.visible import visible, visible_lines

STYLES = {
    Verdict.PASSED: "green",
    Verdict.FAILED: "bold red",
    Verdict.SKIPPED: "dim",
    Verdict.ERROR: "bold magenta",
}
PAGE_FILE = "report.html"
"""The page of a run, in its directory."""
EDGE = 110  # the right edge of the packet numbers on a wide terminal
ID_CELLS = 24
LABELS = {
    "expected": Text("expected", "期望"),
    "actual": Text("actual", "实际"),
    "hint": Text("hint", "提示"),
}
PHASE_WORDS = {
    "setup": Text("hosts", "主机"),
    "exchange": Text("exchange", "交互"),
    "checks": Text("checks", "检查"),
    "cleanup": Text("cleaning up", "清理"),
}


def outcome_lines(
    outcome: Outcome, language: Language, console: Console, failed_steps: int = 0, look: str | None = None
) -> Iterator[Line]:
    """The whole end of a run's screen; `look` is the command that looks into it, if it is not the latest run."""
    drawing = _Drawing(outcome.results, language, console, points=outcome.exercise)
    for result in outcome.results:
        yield from drawing.result(result)
    if outcome.results:
        yield Line()
    yield from _files(outcome, language, console, look)
    yield Line()
    yield from _verdict(Line(), outcome, language, console, failed_steps)


def quiet_lines(outcome: Outcome, language: Language, console: Console) -> Iterator[Line]:
    """Only what did not pass, and the verdict with the scenario's name."""
    drawing = _Drawing(outcome.results, language, console, points=outcome.exercise)
    for result in outcome.results:
        if result.verdict in (Verdict.FAILED, Verdict.ERROR):
            yield from drawing.result(result)
    yield from _verdict(Line(visible(outcome.scenario) + "   "), outcome, language, console)


def checks_screen(outcome: Outcome, language: Language) -> Screen:
    """The checks alone."""

    def draw(width: int) -> Iterator[Line]:
        drawing = _Drawing(outcome.results, language, console_of(width), points=outcome.exercise)
        for result in outcome.results:
            yield from drawing.result(result)

    return Screen(draw)


def graded_lines(checks: Sequence[Judged], language: Language, console: Console) -> Iterator[Line]:
    """The checks of a grading, with their points."""
    drawing = _Drawing(checks, language, console, points=True)
    for check in checks:
        yield from drawing.result(check)


def _earned(result: Judged) -> str:
    """The points of a check as in `1.33/2`; of a bonus, which comes on top, as in `+1/1`."""
    return f"{'+' if result.bonus else ''}{_number(result.earned)}/{_number(result.points)}" if result.points else ""


def _number(points: float) -> str:
    return f"{rounded(points):.12g}"


class _Drawing:
    """Draws checks with their ids in a column, and beside it, if `points`, those that they give."""

    def __init__(self, results: Sequence[Judged], language: Language, console: Console, *, points: bool) -> None:
        self._language = language
        self._console = console
        self._ids = min(max((len(result.id) for result in results), default=0), ID_CELLS)
        self._earned = {result.id: _earned(result) for result in results} if points else {}
        self._labels = max(Line(text.in_(language)).cell_len for text in LABELS.values())

    def result(self, result: Judged) -> Iterator[Line]:
        """One check: a line if it passed or was skipped, the evidence besides if not."""
        first = Line("  ").append(MARKS[result.verdict], style=STYLES[result.verdict]).append(" ")
        first.append_text(pad(Line(cut(visible(result.id), self._ids)), self._ids)).append("   ")
        if self._earned:
            first.append(f"{self._earned[result.id]:>{max(map(len, self._earned.values()))}}   ")
        packets = packet_groups(result.packets)
        aside = Line("" if packets is None else packets.in_(self._language), style="dim")
        if result.verdict is Verdict.FAILED:
            yield from self._failed(first, result, aside)
        else:
            yield from self._told(first, result, aside)

    def _told(self, first: Line, result: Judged, aside: Line) -> Iterator[Line]:
        style = "dim" if result.verdict is Verdict.SKIPPED else ""
        body = Line(self._in_one(result.actual), style=style)
        if result.verdict is not Verdict.PASSED:
            word = VERDICTS[result.verdict].in_(self._language)
            body = Line().append(word, style=STYLES[result.verdict]).append("  ").append_text(body)
        indent = first.cell_len
        whole = beside(first.copy().append_text(body), aside, min(self._console.width, EDGE)) if aside else None
        if whole is not None:
            yield whole
            return
        yield from self._hang(first, body)
        if aside:
            yield from self._hang(Line(" " * indent), aside)
        if result.verdict is Verdict.ERROR:
            yield from self._details(result, indent)

    def _failed(self, first: Line, result: Judged, aside: Line) -> Iterator[Line]:
        indent = first.cell_len
        yield from self._labelled(first, "expected", result.expected)
        yield from self._labelled(Line(" " * indent), "actual", result.actual, "red")
        yield from self._details(result, indent + self._labels + 2)
        if aside:
            yield from self._hang(Line(" " * (indent + self._labels + 2)), aside)
        if result.hint is not None:
            yield from self._labelled(Line(" " * indent), "hint", result.hint, "cyan")

    def _labelled(self, first: Line, label: str, text: Text, style: str = "") -> Iterator[Line]:
        word = pad(Line(LABELS[label].in_(self._language), style="dim"), self._labels)
        yield from self._hang(first.append_text(word).append("  "), Line(self._in_one(text), style=style))

    def _details(self, result: Judged, indent: int) -> Iterator[Line]:
        for detail in result.details:
            for text in visible_lines(detail.in_(self._language)):
                yield from self._hang(Line(" " * indent), Line(text))

    def _hang(self, first: Line, body: Line) -> list[Line]:
        return hang(first, body, self._console.width, self._console)

    def _in_one(self, text: Text) -> str:
        return " ".join(visible_lines(text.in_(self._language)))


def _files(outcome: Outcome, language: Language, console: Console, look: str | None) -> Iterator[Line]:
    whole = not (outcome.dropped or outcome.unread or outcome.damage)
    words = Line(_packets(outcome).in_(language), style="" if whole else "bold red")
    path = Line(visible(near(outcome.capture)), style="dim")
    yield from hang(
        _label(say("capture", "抓包"), language), words.append("   ").append_text(path), console.width, console
    )
    page = outcome.folder / PAGE_FILE
    if page.is_file():
        body = Line(visible(near(page)), style="dim")
        yield from hang(_label(say("page", "页面"), language), body, console.width, console)
    for name in outcome.cut:
        body = Line(visible(cut_output(name).in_(language)), style="yellow")
        yield from hang(_label(say("output", "输出"), language), body, console.width, console)
    hit = [limit_words(facts) for facts in outcome.limits if facts.what != "output"]
    if hit:
        body = Line(visible(join(Text("; ", "；"), hit).in_(language)), style="yellow")
        yield from hang(_label(say("limits", "限制"), language), body, console.width, console)
    command = visible(look or f"make inspect NAME={outcome.scenario}")
    yield _label(say("look", "查看"), language).append(command)


def _packets(outcome: Outcome) -> Text:
    """How many packets were read, and whether that is all."""
    counted = plural(outcome.packets, "packet", "packets", "个数据包")
    if outcome.unread:
        counted += say(
            " read of {all} that were captured",
            "可以读出，抓到的共 {all} 个",
            all=f"{outcome.packets + outcome.unread:,}",
        )
    if outcome.damage is not None:
        counted += say(", the file is damaged: {where}", "，文件已损坏：{where}", where=outcome.damage)
    if outcome.dropped:
        lost = plural(outcome.dropped, "packet", "packets", "个数据包")
        return counted + say(", {lost} lost: the capture is not whole", "，丢失 {lost}：抓包不完整", lost=lost)
    if outcome.unread or outcome.damage is not None:
        return counted
    return counted + say(", none dropped", "，无丢包")


def cut_output(program: str) -> Text:
    """That `program` printed more than is kept."""
    return say(
        "{program} printed more than {size}; the first {size} is kept",
        "{program} 打印的内容超过 {size}；只保留前 {size}",
        program=program,
        size=KEPT,
    )


def _label(label: Text, language: Language) -> Line:
    return pad(Line("  ").append(label.in_(language), style="dim"), 12)


def near(path: Path) -> str:
    """`path` as seen from the working directory where it lies in it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _verdict(
    first: Line, outcome: Outcome, language: Language, console: Console, failed_steps: int = 0
) -> Iterator[Line]:
    first.append(VERDICTS[outcome.verdict].in_(language), style=STYLES[outcome.verdict]).append("   ")
    indent = first.cell_len
    counts = Line(_counts(outcome, failed_steps).in_(language))
    spent = Line(_seconds(outcome).in_(language), style="dim")
    if wraps(console) and indent + counts.cell_len + spent.cell_len + 3 > console.width:
        yield from hang(first, counts, console.width, console)
        yield from hang(Line(" " * indent), spent, console.width, console)
    else:
        yield first.append_text(counts).append("   ").append_text(spent)


def _counts(outcome: Outcome, failed_steps: int) -> Text:
    counts = Counter(result.verdict for result in outcome.results)
    total = plural(len(outcome.results), "check", "checks", "项检查")
    parts = [total] if outcome.results else [say("no checks", "没有检查")]
    if counts[Verdict.PASSED] < len(outcome.results):
        order = (Verdict.FAILED, Verdict.ERROR, Verdict.SKIPPED, Verdict.PASSED)
        told = [say("{n} {word}", "{n} 项{word}", n=counts[v], word=VERDICTS[v]) for v in order if counts[v]]
        parts = [total + Text(": ", "：") + join(Text(", ", "，"), told)]
    if outcome.exercise:
        earned, most = map(_number, points(outcome.results))
        scored = say("{earned} of {most} points", "得分 {earned}/{most}", earned=earned, most=most)
        bonus, _ = points(result for result in outcome.results if result.bonus)
        if bonus:
            scored += say(", {bonus} of them bonus", "，其中附加分 {bonus}", bonus=_number(bonus))
        parts.append(scored)
    if failed_steps:
        parts.append(plural(failed_steps, "step failed", "steps failed", "个步骤失败"))
    return join(same("   "), parts)


def _seconds(outcome: Outcome) -> Text:
    spent = {phase: outcome.seconds.get(phase, 0.0) for phase in PHASES}
    parts = [
        say("{word} {n}", "{word} {n}", word=PHASE_WORDS[phase], n=seconds(value)) for phase, value in spent.items()
    ]
    return say(
        "{total} s ({parts})",
        "{total} 秒（{parts}）",
        total=seconds(sum(spent.values())),
        parts=join(Text(", ", "，"), parts),
    )
