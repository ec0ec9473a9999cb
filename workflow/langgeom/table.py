"""The tidy tables: their columns, and how they are written, joined and read.

Each is `results/{name}.parquet` and `.csv`; what a row is stands in docs/design.md. Equal rows give equal bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from langgeom.errors import UserError
from langgeom.files import atomic

__all__ = ["COLUMNS", "FINDINGS", "METRICS", "QUALITY", "TABLES", "TEXTS", "Format", "join", "read_table", "write_rows"]

KEY = b"langgeom.key"
ARROW = {"str": pa.string(), "Int16": pa.int16(), "Int32": pa.int32(), "float64": pa.float64()}


@dataclass(frozen=True)
class Format:
    """A table's name, its columns with their pandas dtypes, what names a row (and orders rows), and what a row may lack."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(name, ARROW[dtype]) for name, dtype in self.columns.items()])


def _format(name: str, key: str, optional: str, **columns: str) -> Format:
    return Format(name, MappingProxyType(columns), tuple(key.split()), tuple(optional.split()))


# `layer` is missing for metrics of the text, a number where n does not allow it.
METRICS = _format(
    "metrics", "model corpus text metric over layer", "layer value low high dropped",
    model="str", kind="str", init="str", corpus="str", text="str", lang="str", script="str", layer="Int16", metric="str",
    over="str", value="float64", low="float64", high="float64", n="Int32", dropped="Int32",
)  # fmt: skip
# Measures of the text itself, whatever the model: morphemes_per_word, type_token_ratio, characters_per_word.
TEXTS = _format(
    "texts", "corpus text measure", "value low high",
    corpus="str", text="str", lang="str", script="str", measure="str", value="float64", low="float64", high="float64",
    n="Int32",
)  # fmt: skip
# How good a model is in a language. `origin`: measured, published or harness; `corpus` is missing unless measured.
QUALITY = _format(
    "quality", "model corpus text quality origin harness", "corpus value low high n harness shots revision source",
    model="str", corpus="str", text="str", lang="str", script="str", quality="str", origin="str", value="float64",
    low="float64", high="float64", n="Int32", harness="str", shots="Int16", revision="str", source="str",
)  # fmt: skip
# The study's conclusions put to the test: `effect` says in words what `value` is; `n` counts `unit`s; `claimed` is 1 for more
# than `centre`, -1 for less, 0 for within `bound`; rejecting the hypothesis of `p_for` supports the claim, of `p_against`
# contradicts it, `p` is the smaller, `p_adjusted` that one corrected for many tests; `detectable` is the smallest effect that a
# test of this size finds in 80 % of cases; `clustered_*` bound the interval over families; `shown*` are the same on one axis
# from -1 to 1; `verdict` is one of supported, contradicted, no evidence, not testable (`reason` says why); `doubt` says in
# words why a verdict is not to be relied on (another estimator would not bear it, or the interval over families).
FINDINGS = _format(
    "findings", "finding model corpus effect",
    "model corpus value low high n p p_for p_against p_adjusted detectable bound families clustered_low clustered_high shown "
    "shown_low shown_high shown_bound test doubt reason note",
    finding="str", claim="str", question="str", model="str", corpus="str", effect="str", value="float64", low="float64",
    high="float64", claimed="Int16", centre="float64", bound="float64", test="str", n="Int32", unit="str", p="float64",
    p_for="float64", p_against="float64", p_adjusted="float64", detectable="float64", families="Int32",
    clustered_low="float64", clustered_high="float64", shown="float64", shown_low="float64", shown_high="float64",
    shown_centre="float64", shown_bound="float64", verdict="str", doubt="str", reason="str", note="str",
)  # fmt: skip
# How near each sentence is to its translation in the reference: `line` counts from 0, `layer` is where the cosine is taken.
ALIGNED = _format(
    "aligned sentences", "model corpus text line", "",
    model="str", corpus="str", text="str", line="Int32", layer="Int16", cosine="float64",
)  # fmt: skip
TABLES: Mapping[str, Format] = MappingProxyType({of.name: of for of in (METRICS, TEXTS, QUALITY, FINDINGS)})
COLUMNS = METRICS.columns


