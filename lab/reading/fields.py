"""What the models of the file know of themselves: their keys and their references."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from lab.reading.faults import Path
from lab.values import Mentions, Refers

Bare = tuple[Any, tuple[Any, ...]]
"""A type without its `Annotated`, and the metadata that it had."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in the file that must be the name of something else in it."""

    to: str
    name: str
    path: Path


def types_at(annotation: object, path: Path) -> list[Bare]:
    """The types that a value at `path` may have, within a value of the type `annotation`."""
    found = list(_alternatives(annotation))
    for part in path:
        found = [inner for bare, _ in found for inner in _inside(bare, part)]
    return found


def keys_at(annotation: object, path: Path) -> frozenset[str]:
    """The keys that may stand in the mapping at `path` within a value of the type `annotation`."""
    return frozenset(key for bare, _ in types_at(annotation, path) if _is_model(bare) for key in keys(bare))


def keys(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys of a model as the file spells them."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def references(value: BaseModel, path: Path) -> Iterator[Reference]:
    """Every reference in `value`, which stands at `path`, and in what it holds."""
    for name, key, annotation, metadata in _referring_fields(type(value)):
        yield from _references(getattr(value, name), _alternatives(annotation, metadata), (*path, key))


def _references(value: object, types_: Iterable[Bare], path: Path) -> Iterator[Reference]:
    if isinstance(value, BaseModel):
        yield from references(value, path)
        return
    for bare, metadata in types_:
        arguments = get_args(bare)
        if isinstance(value, str):
            yield from (Reference(mark.to, value, path) for mark in metadata if isinstance(mark, Refers))
            for mark in (mark for mark in metadata if isinstance(mark, Mentions)):
                yield from (Reference(mark.to, found[1], path) for found in mark.pattern.finditer(value))
        elif isinstance(value, tuple) and _is_tuple(bare) and arguments:
            for index, item in enumerate(value):
                yield from _references(item, _alternatives(arguments[0]), (*path, index))
        elif isinstance(value, Mapping) and len(arguments) == 2:  # noqa: PLR2004  the key's type and the value's
            for key, item in value.items():
                yield from _references(key, _alternatives(arguments[0]), (*path, key))
                yield from _references(item, _alternatives(arguments[1]), (*path, key))


@functools.cache
def _referring_fields(model: type[BaseModel]) -> tuple[tuple[str, str, Any, tuple[Any, ...]], ...]:
    return tuple(
        (name, field.alias or name, field.annotation, tuple(field.metadata))
        for name, field in model.model_fields.items()
        if _may_refer(field.annotation, tuple(field.metadata))
    )


def _may_refer(annotation: object, metadata: tuple[Any, ...] = ()) -> bool:
    for bare, marks in _alternatives(annotation, metadata):
        if bare is Any or _is_model(bare) or any(isinstance(mark, Refers | Mentions) for mark in marks):
            return True
        if any(_may_refer(argument) for argument in get_args(bare)):
            return True
    return False


def _alternatives(annotation: object, metadata: tuple[Any, ...] = ()) -> Iterator[Bare]:
    """The members of a union, or the one type."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        yield from _alternatives(inner, (*metadata, *more))
    elif origin in {Union, types.UnionType}:
        for member in get_args(annotation):
            yield from _alternatives(member, metadata)
    else:
        yield annotation, metadata


def _inside(bare: Any, part: str | int) -> Iterator[Bare]:  # noqa: ANN401  a type as the typing module has them
    arguments = get_args(bare)
    if _is_model(bare):
        for name, field in bare.model_fields.items():
            if part == (field.alias or name):
                yield from _alternatives(field.annotation, tuple(field.metadata))
    elif isinstance(part, int) and _is_tuple(bare) and arguments:
        yield from _alternatives(arguments[0])
    elif isinstance(part, str) and len(arguments) == 2:  # noqa: PLR2004  the key's type and the value's
        yield from _alternatives(arguments[1])


def _is_tuple(bare: object) -> bool:
    origin: object = get_origin(bare)
    return origin is tuple


def _is_model(bare: object) -> bool:
    return isinstance(bare, type) and issubclass(bare, BaseModel)
