"""Fetching a model's files or one text of a data set, at one commit, with the hub's own clients.

The clients check the size of a file only, so every file is checked here by the hash that the hub names it by.
"""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from langgeom.errors import UserError, nearest
from langgeom.files import check_free, scratch, sha256, write_json
from langgeom.hub import TOKENIZER_FILES, fill, write_listing
from langgeom.hub.access import hub_errors, offline

log = logging.getLogger(__name__)

SINGLE, INDEX, SHARD = "model.safetensors", "model.safetensors.index.json", re.compile(r"model-\d+-of-\d+\.safetensors")
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack")
CURE = "Something between here and the hub changes files, or a cache is damaged: use another network, or run again later."


class File(NamedTuple):
    """A file's size in bytes and its hash on the hub: a sha256, or git's own (sha1) for small files."""

    size: int
    digest: str


def fetch_model(repo: str, revision: str, out: Path, weights: bool = True) -> None:
    """Fetch safetensors, config and tokenizer of a model into the folder beside `out`, and write the listing `out`.

    Whole files that are there already are not fetched again, and files in the user's own cache of the hub are copied from it;
    in offline mode they come from there alone.

    Args:
        repo: owner/name.
        revision: the commit, 40 hexadecimal digits.
        out: the listing, `listing_path(...)`.
        weights: whether weights are needed; an untrained model needs none.

    Raises:
        UserError: the model cannot be fetched whole.
    """
    folder = out.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.rglob("*.incomplete"):  # a killed run left them, and huggingface_hub never resumes them
        left.unlink()
    with hub_errors(repo, revision):
        files = _cached(repo, revision) if offline() else _listed(repo, revision)
        names = _needed(f"Model '{repo}' at commit {revision}", files, weights)
        check_free(sum(files[name].size for name in names if not (folder / name).is_file()), folder)
        wrong = _take(repo, revision, names, files, folder, fresh=False)
        if wrong:  # damaged here or in the user's cache: fetch once more, from the hub itself
            wrong = _take(repo, revision, list(wrong), files, folder, fresh=True)
        for name, digest in wrong.items():
            raise UserError(
                f"Model '{repo}': {name} is not the file of commit {revision}: its hash is {digest} instead of "
                f"{files[name].digest}. It was not kept.\n{CURE}"
            )
        digests = {name: files[name].digest for name in names}
    write_listing(out, repo, revision, {name: d if len(d) == 64 else sha256(folder / name) for name, d in digests.items()})


def _listed(repo: str, revision: str) -> dict[str, File]:
    """Return the files at the top of a repository on the hub."""
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    entries = [entry for entry in HfApi().list_repo_tree(repo, revision=revision) if isinstance(entry, RepoFile)]
    return {entry.path: File(entry.size, entry.lfs.sha256 if entry.lfs else entry.blob_id) for entry in entries}


def _cached(repo: str, revision: str) -> dict[str, File]:
    """Return the files of a repository in the user's own cache, whose blobs are named by their hashes."""
    place = _cache_folder(repo, revision)
    return {path.name: File(path.stat().st_size, path.resolve().name) for path in place.iterdir() if path.is_file()}


def _cache_folder(repo: str, revision: str) -> Path:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repo, "config.json", revision=revision)
    if not isinstance(found, str):
        raise FileNotFoundError(f"{repo} is not in the cache")
    return Path(found).parent


def _take(
    repo: str, revision: str, names: list[str], files: Mapping[str, File], folder: Path, *, fresh: bool
) -> dict[str, str]:
    """Bring files into a folder; return the hashes of those that are not the hub's, which are removed again."""
    from huggingface_hub import snapshot_download

    log.info("%s", ", ".join(names))
    if offline():
        for name in names:
            shutil.copyfile(_cache_folder(repo, revision) / name, folder / name)
    else:
        snapshot_download(repo, revision=revision, allow_patterns=names, local_dir=folder, force_download=fresh)
    found = {name: _digest(folder / name, files[name].digest) for name in names}
    wrong = {name: digest for name, digest in found.items() if digest != files[name].digest}
    for name in wrong:
        (folder / name).unlink()
    return wrong


