"""What Grambank codes: the table's form, and bound markers by hand from its cells."""

from __future__ import annotations

import pytest

from langgeom.analysis.typology import MARKERS, bound_markers
from langgeom.files import DATA, read_tsv
from langgeom.languages import languages

ROWS = read_tsv(DATA / "grambank.tsv")
LANGS = list(ROWS[0])[3:]


def test_the_table_holds_features_once_and_languages_that_are_known() -> None:
    assert len(ROWS) == len({row["feature"] for row in ROWS}) == 196
    assert [lang for lang in languages() if lang in LANGS] == LANGS and len(LANGS) == 148
    assert {row[lang] for row in ROWS for lang in LANGS} == {"", "0", "1"}
    assert {row["bound"] for row in ROWS} == {"yes", "no"} and sum(row["bound"] == "yes" for row in ROWS) == 2 * MARKERS
    assert {number[:2] for row in ROWS for number in row["grambank"].split()} == {"GB"}


@pytest.mark.parametrize(
    ("number", "has", "lacks"),
    [
        ("GB074", "eng fra arb", "tur jpn kor"),  # prepositions
        ("GB075", "tur jpn kor", "fra arb"),  # postpositions
        ("GB133", "tur jpn kor", "eng fra vie"),  # the verb at the end
        ("GB070", "fin tur rus", "eng vie"),  # cases of nouns
        ("GB044", "tur fin eng", "vie cmn"),  # plurals of nouns
    ],
)
def test_what_everybody_knows_of_a_language_is_in_it(number: str, has: str, lacks: str) -> None:
    (row,) = [row for row in ROWS if row["grambank"] == number]
    assert {row[lang] for lang in has.split()} == {"1"} and {row[lang] for lang in lacks.split()} == {"0"}


def test_bound_markers_are_those_that_words_carry() -> None:
    found = bound_markers(["vie", "tur", "eng", "deu", "tur", "ckb"])
    cells = [row["tur"] for row in ROWS if row["bound"] == "yes" and row["tur"]]
    assert list(found.index) == ["vie", "tur", "eng", "deu", "ckb"]
    assert found["tur"] == pytest.approx(cells.count("1") / len(cells))
    assert found["vie"] == 0 < found["eng"] < found["tur"] < 1 and found[["deu", "ckb"]].isna().all()
