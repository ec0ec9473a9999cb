"""Grammatical and ungrammatical English: pairs of sentences as texts of one corpus.

eng_Latn holds the correct sentences, eng_Latn_wrong line by line their ungrammatical versions, eng_Latn_wrong{Type} those of
one type of error, its other lines empty. Types take turns, so that the first sentences, whose token vectors are kept, are of
all types. Pairs come from workflow/data/pairs.tsv, the study's CSV (Kaggle's "Grammar Correction"), BLiMP's JSONL, or any table
of two or three columns.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice, zip_longest
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, TypeVar
from zipfile import is_zipfile

from langgeom.archives import reading_zip
from langgeom.corpora import Corpus
from langgeom.corpora.text import clean_line, decode
from langgeom.errors import UserError, nearest
from langgeom.files import DATA, read_tsv
from langgeom.names import CORRECT, WRONG, type_of
from langgeom.sources import Pin, pin_of

T = TypeVar("T")
Cells = tuple[str, str, str, str]  # place in the file, correct sentence, ungrammatical sentence, type of error
TABLE = DATA / "pairs.tsv"
SOURCES = ("generate", "blimp", "pairs")
OTHER = "Other"
# BLiMP.zip as published, with its types of error: 2,000 pairs or more each.
BLIMP = "172a1a714d72e72a89e8384dd531483f3d0f8a9aee3d33dccaf7992d8cecbb73"
BLIMP_TYPES = (
    "AnaphorAgreement", "ArgumentStructure", "Binding", "ControlRaising", "DeterminerNounAgreement", "Ellipsis",
    "FillerGapDependency", "IrregularForms", "IslandEffects", "NpiLicensing", "Quantifiers", "SSelection",
    "SubjectVerbAgreement",
)  # fmt: skip
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


class Grammar(Corpus):
    """Pairs of a correct and an ungrammatical sentence."""

    schema = """
    grammar:
      description: >-
        Pairs of a correct and an ungrammatical English sentence, from one of: generate, blimp, pairs. Texts are eng_Latn,
        eng_Latn_wrong and, for each type of error with min_lines pairs or more, eng_Latn_wrong{Type}; all of them if `texts`
        is left out.
      type: object
      additionalProperties: false
      properties:
        generate:
          description: Made-up sentences (workflow/data/pairs.tsv), equally many of each type of error.
          type: object
          additionalProperties: false
          properties:
            pairs:
              description: How many.
              type: integer
              minimum: 12
              maximum: 1200
              default: 1000
        blimp:
          description: >-
            A JSONL file of BLiMP (sentence_good, sentence_bad, linguistics_term or UID), a folder or .zip of such files, or the
            url and sha256 of such a .zip.
          anyOf: [{$ref: "#/$defs/path"}, {$ref: "#/$defs/pinned"}]
        pairs:
          description: >-
            A TSV or CSV file of correct sentence, ungrammatical sentence and, if you like, type of error; in the order of its
            header where it has one (correct, wrong, type; or Standard English, Ungrammatical Statement, Error Type).
          $ref: "#/$defs/path"
        most:
          description: At most so many pairs are taken from a file, in turn from each type of error.
          type: integer
          minimum: 1
          maximum: 1000000
    """
    own = ("grammar.blimp", "grammar.pairs")
    languages = False

    def __init__(self, name: str, spec: dict[str, Any], base: Path = Path(), reference: str = CORRECT) -> None:
        super().__init__(name, spec, base, CORRECT)

    def check(self) -> None:
        """Refuse several sources or none, and a corpus without its ungrammatical text."""
        chosen = self.spec["grammar"]
        named = [key for key in SOURCES if key in chosen]
        if len(named) != 1:
            found = f"names {' and '.join(named)}" if named else "names no source"
            raise UserError(f"grammar {found}; it needs exactly one of: {', '.join(SOURCES)}.")
        if "generate" in chosen and "most" in chosen:
            raise UserError("grammar has 'most', which means nothing beside 'generate'; remove it.")
        if "texts" in self.spec and WRONG not in self.spec["texts"]:
            raise UserError(f"texts lacks '{WRONG}', the ungrammatical sentences; add it, or leave `texts` out.")

    def pins(self) -> list[Pin]:
        chosen = self.spec["grammar"].get("blimp")
        return [pin_of(chosen)] if isinstance(chosen, dict) else []

    def paths(self) -> dict[str, str]:
        return {} if self.pins() else super().paths()

    def texts(self) -> list[str] | None:
        """Return the texts: of types of error, those with `min_lines` pairs or more; None for an archive fetched later.

        Of the published BLiMP.zip the types are known before it is fetched.
        """
        least = self.spec["min_lines"]
        for pin in self.pins():
            each = self.spec["grammar"].get("most", 26000) // len(BLIMP_TYPES)
            known = [CORRECT, WRONG, *(WRONG + kind for kind in BLIMP_TYPES if each >= least)]
            return known if pin.sha256 == BLIMP else None
        pairs = self._pairs[0]
        if len(pairs) < least:
            raise UserError(
                f"there are {len(pairs)} pairs; min_lines is {least}. Give more, or lower min_lines of this corpus."
            )
        return [CORRECT, WRONG, *(WRONG + kind for kind, count in types_of(pairs).items() if count >= least)]

    def default_texts(self) -> list[str] | None:
        self.check()
        return self.texts()

    def files(self, text: str) -> list[Path]:
        chosen = self.spec["grammar"]
        if "generate" in chosen or self.pins():
            return []
        if "blimp" in chosen:
            return blimp_files(self.base / chosen["blimp"])
        (named,) = self.paths().values()
        if not (self.base / named).is_file():
            raise UserError(f"there is no file '{named}' (looked in {self.base.resolve()}).")
        return [self.base / named]

    def inputs(self, text: str) -> list[str]:
        """Return the user's files, the archive that is fetched, or the table of made-up pairs."""
        return super().inputs(text) or [pin.path for pin in self.pins()] or [str(TABLE)]

    def label(self, inputs: Sequence[Path]) -> str:
        """Return the file's name; of the table of made-up pairs, its place, which no file of the user's has."""
        return "workflow/data/pairs.tsv" if "generate" in self.spec["grammar"] else inputs[0].name

    def peek(self, text: str) -> list[str] | None:
        return None if self.pins() else _lines(self._pairs[0], text)

    def whole(self, text: str) -> str | None:
        """Return eng_Latn_wrong for the texts of one type of error."""
        return WRONG if type_of(text) else None

    def lines(self, text: str, inputs: Sequence[Path]) -> tuple[list[str], Counter[str]]:
        """Return the lines of a text, and how many `duplicates` were dropped."""
        pairs, done = self._read(inputs)
        return _lines(pairs, text), done

    @cached_property
    def _pairs(self) -> tuple[list[Pair], Counter[str]]:
        return self._read([Path(path) for path in self.inputs(CORRECT)])

    def _read(self, inputs: Sequence[Path]) -> tuple[list[Pair], Counter[str]]:
        """Return the pairs, types in turn, and how many `duplicates` were dropped."""
        chosen = self.spec["grammar"]
        if "generate" in chosen:
            rows = read_tsv(inputs[0])[: chosen["generate"]["pairs"]]
            return [Pair(row["correct"], row["wrong"], row["type"]) for row in rows], Counter()
        # Files of BLiMP take turns too, so that the first N pairs hold all paradigms equally.
        blimp = "blimp" in chosen
        cells = in_turn([list(read_blimp(*part)) for part in _blimp_parts(inputs)]) if blimp else read_pairs(inputs[0])
        pairs, done = _accept(cells, inputs[0], published=blimp)
        groups = [[pair for pair in pairs if pair.kind == kind] for kind in types_of(pairs)]
        return in_turn(groups, chosen.get("most")), done


