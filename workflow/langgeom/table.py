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

# Columns that are no text. A column has one type in all tables.
_NUMBERS = {
    "Int16": "layer other_layer claimed shots",
    "Int32": "n dropped sentences documents texts families line place end",
    "float64": "value low high half_a half_b null p p_for p_against p_adjusted detectable centre bound cosine dimension "
    "shown shown_low shown_high shown_centre shown_bound",
}
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


def _format(name: str, columns: str, key: str, optional: str) -> Format:
    dtypes = {column: dtype for dtype, numbers in _NUMBERS.items() for column in numbers.split()}
    table = {column: dtypes.get(column, "str") for column in columns.split()}
    return Format(name, MappingProxyType(table), tuple(key.split()), tuple(optional.split()))


METRICS = _format(
    "metrics",
    "model kind init corpus text lang script layer metric over value low high n dropped sentences documents half_a half_b "
    "p null",
    key="model corpus text metric over layer",
    optional="layer value low high dropped sentences documents half_a half_b p null",
)
TEXTS = _format(
    "texts", "corpus text lang script measure value low high n", key="corpus text measure", optional="value low high"
)
QUALITY = _format(
    "quality",
    "model corpus text lang script quality origin value low high n harness shots revision source",
    key="model corpus text quality origin harness",
    optional="corpus value low high n harness shots revision source",
)
PAIRS = _format(
    "pairs",
    "model kind init corpus layer text other metric value low high n",
    key="model corpus layer metric text other",
    optional="value low high",
)
SUBSPACES = _format(
    "subspaces",
    "model kind init corpus layer metric removal value low high texts n",
    key="model corpus layer metric removal",
    optional="removal value low high",
)
MODEL_PAIRS = _format(
    "model_pairs",
    "corpus text model layer other_model other_layer metric value low high null n",
    key="corpus model layer other_model other_layer metric",
    optional="value low high null",
)
# `value` is the effect that `effect` describes, over `n` of `unit`, of `families`. `claimed` is 1 where the claim is above
# `centre`, -1 below it, 0 within `bound` of it. `p_for` and `p_against` are of the tests that would support and contradict it,
# `p` the smaller of the two, `p_adjusted` after Holm's correction over all claims on the corpus; `detectable` is the smallest
# effect that such a test finds in 80 % of cases. `shown*` is the effect and its bounds on an axis from -1 to 1, for the figure.
# `verdict` is a key of `langgeom.glossary.VERDICTS`, and `reason` says why a test was not possible.
FINDINGS = _format(
    "findings",
    "finding claim question model corpus effect value low high claimed centre bound test n unit p p_for p_against p_adjusted "
    "detectable families shown shown_low shown_high shown_centre shown_bound verdict scope doubt reason note",
    key="finding model corpus effect",
    optional="model corpus value low high n p p_for p_against p_adjusted detectable bound families shown shown_low shown_high "
    "shown_bound test doubt scope reason note",
)
# For the explorer, not joined: how near each sentence is to its translation in the reference. `line` counts from 0.
ALIGNED = _format("aligned sentences", "model corpus text line layer cosine", key="model corpus text line", optional="")
# For the explorer, not joined: the local dimension of tokens, in texts measured in depth. `place` counts the tokens of a line
# from 0, `end` is where in the line one ends, in characters.
TOKENS = _format(
    "tokens",
    "model corpus text layer line place end dimension",
    key="model corpus text layer line place",
    optional="dimension",
)
TABLES: Mapping[str, Format] = MappingProxyType({
    fmt.name: fmt for fmt in (METRICS, TEXTS, PAIRS, SUBSPACES, MODEL_PAIRS, QUALITY, FINDINGS)
})  # fmt: skip


def write_rows(rows: Sequence[Mapping[str, Any]], path: PathLike, fmt: Format = METRICS, key: str | None = None) -> None:
    """Write rows as Parquet, sorted by the table's key.

    Args:
        rows: mappings from column to value; optional columns may be left out or None.
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
    """Read a table from Parquet. UserError: the file is missing, is not Parquet, or lacks a column."""
    return read_tables([path], fmt)


def read_tables(paths: Iterable[PathLike], fmt: Format = METRICS) -> pd.DataFrame:
    """Read files as one table, in their order; see `read_table`. Of none it is empty, but for its columns."""
    arrow = pa.concat_tables([fmt.schema.empty_table(), *(_read_file(path, fmt) for path in paths)])
    return arrow.to_pandas(types_mapper=_INTEGERS.get).astype(dict(fmt.columns))


def join(paths: Iterable[PathLike], out_parquet: PathLike, out_csv: PathLike, fmt: Format = METRICS) -> None:
    """Write the rows of all files as one sorted table, as Parquet and as CSV (missing values are empty).

    Of no files, as where no corpus is of languages, the table is empty. UserError: a file cannot be read, or two rows have
    the same key.
    """
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
    """Return the files that listings name: `metrics`, `aligned`, `tokens` or `hidden`. UserError: one is missing or damaged."""
    found: list[Path] = []
    for listing in listings:
        for name in read_json(listing, kind)[kind].values():
            if not (path := listing.parent / name).exists():
                raise UserError(f"{path} is missing, though {listing} lists it. Remove {listing} and run again.")
            found.append(path)
    return found
