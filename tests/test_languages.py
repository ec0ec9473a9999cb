"""Facts about languages: spot checks against what is generally known, and the shape of the whole file."""

from __future__ import annotations

from pathlib import Path

import pytest

import langgeom.languages as module
from langgeom.errors import UserError
from langgeom.languages import SCRIPTS, label, language, languages, script

WALS_IN_FLORES = [
    "arz", "tzm", "mya", "eus", "eng", "fij", "fin", "fra", "kat", "deu", "ell", "gug", "hau", "heb", "hin",
    "ind", "jpn", "khk", "kan", "kor", "plt", "mni", "cmn", "pes", "rus", "sag", "spa", "swh", "tgl", "tha",
    "tur", "vie", "yor", "zul",
]  # fmt: skip


def test_the_sample_is_walss() -> None:
    assert sorted(known.lang for known in languages().values() if known.wals100) == sorted(WALS_IN_FLORES)


@pytest.mark.parametrize(
    ("lang", "name", "family", "genus", "resource"),
    [
        ("eng", "English", "Indo-European", "Germanic", 5),
        ("tur", "Turkish", "Turkic", "Turkic", 4),
        ("fin", "Finnish", "Uralic", "Finnic", 4),
        ("zul", "Zulu", "Niger-Congo", "Bantu", 2),
        ("tha", "Thai", "Tai-Kadai", "Kam-Tai", 3),
        ("bho", "Bhojpuri", "Indo-European", "Indic", 1),
        ("mly", "Malay", "Austronesian", "Malayo-Sumbawan", None),
    ],
)
def test_known_languages(lang: str, name: str, family: str, genus: str, resource: int | None) -> None:
    known = language(lang)
    assert (known.name, known.family, known.genus, known.resource) == (name, family, genus, resource)


def test_related_pairs_name_known_languages_of_the_study() -> None:
    pairs = {(high, known.lang) for known in languages().values() for high in known.related}
    assert {("spa", "ast"), ("rus", "bel"), ("tur", "crh"), ("ind", "min"), ("lvs", "ltg"), ("zho", "yue")} <= pairs
    for high, low in pairs:
        assert high in languages() and high != low
        # Except for the creole, which WALS counts to no family, relatives share a family.
        assert language(high).family == language(low).family or low == "hat"
        low_class, high_class = language(low).resource, language(high).resource
        assert high_class is not None and (low_class is None or low_class < high_class)


def test_the_unknown_falls_back_to_its_code() -> None:
    assert language("qaa") == ("qaa", "qaa", "unknown", "unknown", False, None, ())
    assert script("Zzzz") == ("Zzzz", "Zzzz", "ltr")


def test_scripts() -> None:
    assert {code for code, found in SCRIPTS.items() if found.direction == "rtl"} == {
        "Adlm",
        "Arab",
        "Hebr",
        "Nkoo",
        "Syrc",
        "Thaa",
    }
    assert script("Cyrl").name == "Cyrillic"


def test_labels_are_as_short_as_their_company_allows() -> None:
    among = ["fra_Latn", "uig_Latn", "uig_Arab", "cat_Latn_vale1252", "est_Latn", "qaa_Latn"]
    assert [label(text, among) for text in among] == [
        "French",
        "Uyghur (Latn)",
        "Uyghur (Arab)",
        "Catalan (vale1252)",
        "Estonian",
        "qaa",
    ]
    assert label("uig_Arab", []) == "Uyghur"
    assert label("uig_Arab", among, with_script=False) == "Uyghur"
    assert label("est_Latn", [*among, "ekk_Latn"]) == "Estonian (est)"
    with pytest.raises(UserError, match="eng-Latn"):
        label("eng-Latn", [])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("aaa\tA\tF\tG\tmaybe\t\t", "'maybe' \\(yes or no\\)"),
        ("aaa\tA\tF\tG\tno\t7\t", "'7' \\(0 to 5"),
        ("eng\tE\tF\tG\tno\t\t", "twice"),
    ],
)
def test_mistakes_in_the_file_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, message: str) -> None:
    path = tmp_path / "languages.tsv"
    path.write_text(module.PATH.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    monkeypatch.setattr(module, "PATH", path)
    languages.cache_clear()
    try:
        with pytest.raises(UserError, match=message):
            languages()
    finally:
        languages.cache_clear()
