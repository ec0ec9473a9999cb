"""The seven tables: their columns, and how they are written, read and joined.

Each is `results/{name}.parquet` and `.csv`; docs/design.md says what a row is. Equal rows give equal bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from langgeom.errors import UserError
from langgeom.files import atomic, read_json

_ARROW = {"str": pa.string(), "Int16": pa.int16(), "Int32": pa.int32(), "float64": pa.float64()}
_KEY = b"langgeom.key"
# Without these, one missing value would turn a column of integers into float64.
_INTEGERS = {pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype()}
PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Format:
    """A table: name, columns with their pandas dtypes, the key that identifies and orders rows, and the optional columns."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(name, _ARROW[dtype]) for name, dtype in self.columns.items()])


def _format(name: str, key: str, optional: str, **columns: str) -> Format:
    return Format(name, MappingProxyType(columns), tuple(key.split()), tuple(optional.split()))


# Geometry: one row per model, text, metric and layer. `layer` is missing for metrics of the whole text, and for medians and
# best values over layers; `value` where `n` is too small for one. `n` counts the points (or sentences, see `over`), `dropped`
# the points left out, such as duplicates, `sentences` those that the value rests on, `documents` those that they are from,
# where a corpus has any: of these units, fewer than 20 give no interval. `half_a` and `half_b` are the value in two halves of
# them, `p` that of an exact test, `null` what a similarity exceeds in 5 % of random pairings of the sentences, where a metric
# has them.
METRICS = _format(
    "metrics", "model corpus text metric over layer", "layer value low high dropped sentences documents half_a half_b p null",
    model="str", kind="str", init="str", corpus="str", text="str", lang="str", script="str", layer="Int16", metric="str",
    over="str", value="float64", low="float64", high="float64", n="Int32", dropped="Int32", sentences="Int32",
    documents="Int32", half_a="float64", half_b="float64", p="float64", null="float64",
)  # fmt: skip
# Measures of the text alone, such as type_token_ratio. `n` counts words.
TEXTS = _format(
    "texts", "corpus text measure", "value low high",
    corpus="str", text="str", lang="str", script="str", measure="str", value="float64", low="float64", high="float64",
    n="Int32",
)  # fmt: skip
# How good a model is in a language. `origin` is measured, published or harness; only measured scores have a `corpus`.
QUALITY = _format(
    "quality", "model corpus text quality origin harness", "corpus value low high n harness shots revision source",
    model="str", corpus="str", text="str", lang="str", script="str", quality="str", origin="str", value="float64",
    low="float64", high="float64", n="Int32", harness="str", shots="Int16", revision="str", source="str",
)  # fmt: skip
# All pairs of texts of a corpus, at a few layers: `text` against `other`, on the `n` sentences that all texts have. A metric
# that is the same either way has a row for each two texts, in their order, others have two. What figures draw has an interval.
PAIRS = _format(
    "pairs", "model corpus layer metric text other", "value low high",
    model="str", kind="str", init="str", corpus="str", layer="Int16", text="str", other="str", metric="str", value="float64",
    low="float64", high="float64", n="Int32",
)  # fmt: skip
# What is the language in a layer, over all texts of a corpus: `removal` is how it was taken out, missing where that is no
# question. `texts` counts the texts, `n` the sentences that all have.
SUBSPACES = _format(
    "subspaces", "model corpus layer metric removal", "removal value low high",
    model="str", kind="str", init="str", corpus="str", layer="Int16", metric="str", removal="str", value="float64",
    low="float64", high="float64", texts="Int32", n="Int32",
)  # fmt: skip
# Models against models: a layer of one and a layer of another, or of itself, on the `n` sentences of the reference `text` that
# all models have; `null` as in `metrics`.
MODEL_PAIRS = _format(
    "model_pairs", "corpus model layer other_model other_layer metric", "value low high null",
    corpus="str", text="str", model="str", layer="Int16", other_model="str", other_layer="Int16", metric="str",
    value="float64", low="float64", high="float64", null="float64", n="Int32",
)  # fmt: skip
# The conclusions, tested: one row per conclusion, effect, model and corpus.
#   value          the effect that `effect` describes, with its 95 % interval `low` to `high`, over `n` of `unit`, of `families`
#   claimed        1: the claim is above `centre`; -1: below it; 0: within `bound` of it
#   p_for          p of the test that would support the claim
#   p_against      p of the test that would contradict it
#   p              the smaller of the two
#   p_adjusted     p after Holm's correction over all claims on the corpus
#   detectable     the smallest effect that such a test finds in 80 % of cases
#   shown*         the effect and its bounds on one axis from -1 to 1, for the figure
#   verdict        a key of `langgeom.glossary.VERDICTS`; `scope` says what it is about, `reason` why a test was not possible
#   doubt          why a verdict should not be relied on
FINDINGS = _format(
    "findings", "finding model corpus effect",
    "model corpus value low high n p p_for p_against p_adjusted detectable bound families shown shown_low shown_high "
    "shown_bound test doubt scope reason note",
    finding="str", claim="str", question="str", model="str", corpus="str", effect="str", value="float64", low="float64",
    high="float64", claimed="Int16", centre="float64", bound="float64", test="str", n="Int32", unit="str", p="float64",
    p_for="float64", p_against="float64", p_adjusted="float64", detectable="float64", families="Int32", shown="float64",
    shown_low="float64", shown_high="float64", shown_centre="float64", shown_bound="float64", verdict="str", scope="str",
    doubt="str", reason="str", note="str",
)  # fmt: skip
# For the explorer, not joined: how near each sentence is to its translation in the reference. `line` counts from 0.
ALIGNED = _format(
    "aligned sentences", "model corpus text line", "",
    model="str", corpus="str", text="str", line="Int32", layer="Int16", cosine="float64",
)  # fmt: skip
# For the explorer, not joined: the local dimension of tokens, in texts measured in depth. `place` counts the tokens of a line
# from 0, `end` is where in the line one ends, in characters.
TOKENS = _format(
    "tokens", "model corpus text layer line place", "dimension",
    model="str", corpus="str", text="str", layer="Int16", line="Int32", place="Int32", end="Int32", dimension="float64",
)  # fmt: skip
TABLES: Mapping[str, Format] = MappingProxyType({
    fmt.name: fmt for fmt in (METRICS, TEXTS, PAIRS, SUBSPACES, MODEL_PAIRS, QUALITY, FINDINGS)
})  # fmt: skip


