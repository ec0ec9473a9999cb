"""configs/languages.yaml passes every check: languages of which all facts are known, and twins enough for their tests."""

from __future__ import annotations

from pathlib import Path

import yaml

from langgeom.analysis.pairs import family_of, related_texts, script_twins, unit_of
from langgeom.analysis.statistics import needed_for_equivalence
from langgeom.config import check, check_files
from langgeom.findings.outcome import LEAST_FAMILIES, LEAST_UNITS, SMALL_R
from langgeom.languages import language
from langgeom.names import made_from

FILE = Path(__file__).resolve().parents[1] / "configs" / "languages.yaml"


def test_the_languages_are_enough_for_what_they_are_for() -> None:
    check_files([FILE])
    texts = check(yaml.safe_load(FILE.read_text(encoding="utf-8"))).texts("udhr")
    own = [text for text in texts if made_from(text) is None]
    languages = {unit_of(text) for text in own}
    assert len(languages) == 128 > needed_for_equivalence(SMALL_R)  # C4, C14
    assert all(language(lang).family != "unknown" for lang in languages)
    assert {lang for lang in languages if language(lang).resource is None} == {"evn", "koi"}  # here for their twins
    assert len(related_texts(own)) >= LEAST_UNITS  # C5
    twins = script_twins(texts)
    # C2, C9, C12; one of the families is Afro-Asiatic, whose twin has too many fragment tokens to count.
    assert len(twins) == 23 and len({family_of(unit) for unit, _, _ in twins}) == 7 > LEAST_FAMILIES
    ordered, scripted = ({made_from(text) for text in texts if of in text} for of in ("_wordsShuffled", "_from"))
    both = {unit_of(str(text)) for text in ordered & scripted}
    assert len(both) >= LEAST_UNITS and len(set(map(family_of, both))) >= LEAST_FAMILIES  # C24
