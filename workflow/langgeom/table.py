"""The one tidy table of all metrics: its columns, and how it is written, joined and read.

One row is one metric of one text at one layer of one model ("Metric rows" in docs/design.md). Equal rows
give equal bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from langgeom.errors import UserError
from langgeom.files import atomic

__all__ = ["COLUMNS", "KEY", "join", "read_table", "write_rows"]

# Column -> pandas dtype. `layer` is missing for metrics of the text, a number where n does not allow it.
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "model": "str",
        "kind": "str",
        "init": "str",
        "corpus": "str",
        "text": "str",
        "lang": "str",
        "script": "str",
        "layer": "Int16",
        "metric": "str",
        "over": "str",
        "value": "float64",
        "low": "float64",
        "high": "float64",
        "n": "Int32",
        "dropped": "Int32",
    }
)
# What names a row, and the order of rows.
KEY = ("model", "corpus", "text", "metric", "over", "layer")
OPTIONAL = ("layer", "value", "low", "high", "dropped")
ARROW = {"str": pa.string(), "Int16": pa.int16(), "Int32": pa.int32(), "float64": pa.float64()}
SCHEMA = pa.schema([(name, ARROW[dtype]) for name, dtype in COLUMNS.items()])


def _frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a typed table of rows; an optional column that a row lacks is missing in it."""
    rows = list(rows)
    for row in rows:
        wrong = row.keys() - COLUMNS.keys() or COLUMNS.keys() - set(OPTIONAL) - row.keys()
        if wrong:
            raise ValueError(f"a metric row has the keys {sorted(row)}; unknown or lacking: {sorted(wrong)}")
    columns = {name: [row.get(name) for row in rows] for name in COLUMNS}
    return pd.DataFrame({name: pd.Series(columns[name], dtype=dtype) for name, dtype in COLUMNS.items()})


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    """Sort by KEY (a missing layer first) and refuse two rows for one key."""
    table = table.sort_values(list(KEY), kind="stable", na_position="first", ignore_index=True)
    twice = table.duplicated(list(KEY))
    if twice.any():
        first = table.loc[twice, list(KEY)].iloc[0]
        raise UserError(
            f"the metrics hold {int(twice.sum())} rows for keys that other rows have too, the first of them "
            + ", ".join(f"{column} {value}" for column, value in first.items())
            + "; a model, corpus and text may come from one file only."
        )
    return table


def _write(table: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    # Arrow's own schema, without the metadata that pandas adds, which names library versions.
    arrow = pa.Table.from_pandas(table, schema=SCHEMA, preserve_index=False).replace_schema_metadata(None)
    with atomic(path) as temporary:
        pq.write_table(arrow, temporary, compression="zstd")


def write_rows(rows: Sequence[Mapping[str, Any]], path: str | os.PathLike[str]) -> None:
    """Write the metric rows of one text as Parquet, sorted.

    Args:
        rows: mappings with the keys of COLUMNS; `layer`, `value`, `low`, `high` and `dropped` may be left out or None.
        path: the file to write.

    Raises:
        ValueError: a row with an unknown key, or without a required one.
        UserError: two rows with one key.
    """
    _write(_sorted(_frame(rows)), path)


def join(paths: Iterable[str | os.PathLike[str]], out_parquet: str | os.PathLike[str], out_csv: str | os.PathLike[str]) -> None:
    """Write the rows of all files as one table, sorted, as Parquet and as CSV (missing = empty).

    Raises:
        UserError: no file given, one that is no table of metrics, or two rows with one key.
    """
    tables = [read_table(path) for path in paths]
    if not tables:
        raise UserError("there are no metrics to join: the config names no model, corpus or text.")
    table = _sorted(pd.concat(tables, ignore_index=True))
    _write(table, out_parquet)
    with atomic(out_csv) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def read_table(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table that `write_rows` or `join` wrote, with the columns and dtypes of COLUMNS.

    Raises:
        UserError: the file is missing, is no Parquet, or lacks a column.
    """
    try:
        with pq.ParquetFile(path) as file:
            missing = [name for name in COLUMNS if name not in file.schema_arrow.names]
            if missing:
                raise UserError(f"{path} is no table of metrics: it lacks {', '.join(missing)}; delete it and run again.")
            arrow = file.read(columns=list(COLUMNS))
    except (OSError, pa.ArrowInvalid) as error:
        reason = "it does not exist" if isinstance(error, FileNotFoundError) else "it is no whole Parquet file"
        raise UserError(f"{path} cannot be read: {reason}; run the workflow to make it.") from None
    # Without these, a missing integer would turn its whole column into float64.
    integers = {pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype()}
    return arrow.to_pandas(types_mapper=integers.get).astype(dict(COLUMNS))
