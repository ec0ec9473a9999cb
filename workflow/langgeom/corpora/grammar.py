"""Grammatical and ungrammatical English: pairs that are generated, or read from a file, as texts of one corpus.

eng_Latn holds the correct sentences, eng_Latn_wrong line by line their ungrammatical versions, eng_Latn_wrong{Type} those of
one type of error, its other lines empty. Types take turns, so that the first sentences are of all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langgeom.errors import UserError
from langgeom.grammar import files
from langgeom.grammar.generate import generate
from langgeom.grammar.layout import CORRECT, WRONG, type_of, wrong_text
from langgeom.grammar.lexicon import TABLE
from langgeom.grammar.pairs import Pair, in_turn, types_of

__all__ = ["lines", "sources", "texts"]


def texts(spec: Mapping[str, Any], base: Path) -> list[str]:
    """Return the texts there are: of types of error, those with as many pairs as `min_lines` asks for.

    Raises:
        UserError: the file is not there, cannot be read, or has fewer pairs than `min_lines`.
    """
    pairs, _ = _pairs(spec, sources(spec, CORRECT, base)[0])
    least = spec["min_lines"]
    if len(pairs) < least:
        raise UserError(f"there are {len(pairs)} pairs; min_lines is {least}. Give more, or lower min_lines of this corpus.")
    return [CORRECT, WRONG, *(wrong_text(kind) for kind, count in types_of(pairs).items() if count >= least)]


def sources(spec: Mapping[str, Any], text: str, base: Path) -> list[Path]:
    """Return the files that a text is read from: the user's, or the words that sentences are made of.

    Raises:
        UserError: there is no such file.
    """
    chosen = spec["grammar"]
    if "generate" in chosen:
        return [TABLE]
    if "blimp" in chosen:
        return files.blimp_files(base / chosen["blimp"])
    named = next(chosen[key] for key in ("csv", "pairs") if key in chosen)
    if not (base / named).is_file():
        raise UserError(f"there is no file '{named}' (looked in {base.resolve()}).")
    return [base / named]


def lines(spec: Mapping[str, Any], text: str, reference: str, source: Path) -> tuple[list[str], Counter[str]]:
    """Return the lines of a text, and how many `duplicates` were dropped.

    Args:
        source: the first of `sources`.

    Raises:
        UserError: the file cannot be read, or has no such text.
    """
    pairs, done = _pairs(spec, source)
    if text == CORRECT:
        return [pair.correct for pair in pairs], done
    kind = type_of(text)
    return [pair.wrong if kind in ("", pair.kind) else "" for pair in pairs], done


def _pairs(spec: Mapping[str, Any], source: Path) -> tuple[list[Pair], Counter[str]]:
    """Return the pairs, types in turn."""
    chosen = spec["grammar"]
    if "generate" in chosen:
        return list(generate(chosen["generate"]["pairs"], chosen["generate"]["seed"])), Counter()
    if "blimp" in chosen:
        single = chosen["blimp"].endswith(source.name)
        pairs, done = files.read_blimp([source] if single else files.blimp_files(source.parent))
    else:
        pairs, done = files.read_csv(source) if "csv" in chosen else files.read_pairs(source)
    groups = [[pair for pair in pairs if pair.kind == kind] for kind in types_of(pairs)]
    return in_turn(groups, chosen.get("most")), done
