"""The first look at a file's values: every part against its model, by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from lab.reading.faults import Faults, Path, kind_of, listed, suggestion
from lab.reading.fields import keys
from lab.reading.validation import salvaged, validated
from lab.scenario import STEPS, Check, CheckParams, Exercise, File, Host, Network, Program, Step
from lab.text import Text, say
from lab.values import Model

M = TypeVar("M", bound=Model)
CHECK_KEYS = frozenset(keys(Check)) - {"id", "kind", "params"}
STEP_KEYS = frozenset(key for step in STEPS.values() for key in keys(step)) - STEPS.keys()


@dataclass(frozen=True, slots=True)
class ReadStep:
    """A step as it stands in the file; `model` is None where it is at fault."""

    value: Mapping[str, object]
    model: Step | None


@dataclass(slots=True)
class Parts:
    """What of a file is valid by itself; of an entry that is at fault in part, the other parts.

    `head` is the whole of the file without the insides of steps and checks.
    """

    head: File | None
    networks: dict[str, Network]
    hosts: dict[str, Host]
    programs: dict[str, Program]
    exercise: Exercise | None
    steps: list[ReadStep] = field(default_factory=list)
    checks: dict[str, Check] = field(default_factory=dict)
    declared: dict[str, frozenset[str]] = field(default_factory=dict)
    """The names of networks, hosts, programs and checks that the file gives, at fault or not."""
    uncertain: set[str] = field(default_factory=set)
    """Checks of which a part is at fault."""


def read_shape(document: Mapping[str, object], kinds: Mapping[str, type[CheckParams]], faults: Faults) -> Parts:
    """Take the values of a file apart; what is wrong goes to `faults`."""
    parts = Parts(
        head=validated(File, document, (), faults),
        networks=_entries(Network, document.get("networks")),
        hosts=_entries(Host, document.get("hosts")),
        programs=_entries(Program, document.get("programs"), {"host": "none", "run": ("none",)}),
        exercise=salvaged(Exercise, document.get("exercise")),
    )
    for section in ("networks", "hosts", "programs", "checks"):
        parts.declared[section.removesuffix("s")] = frozenset(_mapping(document.get(section)))
    steps = document.get("steps")
    for index, value in enumerate(steps if isinstance(steps, tuple) else ()):
        parts.steps.append(ReadStep(_mapping(value), _step(value, ("steps", index), faults)))
    for name, value in _mapping(document.get("checks")).items():
        before = len(faults.found)
        if (check := _check(name, value, kinds, faults)) is not None:
            parts.checks[name] = check
            if len(faults.found) > before:
                parts.uncertain.add(name)
    return parts


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _entries(model: type[M], section: object, stand_ins: Mapping[str, object] | None = None) -> dict[str, M]:
    entries = {name: salvaged(model, value, stand_ins) for name, value in _mapping(section).items()}
    return {name: entry for name, entry in entries.items() if entry is not None}


def _step(value: object, path: Path, faults: Faults) -> Step | None:
    """The model of one step, by its verb."""
    if not isinstance(value, Mapping):
        faults.at_value(path, _wanted_mapping(value))
        return None
    verbs = [key for key in value if key in STEPS]
    if len(verbs) == 1:
        return validated(STEPS[verbs[0]], value, path, faults) or salvaged(STEPS[verbs[0]], value)
    unknown = [key for key in value if key not in STEPS and key not in STEP_KEYS]
    if verbs:
        what = say("a step does one thing; here are {verbs}", "一个步骤只做一件事；这里有 {verbs}", verbs=listed(verbs))
        faults.at_key((*path, verbs[1]), what)
    elif unknown:
        what = say("no step is called `{verb}`", "没有名为 `{verb}` 的步骤", verb=unknown[0])
        faults.at_key((*path, unknown[0]), what + suggestion(unknown[0], STEPS))
    else:
        what = say(
            "the step says nothing to do; give one of {verbs}", "步骤没有动作；请给出 {verbs} 之一", verbs=listed(STEPS)
        )
        faults.at_value(path, what)
    return None


def _check(name: str, value: object, kinds: Mapping[str, type[CheckParams]], faults: Faults) -> Check | None:
    """The model of one check, by the one key that names its kind."""
    path: Path = ("checks", name)
    if not isinstance(value, Mapping):
        faults.at_value(path, _wanted_mapping(value))
        return None
    found = [key for key in value if key in kinds]
    unknown = [key for key in value if key not in kinds and key not in CHECK_KEYS]
    for key in unknown:
        what = say("no kind of check is called `{key}`", "没有名为 `{key}` 的检查种类", key=key)
        if found:
            what = say("unknown key `{key}`", "未知的键 `{key}`", key=key)
        faults.at_key((*path, key), what + suggestion(key, CHECK_KEYS if found else (*kinds, *CHECK_KEYS)))
    if len(found) > 1:
        what = say(
            "a check has one kind; here are {kinds}", "一个检查只有一个种类；这里有 {kinds}", kinds=listed(found)
        )
        faults.at_key((*path, found[1]), what)
    elif not found and not unknown:
        what = say(
            "the check says no kind; there is {kinds}", "检查没有写明种类；可用的有 {kinds}", kinds=listed(kinds)
        )
        faults.at_key(path, what)
    rest = {key: item for key, item in value.items() if key in CHECK_KEYS}
    rest |= {"id": "id", "kind": "kind", "params": None}
    frame = validated(Check, rest, path, faults) or salvaged(Check, rest)
    if len(found) != 1:
        return None
    kind = found[0]
    params = validated(kinds[kind], value[kind], (*path, kind), faults) or salvaged(kinds[kind], value[kind])
    if frame is None or params is None:
        return None
    return frame.model_copy(update={"id": name, "kind": kind, "params": params})


def _wanted_mapping(value: object) -> Text:
    return say("wanted a mapping; found {kind}", "此处应为：映射；实际是：{kind}", kind=kind_of(value))
