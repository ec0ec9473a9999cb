"""Pairs of a grammatical and an ungrammatical sentence: reading the files they come in, checking and ordering them.

Files are the study's CSV (Kaggle's "Grammar Correction"), BLiMP's JSONL, and any table of two or three columns.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from langgeom.corpora.text import clean_line, decode
from langgeom.errors import UserError, nearest

T = TypeVar("T")
Cells = tuple[str, str, str, str]  # place in the file, correct sentence, ungrammatical sentence, type of error
OTHER = "Other"
# What headers call the correct sentence, the ungrammatical one, and the type of error.
NAMES: Mapping[str, Sequence[str]] = {
    "correct": ("correct", "grammatical", "good", "right", "standard english", "sentence_good", "corrected"),
    "wrong": ("wrong", "ungrammatical", "bad", "incorrect", "ungrammatical statement", "sentence_bad"),
    "type": ("type", "error type", "error_type", "error", "linguistics_term", "uid"),
}


class Pair(NamedTuple):
    """A correct sentence, its ungrammatical version, and the type of error, a name such as `WordOrder`."""

    correct: str
    wrong: str
    kind: str


def type_name(words: str) -> str:
    """Write a type of error as a name of letters and digits: "Subject-Verb Agreement" as SubjectVerbAgreement."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return "".join(word[0].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", plain.replace("'", ""))) or OTHER


def types_of(pairs: Iterable[Pair]) -> Counter[str]:
    """Return how many pairs of each type there are, types in the order of their names."""
    return Counter(sorted(pair.kind for pair in pairs))


def in_turn(groups: Iterable[Sequence[T]], most: int | None = None) -> list[T]:
    """Return the first item of each group, then the second of each, and so on, until none are left or `most` are taken.

    So the first sentences, whose token vectors are kept, are of all types.
    """
    rounds = zip_longest(*groups, fillvalue=None)
    return list(islice((item for items in rounds for item in items if item is not None), most))


def read_pairs(path: Path) -> tuple[list[Pair], Counter[str]]:
    """Read a TSV or CSV of correct sentence, ungrammatical sentence and, if there is a third column, type of error.

    A header is recognised by its words and then gives the columns' order; other columns are ignored. The study's file is such
    a CSV, with the columns Error Type, Ungrammatical Statement and Standard English.

    Raises:
        UserError: not UTF-8, a header that names one sentence only, a row too short, or what `_accept` refuses.
    """
    tabs = any("\t" in line for line in decode(path.read_bytes(), str(path))[:20])
    rows = _rows(path, _Tabs if tabs else csv.excel)
    place, first = next(rows)
    words = [word.strip().casefold() for word in first]
    named = {key: next((name for name in names if name in words), None) for key, names in NAMES.items()}
    places = {key: words.index(name) for key, name in named.items() if name}
    if "correct" in places and "wrong" in places:
        return _accept(_cells(path, rows, places), str(path))
    if "correct" in places or "wrong" in places:
        lacking = "wrong" if "correct" in places else "correct"
        raise UserError(
            f"{path} has the header {', '.join(first)}, which names no {lacking} sentence; call that column one of: "
            f"{', '.join(NAMES[lacking])}.{_alike(words, NAMES[lacking])}"
        )
    if len(first) < 2:
        raise UserError(
            f"{path}, {place}: one column; a correct and an ungrammatical sentence are needed, split by tab or comma."
        )
    places = {key: number for number, key in enumerate(("correct", "wrong", "type")[: len(first)])}
    return _accept(_cells(path, [(place, first), *rows], places), str(path))


def _alike(words: Sequence[str], names: Sequence[str]) -> str:
    """Suggest the word of a header that comes nearest to one of the names of a column."""
    return next((hint for name in names if (hint := nearest(name, words))), "")


class _Tabs(csv.excel_tab):
    """Columns split by tabs, in which quotes are plain characters."""

    quoting = csv.QUOTE_NONE


