"""FLORES+ from the hub (gated), keyed by configuration name and aligned by id.

Open Language Data Initiative; after Goyal et al. (2022, TACL 10) and NLLB Team (2022).
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from langgeom.corpora import hub
from langgeom.corpora.hub import label, sources
from langgeom.errors import UserError
from langgeom.hub.listing import UNPINNED

__all__ = ["DATASET", "KNOWN", "check", "hub_spec", "label", "lines", "sources", "texts"]

DATASET = "openlanguagedata/flores_plus"
TABLE = Path(__file__).resolve().parents[2] / "data" / "flores_plus.tsv"
# The commit that workflow/data/flores_plus.tsv lists.
KNOWN = "5fec6c13f9e5a4db2f745d4ec0d7c9721ddc4f06"
TWI = "twi_Latn_akua1239 or twi_Latn_asan1239"
# What FLORES-200 calls them, and what FLORES+ does.
RENAMED = {
    "zho_Hans": "cmn_Hans", "zho_Hant": "cmn_Hant", "tgl_Latn": "fil_Latn", "est_Latn": "ekk_Latn", "grn_Latn": "gug_Latn",
    "kon_Latn": "ktu_Latn", "tzm_Tfng": "zgh_Tfng", "aka_Latn": TWI, "twi_Latn": TWI,
    "ajp_Arab": "apc_Arab_sout3123", "apc_Arab": "apc_Arab_nort3139",
}  # fmt: skip


def check(spec: Mapping[str, Any]) -> None:
    """Refuse a missing commit, and names of FLORES-200 that FLORES+ has changed.

    Raises:
        UserError: with the name that it has.
    """
    if "revision" not in spec["flores_plus"]:
        raise UserError(f"flores_plus lacks 'revision', {UNPINNED}.")
    for text in spec["texts"]:
        if text in RENAMED:
            raise UserError(f"'{text}' is a name of FLORES-200; FLORES+ calls it {RENAMED[text]}.")


def texts(spec: Mapping[str, Any], base: Path) -> list[str] | None:
    """Return the texts of a split at the commit that is known here; nothing for another commit, which may have more."""
    if spec["flores_plus"]["revision"] != KNOWN:
        return None
    return sorted(name for name, splits in _table().items() if spec["flores_plus"]["split"] in splits)


def hub_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `langgeom.hub.fetch.fetch_text` is asked for."""
    chosen = spec["flores_plus"]
    return {
        "dataset": DATASET, "revision": chosen["revision"], "config": "{text}", "split": chosen["split"],
        "text_column": "text", "id_column": "id",
    }  # fmt: skip


def lines(spec: Mapping[str, Any], text: str, reference: str, source: Path) -> tuple[list[str], Counter[str]]:
    """Return the sentences of a text in the order of the reference text's; as `langgeom.corpora.hub.lines`."""
    return hub.lines(spec, text, reference, source)


@cache
def _table() -> dict[str, set[str]]:
    """Return the splits that each text has."""
    with TABLE.open(encoding="utf-8") as file:
        rows = csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t")
        return {row["text"]: set(row["splits"].split(",")) for row in rows}
