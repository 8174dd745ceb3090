"""From a scenario file to a `Scenario`, or to all of its faults at once.

bytes ─lab.yamltext→ plain values and their places ─lab.reading→ Scenario
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from lab import yamltext
from lab.errors import InputError, ScenarioError
from lab.oserrors import why
from lab.reading import faults as f
from lab.reading.addresses import check_addresses
from lab.reading.apart import check_apart
from lab.reading.faults import Faults, Mark
from lab.reading.files import check_files
from lab.reading.handing import check_handing
from lab.reading.needs import check_needs
from lab.reading.onwire import check_wire
from lab.reading.points import check_points
from lab.reading.privileges import check_privileges
from lab.reading.references import check_references
from lab.reading.shape import Parts, read_shape
from lab.reading.sides import check_sides
from lab.reading.steps import check_steps
from lab.scenario import DEFAULT_NETWORK, CheckParams, Network, Scenario
from lab.text import say
from lab.values import NAME, Value
from lab.variants import Filling, Vary

FILE = "scenario.yaml"
MOST_BYTES = 4_000_000


def load(
    folder_or_file: Path,
    kinds: Mapping[str, type[CheckParams]],
    images: Collection[str] | None = None,
    kept_as: str | None = None,
    seed: int = 0,
) -> Scenario:
    """Read a scenario from its folder or its file.

    `kinds` are the kinds of checks by name, `images` the names that hosts may give (None: any). `kept_as` is the
    name of a scenario that a run kept, in a folder of another name and without its programs. `seed` chooses among
    the values that it varies; every one of them is tried, so that a fault of any is told whatever the seed.
    Raises `ScenarioError` with every fault of the file, and `InputError` where there is no file to read.
    """
    file = folder_or_file / FILE if os.path.isdir(folder_or_file) else folder_or_file  # noqa: PTH112  Path.is_dir raises
    content = _read(file)
    faults = Faults()
    if kept_as is None:
        _check_folder(file, faults)
    if (document := yamltext.read(content, faults)) is not None:
        folder = file.absolute().parent
        vary = Vary.of(document)
        chosen = vary.chosen(seed)
        kept: Parts | None = None
        places = faults.places.copy()
        for turn, choice in enumerate(vary.choices(chosen) if kept_as is None else [chosen]):
            found = Faults(places.copy()) if turn else faults
            filling = Filling(vary, choice, kinds, found)
            parts = _parts(filling.filled(document), folder, kinds, images, found, has_files=kept_as is None)
            kept = parts if choice == chosen else kept
            if turn:
                faults.add_others(found, filling.told)
        if not faults.found and kept is not None:
            return _scenario(kept, kept_as or folder.name, file.absolute(), seed, chosen)
    raise _refusal(file, faults)


def names(root: Path) -> list[str]:
    """The scenarios of the folder `root`, in order."""
    return sorted(file.parent.name for file in root.glob(f"*/{FILE}"))


def find(name: str, root: Path) -> Path:
    """The file of the scenario `name` in the folder `root`.

    Raises `InputError`, with the nearest name, where there is none.
    """
    known = names(root)
    if name in known:
        return root / name / FILE
    if known:
        raise InputError(
            say("no scenario `{name}`", "没有场景 `{name}`", name=f.shown(name)) + f.suggestion(name, known)
        )
    raise InputError(
        say(
            "no scenario `{name}`; the folder {root} has none",
            "没有场景 `{name}`；文件夹 {root} 里没有任何场景",
            name=f.shown(name),
            root=root,
        )
    )


def _parts(
    document: Mapping[str, object],
    folder: Path,
    kinds: Mapping[str, type[CheckParams]],
    images: Collection[str] | None,
    faults: Faults,
    *,
    has_files: bool,
) -> Parts:
    """What the file says, looked at from all sides; what is wrong goes to `faults`."""
    parts = read_shape(document, kinds, faults)
    check_references(parts, folder, images, faults)
    check_steps(parts, faults)
    check_wire(parts, faults)
    check_needs(parts, faults)
    check_points(parts, faults)
    check_addresses(parts, faults)
    if has_files:
        check_files(parts, folder, faults)
        check_handing(parts, folder, faults)
        check_apart(parts, folder, faults)
    check_sides(parts, faults)
    check_privileges(parts, faults)
    return parts


def _scenario(parts: Parts, name: str, file: Path, seed: int, chosen: Mapping[str, Value]) -> Scenario:
    assert parts.head is not None, "a head that is at fault has its line in the list"
    return Scenario(
        name=name,
        folder=file.parent,
        file=file.name,
        title=parts.head.title,
        group=parts.head.group,
        claims=parts.head.claims,
        encoding=parts.head.encoding,
        deadline=parts.head.deadline,
        networks=parts.networks or {DEFAULT_NETWORK: Network()},
        hosts=parts.hosts,
        programs=parts.programs,
        steps=tuple(step.model for step in parts.steps),
        checks=parts.checks,
        exercise=parts.exercise,
        seed=seed,
        vary=chosen,
    )


def _refusal(file: Path, faults: Faults) -> ScenarioError:
    found = faults.in_order()
    return ScenarioError(say("{file} has {n} fault(s)", "{file} 有 {n} 处错误", file=file, n=len(found)), file, found)


def _read(file: Path) -> bytes:
    try:
        if file.exists() and not file.is_file():
            raise InputError(say("{file} is not a file", "{file} 不是文件", file=file))
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = why(error) if isinstance(error, OSError) else say("a path that cannot be", "这样的路径不可能存在")
        raise InputError(say("cannot read {file}: {why}", "无法读取 {file}：{why}", file=file, why=reason)) from error
    if len(content) > MOST_BYTES:
        raise InputError(say("{file} is larger than {n} bytes", "{file} 超过 {n} 字节", file=file, n=MOST_BYTES))
    return content


def _check_folder(file: Path, faults: Faults) -> None:
    name = file.absolute().parent.name
    if not NAME.fullmatch(name):
        faults.at(
            Mark(1, 1),
            (),
            say(
                "the folder's name `{name}` cannot name a scenario: {rule}",
                "文件夹名 `{name}` 不能作为场景名：{rule}",
                name=f.shown(name),
                rule=say(
                    "lower-case letters, digits and hyphens, a letter first, 31 at most",
                    "只能用小写字母、数字和连字符，以字母开头，最多 31 个字符",
                ),
            ),
        )