def write_rows(rows: Sequence[Mapping[str, Any]], path: PathLike, fmt: Format = METRICS, key: str | None = None) -> None:
    """Write rows as Parquet, sorted by the table's key.

    Args:
        rows: mappings from column to value; optional columns may be left out or None.
        path: the file to write.
        fmt: the table that the rows belong to.
        key: what `key_of_table` returns for the file; other readers ignore it.

    Raises:
        ValueError: a row has an unknown column, or lacks a required one.
        UserError: two rows have the same key.
    """
    for row in rows:
        wrong = row.keys() - fmt.columns.keys() or fmt.columns.keys() - set(fmt.optional) - row.keys()
        if wrong:
            raise ValueError(f"a row of {fmt.name} has the columns {sorted(row)}; unknown or missing: {sorted(wrong)}")
    columns = {name: pd.Series([row.get(name) for row in rows], dtype=dtype) for name, dtype in fmt.columns.items()}
    _write(_sorted(pd.DataFrame(columns), fmt), path, fmt, key)


def key_of_table(path: PathLike) -> str | None:
    """Return the key that a table was written with; None if it has none, or the file is missing or damaged."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowInvalid):
        return None
    return metadata.get(_KEY, b"").decode(errors="replace") or None


def read_table(path: PathLike, fmt: Format = METRICS) -> pd.DataFrame:
    """Read a table from Parquet, with the columns and dtypes of its format.

    Raises:
        UserError: the file is missing, is not Parquet, or lacks a column.
    """
    return read_tables([path], fmt)


def read_tables(paths: Iterable[PathLike], fmt: Format = METRICS) -> pd.DataFrame:
    """Read one or more files as one table, in their order; see `read_table`."""
    arrow = pa.concat_tables([_read_file(path, fmt) for path in paths])
    return arrow.to_pandas(types_mapper=_INTEGERS.get).astype(dict(fmt.columns))


def join(paths: Iterable[PathLike], out_parquet: PathLike, out_csv: PathLike, fmt: Format = METRICS) -> None:
    """Write the rows of all files as one sorted table, as Parquet and as CSV (missing values are empty).

    Raises:
        UserError: there is no file, one cannot be read, or two rows have the same key.
    """
    paths = list(paths)
    if not paths:
        raise UserError(f"there are no {fmt.name} to join: the config names no model, corpus or text.")
    table = _sorted(read_tables(paths, fmt), fmt)
    _write(table, out_parquet, fmt)
    with atomic(out_csv) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def _sorted(table: pd.DataFrame, fmt: Format) -> pd.DataFrame:
    """Sort by the key, missing values first, and refuse two rows with the same key."""
    key = list(fmt.key)
    table = table.sort_values(key, kind="stable", na_position="first", ignore_index=True)
    twice = table.duplicated(key)
    if twice.any():
        first = ", ".join(f"{column} {value}" for column, value in table.loc[twice, key].iloc[0].items())
        raise UserError(
            f"the {fmt.name} have {int(twice.sum())} rows with the key of another row; the first is {first}. "
            "The rows of a model, corpus and text must come from one file."
        )
    return table


def _write(table: pd.DataFrame, path: PathLike, fmt: Format, key: str | None = None) -> None:
    # pandas would add metadata that names library versions: equal rows would give other bytes after an update.
    arrow = pa.Table.from_pandas(table, schema=fmt.schema, preserve_index=False)
    arrow = arrow.replace_schema_metadata(None if key is None else {_KEY: key.encode()})
    with atomic(path) as temporary:
        pq.write_table(arrow, temporary, compression="zstd")


def _read_file(path: PathLike, fmt: Format) -> pa.Table:
    """Read one file, without the metadata of its schema."""
    try:
        with pq.ParquetFile(path) as file:
            missing = [name for name in fmt.columns if name not in file.schema_arrow.names]
            if missing:
                raise UserError(f"{path} is not a table of {fmt.name}: it lacks {', '.join(missing)}. Delete it and run again.")
            return file.read(columns=list(fmt.columns)).select(list(fmt.columns)).cast(fmt.schema)
    except (OSError, pa.ArrowInvalid) as error:
        reason = "it does not exist" if isinstance(error, FileNotFoundError) else "it is not a complete Parquet file"
        raise UserError(f"{path} cannot be read: {reason}. Run the workflow to make it.") from None


def tables_of(listings: Sequence[Path], kind: str = "metrics") -> list[Path]:
    """Return the tables that listings name: `metrics`, `aligned` for the cosines of sentences, or `tokens`.

    Raises:
        UserError: a listing or table is missing or damaged.
    """
    found: list[Path] = []
    for listing in listings:
        paths = [listing.parent / name for name in read_json(listing, kind)[kind].values()]
        for path in paths:
            if not path.exists():
                raise UserError(f"{path} is missing, though {listing} lists it. Remove {listing} and run again.")
        found += paths
    return found