def _lines(pairs: Sequence[Pair], text: str) -> list[str]:
    """Return the correct sentences, or the wrong ones of a text's type of error with its other lines empty."""
    kind = type_of(text)
    if kind is None:
        return [pair.correct for pair in pairs]
    return [pair.wrong if kind in ("", pair.kind) else "" for pair in pairs]


def type_name(words: str) -> str:
    """Write a type of error as a name of letters and digits: "Subject-Verb Agreement" as SubjectVerbAgreement."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return "".join(word[0].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", plain.replace("'", ""))) or OTHER


def types_of(pairs: Iterable[Pair]) -> Counter[str]:
    """Return how many pairs of each type there are, types in the order of their names."""
    return Counter(sorted(pair.kind for pair in pairs))


def in_turn(groups: Iterable[Sequence[T]], most: int | None = None) -> list[T]:
    """Return the first item of each group, then the second of each, and so on, until none are left or `most` are taken."""
    return list(islice((item for items in zip_longest(*groups) for item in items if item is not None), most))


def read_pairs(path: Path) -> Iterator[Cells]:
    """Yield the rows of a TSV or CSV of correct sentence, ungrammatical sentence and, where there is one, type of error.

    A header is recognised by its words and then gives the columns' order; other columns are ignored. The study's file is such
    a CSV, with the columns Error Type, Ungrammatical Statement and Standard English. Tabs in the first lines part the columns;
    quotes are plain characters then.

    Raises:
        UserError: not UTF-8, a header that names one sentence only, or a row too short.
    """
    lines = decode(path.read_bytes(), str(path))
    tabs: Any = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if any("\t" in line for line in lines[:20]) else {}
    reader = csv.reader([line + "\n" for line in lines], **tabs)
    places: dict[str, int] = {}
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            where = f"{path}, line {reader.line_num}"
            if not places:
                places = _header(row, where)
                if places:
                    continue
                places = {key: number for number, key in enumerate(("correct", "wrong", "type")[: len(row)])}
            if len(row) <= max(places.values()):
                raise UserError(f"{where}: {len(row)} of {max(places.values()) + 1} columns; is a quote or a comma missing?")
            yield where, row[places["correct"]], row[places["wrong"]], row[places["type"]] if "type" in places else OTHER
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: it cannot be read as CSV ({error}). Mend its quotes.") from None


def _header(row: Sequence[str], where: str) -> dict[str, int]:
    """Return which column holds what, by the words of a table's first row; nothing if they are no header."""
    words = [word.strip().casefold() for word in row]
    found = {key: next((words.index(name) for name in names if name in words), None) for key, names in NAMES.items()}
    places = {key: number for key, number in found.items() if number is not None}
    if ("correct" in places) != ("wrong" in places):
        lacking = "wrong" if "correct" in places else "correct"
        hint = next((hint for name in NAMES[lacking] if (hint := nearest(name, words))), "")
        raise UserError(
            f"{where} has the header {', '.join(row)}, which names no {lacking} sentence; call that column one of: "
            f"{', '.join(NAMES[lacking])}.{hint}"
        )
    if "correct" not in places and len(row) < 2:
        raise UserError(f"{where}: one column; a correct and an ungrammatical sentence are needed, by tab or comma.")
    return places if "correct" in places else {}