def _frame(rows: Iterable[Mapping[str, Any]], of: Format) -> pd.DataFrame:
    """Make a typed table of rows; an optional column that a row lacks is missing in it."""
    rows = list(rows)
    for row in rows:
        wrong = row.keys() - of.columns.keys() or of.columns.keys() - set(of.optional) - row.keys()
        if wrong:
            raise ValueError(f"a row of {of.name} has the keys {sorted(row)}; unknown or lacking: {sorted(wrong)}")
    columns = {name: [row.get(name) for row in rows] for name in of.columns}
    return pd.DataFrame({name: pd.Series(columns[name], dtype=dtype) for name, dtype in of.columns.items()})


def _sorted(table: pd.DataFrame, of: Format) -> pd.DataFrame:
    """Sort by the key (what is missing first) and refuse two rows for one key."""
    table = table.sort_values(list(of.key), kind="stable", na_position="first", ignore_index=True)
    twice = table.duplicated(list(of.key))
    if twice.any():
        first = table.loc[twice, list(of.key)].iloc[0]
        raise UserError(
            f"the {of.name} hold {int(twice.sum())} rows for keys that other rows have too, the first of them "
            + ", ".join(f"{column} {value}" for column, value in first.items())
            + "; a model, corpus and text may come from one file only."
        )
    return table


def _write(table: pd.DataFrame, path: str | os.PathLike[str], of: Format, key: str | None = None) -> None:
    # Arrow's own schema, without the metadata that pandas adds, which names library versions.
    metadata = None if key is None else {KEY: key.encode()}
    arrow = pa.Table.from_pandas(table, schema=of.schema, preserve_index=False).replace_schema_metadata(metadata)
    with atomic(path) as temporary:
        pq.write_table(arrow, temporary, compression="zstd")


def write_rows(
    rows: Sequence[Mapping[str, Any]], path: str | os.PathLike[str], of: Format = METRICS, key: str | None = None
) -> None:
    """Write rows (of one text, say) as Parquet, sorted.

    Args:
        rows: mappings with the keys of `of.columns`; those of `of.optional` may be left out or None.
        path: the file to write.
        of: which table they belong to.
        key: what `key_of_table` returns for this file.

    Raises:
        ValueError: a row with an unknown key, or without a required one.
        UserError: two rows with one key.
    """
    _write(_sorted(_frame(rows, of), of), path, of, key)


def key_of_table(path: str | os.PathLike[str]) -> str | None:
    """Return the key that a table was written with; None where it has none, or is missing or damaged."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowInvalid):
        return None
    return metadata.get(KEY, b"").decode(errors="replace") or None


def join(
    paths: Iterable[str | os.PathLike[str]],
    out_parquet: str | os.PathLike[str],
    out_csv: str | os.PathLike[str],
    of: Format = METRICS,
) -> None:
    """Write the rows of all files as one table, sorted, as Parquet and as CSV (missing = empty).

    Raises:
        UserError: no file given, one that is no such table, or two rows with one key.
    """
    tables = [read_table(path, of) for path in paths]
    if not tables:
        raise UserError(f"there are no {of.name} to join: the config names no model, corpus or text.")
    table = _sorted(pd.concat(tables, ignore_index=True), of)
    _write(table, out_parquet, of)
    with atomic(out_csv) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def read_table(path: str | os.PathLike[str], of: Format = METRICS) -> pd.DataFrame:
    """Read a table that `write_rows` or `join` wrote, with the columns and dtypes of its format.

    Raises:
        UserError: the file is missing, is no Parquet, or lacks a column.
    """
    try:
        with pq.ParquetFile(path) as file:
            missing = [name for name in of.columns if name not in file.schema_arrow.names]
            if missing:
                raise UserError(f"{path} is no table of {of.name}: it lacks {', '.join(missing)}; delete it and run again.")
            arrow = file.read(columns=list(of.columns))
    except (OSError, pa.ArrowInvalid) as error:
        reason = "it does not exist" if isinstance(error, FileNotFoundError) else "it is no whole Parquet file"
        raise UserError(f"{path} cannot be read: {reason}; run the workflow to make it.") from None
    # Without these, a missing integer would turn its whole column into float64.
    integers = {pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype()}
    return arrow.to_pandas(types_mapper=integers.get).astype(dict(of.columns))
