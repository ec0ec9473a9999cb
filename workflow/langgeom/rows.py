"""The rows of one text, read by `datasets`: of a data set of the hub at one commit, or of a table of the user's."""

from __future__ import annotations

import csv
import glob
import logging
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from langgeom.errors import UserError, chain_of, is_disk_full, nearest
from langgeom.files import scratch, write_json
from langgeom.hub import FORMATS, fill

log = logging.getLogger(__name__)


def write_rows(spec: Mapping[str, Any], text: str, out: Path) -> None:
    """Write the rows of a text as `{"source", "id", "document", "text"}`: lists as long as the rows, or null without a column.

    Args:
        spec: `text_column`, perhaps `id_column`, `document_column` and `names`, and either `file` (a path) or `dataset`,
            `revision` (a commit), `split` and perhaps `config`; templates as for `langgeom.hub.fill`.
        text: the text's name.
        out: the JSON file.

    Raises:
        UserError: the rows cannot be had, have no such column, no text at all, or cells that are no text.
    """
    column, ids, documents = fill(spec["text_column"], spec, text), spec.get("id_column"), spec.get("document_column")
    named = [name for name in (column, ids, documents) if name is not None]
    with scratch(out) as prepared:  # datasets writes an Arrow copy there
        if "file" in spec:
            source, rows = _local(Path(spec["file"]), prepared)
        else:
            source, rows = _of_hub(spec, text, prepared)
        if not set(named) <= set(rows.column_names):
            rows = rows.flatten()  # a mapping of languages becomes columns such as translation.en
        text_cells = _cells(source, rows, column, "text_column")
        content: dict[str, Any] = {"source": source, "id": None, "document": None, "text": text_cells}
        if not any(content["text"]):
            raise UserError(f"{source}: column '{column}' (text_column) has no text in its {len(content['text'])} rows.")
        if documents is not None:
            content["document"] = _cells(source, rows, documents, "document_column")
        if ids is not None:
            content["id"] = _cells(source, rows, ids, "id_column")
            if twice := [value for value, count in Counter(content["id"]).items() if count > 1]:
                raise UserError(f"{source}: id_column '{ids}' has '{twice[0]}' in several rows. Name a column of unique ids.")
    write_json(out, content, indent=None)


def _load(name: str, *args: Any, prepared: Path, **more: Any) -> Any:
    import datasets

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    return datasets.load_dataset(name, *args, cache_dir=str(prepared), **more)


def _local(path: Path, prepared: Path) -> tuple[str, Any]:
    """Load a file of the user's; of a CSV file all cells stay text, "007" too."""
    reader, settings = FORMATS[path.suffix]
    log.info("%s", path)
    try:
        if reader == "csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                header = next(csv.reader(file, delimiter=settings.get("sep", ","), quoting=settings.get("quoting", 0)), [])
            settings = {**settings, "converters": dict.fromkeys(header, str)}
        rows = _load(reader, data_files=[glob.escape(str(path.absolute()))], split="train", prepared=prepared, **settings)
    except Exception as error:  # a reader raises whatever its own libraries raise
        if is_disk_full(error):
            raise
        cause = list(chain_of(error))[-1]
        details = " ".join(str(cause).split())[:200]
        raise UserError(
            f"{path} cannot be read as {path.suffix[1:]} ({type(cause).__name__}: {details}). Has it rows, is it whole and in "
            "UTF-8, and is it what the end of its name says?"
        ) from None
    if any(name.startswith("__index_level_") for name in rows.column_names):  # pandas takes the first cells for an index
        raise UserError(
            f"{path}: its first row has more cells than its header. Put cells with a comma in quotes, and end no row with one."
        )
    return path.name, rows


def _of_hub(spec: Mapping[str, Any], text: str, prepared: Path) -> tuple[str, Any]:
    """Load a split of a data set; files that arrived damaged are removed from the cache, and are an error."""
    from langgeom.hub.fetch import CURE, hub_errors, offline

    repo, revision, split = spec["dataset"], spec["revision"], fill(spec["split"], spec, text)
    config = fill(spec["config"], spec, text) if "config" in spec else None
    source = " ".join(part for part in (f"{repo}@{revision}", config, split) if part)
    log.info("%s", source)
    with hub_errors(repo, revision, "dataset"):
        from huggingface_hub import HfApi

        if offline():  # the cache of the user is for models only
            raise FileNotFoundError(source)
        HfApi().auth_check(repo, repo_type="dataset")  # datasets does not tell a gated data set from a missing one
        try:
            return source, _load(repo, config, split=split, revision=revision, prepared=prepared)
        finally:  # a reader may also fail on a damaged file
            if damaged := _drop_damaged(repo):
                named = ", ".join(damaged[:3])
                raise UserError(f"Data set '{repo}': {named} are not files of commit {revision}. They were not kept.\n{CURE}")


def _drop_damaged(repo: str) -> list[str]:
    """Remove damaged files of a data set from the cache, whose blobs are named by their hashes, and return their names."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    from langgeom.hub.fetch import digest_of

    blobs = (Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type="dataset") / "blobs").glob("*")
    hashed = [path for path in blobs if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", path.name)]
    damaged = [path for path in hashed if digest_of(path, path.name) != path.name]
    for path in damaged:
        path.unlink()
    return [path.name for path in damaged]


def _cells(source: str, rows: Any, column: str, key: str) -> list[str]:
    names = rows.column_names
    if column not in names:
        raise UserError(f"{source} has no column '{column}' ({key}); it has {', '.join(names)}.{nearest(column, names)}")
    cells = rows[column][:]
    for number, cell in enumerate(cells):
        # JSON's readers take an id that looks like a date for one.
        if not isinstance(cell, str if key == "text_column" else str | int | date) and cell is not None:
            raise UserError(f"{source}: column '{column}' ({key}) holds {type(cell).__name__} in row {number}; text is needed.")
    return ["" if cell is None else str(cell) for cell in cells]