def blimp_files(path: Path) -> list[Path]:
    """Return the file that a path is, JSONL or .zip, or the JSONL files of the folder or of its folder `data`, by name."""
    if path.is_file():
        return [path]
    files = sorted(path.glob("*.jsonl")) or sorted(path.glob("data/*.jsonl"))
    if not files:
        raise UserError(f"'{path}' is no JSONL file, no .zip and no folder with such files (BLiMP's are in its folder data).")
    return files


def _blimp_parts(files: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield the JSONL files, or those in a .zip by name, each with what messages call it. UserError: a damaged .zip."""
    for path in files:
        if path.suffix != ".zip" and not is_zipfile(path):  # an address may end in any name
            yield str(path), path.read_bytes()
            continue
        with reading_zip(path, "Fetch it again.") as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".jsonl") and not PurePosixPath(name).name.startswith("._"):  # what macOS packs beside a file
                    yield f"{path}: {name}", archive.read(name)


def read_blimp(file: str, data: bytes) -> Iterator[Cells]:
    """Yield the pairs of a file of BLiMP; the type of error is `linguistics_term`, or `UID` without it.

    Source: Warstadt et al. 2020, TACL 8, arXiv:1912.00582. UserError: a line that is no JSON, or lacks one of the sentences.
    """
    for number, line in enumerate(decode(data, file), start=1):
        if not line.strip():
            continue
        where = f"{file}, line {number}"
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
        yield where, record["sentence_good"], record["sentence_bad"], kind


def _accept(cells: Iterable[Cells], path: Path, published: bool = False) -> tuple[list[Pair], Counter[str]]:
    """Return the cleaned pairs of a path in their order, and how many `duplicates` were dropped.

    Of `published` pairs, which nobody is to mend, those of two `identical` sentences are dropped too: BLiMP has seven.

    Raises:
        UserError: no pairs, a sentence that is empty, or two sentences that are the same.
    """
    pairs: dict[Pair, None] = {}
    done: Counter[str] = Counter()
    for where, correct, wrong, kind in cells:
        pair = Pair(clean_line(correct)[0], clean_line(wrong)[0], type_name(kind))
        if not pair.correct or not pair.wrong:
            which = "correct" if not pair.correct else "ungrammatical"
            raise UserError(f"{where}: the {which} sentence is empty. Fill it in, or remove the pair.")
        if pair.correct == pair.wrong and published:
            done["identical"] += 1
            continue
        if pair.correct == pair.wrong:
            raise UserError(f"{where}: both sentences are '{pair.correct[:60]}'. Mend the pair, or remove it.")
        done["duplicates"] += pair in pairs
        pairs[pair] = None
    if not pairs:
        raise UserError(f"{path} has no pairs. Give it a correct and an ungrammatical sentence a line.")
    return list(pairs), +done
