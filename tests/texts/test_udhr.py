"""Morphemes per word of the Universal Declaration itself, where a run has left it: languages in their known order."""

from __future__ import annotations

from pathlib import Path

import pytest

from langgeom.texts.measures.morphemes_per_word import morphemes_per_word
from langgeom.words import words
from unavailable import unavailable

FOLDER = Path(__file__).resolve().parents[2] / "results" / "corpora" / "udhr"


@pytest.fixture(scope="module")
def found() -> dict[str, float]:
    values = {}
    for text in ("eng_Latn", "spa_Latn", "tur_Latn", "fin_Latn"):
        path = FOLDER / f"{text}.txt"
        if not path.exists():
            unavailable(f"results/corpora/udhr/{text}.txt is not there: run make first")
        values[text] = float(morphemes_per_word([words(line) for line in path.read_text(encoding="utf-8").splitlines()]))
    return values


def test_languages_stand_in_their_known_order(found: dict[str, float]) -> None:
    assert 1.2 < found["eng_Latn"] < 1.7
    assert max(found["eng_Latn"], found["spa_Latn"]) < found["tur_Latn"] < found["fin_Latn"] < 2.5
