"""What varies between runs of a scenario: the values of its `vary:`, chosen by the seed, in place of `${name}`.

`${name}` may stand in any value of the sections `SECTIONS`. A value that is nothing but `${name}` is the number itself
where the models want a number; everywhere else the value's text is put in place. In regular expressions it is escaped,
so that it stands for itself. `$${` is a literal `${`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from lab.reading.faults import Faults, Mark, Path, shown, suggestion
from lab.reading.fields import Bare, types_at
from lab.scenario import Check, CheckParams, File
from lab.steps import STEPS
from lab.text import Text, join, same, say
from lab.values import EXPRESSION, NAME, Value, Values

SECTIONS = ("networks", "hosts", "programs", "steps", "checks", "exercise")
REFERENCE = re.compile(r"\$\$\{|\$\{(?P<name>[^{}]*)\}|\$\{")
SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")
"""What means something else in a regular expression; `re.escape` escapes more, and people are shown the expression."""

_VALUES: TypeAdapter[tuple[Value, ...]] = TypeAdapter(Values)


def drawn(seed: int, name: str, below: int) -> int:
    """A number from 0 to `below`, exclusive: 0 of the seed 0, else one of the others, by SHA-256 of `<seed>:<name>`."""
    if seed == 0:
        return 0
    return 1 + int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()) % (below - 1)


@dataclass(frozen=True, slots=True)
class Vary:
    """The `vary:` of a file. `unsound` are names whose values are at fault: nothing is said of where they stand."""

    values: Mapping[str, tuple[Value, ...]]
    unsound: frozenset[str]

    @classmethod
    def of(cls, document: Mapping[str, object]) -> Vary:
        """Take it from the plain values of a file; what is wrong with it the models say."""
        given = document.get("vary")
        values: dict[str, tuple[Value, ...]] = {}
        for name, value in given.items() if isinstance(given, Mapping) else ():
            try:
                values[name] = _VALUES.validate_python(value, strict=True)
            except ValidationError:
                continue
        return cls(values, frozenset(given if isinstance(given, Mapping) else ()) - values.keys())

    def chosen(self, seed: int) -> dict[str, Value]:
        """The value of each name in a run of this seed: of the seed 0 the first, else one of the others."""
        return {name: values[drawn(seed, name, len(values))] for name, values in self.values.items()}

    def choices(self, chosen: dict[str, Value]) -> list[dict[str, Value]]:
        """The first values, then others, so that every value stands in one of the choices; `chosen` is among them."""
        longest = max(map(len, self.values.values()), default=1)
        made = [{name: values[turn % len(values)] for name, values in self.values.items()} for turn in range(longest)]
        return made if chosen in made else [*made, chosen]


@dataclass(slots=True)
class Filling:
    """Puts the `chosen` values into the plain values of a file; what is wrong goes to `faults`."""

    vary: Vary
    chosen: Mapping[str, Value]
    kinds: Mapping[str, type[CheckParams]]
    faults: Faults
    used: dict[Mark, list[str]] = field(default_factory=dict)
    """The names that stand in the value at a place."""

    def filled(self, document: Mapping[str, object]) -> dict[str, object]:
        """The document with values in place of names."""
        made = {
            key: self._value(value, (key,), document) if key in SECTIONS else value for key, value in document.items()
        }
        everywhere = {name for names in self.used.values() for name in names}
        for name in self.vary.values.keys() - everywhere:
            if NAME.fullmatch(name):
                what = say(
                    "nothing uses it; write `${{{name}}}` where the value is wanted, or leave it out",
                    "没有任何地方用到它；请在需要该值的地方写 `${{{name}}}`，或去掉它",
                    name=name,
                )
                self.faults.at_key(("vary", name), what)
        return made

    def told(self, mark: Mark) -> Text:
        """With which values that are not the first ones the value at `mark` was filled; nothing where with none."""
        others = [
            same(f"`{name}` = {shown(str(self.chosen[name]))}")
            for name in self.used.get(mark, ())
            if self.chosen.get(name) != self.vary.values.get(name, (None,))[0]
        ]
        return (
            say(" (where {values})", "（当 {values} 时）", values=join(say(", ", "、"), others)) if others else same("")
        )

    def _value(self, value: object, path: Path, document: Mapping[str, object]) -> object:
        if isinstance(value, Mapping):
            return {key: self._value(item, (*path, key), document) for key, item in value.items()}
        if isinstance(value, tuple):
            return tuple(self._value(item, (*path, index), document) for index, item in enumerate(value))
        if isinstance(value, str) and "${" in value:
            return self._text(value, path, self._wanted(path, document))
        return value

    def _text(self, text: str, path: Path, wanted: list[Bare]) -> Value:
        """`text` with values in place; as it is where it is at fault."""
        names = [found["name"] for found in REFERENCE.finditer(text) if found[0] != "$${"]
        known = [name for name in names if name in self.vary.values]
        self.used.setdefault(self.faults.places.of_value(path), []).extend(known)
        for name in names:
            if name not in self.vary.values:
                if name not in self.vary.unsound:
                    self.faults.at_value(path, self._unknown(name))
                self.faults.places.refused.add(path)
                return text
        if names and text == f"${{{names[0]}}}" and any(bare in (int, float) for bare, _ in wanted):
            return self.chosen[names[0]]
        is_expression = any(EXPRESSION in marks for _, marks in wanted)

        def put(found: re.Match[str]) -> str:
            if found[0] == "$${":
                return "${"
            value = str(self.chosen[found["name"]])
            return SPECIAL.sub(r"\\\g<0>", value) if is_expression else value

        return REFERENCE.sub(put, text)

    def _unknown(self, name: str | None) -> Text:
        literal = say("; a literal `${` is written `$${`", "；要表示 `${` 本身，请写 `$${`")
        if name is None:
            return say("`${` without its `}`", "`${` 缺少对应的 `}`") + literal
        what = say("`vary` gives no `{name}`", "`vary` 没有给出 `{name}`", name=shown(name))
        return what + suggestion(name, {*self.vary.values, *self.vary.unsound}) + literal

    def _wanted(self, path: Path, document: Mapping[str, object]) -> list[Bare]:
        """The types that the models want at `path`."""
        match path:
            case ("steps", int(index), *inside):
                steps = document["steps"]
                step = steps[index] if isinstance(steps, tuple) else None
                verbs = [key for key in step if key in STEPS] if isinstance(step, Mapping) else []
                return types_at(STEPS[verbs[0]], tuple(inside)) if len(verbs) == 1 else []
            case ("checks", _, str(key), *inside) if key in self.kinds:
                return types_at(self.kinds[key], tuple(inside))
            case ("checks", _, *inside):
                return types_at(Check, tuple(inside))
            case _:
                return types_at(File, path)
