"""Config files as YAML: what cannot be read, and what readers silently let pass."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable
from typing import Any

import yaml

from langgeom.errors import UserError

__all__ = ["check_files"]


def check_files(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Refuse config files that cannot be read as YAML or that repeat a key, which YAML readers silently let win.

    Raises:
        UserError: naming the file, the line and the key.
    """
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                yaml.load(file, Loader=_UniqueKeyLoader)  # a SafeLoader
        except (yaml.YAMLError, OSError, ValueError, RecursionError) as error:
            raise UserError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None


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
