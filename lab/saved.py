"""Files that the lab writes in JSON: a model with the number of the `format` that it is in."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from lab.damage import damage
from lab.errors import RecordError
from lab.oserrors import why
from lab.text import Text, same, say

_Model = TypeVar("_Model", bound=BaseModel)


class _Format(BaseModel):
    """What a newer lab writes as this one does."""

    format: int = 1
    lab: str = ""


def write(model: BaseModel, file: Path) -> None:
    """Write `model` into `file`."""
    file.write_text(model.model_dump_json(indent=1) + "\n", encoding="utf-8")


def read(file: Path, kind: type[_Model], newest: int, unread: Text) -> _Model:
    """The model of a file in the format `newest` or an older one.

    Raises `RecordError` where it is damaged, or a newer lab wrote it; in the words of `unread`, with the reason of the
    system, where it cannot be read.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise RecordError(say("{unread}: {why}", "{unread}：{why}", unread=unread, why=why(error))) from error
    try:
        found = _Format.model_validate_json(content)
        if found.format <= newest:
            return kind.model_validate_json(content)
    except ValidationError as error:
        raise RecordError(
            say("{file} is damaged: {how}", "{file} 已损坏：{how}", file=file, how=damage(error))
        ) from error
    version = say(" ({lab})", "（{lab}）", lab=found.lab) if found.lab else same("")
    raise RecordError(
        say(
            "{file} was written by a newer lab{version}",
            "{file} 由更新版本的实验室{version}写成",
            file=file,
            version=version,
        )
    )
