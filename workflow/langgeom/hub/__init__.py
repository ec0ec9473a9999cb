"""The model hub: where fetched files lie, and the listing of a model's files with their checksums.

`fetch` and `langgeom.rows` are the only modules that reach the hub; every other stage runs offline.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langgeom.errors import UserError
from langgeom.files import read_json, sha256, write_json

# The hint for a config without a commit.
UNPINNED = "the commit of the hub's repository: `hf models info owner/name` (`hf datasets info`) prints it, as sha"
SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
# The files that a tokenizer may lie in.
TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "vocab.json", "merges.txt",
    "tokenizer.model", "spiece.model", "sentencepiece.bpe.model",
)  # fmt: skip
# What a template may hold in braces.
FIELDS = ("text", "lang", "script", "name")
# What of `datasets` reads a table, by the end of its name. In tables of text "NA" is a sentence,
# an empty line a row, and between tabs a quote is a quote.
CSV = {"keep_default_na": False, "skip_blank_lines": False}
FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    ".parquet": ("parquet", {}), ".json": ("json", {}), ".jsonl": ("json", {}),
    ".csv": ("csv", CSV), ".tsv": ("csv", {**CSV, "sep": "\t", "quoting": 3}),
}  # fmt: skip


def listing_path(repo: str, revision: str, weights: bool) -> str:
    """Return the path of the listing of a repository at a commit; the files lie in a folder of the same name beside it."""
    return f"results/downloads/hub/{repo.replace('/', '--')}/{revision}/{'weights' if weights else 'architecture'}.json"


def rows_path(corpus: str, text: str) -> str:
    """Return the path of the rows of a text."""
    return f"results/downloads/rows/{corpus}/{text}.json"


def fill(template: str, spec: Mapping[str, Any], text: str) -> str:
    """Fill in a template's `{text}`, `{lang}`, `{script}` and `{name}` (the text's entry in `spec["names"]`)."""
    lang, script = text.split("_")[:2]
    values = dict(zip(FIELDS, (text, lang, script, spec.get("names", {}).get(text, text)), strict=True))
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), template)


def write_listing(path: Path, repo: str, revision: str, digests: Mapping[str, str]) -> None:
    """Write a listing; `digests` are the sha256 of the files by name."""
    write_json(path, {"repo": repo, "revision": revision, "files": dict(sorted(digests.items()))})


def read_listing(path: Path) -> list[Path]:
    """Return the files of a listing after checking their sha256.

    Raises:
        UserError: the listing is damaged; a file is missing or has changed since it was fetched.
    """
    content = read_json(path, "files")
    if not isinstance(content["files"], dict):
        raise UserError(f"{path} is damaged (it lists no files). Remove it and run again.")
    files = {path.with_suffix("") / name: digest for name, digest in content["files"].items()}
    for file, digest in files.items():
        if not file.is_file() or sha256(file) != digest:
            raise UserError(
                f"{file} is missing or has changed since it was fetched from the hub. Remove {path} and run again: "
                "only the files that are not whole are fetched again."
            )
    return list(files)
