"""The listing of a model's files as fetched from the hub: written when all of them are whole, read without the network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from langgeom.errors import UserError
from langgeom.files import atomic, read_json, sha256

__all__ = ["UNPINNED", "listing_path", "read_listing", "write_listing"]

# What a config without a commit is told.
UNPINNED = "the commit of the hub's repository; `python -m langgeom.hub.pin YOUR.yaml` asks the hub for it and writes it there"


def listing_path(repo: str, revision: str, weights: bool) -> str:
    """Return where the listing of a repository at a commit lies; its files lie beside it, in a folder of the same name."""
    return f"results/downloads/hub/{repo.replace('/', '--')}/{revision}/{'weights' if weights else 'architecture'}.json"


def write_listing(path: Path, repo: str, revision: str, digests: Mapping[str, str]) -> None:
    """Write a listing: `digests` are the sha256 of the files by their names."""
    content = {"repo": repo, "revision": revision, "files": dict(sorted(digests.items()))}
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_listing(path: Path) -> list[Path]:
    """Return the files of a listing, checked.

    Raises:
        UserError: the listing cannot be read; a file is missing or not the one that was fetched.
    """
    content = read_json(path, "files")
    if not isinstance(content["files"], dict):
        raise UserError(f"{path} is damaged (it lists no files). Remove it and run again.")
    files = {path.with_suffix("") / name: digest for name, digest in content["files"].items()}
    for file, digest in files.items():
        if not file.is_file() or sha256(file) != digest:
            raise UserError(
                f"{file} is missing or has changed since it was fetched from the hub. Remove {path} and run again: "
                "only what is not whole is fetched again."
            )
    return list(files)
