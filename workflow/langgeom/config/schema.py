"""Config files and the schema: what cannot be read or means something else, one line for one mistake, defaults filled in."""

from __future__ import annotations

import copy
import functools
import json
import math
import os
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from langgeom.corpora import corpus_kinds
from langgeom.errors import UserError, nearest
from langgeom.files import DATA
from langgeom.models import model_kinds
from langgeom.models.hub import expanded
from langgeom.sources import kind_of_spec

SCHEMA = DATA.parent / "schemas" / "config.schema.yaml"
# Snakemake reads a file with this key as a template of Python expressions (yte), which it evaluates.
TEMPLATE = "__use_yte__"
LONGEST = 1000  # characters of a text, a path's too: messages quote what they refuse
TYPES = {"object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number", "number": "a number",
         "boolean": "true or false", "null": "nothing"}  # fmt: skip
BOUNDS = {"minimum": "at least", "maximum": "at most"}


def check_files(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Refuse config files that are not there, hold no settings, hold code, or hold what YAML readers let pass silently.

    Raises:
        UserError: naming the file, and the line and key where there is one.
    """
    for path in paths:
        try:
            content = yaml.load(Path(path).read_bytes().decode("utf-8-sig"), Loader=_StrictLoader)  # a SafeLoader
        except FileNotFoundError:
            raise UserError(
                f"there is no config file '{path}' (looked in {os.getcwd()}). If it stands behind --configfile and "
                "is a target, put it before: that option takes every word after it as a file."
            ) from None
        except IsADirectoryError:
            raise UserError(f"'{path}' is a folder, but there is no config file of that name. Name a file.") from None
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise UserError(f"{path} cannot be read as YAML: line {line} is not UTF-8. Save the file as UTF-8.") from None
        except UserError as error:
            raise UserError(f"{path}, {error}") from None
        except (yaml.YAMLError, OSError, ValueError, RecursionError) as error:
            raise UserError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None
        if not isinstance(content, Mapping):
            found = "nothing" if content is None else f"a {type(content).__name__}"
            raise UserError(f"{path} holds {found}; settings are needed, as `corpora:` and `models:` (see docs/extend.md).")
        if TEMPLATE in content:
            raise UserError(f"{path} has the key '{TEMPLATE}', with which Snakemake runs code in it; remove it.")
        for key, value in content.items():
            try:
                json.dumps(value, default=str, skipkeys=True)
            except (ValueError, RecursionError):  # a circle
                raise UserError(f"{path}: a YAML alias under '{key}' is part of itself; write out what is meant.") from None


class _StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader, except that repeated keys are errors."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise UserError(f"line {line}: a key is a list or a mapping; keys are text.")
            if key.value in seen:
                first = seen[key.value]
                raise UserError(f"line {line}: key '{key.value}' stands on line {first} and again on line {line}; keep one.")
            seen[key.value] = line
        return super().construct_mapping(node, deep)


def completed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of settings that hold to the schema, with its defaults.

    Raises:
        UserError: one mistake, with the key, what was found, what is allowed, and the nearest match.
    """
    plain = _plain(settings, ())
    if isinstance(plain.get("models"), Mapping):
        plain["models"] = expanded(plain["models"])
    schema = composed(plain)
    errors = list(Draft202012Validator(schema).iter_errors(plain))
    if errors:
        raise UserError(_describe(min(errors, key=lambda error: (len(error.absolute_path), str(error.absolute_path)))))
    _complete(plain, schema, schema)
    return plain


def defaults(section: str) -> dict[str, Any]:
    """Return the schema's defaults of a section of the config, such as `hidden`."""
    settings: dict[str, Any] = {}
    _complete(settings, _written()["properties"][section], _written())
    return settings


@functools.cache
def _written() -> dict[str, Any]:
    """Return the schema as it is written."""
    return yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))


