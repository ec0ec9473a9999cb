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
    assert len(languages) == 126 > needed_for_equivalence(SMALL_R)  # C4, C14
    facts = [language(lang) for lang in languages]
    assert all(fact.resource is not None and fact.family != "unknown" for fact in facts)
    assert len(related_texts(own)) >= LEAST_UNITS  # C5
    twins = script_twins(texts)
    assert len(twins) == 20 and len({family_of(unit) for unit, _, _ in twins}) >= LEAST_FAMILIES  # C2, C9, C12
    ordered, scripted = ({made_from(text) for text in texts if of in text} for of in ("_wordsShuffled", "_from"))
    both = {unit_of(str(text)) for text in ordered & scripted}
    assert len(both) >= LEAST_UNITS and len(set(map(family_of, both))) >= LEAST_FAMILIES  # C24
