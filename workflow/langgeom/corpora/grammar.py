"""Grammatical and ungrammatical English: pairs of sentences, of workflow/data/pairs.tsv or a file, as texts of one corpus.

eng_Latn holds the correct sentences, eng_Latn_wrong line by line their ungrammatical versions, eng_Latn_wrong{Type} those of
one type of error, its other lines empty. Types take turns, so that the first sentences are of all types.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from langgeom.corpora import Corpus
from langgeom.corpora.pairs import Pair, blimp_files, in_turn, read_blimp, read_pairs, types_of
from langgeom.data import DATA, read_tsv
from langgeom.errors import UserError
from langgeom.names import CORRECT, WRONG, type_of

TABLE = DATA / "pairs.tsv"
SOURCES = ("generate", "csv", "blimp", "pairs")


class Grammar(Corpus):
    """Pairs of a correct and an ungrammatical sentence."""

    schema = """
    grammar:
      description: >-
        Pairs of a correct and an ungrammatical English sentence, from one of: generate, csv, blimp, pairs. Texts are eng_Latn,
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
        csv:
          description: A CSV file with the columns Error Type, Ungrammatical Statement, Standard English.
          $ref: "#/$defs/path"
        blimp:
          description: A JSONL file of BLiMP (sentence_good, sentence_bad, linguistics_term or UID), or a folder of such files.
          $ref: "#/$defs/path"
        pairs:
          description: >-
            A TSV or CSV file of correct sentence, ungrammatical sentence and, if you like, type of error; in the order of its
            header where it has one (correct, wrong, type).
          $ref: "#/$defs/path"
        most:
          description: At most so many pairs are taken from a file, in turn from each type of error.
          type: integer
          minimum: 1
          maximum: 1000000
    """
    own = ("grammar.csv", "grammar.blimp", "grammar.pairs")
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

    def texts(self) -> list[str]:
        """Return the texts: of types of error, those with `min_lines` pairs or more.

        Raises:
            UserError: the file is not there, cannot be read, or has fewer pairs than `min_lines`.
        """
        pairs, least = self._pairs[0], self.spec["min_lines"]
        if len(pairs) < least:
            raise UserError(
                f"there are {len(pairs)} pairs; min_lines is {least}. Give more, or lower min_lines of this corpus."
            )
        return [CORRECT, WRONG, *(WRONG + kind for kind, count in types_of(pairs).items() if count >= least)]

    def default_texts(self) -> list[str]:
        """Return all texts."""
        self.check()
        return self.texts()

    def files(self, text: str) -> list[Path]:
        """Return the user's file or, of BLiMP, files.

        Raises:
            UserError: there is no such file.
        """
        chosen = self.spec["grammar"]
        if "generate" in chosen:
            return []
        if "blimp" in chosen:
            return blimp_files(self.base / chosen["blimp"])
        (named,) = self.paths().values()
        if not (self.base / named).is_file():
            raise UserError(f"there is no file '{named}' (looked in {self.base.resolve()}).")
        return [self.base / named]

    def inputs(self, text: str) -> list[str]:
        """Return the user's files, or the table of made-up pairs."""
        return super().inputs(text) or [str(TABLE)]

    def label(self, inputs: Sequence[Path]) -> str:
        """Return the file's name; of the table of made-up pairs, its place, which no file of the user's has."""
        return "workflow/data/pairs.tsv" if "generate" in self.spec["grammar"] else inputs[0].name

    def peek(self, text: str) -> list[str]:
        """Return the lines of a text."""
        return _lines(self._pairs[0], text)

    def whole(self, text: str) -> str | None:
        """Return eng_Latn_wrong for the texts of one type of error."""
        return WRONG if type_of(text) else None

    @cached_property
    def _pairs(self) -> tuple[list[Pair], Counter[str]]:
        return self._read([Path(path) for path in self.inputs(CORRECT)])

    def _read(self, inputs: Sequence[Path]) -> tuple[list[Pair], Counter[str]]:
        """Return the pairs, types in turn, and how many `duplicates` were dropped."""
        chosen = self.spec["grammar"]
        if "generate" in chosen:
            rows = read_tsv(inputs[0])[: chosen["generate"]["pairs"]]
            return [Pair(row["correct"], row["wrong"], row["type"]) for row in rows], Counter()
        if "blimp" in chosen:
            pairs, done = read_blimp(inputs)
        else:
            pairs, done = read_pairs(inputs[0])
        groups = [[pair for pair in pairs if pair.kind == kind] for kind in types_of(pairs)]
        return in_turn(groups, chosen.get("most")), done

    def lines(self, text: str, inputs: Sequence[Path]) -> tuple[list[str], Counter[str]]:
        """Return the lines of a text, and how many `duplicates` were dropped."""
        pairs, done = self._read(inputs)
        return _lines(pairs, text), done


def _lines(pairs: Sequence[Pair], text: str) -> list[str]:
    """Return the correct sentences, or the wrong ones of a text's type of error with its other lines empty."""
    kind = type_of(text)
    if kind is None:
        return [pair.correct for pair in pairs]
    return [pair.wrong if kind in ("", pair.kind) else "" for pair in pairs]
