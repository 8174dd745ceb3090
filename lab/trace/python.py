"""What the wrapper around Python's sockets writes (`images/host/trace`), read as calls: a line of JSON or two each.

A program can write into its own trace: what makes no sense is passed over.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from lab.trace.call import SocketCall


def calls(program: str, data: bytes) -> list[SocketCall]:
    """The calls of `program`, in the order in which they were told of, not numbered yet; `data` is what came."""
    told: dict[tuple[int, int], dict[str, Any]] = {}
    for line in data.splitlines():
        fields = _fields(line)
        key = (fields.get("process"), fields.pop("call", None))
        if isinstance(key[0], int) and isinstance(key[1], int):
            told.setdefault((key[0], key[1]), {}).update(fields)
    return [call for fields in told.values() if (call := _call(program, fields)) is not None]


def _fields(line: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _call(program: str, fields: dict[str, Any]) -> SocketCall | None:
    try:
        return SocketCall.model_validate(fields | {"number": 0, "program": program})
    except ValidationError:
        return None