def _rows(path: Path, dialect: type[csv.Dialect]) -> Iterator[tuple[str, list[str]]]:
    """Yield the rows that are not empty, each with its place."""
    reader = csv.reader([line + "\n" for line in decode(path.read_bytes(), str(path))], dialect)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield f"line {reader.line_num}", row
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: it cannot be read as CSV ({error}). Mend its quotes.") from None


def _cells(path: Path, rows: Iterable[tuple[str, list[str]]], places: Mapping[str, int]) -> Iterator[Cells]:
    needed = max(places.values()) + 1
    for place, row in rows:
        if len(row) < needed:
            raise UserError(f"{path}, {place}: {len(row)} of {needed} columns; is a quote or a comma missing?")
        yield place, row[places["correct"]], row[places["wrong"]], row[places["type"]] if "type" in places else OTHER


def blimp_files(path: Path) -> list[Path]:
    """Return the JSONL files of a path: itself, or those of the folder or of its folder `data`, by name.

    Raises:
        UserError: there is no such path, or no JSONL file there.
    """
    if path.is_file():
        return [path]
    files = sorted(path.glob("*.jsonl")) or sorted(path.glob("data/*.jsonl"))
    if not files:
        raise UserError(f"'{path}' is no JSONL file and no folder with such files (BLiMP's are in its folder data).")
    return files


def read_blimp(files: Sequence[Path]) -> tuple[list[Pair], Counter[str]]:
    """Read files of BLiMP, their pairs in turn, so that the first N pairs hold all paradigms equally.

    The type of error is `linguistics_term`, or `UID` if that is missing.

    Raises:
        UserError: a line that is no JSON, a record without one of the sentences, or what `_accept` refuses.

    Source: Warstadt et al. 2020, TACL 8, arXiv:1912.00582.
    """
    where = str(files[0].parent if len(files) > 1 else files[0])
    return _accept(in_turn([list(_blimp_cells(path)) for path in files]), where)


def _blimp_cells(path: Path) -> Iterator[Cells]:
    for number, line in enumerate(decode(path.read_bytes(), str(path)), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            record: Any = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"{where}: it is no JSON ({error.msg}). Mend or remove the line.") from None
        if not isinstance(record, dict):
            raise UserError(f"{where}: a JSON object is needed, with sentence_good and sentence_bad.")
        for key in ("sentence_good", "sentence_bad"):
            if not isinstance(record.get(key), str):
                raise UserError(f"{where}: there is no '{key}'; there are {', '.join(record)}.{nearest(key, record)}")
        kind = str(record.get("linguistics_term") or record.get("UID") or OTHER)
        yield f"{path.name}, line {number}", record["sentence_good"], record["sentence_bad"], kind


def _accept(cells: Iterable[Cells], where: str) -> tuple[list[Pair], Counter[str]]:
    """Return cleaned pairs in their order, and how many `duplicates` were dropped.

    Raises:
        UserError: no pairs, a sentence that is empty, or two sentences that are the same.
    """
    pairs: dict[Pair, None] = {}
    done: Counter[str] = Counter()
    for place, correct, wrong, kind in cells:
        pair = Pair(clean_line(correct)[0], clean_line(wrong)[0], type_name(kind))
        if not pair.correct or not pair.wrong:
            which = "correct" if not pair.correct else "ungrammatical"
            raise UserError(f"{where}, {place}: the {which} sentence is empty. Fill it in, or remove the pair.")
        if pair.correct == pair.wrong:
            shown = pair.correct if len(pair.correct) <= 60 else pair.correct[:57] + "..."
            raise UserError(f"{where}, {place}: both sentences are '{shown}'. Mend the pair, or remove it.")
        done["duplicates"] += pair in pairs
        pairs[pair] = None
    if not pairs:
        raise UserError(f"{where} has no pairs. Give it a correct and an ungrammatical sentence a line.")
    return list(pairs), +done
