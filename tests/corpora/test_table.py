"""Tables of the user's give the same texts in any format, without a network and without a trace outside."""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from langgeom.corpora import corpus_of
from langgeom.errors import UserError
from langgeom.rows import write_rows

TEXTS = {"eng_Latn": ["one, two", "NA", "", "007"], "uig_Arab": ["بىر", '"ئىككى"', "ئۈچ", "12"]}
WRITERS = {
    "csv": lambda table, path: table.to_csv(path, index=False),
    "tsv": lambda table, path: table.to_csv(path, index=False, sep="\t", quoting=csv.QUOTE_NONE),
    "json": lambda table, path: table.to_json(path, orient="records", force_ascii=False),
    "jsonl": lambda table, path: table.to_json(path, orient="records", lines=True, force_ascii=False),
    "parquet": lambda table, path: table.to_parquet(path, index=False),
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise AssertionError(f"the network was asked for {args}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def lines(base: Path, text: str, **spec: Any) -> list[str]:
    """Run what the rules `rows` and `corpus` run; nothing but the rows may be left."""
    corpus = corpus_of("c", {"text_column": "{name}", "names": {}, "texts": list(TEXTS), **spec}, base)
    corpus.check()
    inputs = [base / path for path in corpus.inputs(text)]
    for path in inputs:
        write_rows(corpus.request(path.stem), path.stem, path)
    assert {path for path in (base / "results").rglob("*") if path.is_file()} <= {
        (base / path) for name in TEXTS for path in corpus.inputs(name)
    }
    return corpus.lines(text, inputs)[0]


@pytest.mark.parametrize("suffix", WRITERS)
def test_each_format_as_one_table_and_as_a_folder(tmp_path: Path, suffix: str) -> None:
    base = tmp_path / "a [1]*"  # names that a pattern would read otherwise
    (base / "rows").mkdir(parents=True)
    write = WRITERS[suffix]
    write(pd.DataFrame(TEXTS), base / f"all.{suffix}")
    for text, cells in TEXTS.items():
        order = range(4) if text == "eng_Latn" else (3, 1, 0)
        write(pd.DataFrame({"key": order, "s": [cells[row] for row in order]}), base / "rows" / f"{text[:2]}.{suffix}")
    for text, cells in TEXTS.items():
        assert lines(base, text, table=f"all.{suffix}") == cells
        names = {name: name[:2] for name in TEXTS}
        found = lines(base, text, table="rows", text_column="s", id_column="key", names=names)
        assert found == (cells if text == "eng_Latn" else [*cells[:2], "", cells[3]])  # by id; "" without a translation


def test_a_mapping_and_cells_without_a_value(tmp_path: Path) -> None:
    rows = [{"translation": {"en": "one", "ug": None}}, {"translation": {"en": "two", "ug": "ئىككى"}}]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    chosen = {"table": "t.jsonl", "text_column": "translation.{name}", "names": {"eng_Latn": "en", "uig_Arab": "ug"}}
    assert lines(tmp_path, "uig_Arab", **chosen) == ["", "ئىككى"]


@pytest.mark.parametrize(
    ("name", "content", "spec", "words"),
    [
        ("t.csv", "eng_Latn,uig_Arap\na,b\n", {}, "has no column 'uig_Arab'.*Did you mean 'uig_Arap'"),
        ("t.csv", "eng_Latn,uig_Arab\na,\nb,\n", {}, "'uig_Arab'.*no text in its 2 rows"),
        ("t.csv", "eng_Latn,uig_Arab\n", {}, "cannot be read as csv.*no data.*Has it rows"),
        ("t.csv", "", {}, r"t\.csv cannot be read as csv"),
        ("t.csv", "eng_Latn,uig_Arab\na,b\nc,d,e\n", {}, "cannot be read as csv.*line 3"),
        ("t.csv", "eng_Latn,uig_Arab\na,b,\nc,d,\n", {}, "more cells than its header.*quotes"),
        ("t.csv", "eng_Latn,uig_Arab\na, b,c\nd,e\n", {}, "more cells than its header"),
        ("t.csv", b"eng_Latn,uig_Arab\na,\xff\n", {}, "cannot be read as csv.*UTF-8"),
        ("t.parquet", "eng_Latn,uig_Arab\na,b\n", {}, r"t\.parquet cannot be read as parquet"),
        ("t.jsonl", '{"eng_Latn": "a", "uig_Arab": 1}\n', {}, "'uig_Arab'.*holds int in row 0; text is needed"),
        ("t.csv", "k,eng_Latn,uig_Arab\n1,a,b\n1,c,d\n", {"id_column": "k"}, "id_column 'k' has '1' in several rows"),
        ("t.xlsx", "", {}, r"no table by the end of its name; allowed: \.parquet, \.json"),
        ("other.csv", "", {}, "there is no table"),
        ("t.csv", "", {"text_column": "{nam}"}, "text_column has '{nam}'; allowed"),
        ("t.csv", "", {"names": {"uig_Arap": "ug"}}, "names has 'uig_Arap'.*Did you mean 'uig_Arab'"),
        ("t.csv/uig_Arap.csv", "", {}, "has no 'eng_Latn'"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, name: str, content: str | bytes, spec: dict[str, Any], words: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    table = "t.csv" if not name.startswith("t.") or "/" in name else name
    with pytest.raises(UserError, match=words) as error:
        lines(tmp_path, "uig_Arab", table=table, **spec)
    assert len(str(error.value).splitlines()) == 1
    assert not [path for path in (tmp_path / "results").rglob("*") if path.is_file() and "eng_Latn" not in path.name]


def test_a_quote_between_tabs_is_a_quote(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text('eng_Latn\tuig_Arab\n"Yes, he said.\ta\nTwo\tb\n"Three" he said\tc\n')
    assert lines(tmp_path, "eng_Latn", table="t.tsv") == ['"Yes, he said.', "Two", '"Three" he said']


def test_columns_that_nobody_asked_for_may_hold_anything(tmp_path: Path) -> None:
    """Above 10,000 rows a file is read in pieces, whose columns must not differ in kind."""
    table = pd.DataFrame({"eng_Latn": ["a"] * 10_001, "uig_Arab": ["b"] * 10_001, "score": ["1"] * 10_000 + [""]})
    table.to_csv(tmp_path / "t.csv", index=False)
    assert lines(tmp_path, "uig_Arab", table="t.csv") == ["b"] * 10_001


def test_documents_are_read_of_the_reference_text(tmp_path: Path) -> None:
    rows = [("2020-01-01", "a"), ("2020-01-01", "b"), ("2020-01-02", "c")]
    (tmp_path / "eng_Latn.jsonl").write_text("\n".join(json.dumps({"day": day, "s": word}) for day, word in rows))
    (tmp_path / "uig_Arab.jsonl").write_text("\n".join(json.dumps({"s": word}) for _, word in rows))
    spec = {"table": ".", "text_column": "s", "document_column": "day"}
    assert lines(tmp_path, "uig_Arab", **spec) == ["a", "b", "c"]
    corpus = corpus_of("c", {"texts": list(TEXTS), "names": {}, **spec}, tmp_path)
    first, second, third = corpus.documents([tmp_path / path for path in corpus.document_inputs()])
    assert first == second != third


def test_texts_of_different_length_need_an_id(tmp_path: Path) -> None:
    for text, cells in TEXTS.items():
        pd.DataFrame({"s": cells[:2]}).to_csv(tmp_path / f"{text}.csv", index=False)
    (tmp_path / "uig_Arab.csv").write_text("s\na\n")
    with pytest.raises(UserError, match=r"'uig_Arab' has 1 rows and 'eng_Latn' has 2.*id_column"):
        lines(tmp_path, "uig_Arab", table=".", text_column="s")


def test_nothing_is_left_in_the_home(tmp_path: Path) -> None:
    pd.DataFrame(TEXTS).to_parquet(tmp_path / "t.parquet")
    spec: dict[str, Sequence[str] | str] = {"file": str(tmp_path / "t.parquet"), "text_column": "eng_Latn"}
    code = (
        f"from pathlib import Path\nfrom langgeom.rows import write_rows\nwrite_rows({spec!r}, 'eng_Latn', Path('rows.json'))"
    )
    (tmp_path / "home").mkdir()
    environment = {"HOME": str(tmp_path / "home"), "PYTHONPATH": os.pathsep.join(sys.path), "HF_HUB_OFFLINE": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=environment)
    assert json.loads((tmp_path / "rows.json").read_text())["text"] == TEXTS["eng_Latn"]
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"t.parquet", "rows.json"}
