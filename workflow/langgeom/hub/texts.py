"""Reading one text of a data set of the hub at one commit: the cells of a column, with the ids of their rows."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langgeom.errors import UserError, nearest
from langgeom.files import atomic, scratch
from langgeom.hub.access import offline, reaching, redacted
from langgeom.hub.cached import drop_damaged

__all__ = ["FIELDS", "fetch_text", "fill", "texts_path"]

log = logging.getLogger(__name__)

# What a template may hold in braces.
FIELDS = ("text", "lang", "script", "name")


def texts_path(corpus: str, text: str) -> str:
    """Return where the rows of a text of a corpus lie once they are fetched."""
    return f"results/downloads/hub/texts/{corpus}/{text}.json"


def fill(template: str, spec: Mapping[str, Any], text: str) -> str:
    """Return a template with a text put in: `{text}`, its `{lang}` and `{script}`, and the `{name}` that `names` gives it."""
    lang, script = text.split("_")[:2]
    values = dict(zip(FIELDS, (text, lang, script, spec.get("names", {}).get(text, text)), strict=True))
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), template)


def fetch_text(spec: Mapping[str, Any], text: str, out: Path) -> None:
    """Write the rows of a text: `{"source", "id", "text"}`, the latter two lists as long as the split.

    Args:
        spec: `dataset`, `revision` (a commit), `split`, `text_column`, and perhaps `config`, `id_column`, `names`; templates
            as for `fill`.
        text: a text's name.
        out: the JSON file.

    Raises:
        UserError: the data set cannot be had, or has no such configuration, split or column, or cells that are no text.
    """
    repo, split = spec["dataset"], fill(spec["split"], spec, text)
    config = fill(spec["config"], spec, text) if "config" in spec else None
    column, ids = fill(spec["text_column"], spec, text), spec.get("id_column")
    source = " ".join(part for part in (f"{repo}@{spec['revision']}", config, split) if part)
    log.info("%s", source)
    if offline():
        raise UserError(
            f"'{text}' of {source} is not here, and HF_HUB_OFFLINE keeps this run from the hub. Unset it, or run "
            "`snakemake --cores 4 corpora models` (with your --configfile behind it) where there is a network, and bring "
            "results/ here."
        )
    # What datasets prepares of a text is not read a second time.
    with scratch(out) as prepared, reaching(repo, spec["revision"], "dataset"):
        import datasets
        from huggingface_hub import HfApi

        HfApi().auth_check(repo, repo_type="dataset")  # datasets does not say whether a data set is gated or not there
        datasets.disable_progress_bars()
        datasets.logging.set_verbosity(datasets.logging.CRITICAL)
        for again in (False, True):  # what arrived wrong is fetched once more
            failed: Exception | None = None
            try:
                place = str(prepared / str(again))
                rows = datasets.load_dataset(repo, config, split=split, revision=spec["revision"], cache_dir=place)
            except Exception as error:  # whatever readers meet in a file that arrived wrong
                failed = error
            if not (faults := drop_damaged(repo, "dataset")):
                break
        if faults:
            raise UserError(
                f"Data set '{repo}': not the files of commit {spec['revision']}: {', '.join(faults[:3])}. They were not kept. "
                "Something between here and the hub changes files: use another network, or run again later."
            )
        if isinstance(failed, ValueError | RuntimeError):
            raise UserError(_refused(failed, repo, config, split))
        if failed is not None:
            raise failed
        if not {column, ids} - {None} <= set(rows.column_names):
            rows = rows.flatten()  # a mapping of languages is columns such as translation.en
        content: dict[str, Any] = {"source": source, "id": None, "text": _cells(source, rows, column, "text_column")}
        if ids is not None:
            content["id"] = _unique(source, _cells(source, rows, ids, "id_column"))
    with atomic(out) as temporary:
        temporary.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")


def _refused(error: Exception, repo: str, config: str | None, split: str) -> str:
    """Say what the data set has instead of a configuration or split that it has not."""
    said = redacted(str(error))
    allowed = re.findall(r"'([^']+)'", said.partition("[")[2])
    for what, wanted in (("configuration", config), ("split", split)):
        if wanted and allowed and wanted in said.partition("[")[0]:
            some = ", ".join(allowed[:12]) + (f" and {len(allowed) - 12} more" if len(allowed) > 12 else "")
            return f"Data set '{repo}' has no {what} '{wanted}'; it has {some}.{nearest(wanted, allowed)}"
    if "script" in said.lower():
        return f"Data set '{repo}' is a script, and code of data sets is never run. Use one of Parquet, JSON or CSV files."
    return f"Data set '{repo}' cannot be read: {said[:300]}. Look at its page on the hub, or pin another commit."


def _cells(source: str, rows: Any, column: str, key: str) -> list[str]:
    if column not in rows.column_names:
        names = rows.column_names
        raise UserError(f"{source} has no column '{column}' ({key}); it has {', '.join(names)}.{nearest(column, names)}")
    cells = rows[column][:]
    kinds = (str,) if key == "text_column" else (str, int)
    for number, cell in enumerate(cells):
        if cell is not None and not isinstance(cell, kinds):
            raise UserError(f"{source}: column '{column}' ({key}) holds {type(cell).__name__} in row {number}; text is needed.")
    return ["" if cell is None else str(cell) for cell in cells]


def _unique(source: str, ids: list[str]) -> list[str]:
    if len(set(ids)) < len(ids):
        twice = next(value for number, value in enumerate(ids) if value in ids[:number])
        raise UserError(
            f"{source}: the id '{twice}' stands in several rows, so rows cannot be aligned by it. Name another id_column."
        )
    return ids
