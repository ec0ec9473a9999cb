"""Pinning a config: `python -m langgeom.hub.pin study.yaml` puts commits where it names a branch of the hub, or nothing.

Commits that are there are left, and the hub is asked whether it has them. The rest of the file stays as it is written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from langgeom.corpora.flores_plus import DATASET
from langgeom.errors import UserError
from langgeom.files import atomic
from langgeom.hub.access import offline, reaching

__all__ = ["pin"]


class Place(NamedTuple):
    """A repository in a config: what is named of it, and what of the text its commit replaces."""

    where: str
    repo: str
    kind: str
    revision: str | None
    start: int
    end: int
    text: str  # what is put there; {} is the commit


def pin(path: Path) -> list[str]:
    """Write commits into a config, and return a line about each repository of the hub in it.

    Raises:
        UserError: the file is no YAML, or the hub cannot be asked or has no such repository, branch or commit; then the file
            is left alone.
    """
    try:
        content = path.read_text(encoding="utf-8")
        root = yaml.compose(content, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None
    if offline():
        raise UserError("HF_HUB_OFFLINE keeps this from the hub; unset it.")
    said, edits = [], []
    for place in _places(root):
        commit = _ask(place)
        if place.revision == commit:
            said.append(f"{place.where}: {place.repo} has commit {commit}")
        else:
            edits.append((place.start, place.end, place.text.format(commit)))
            said.append(f"{place.where}: {place.repo} is pinned to {commit}, now {place.revision or 'main'}")
    for start, end, text in sorted(edits, reverse=True):
        content = content[:start] + text + content[end:]
    if edits:
        with atomic(path) as temporary:
            temporary.write_text(content, encoding="utf-8")
    return said


def _ask(place: Place) -> str:
    from huggingface_hub import HfApi

    with reaching(place.repo, place.revision or "main", place.kind):
        return str(HfApi().repo_info(place.repo, repo_type=place.kind, revision=place.revision).sha)


def _places(root: yaml.Node | None) -> Iterator[Place]:
    """Yield the repositories of the hub in a config."""
    for name, model in _children(_child(root, "models")):
        source = _child(model, "hub") or (_child(model, "untrained") if _child(model, "revision") else None)
        if isinstance(source, yaml.ScalarNode):
            yield _place(f"models.{name}", source.value, "model", model, source)
    for name, corpus in _children(_child(root, "corpora")):
        chosen, source = _child(corpus, "hub"), _child(_child(corpus, "hub"), "dataset")
        if chosen is not None and isinstance(source, yaml.ScalarNode):
            yield _place(f"corpora.{name}", source.value, "dataset", chosen, source)
        chosen = _child(corpus, "flores_plus")
        if isinstance(chosen, yaml.MappingNode):
            yield _place(f"corpora.{name}", DATASET, "dataset", chosen, None)


def _place(where: str, repo: str, kind: str, mapping: yaml.Node, after: yaml.Node | None) -> Place:
    """Say where the commit goes: in place of a revision, behind the repository, or first in a mapping without one."""
    revision = _child(mapping, "revision")
    if revision is not None:
        return Place(where, repo, kind, str(revision.value), revision.start_mark.index, revision.end_mark.index, "{}")
    assert isinstance(mapping, yaml.MappingNode)
    inline = bool(mapping.flow_style)
    if after is not None:
        at, column = after.end_mark.index, mapping.start_mark.column
        text = ", revision: {}" if inline else "\n" + " " * column + "revision: {}"
    else:
        at = mapping.start_mark.index + inline
        text = "revision: {}" + ((", " if mapping.value else "") if inline else "\n" + " " * mapping.start_mark.column)
    return Place(where, repo, kind, None, at, at, text)


def _children(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return [(key.value, value) for key, value in pairs if isinstance(key, yaml.ScalarNode)]


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    return dict(_children(node)).get(key)


def main(arguments: Sequence[str]) -> int:
    """Pin the config that the one argument names; return the exit status."""
    if len(arguments) != 1:
        print("usage: python -m langgeom.hub.pin CONFIG.yaml")
        return 2
    try:
        said = pin(Path(arguments[0]))
    except UserError as error:
        print(error)
        return 1
    print("\n".join(said) or "Nothing of the hub in it.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