def composed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of these settings: of each corpus and model, the keys that all have and those of its kind.

    Raises:
        UserError: a corpus or model that names no kind, or several.
    """
    schema = copy.deepcopy(_written())
    for group, shared, kinds in (("corpora", "corpus", corpus_kinds()), ("models", "model", model_kinds())):
        common = schema["$defs"][shared]["properties"]
        entries = settings.get(group)
        for name, spec in entries.items() if isinstance(entries, Mapping) else ():
            if isinstance(spec, Mapping):
                kind = kind_of_spec(f"{group}.{name}", spec, kinds)
                keys = {**kind.properties(), **{key: part for key, part in common.items() if key not in kind.without}}
                schema["properties"][group].setdefault("properties", {})[name] = {
                    "type": "object", "additionalProperties": False, "properties": keys,
                }  # fmt: skip
    return schema


def _plain(value: Any, path: tuple[Any, ...]) -> Any:
    """Copy YAML's output, refusing keys that are no text, NaN, cycles, and text longer than any setting."""
    if len(path) > 20:
        raise UserError(f"{_join(path[:4])}... is nested more than 20 deep; is a YAML alias part of itself?")
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise UserError(f'{_join(path)} has the key {key!r}, which is no text to YAML; put it in "quotes".')
            if len(key) > LONGEST:
                raise UserError(f"{_join(path)} has a key of {len(key)} characters; allowed: at most {LONGEST}.")
        return {key: _plain(child, (*path, key)) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(child, (*path, index)) for index, child in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{_join(path)} is {value}; a finite number is needed.")
    if isinstance(value, str) and len(value) > LONGEST:
        raise UserError(f"{_join(path)} is {_shown(value)}, of {len(value)} characters; allowed: at most {LONGEST}.")
    return value


def _join(path: Iterable[Any]) -> str:
    """Write a path into the settings as `models.gemma.pypi[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "the top level"


def _shown(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _describe(error: ValidationError) -> str:
    """Turn a schema error into one line: key, found, allowed, nearest."""
    where, found, rule, schema, limit = (
        _join(error.absolute_path), error.instance, str(error.validator), error.schema, error.validator_value
    )  # fmt: skip
    description = schema.get("description", "") if isinstance(schema, Mapping) else ""
    hint = f" ({description})" if description else ""
    if "propertyNames" in error.absolute_schema_path:
        return f"{where} has the name {_shown(found)}; allowed: {description}."
    if rule == "additionalProperties":
        known = list(schema["properties"])
        key = next(key for key in found if key not in known)
        return f"unknown key '{key}' in {where}; allowed: {', '.join(known)}.{nearest(key, known)}"
    if rule == "required":
        missing = next(key for key in schema["required"] if key not in found)
        wanted = schema.get("properties", {}).get(missing, {}).get("description")
        return f"{where} lacks '{missing}'{f' ({wanted})' if wanted else ''}."
    if rule == "uniqueItems":
        twice = next(item for index, item in enumerate(found) if item in found[:index])
        return f"{where} names {_shown(twice)} twice; remove one."
    if rule in ("minItems", "minProperties", "minLength"):
        return f"{where} is empty; it needs at least {limit}{hint}."
    if rule == "maxItems":
        return f"{where} names {len(found)}; allowed: at most {limit}{hint}."
    cure = ""
    if rule == "type":
        allowed = TYPES[schema["type"]] + hint
        if schema["type"] == "string" and not isinstance(found, dict | list):
            cure = ' If it is text, put it in "quotes".'
    elif rule == "enum":
        allowed, cure = ", ".join(map(str, limit)), nearest(found, limit)
    elif rule in BOUNDS:
        allowed = f"{BOUNDS[rule]} {limit}{hint}"
    else:
        allowed = description or error.message
    return f"{where} is {_shown(found)}; allowed: {allowed}.{cure}"


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
                types = [child, *child.get("anyOf", ())]
                if isinstance(item, float) and any(one.get("type") == "integer" for one in types):
                    value[key] = int(item)
                _complete(item, child, root)
