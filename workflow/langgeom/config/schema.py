"""Settings against the schema: one line for one mistake, and defaults filled in."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from langgeom.errors import UserError, nearest

__all__ = ["SCHEMA", "completed", "defaults"]

SCHEMA = Path(__file__).resolve().parents[2] / "schemas" / "config.schema.yaml"
LONGEST = 1000  # characters of a text, a path's too: messages quote what they refuse
KINDS = {"object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number", "number": "a number",
         "boolean": "true or false", "null": "nothing"}  # fmt: skip


def completed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of settings that hold to the schema, with its defaults.

    Raises:
        UserError: one mistake, with the key, what was found, what is allowed, and the nearest match.
    """
    plain = _plain(settings, ())
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    errors = list(Draft202012Validator(schema).iter_errors(plain))
    if errors:
        raise UserError(_describe(min(errors, key=lambda error: (len(error.absolute_path), str(error.absolute_path)))))
    _complete(plain, schema, schema)
    return plain


def defaults(section: str) -> dict[str, Any]:
    """Return the schema's defaults of a section of the config, such as `hidden`."""
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    settings: dict[str, Any] = {}
    _complete(settings, schema["properties"][section], schema)
    return settings


def _plain(value: Any, path: tuple[Any, ...]) -> Any:
    """Copy YAML's output, refusing what settings cannot mean: keys that are no text, NaN, cycles, text longer than any."""
    if len(path) > 20:
        raise UserError(f"config: {_join(path[:4])}... is nested more than 20 deep; is a YAML alias part of itself?")
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise UserError(
                    f'config: {_join(path)} has the key {key!r}, which YAML does not read as text; put it in "quotes".'
                )
            if len(key) > LONGEST:
                raise UserError(f"config: {_join(path)} has a key of {len(key)} characters; allowed: at most {LONGEST}.")
        return {key: _plain(child, (*path, key)) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(child, (*path, index)) for index, child in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"config: {_join(path)} is {value}; a finite number is needed.")
    if isinstance(value, str) and len(value) > LONGEST:
        raise UserError(f"config: {_join(path)} is {_found(value)}, of {len(value)} characters; allowed: at most {LONGEST}.")
    return value


def _join(path: Iterable[Any]) -> str:
    """Write a path into the settings as `models.gemma.pypi[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "the top level"


def _found(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _describe(error: ValidationError) -> str:
    """Turn a schema error into one line: key, found, allowed, nearest."""
    where, found, rule, schema = _join(error.absolute_path), error.instance, error.validator, error.schema
    hint = f" ({schema['description']})" if isinstance(schema, Mapping) and "description" in schema else ""
    if rule == "additionalProperties":
        known = list(schema["properties"])
        key = next(key for key in found if key not in known)
        return f"config: unknown key '{key}' in {where}; allowed: {', '.join(known)}.{nearest(key, known)}"
    if rule == "required":
        missing = next(key for key in schema["required"] if key not in found)
        return f"config: {where} lacks '{missing}'{_hint_of(schema, missing)}."
    if rule == "type":
        return f"config: {where} is {_found(found)}; allowed: {KINDS[schema['type']]}{hint}."
    if rule == "enum":
        allowed = ", ".join(map(str, error.validator_value))
        return f"config: {where} is {_found(found)}; allowed: {allowed}.{nearest(found, error.validator_value)}"
    if rule == "anyOf":
        return f"config: {where} is {_found(found)}; allowed: {schema.get('description', 'another kind of value')}."
    if rule == "uniqueItems":
        twice = next(item for index, item in enumerate(found) if item in found[:index])
        return f"config: {where} names {_found(twice)} twice; remove one."
    if rule in ("minItems", "minProperties", "minLength"):
        return f"config: {where} is empty; it needs at least {error.validator_value}{hint}."
    if rule == "pattern":
        return f"config: {where} is {_found(found)}; allowed: {schema.get('description', error.validator_value)}."
    if rule == "maxItems":
        return f"config: {where} names {len(found)}; allowed: at most {error.validator_value}{hint}."
    bounds = {"minimum": "at least", "maximum": "at most"}
    if rule in bounds:
        return f"config: {where} is {_found(found)}; allowed: {bounds[str(rule)]} {error.validator_value}{hint}."
    return f"config: {where}: {error.message}{hint}."


def _hint_of(schema: Mapping[str, Any], key: str) -> str:
    description = schema.get("properties", {}).get(key, {}).get("description")
    return f" ({description})" if description else ""


def _complete(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> None:
    """Fill in the schema's defaults, and make whole numbers of `1.0`, in place."""
    if "$ref" in schema:
        schema = {**root["$defs"][schema["$ref"].rsplit("/", 1)[1]], **schema}
    if isinstance(value, dict):
        for key, child in schema.get("properties", {}).items():
            if "default" in child:
                value.setdefault(key, copy.deepcopy(child["default"]))
        for key, item in value.items():
            child = schema.get("properties", {}).get(key) or schema.get("additionalProperties")
            if isinstance(child, Mapping):
                kinds = [child, *child.get("anyOf", ())]
                if isinstance(item, float) and any(kind.get("type") == "integer" for kind in kinds):
                    value[key] = int(item)
                _complete(item, child, root)
