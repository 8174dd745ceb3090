"""The first look at a file's values: every part against its model, by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from lab.reading.faults import Faults, Path, kind_of, listed, nearest, suggestion
from lab.reading.fields import keys
from lab.reading.validation import salvaged, validated
from lab.scenario import EXCHANGE, Check, CheckParams, Exercise, File, Host, Network, Program
from lab.steps import STEPS, Step
from lab.text import Text, say
from lab.values import NAME, Model

M = TypeVar("M", bound=Model)
CHECK_KEYS = frozenset(keys(Check)) - {"id", "kind", "params"}
FILE_KEYS = frozenset(keys(File))
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
    """The names of networks, hosts, programs and checks that the file gives, at fault or not.

    A section that the file has not, or not as a mapping, is not in it, but networks may be left out.
    """
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What every check needs, whatever else is at fault in it; "" for what is no name."""
    sound: set[str] = field(default_factory=set)
    """The checks whose parameters have no fault."""
    absent: dict[str, bool] = field(default_factory=dict)
    """Whether a check asserts absence; without those of which that, or what they need, is uncertain."""


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
        if isinstance(entries := _section(document, section), Mapping):
            parts.declared[section.removesuffix("s")] = frozenset(entries)
    steps = document.get("steps")
    for index, value in enumerate(steps if isinstance(steps, tuple) else ()):
        parts.steps.append(ReadStep(_mapping(value), _step(value, ("steps", index), faults)))
    for name, value in _mapping(document.get("checks")).items():
        _read_check(name, value, kinds, parts, faults)
    return parts


def _section(document: Mapping[str, object], section: str) -> object:
    """The value of a top-level key, or of what it was misspelt as; of networks, which may be left out, `{}`."""
    meant = [key for key in document if key not in FILE_KEYS and nearest(key, FILE_KEYS) == section]
    return document.get(section, document[meant[0]] if meant else {} if section == "networks" else None)


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
        faults.at_unknown_key((*path, unknown[0]), what + suggestion(unknown[0], STEPS))
    else:
        what = say(
            "the step says nothing to do; give one of {verbs}", "步骤没有动作；请给出 {verbs} 之一", verbs=listed(STEPS)
        )
        faults.at_value(path, what)
    return None


def _read_check(name: str, value: object, kinds: Mapping[str, type[CheckParams]], parts: Parts, faults: Faults) -> None:
    """Take one check apart, by the one key that names its kind."""
    path: Path = ("checks", name)
    if name == EXCHANGE:
        what = say(
            "`{name}` cannot name a check: the lab's own result of the steps has that name",
            "`{name}` 不能作为检查名：实验室用它表示步骤本身的结果",
            name=name,
        )
        faults.at_key(path, what)
    if not isinstance(value, Mapping):
        faults.at_value(path, _wanted_mapping(value))
        return
    needs = value.get("needs", ())
    names = (needs,) if isinstance(needs, str) else needs if isinstance(needs, tuple) else None
    parts.needs[name] = tuple(n if isinstance(n, str) and NAME.fullmatch(n) else "" for n in names or ())
    kind = _kind(value, kinds, path, faults)
    rest = {key: item for key, item in value.items() if key in CHECK_KEYS}
    rest |= {"id": "id", "kind": "kind", "params": None}
    frame = validated(Check, rest, path, faults) or salvaged(Check, rest)
    if kind is None:
        return
    sound = validated(kinds[kind], value[kind], (*path, kind), faults)
    params = sound or salvaged(kinds[kind], value[kind])
    if sound is not None:
        parts.sound.add(name)
    if frame is not None and params is not None:
        parts.checks[name] = frame.model_copy(update={"id": name, "kind": kind, "params": params})
    is_misspelt = any(nearest(key, CHECK_KEYS) == "needs" for key in value.keys() - CHECK_KEYS - {kind})
    if names is not None and not is_misspelt and (sound is not None or kinds[kind].always_asserts_absence):
        parts.absent[name] = sound is None or sound.asserts_absence


def _kind(
    value: Mapping[str, object], kinds: Mapping[str, type[CheckParams]], path: Path, faults: Faults
) -> str | None:
    """The kind of a check, of which it must give one; no other key may stand there but those of all checks."""
    found = [key for key in value if key in kinds]
    unknown = [key for key in value if key not in kinds and key not in CHECK_KEYS]
    for key in unknown:
        what = say("no kind of check is called `{key}`", "没有名为 `{key}` 的检查种类", key=key)
        if found:
            what = say("unknown key `{key}`", "未知的键 `{key}`", key=key)
        faults.at_unknown_key((*path, key), what + suggestion(key, CHECK_KEYS if found else (*kinds, *CHECK_KEYS)))
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
    return found[0] if len(found) == 1 else None


def _wanted_mapping(value: object) -> Text:
    return say("wanted a mapping; found {kind}", "此处应为：映射；实际是：{kind}", kind=kind_of(value))