def _digest(path: Path, like: str) -> str:
    """Return a file's hash, of the kind that `like` is: a sha256, or git's sha1."""
    if len(like) == 64:
        return sha256(path)
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _needed(where: str, files: Iterable[str], weights: bool) -> list[str]:
    """Return the names of the files that a model needs. UserError: no config.json, or no weights as safetensors."""
    names = sorted(files)
    listing = ", ".join(names[:20]) or "nothing"
    if "config.json" not in names:
        raise UserError(f"{where} has no config.json; found {listing}. Name the repository of a transformers model.")
    chosen = ["config.json", *(name for name in TOKENIZER_FILES if name in names)]
    if not weights:
        return chosen
    if SINGLE in names:
        return [*chosen, SINGLE]
    if INDEX in names:
        return [*chosen, INDEX, *filter(SHARD.fullmatch, names)]
    pickles = [name for name in names if name.endswith(PICKLES)]
    refused = f"{', '.join(pickles)} cannot be used: weights are read from safetensors only. " if pickles else ""
    raise UserError(
        f"{where} has no {SINGLE}; found {listing}.\n{refused}Pin a commit that has safetensors (often a pull request of the "
        "repository), or convert the model yourself and name its folder."
    )


def fetch_text(spec: Mapping[str, Any], text: str, out: Path) -> None:
    """Write the rows of a text of a data set as `{"source", "id", "document", "text"}`, lists as long as the split or null.

    Args:
        spec: `dataset`, `revision` (a commit), `split`, `text_column`, and perhaps `config`, `id_column`, `document_column`,
            `names`; templates as for `langgeom.hub.fill`.
        text: the text's name.
        out: the JSON file.

    Raises:
        UserError: the data set cannot be fetched, has no such configuration, split or column, or has cells that are no text.
    """
    repo, split = spec["dataset"], fill(spec["split"], spec, text)
    config = fill(spec["config"], spec, text) if "config" in spec else None
    column, ids, documents = fill(spec["text_column"], spec, text), spec.get("id_column"), spec.get("document_column")
    source = " ".join(part for part in (f"{repo}@{spec['revision']}", config, split) if part)
    log.info("%s", source)
    with scratch(out) as prepared, hub_errors(repo, spec["revision"], "dataset"):
        if offline():  # the cache of the user is for models only
            raise FileNotFoundError(source)
        rows = _rows(repo, spec["revision"], config, split, prepared)
        if not {column, ids, documents} - {None} <= set(rows.column_names):
            rows = rows.flatten()  # a mapping of languages becomes columns such as translation.en
        content: dict[str, Any] = {
            "source": source,
            "id": None,
            "document": None if documents is None else _cells(source, rows, documents, "document_column"),
            "text": _cells(source, rows, column, "text_column"),
        }
        if ids is not None:
            content["id"] = _cells(source, rows, ids, "id_column")
            if twice := [value for value, count in Counter(content["id"]).items() if count > 1]:
                raise UserError(f"{source}: id_column '{ids}' has '{twice[0]}' in several rows. Name a column of unique ids.")
    write_json(out, content, indent=None)


def _rows(repo: str, revision: str, config: str | None, split: str, prepared: Path) -> Any:
    """Load a split into a folder; files that arrived damaged are removed from the cache, and are an error."""
    import datasets
    from huggingface_hub import HfApi

    HfApi().auth_check(repo, repo_type="dataset")  # datasets does not tell a gated data set from a missing one
    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    try:
        return datasets.load_dataset(repo, config, split=split, revision=revision, cache_dir=str(prepared))
    finally:  # a reader may also fail on a damaged file
        if damaged := _drop_damaged(repo):
            named = ", ".join(damaged[:3])
            raise UserError(f"Data set '{repo}': {named} are not files of commit {revision}. They were not kept.\n{CURE}")


def _drop_damaged(repo: str) -> list[str]:
    """Remove damaged files of a data set from the cache, whose blobs are named by their hashes, and return their names."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    blobs = (Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type="dataset") / "blobs").glob("*")
    hashed = [path for path in blobs if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", path.name)]
    damaged = [path for path in hashed if _digest(path, path.name) != path.name]
    for path in damaged:
        path.unlink()
    return [path.name for path in damaged]


def _cells(source: str, rows: Any, column: str, key: str) -> list[str]:
    names = rows.column_names
    if column not in names:
        raise UserError(f"{source} has no column '{column}' ({key}); it has {', '.join(names)}.{nearest(column, names)}")
    cells = rows[column][:]
    for number, cell in enumerate(cells):
        if not isinstance(cell, str if key == "text_column" else str | int) and cell is not None:
            raise UserError(f"{source}: column '{column}' ({key}) holds {type(cell).__name__} in row {number}; text is needed.")
    return ["" if cell is None else str(cell) for cell in cells]
