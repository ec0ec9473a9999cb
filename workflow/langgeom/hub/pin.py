"""Pin a config to commits of the hub: `python -m langgeom.hub.pin study.yaml`.

A branch, or no revision, becomes today's commit; the hub is asked whether it has the commits that are there. The rest of the
file stays as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from langgeom.corpora.flores_plus import DATASET
from langgeom.errors import UserError
from langgeom.files import atomic
from langgeom.hub.access import hub_errors, offline


def pin(path: Path) -> list[str]:
    """Write commits into a config, and return a line about each repository of the hub in it.

    Raises:
        UserError: the file is not YAML, the hub cannot be asked, or it has no such repository or revision; the file then
            stays as it is.
    """
    from huggingface_hub import HfApi

    try:
        content = path.read_text(encoding="utf-8")
        root = yaml.compose(content, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None
    if offline():
        raise UserError("HF_HUB_OFFLINE is set, so the hub cannot be asked; unset it.")
    lines, edits = [], set()
    for where, repo, kind, mapping in _repositories(root):
        revision = _children(mapping).get("revision")
        asked = revision.value if revision else "main"
        with hub_errors(repo, asked, kind):
            commit = str(HfApi().repo_info(repo, repo_type=kind, revision=asked).sha)
        lines.append(f"{where}: {repo} at {asked} is commit {commit}")
        if revision:
            edits.add((revision.start_mark.index, revision.end_mark.index, commit))
        elif mapping.value:  # before the first key
            mark = mapping.value[0][0].start_mark
            separator = ", " if mapping.flow_style else "\n" + " " * mark.column
            edits.add((mark.index, mark.index, f"revision: {commit}{separator}"))
        else:  # between the braces of {}
            edits.add((mapping.start_mark.index + 1, mapping.start_mark.index + 1, f"revision: {commit}"))
    for start, end, text in sorted(edits, reverse=True):
        content = content[:start] + text + content[end:]
    with atomic(path) as temporary:
        temporary.write_text(content, encoding="utf-8")
    return lines


def _repositories(root: yaml.Node | None) -> Iterator[tuple[str, str, str, yaml.MappingNode]]:
    """Yield each repository of a config: its key, owner/name, "model" or "dataset", and the mapping that holds the revision."""
    config = _children(root)
    for name, model in _children(config.get("models")).items():
        spec = _children(model)
        repo = spec.get("hub") or (spec.get("untrained") if "revision" in spec else None)
        if isinstance(repo, yaml.ScalarNode) and isinstance(model, yaml.MappingNode):
            yield f"models.{name}", repo.value, "model", model
    for name, corpus in _children(config.get("corpora")).items():
        for kind, chosen in _children(corpus).items():
            repo = _children(chosen).get("dataset") if kind == "hub" else None
            if isinstance(chosen, yaml.MappingNode) and (kind == "flores_plus" or isinstance(repo, yaml.ScalarNode)):
                yield f"corpora.{name}", repo.value if repo else DATASET, "dataset", chosen


def _children(node: yaml.Node | None) -> dict[str, yaml.Node]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {key.value: value for key, value in pairs if isinstance(key, yaml.ScalarNode)}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m langgeom.hub.pin CONFIG.yaml")
    try:
        print("\n".join(pin(Path(sys.argv[1]))) or "It names no repository of the hub.")
    except UserError as error:
        sys.exit(str(error))
