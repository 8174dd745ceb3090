"""What a run's capture says of its own frames, for Wireshark to show: which steps belong there, which checks cite them.

A comment is a line of English and a line of Chinese::

    step 3: alice, bob and carol start           ✓ connected: 3 complete handshakes to server:8080
    步骤 3：启动 alice、bob 和 carol              ✓ connected：3 次完整握手，到 server:8080

    fault lost: never arrives
    故障 lost：没有到达
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from lab.capturefile import opened
from lab.pcapng import commented
from lab.record import FaultFacts, StepFacts
from lab.report.wording import FATES, MARKS
from lab.results import Outcome, Result, Verdict
from lab.text import Text, same, say
from lab.visible import one_line

LARGEST = 64 << 20  # bytes of a capture that is written anew for its comments: about a second
MOST = 1000  # frames that a check comments on
LONGEST = 400  # characters of a comment in each language
AWAITING = ("expect", "wait", "observe")  # steps that send nothing

_OWN = re.compile(r"step (\d+): .*\n步骤 \1：.*|([✓✗–!]) ([^\n:]+): .*\n\2 \3：.*|fault ([^\n:]+): .*\n故障 \4：.*")


def write(outcome: Outcome, steps: Sequence[StepFacts], faults: Sequence[FaultFacts] = ()) -> None:
    """Comment the frames of the capture of `outcome`, in the place of what was said before; other comments stay.

    What is no pcapng, damaged, larger than `LARGEST` or not in the run directory is left as it is.
    """
    file = outcome.capture
    outside = file.is_symlink() or file.parent != outcome.folder
    if outside or outcome.damage is not None or file.stat().st_size > LARGEST:
        return
    with opened(file) as capture:
        if capture.format != "pcapng":
            return
        found = remarks(steps, outcome.results, (time for time, *_ in capture), faults)
    unfinished = file.with_name(file.name + ".part")
    try:
        with file.open("rb") as source, unfinished.open("wb") as out:
            commented(source, out, found, is_remark)
        unfinished.replace(file)
    except ValueError:  # gzip, or damage that does not hinder reading
        return
    finally:
        unfinished.unlink(missing_ok=True)


def remarks(
    steps: Sequence[StepFacts], results: Sequence[Result], times: Iterable[int], faults: Iterable[FaultFacts] = ()
) -> dict[int, list[str]]:
    """The comments on the frames that came at `times`, by their numbers from 1."""
    found = defaultdict(list)
    for number, text in [*_of_steps(steps, times), *_of_faults(faults), *_of_checks(results)]:
        found[number].append("\n".join(_bounded(wording) for wording in (text.en, text.zh)))
    return dict(found)


def is_remark(comment: str) -> bool:
    """Whether `comment` is one of `remarks`."""
    return _OWN.fullmatch(comment) is not None


def _of_steps(steps: Sequence[StepFacts], times: Iterable[int]) -> Iterator[tuple[int, Text]]:
    """Each step that was begun: one that does something on the first frame that came when it began or later.

    One that waits or looks is on the last frame that came before it ended: that which it waited for, where it was one.
    """
    done = [step for step in steps if step.outcome != "skipped"]
    ahead = sorted((step for step in done if step.verb not in AWAITING), key=lambda step: step.started)
    behind = sorted((step for step in done if step.verb in AWAITING), key=lambda step: step.ended)
    placed: list[tuple[int, StepFacts]] = []
    number = 0
    for number, time in enumerate(times, 1):
        while ahead and ahead[0].started <= time:
            placed.append((number, ahead.pop(0)))
        while behind and behind[0].ended < time:
            placed.append((max(1, number - 1), behind.pop(0)))
    if number:
        placed += [(number, step) for step in behind]
    for at, step in sorted(placed, key=lambda each: (each[0], each[1].index)):
        what = step.what.text if step.actual is None else step.what.text + say(": ", "：") + step.actual.text
        yield at, say("step {n}: {what}", "步骤 {n}：{what}", n=step.index, what=what)


def _of_faults(faults: Iterable[FaultFacts]) -> Iterator[tuple[int, Text]]:
    """Each packet that a fault acted on, the first `MOST` of a fault."""
    for fault in faults:
        said = say("fault {name}: {fate}", "故障 {name}：{fate}", name=fault.name, fate=FATES[fault.kind])
        yield from ((number, said) for number in fault.packets[:MOST])


def _of_checks(results: Sequence[Result]) -> Iterator[tuple[int, Text]]:
    """Each check on the frames that it cites, the first `MOST` of them."""
    for result in results:
        cited = sorted({number for group in result.packets for number in group})
        name = same(f"{MARKS[result.verdict]} {result.id}") + say(": ", "：")
        yield from ((number, name + _told(result)) for number in cited[:MOST])
        if (left := len(cited) - MOST) > 0:
            more = say("packets after this one, not marked: {n:,}", "此后还有 {n:,} 个数据包未标注", n=left)
            yield cited[MOST - 1], name + more


def _told(result: Result) -> Text:
    if result.verdict is not Verdict.FAILED:
        return result.actual
    return say("expected {e}; actual: {a}", "期望{e}；实际：{a}", e=result.expected, a=result.actual)


def _bounded(wording: str) -> str:
    shown = one_line(wording)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
