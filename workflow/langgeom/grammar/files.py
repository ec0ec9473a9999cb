"""Files of pairs: the study's CSV (Kaggle's "Grammar Correction"), BLiMP's JSONL, and any table of two or three columns."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from langgeom.corpora.text import decode
from langgeom.errors import UserError, nearest
from langgeom.grammar.pairs import OTHER, Pair, accept, in_turn

__all__ = ["blimp_files", "of_records", "read_blimp", "read_csv", "read_pairs"]

Read = tuple[list[Pair], Counter[str]]
# What headers call the correct sentence, the ungrammatical one, and the type of error.
NAMES: Mapping[str, Sequence[str]] = {
    "correct": ("correct", "grammatical", "good", "right", "standard english", "sentence_good", "corrected"),
    "wrong": ("wrong", "ungrammatical", "bad", "incorrect", "ungrammatical statement", "sentence_bad"),
    "type": ("type", "error type", "error_type", "error", "linguistics_term", "uid"),
}
STUDY = {"correct": "Standard English", "wrong": "Ungrammatical Statement", "type": "Error Type"}


def read_csv(path: Path) -> Read:
    """Read the study's file: columns Error Type, Ungrammatical Statement and Standard English, others ignored.

    Raises:
        UserError: not UTF-8, a column missing, a row too short, or what `accept` refuses.
    """
    rows = _rows(path, ",")
    _, header = next(rows)
    known = [name.strip().casefold() for name in header]
    for name in STUDY.values():
        if name.casefold() not in known:
            raise UserError(f"{path} lacks the column '{name}'; it has {', '.join(header)}.{nearest(name, header)}")
    places = {key: known.index(name.casefold()) for key, name in STUDY.items()}
    return accept(_columns(path, rows, places), str(path))


def read_pairs(path: Path) -> Read:
    """Read a TSV or CSV of correct sentence, ungrammatical sentence and, where there is a third column, type of error.

    A header is recognised by its words and then gives the columns' order.

    Raises:
        UserError: not UTF-8, a header that names one sentence only, a row too short, or what `accept` refuses.
    """
    lines = decode(path.read_bytes(), str(path))
    rows = _rows(path, "\t" if any("\t" in line for line in lines[:20]) else ",")
    place, first = next(rows)
    words = [word.strip().casefold() for word in first]
    places = {key: words.index(word) for key, names in NAMES.items() if (word := _first(words, names))}
    if "correct" in places and "wrong" in places:
        return accept(_columns(path, rows, places), str(path))
    if "correct" in places or "wrong" in places:
        lacking = "wrong" if "correct" in places else "correct"
        raise UserError(
            f"{path} has the header {', '.join(first)}, which names no {lacking} sentence; call that column one of: "
            f"{', '.join(NAMES[lacking])}.{nearest(lacking, words)}"
        )
    if len(first) < 2:
        raise UserError(
            f"{path}, {place}: one column; a correct and an ungrammatical sentence are needed, split by tab or comma."
        )
    places = {"correct": 0, "wrong": 1, **({"type": 2} if len(first) > 2 else {})}
    return accept(_columns(path, [(place, first), *rows], places), str(path))


class _Tabs(csv.excel_tab):
    """Columns split by tabs, in which quotes are plain characters."""

    quoting = csv.QUOTE_NONE


def _first(words: Sequence[str], names: Sequence[str]) -> str:
    return next((name for name in names if name in words), "")


def _rows(path: Path, delimiter: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the rows that are not empty, each with its place."""
    lines = decode(path.read_bytes(), str(path))
    dialect: type[csv.Dialect] = _Tabs if delimiter == "\t" else csv.excel
    reader = csv.reader([line + "\n" for line in lines], dialect)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield f"line {reader.line_num}", row
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: it cannot be read as CSV ({error}). Mend its quotes.") from None


def _columns(
    path: Path, rows: Iterable[tuple[str, list[str]]], places: Mapping[str, int]
) -> Iterator[tuple[str, str, str, str]]:
    for place, row in rows:
        if len(row) <= max(places.values()):
            raise UserError(
                f"{path}, {place}: {len(row)} of {max(places.values()) + 1} columns; is a quote or a comma missing?"
            )
        yield place, row[places["correct"]], row[places["wrong"]], row[places["type"]] if "type" in places else OTHER


def blimp_files(path: Path) -> list[Path]:
    """Return the JSONL files of a path: itself, or those of the folder or of its folder `data`, by name.

    Raises:
        UserError: there is no such path, or no JSONL file there.
    """
    if path.is_file():
        return [path]
    found = sorted(path.glob("*.jsonl")) or sorted(path.glob("data/*.jsonl"))
    if not found:
        raise UserError(f"'{path}' is no JSONL file and no folder with such files (BLiMP's are in its folder data).")
    return found


def read_blimp(files: Sequence[Path]) -> Read:
    """Read files of BLiMP, their pairs in turn, so that any beginning holds all paradigms alike.

    Raises:
        UserError: as `of_records`, and a line that is no JSON.

    Source: Warstadt et al. 2020, TACL 8, arXiv:1912.00582.
    """
    return of_records(in_turn([list(_records(path)) for path in files]), str(files[0].parent if len(files) > 1 else files[0]))


def of_records(records: Iterable[tuple[str, Mapping[str, Any]]], where: str) -> Read:
    """Make pairs of BLiMP's records, each with its place: `sentence_good`, `sentence_bad`, and the type of error.

    The type is `linguistics_term`, or `UID` where that is missing.

    Raises:
        UserError: a record without one of the sentences, or what `accept` refuses.
    """

    def found() -> Iterator[tuple[str, str, str, str]]:
        for place, record in records:
            for key in ("sentence_good", "sentence_bad"):
                if not isinstance(record.get(key), str):
                    raise UserError(
                        f"{where}, {place}: there is no '{key}'; there are {', '.join(record)}.{nearest(key, record)}"
                    )
            kind = record.get("linguistics_term") or record.get("UID") or OTHER
            yield place, record["sentence_good"], record["sentence_bad"], str(kind)

    return accept(found(), where)


def _records(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(decode(path.read_bytes(), str(path)), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"{path}, line {number}: it is no JSON ({error.msg}). Mend or remove the line.") from None
        if not isinstance(record, dict):
            raise UserError(f"{path}, line {number}: a JSON object is needed, with sentence_good and sentence_bad.")
        yield f"{path.name}, line {number}", record
