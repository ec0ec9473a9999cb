"""The table: what is written is read back, in order, with the same bytes; mistakes end in one message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from langgeom.errors import UserError
from langgeom.table import METRICS, TABLES, Format, join, key_of_table, read_table, write_rows


def row(**changes: Any) -> dict[str, Any]:
    base = dict(model="m", kind="decoder", init="trained", corpus="c", text="eng_Latn", lang="eng", script="Latn")
    return base | dict(layer=0, metric="id_twonn", over="token", value=9.5, low=9.0, high=10.0, n=100, dropped=3) | changes


def test_rows_survive_the_file(tmp_path: Path) -> None:
    write_rows([row(layer=1, value=0.1 + 0.2), row()], tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == dict(METRICS.columns)
    assert table["layer"].tolist() == [0, 1]
    assert table["value"].tolist() == [9.5, 0.1 + 0.2]
    assert table["n"].tolist() == [100, 100]


def test_missing_stays_missing_and_integers_stay_integers(tmp_path: Path) -> None:
    write_rows(
        [row(layer=None, metric="bpc", over="text", value=float("nan"), low=None, dropped=None), row()],
        tmp_path / "t.parquet",
    )
    table = read_table(tmp_path / "t.parquet")
    text = table[table["over"] == "text"].iloc[0]
    assert text["layer"] is pd.NA and text["dropped"] is pd.NA
    assert np.isnan(text["value"]) and np.isnan(text["low"]) and text["high"] == 10.0
    assert str(table["layer"].dtype) == "Int16" and str(table["dropped"].dtype) == "Int32"


def test_a_key_is_kept_in_its_file_and_ignored_by_readers(tmp_path: Path) -> None:
    paths = [tmp_path / f"{text}.parquet" for text in ("eng_Latn", "fin_Latn")]
    for number, path in enumerate(paths):
        write_rows([row(text=path.stem)], path, key=f"{number}" * 64)
        write_rows([row(text=path.stem)], tmp_path / "plain" / path.name)
    (tmp_path / "half.parquet").write_bytes(b"PAR1 and no more")
    others = (tmp_path / "plain" / "fin_Latn.parquet", tmp_path / "none.parquet", tmp_path / "half.parquet")
    assert key_of_table(paths[1]) == "1" * 64 and [key_of_table(path) for path in others] == [None] * 3
    pd.testing.assert_frame_equal(read_table(paths[0]), read_table(tmp_path / "plain" / "eng_Latn.parquet"))
    for folder, out in ((tmp_path, "with"), (tmp_path / "plain", "without")):
        join([folder / path.name for path in paths], tmp_path / f"{out}.parquet", tmp_path / f"{out}.csv")
    assert (tmp_path / "with.parquet").read_bytes() == (tmp_path / "without.parquet").read_bytes()


def test_optional_columns_may_be_left_out(tmp_path: Path) -> None:
    short = {key: value for key, value in row().items() if key not in ("low", "high", "dropped")}
    write_rows([short], tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet")[["low", "high", "dropped"]].isna().all(axis=None)


@pytest.mark.parametrize("bad", [{"colour": 1}, {"model": ...}])
def test_wrong_keys_are_refused(tmp_path: Path, bad: dict[str, Any]) -> None:
    wrong = {key: value for key, value in (row() | bad).items() if value is not ...}
    with pytest.raises(ValueError, match=next(iter(bad))):
        write_rows([wrong], tmp_path / "t.parquet")
    assert not list(tmp_path.iterdir())


def test_order_of_rows_does_not_change_the_bytes(tmp_path: Path) -> None:
    rows = [row(layer=layer, metric=metric) for layer in range(12) for metric in ("b", "a")]
    write_rows(rows, tmp_path / "one.parquet")
    write_rows(rows[::-1], tmp_path / "two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert pq.read_schema(tmp_path / "one.parquet").metadata is None


def test_join_sorts_by_key_and_writes_both_formats(tmp_path: Path) -> None:
    write_rows([row(model="b", layer=layer) for layer in (10, 9)], tmp_path / "b.parquet")
    write_rows([row(model="a", text="uig_Arab"), row(model="a", layer=None, value=None)], tmp_path / "a.parquet")
    paths = [tmp_path / "b.parquet", tmp_path / "a.parquet"]
    join(paths, tmp_path / "all.parquet", tmp_path / "all.csv")
    table = read_table(tmp_path / "all.parquet")
    assert list(zip(table["model"], table["text"], table["layer"].fillna(-1), strict=True)) == [
        ("a", "eng_Latn", -1),
        ("a", "uig_Arab", 0),
        ("b", "eng_Latn", 9),
        ("b", "eng_Latn", 10),
    ]
    lines = (tmp_path / "all.csv").read_text().splitlines()
    assert lines[0] == ",".join(METRICS.columns)
    assert lines[1] == "a,decoder,trained,c,eng_Latn,eng,Latn,,id_twonn,token,,9.0,10.0,100,3,,,,,,"
    join(paths[::-1], tmp_path / "again.parquet", tmp_path / "again.csv")
    assert (tmp_path / "again.parquet").read_bytes() == (tmp_path / "all.parquet").read_bytes()
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "all.csv").read_bytes()


def test_duplicates_are_refused_with_their_key(tmp_path: Path) -> None:
    write_rows([row()], tmp_path / "a.parquet")
    write_rows([row(value=1.0), row(layer=1)], tmp_path / "b.parquet")
    with pytest.raises(UserError, match=r"1 rows.*model m, corpus c, text eng_Latn, metric id_twonn.*one file"):
        join([tmp_path / "a.parquet", tmp_path / "b.parquet"], tmp_path / "all.parquet", tmp_path / "all.csv")
    assert not (tmp_path / "all.parquet").exists()
    with pytest.raises(UserError, match="key of another row"):
        write_rows([row(layer=None), row(layer=None)], tmp_path / "c.parquet")


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.parquet cannot be read.*exist.*Run the workflow"):
        read_table(tmp_path / "none.parquet")
    (tmp_path / "half.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(UserError, match=r"half\.parquet.*Parquet"):
        read_table(tmp_path / "half.parquet")
    pd.DataFrame({"model": ["m"]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(UserError, match=r"lacks kind, init.*Delete"):
        read_table(tmp_path / "other.parquet")


@pytest.mark.parametrize("fmt", TABLES.values(), ids=TABLES)
def test_no_files_make_an_empty_table(tmp_path: Path, fmt: Format) -> None:
    """As of pairs of texts, where no corpus is of languages."""
    join([], tmp_path / "all.parquet", tmp_path / "all.csv", fmt)
    assert read_table(tmp_path / "all.parquet", fmt).dtypes.astype(str).to_dict() == dict(fmt.columns)
    assert (tmp_path / "all.csv").read_text() == ",".join(fmt.columns) + "\n"
