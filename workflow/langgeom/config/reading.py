"""Config files as YAML: what cannot be read, what readers silently let pass, and what Snakemake's reader would run."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import yaml

from langgeom.errors import UserError

__all__ = ["check_files"]

# A file with this key is a template of Python expressions to Snakemake (yte), evaluated when it is read.
TEMPLATE = "__use_yte__"


def check_files(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Refuse config files that are not there, are no settings in YAML, hold code, or repeat a key, which readers let pass.

    Raises:
        UserError: naming the file, the line and the key.
    """
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                content = yaml.load(file, Loader=_UniqueKeyLoader)  # a SafeLoader
        except (FileNotFoundError, IsADirectoryError):
            raise UserError(
                f"there is no config file '{os.fspath(path)}' (looked in {os.getcwd()}). Targets stand before "
                "--configfile, since it takes every word after it as a file."
            ) from None
        except (yaml.YAMLError, OSError, ValueError, RecursionError) as error:
            raise UserError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None
        if not isinstance(content, Mapping):
            found = "nothing" if content is None else f"a {type(content).__name__}"
            raise UserError(f"{path} holds {found}; settings are needed, as `corpora:` and `models:` (see docs/extend.md).")
        if TEMPLATE in content:
            raise UserError(f"{path} has the key '{TEMPLATE}', with which Snakemake runs code in it; remove it.")


class _UniqueKeyLoader(yaml.SafeLoader):
    """PyYAML's safe loader, except that a repeated key is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise UserError(f"{node.start_mark.name}, line {line}: a key is a list or a mapping; keys are text.")
            if key.value in seen:
                raise UserError(
                    f"{node.start_mark.name}: key '{key.value}' stands on line {seen[key.value]} and again on line {line}; "
                    "remove or rename one."
                )
            seen[key.value] = line
        return super().construct_mapping(node, deep)
