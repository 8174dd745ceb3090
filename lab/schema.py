"""The JSON Schema of scenario files, for the completion and the squiggles of an author's editor.

It is made from the models; what only the loader can see (names that must exist, files, addresses)
it does not say. `lab schema` writes it to `scenarios/scenario.schema.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from lab.reading.shape import CHECK_KEYS
from lab.scenario import Check, CheckParams, File
from lab.steps import STEPS
from lab.values import NAME, NO_NUL
from lab.variants import SECTIONS

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILE = "scenario.schema.json"
VARIED = "Varied"
"""The definition of text with a `${name}` in it."""


def json_schema(kinds: Mapping[str, type[CheckParams]]) -> Schema:
    """The schema of a scenario file whose checks are of these `kinds`."""
    models: list[type[BaseModel]] = [File, Check, *STEPS.values(), *kinds.values()]
    references, shared = models_json_schema([(model, "validation") for model in dict.fromkeys(models)])
    definitions: Schema = shared["$defs"]
    at = {model: references[model, "validation"] for model in models}
    file = _taken(definitions, at[File])
    check = _taken(definitions, at[Check])
    file["properties"]["steps"]["items"] = {"anyOf": [at[step] for step in STEPS.values()]}
    entry = _check(check, {name: at[model] for name, model in kinds.items()})
    file["properties"]["checks"]["patternProperties"] = {NAME.pattern: entry}
    file, definitions = _tidy(file), _tidy_all(definitions)
    properties = {key: _varying(value) if key in SECTIONS else value for key, value in file["properties"].items()}
    varied = {"type": "string", "pattern": r"\$\{", "description": "with a name of `vary`"}
    return {
        "$schema": DIALECT,
        "title": "Scenario",
        **file,
        "properties": properties,
        "$defs": {VARIED: varied, **{name: _varying(value) for name, value in definitions.items()}},
    }


def as_text(schema: Schema) -> str:
    """The file's text: the same for the same schema."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _taken(definitions: Schema, reference: Schema) -> Schema:
    """The definition that `reference` points to, taken out of the shared ones."""
    taken: Schema = definitions.pop(reference["$ref"].rsplit("/", 1)[1])
    return taken


def _check(check: Schema, kinds: Mapping[str, Schema]) -> Schema:
    """An entry of `checks`: one of the kinds, and what all checks have."""
    return {
        "type": "object",
        "description": check["description"],
        "properties": {**kinds, **{key: check["properties"][key] for key in sorted(CHECK_KEYS)}},
        "oneOf": [{"required": [kind]} for kind in kinds],
        "additionalProperties": False,
    }


def _varying(schema: Any) -> Any:  # noqa: ANN401  any part of a schema
    """`schema` with `${name}` where it wants a number, one of several words, or text of a certain form."""
    if isinstance(schema, list):
        return [_varying(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") in {"integer", "number"} or "enum" in schema or schema.get("pattern", NO_NUL) != NO_NUL:
        told = {key: schema[key] for key in ("description", "default", "examples") if key in schema}
        rest = {key: value for key, value in schema.items() if key not in told}
        return {**told, "anyOf": [rest, {"$ref": f"#/$defs/{VARIED}"}]}
    return {
        key: {name: _varying(item) for name, item in value.items()}
        if key in {"properties", "patternProperties"}
        else _varying(value)
        for key, value in schema.items()
    }


def _tidy(schema: Any) -> Any:  # noqa: ANN401  any part of a schema
    """`schema` as the loader reads files: no nulls, no keys besides the patterns; and no titles, which repeat keys."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema if item != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    if len(alternatives := _tidy(schema.get("anyOf", []))) == 1:
        schema = {**alternatives[0], **{key: value for key, value in schema.items() if key != "anyOf"}}
    tidy = {
        key: _tidy_all(value) if key in {"properties", "patternProperties"} else _tidy(value)
        for key, value in schema.items()
        if key not in {"title", "propertyNames"} and (key, value) != ("default", None)
    }
    return {**tidy, "additionalProperties": False} if "patternProperties" in tidy else tidy


def _tidy_all(schemas: Schema) -> Schema:
    """`_tidy` of each of `schemas`, whose keys are names of the file and no words of JSON Schema."""
    return {name: _tidy(schema) for name, schema in schemas.items()}
