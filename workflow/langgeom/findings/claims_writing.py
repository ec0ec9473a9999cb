"""C23, C24: what writing does to geometry: claims published of other models.

C23 (Tulchinskii et al. 2023, arXiv:2306.04723, of fluent texts in encoders: about 9 in languages with an alphabet, about 7 in
Chinese): the persistent-homology dimension at the last layer of an encoder, the mean over families of languages in alphabets
less that of Chinese; claimed above 0. Chinese is one language, so its own chance counts as that of one more family (Crawford &
Howell 1998, The Clinical Neuropsychologist 12: a t-test of one case against a sample).

C24 (arXiv:2604.05090, of units tied to languages: romanised text has others, shuffled words hardly change them): how far the
curve of the intrinsic dimension moves where a text is put in another script, letter by letter, less how far it moves where the
words of each line are shuffled or reversed (the mean of those there are). To move is the mean of |log of the ratio| over the
layers after the embedding. Unit: families of languages that have both (`mean_of`); claimed above 0.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from langgeom.analysis.pairs import per_language, unit_of
from langgeom.analysis.rows import Panel
from langgeom.findings.claim import claim
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Outcome, decided, mean_of, untestable
from langgeom.names import CONTROLS, TextName, made_from

ALPHABETS, CHINESE = ("Armn", "Cyrl", "Geor", "Grek", "Latn"), ("Hani", "Hans", "Hant")
DIMENSION = "persistent-homology dimension at the last layer, languages in alphabets minus Chinese"
MOVED = "how far the intrinsic dimension moves, by another script minus by another order of words"
WORDS = tuple(f"_{control}" for control in CONTROLS if control.startswith("words"))


@claim(
    23, "The persistent-homology dimension of languages written in alphabets is above that of Chinese.",
    "Is the mean at an encoder's last layer above that of Chinese, as far as one language tells?", DIMENSION, kind="encoder",
)  # fmt: skip
def above_chinese(evidence: Evidence, panel: Panel) -> Outcome:
    curves = evidence.curves("id_ph", panel)
    last = curves[max(curves.columns)]
    scripts = pd.Index([TextName.parse(str(text)).script for text in last.index])
    chinese, others = last[scripts.isin(CHINESE)].mean(), per_language(last[scripts.isin(ALPHABETS)])
    if math.isnan(chinese):
        return untestable(DIMENSION, "no text in Chinese characters")
    outcome = mean_of(DIMENSION, others - chinese, 1, what="languages in alphabets")
    if outcome.testable:
        families, spread = outcome.families, outcome.spread or 0.0
        outcome = replace(outcome, test="t-test of one language against means of families")
        outcome = replace(decided(outcome, spread * math.sqrt(1 + 1 / families), families - 1, families), spread=spread)
    return outcome.noting(f"On average over languages {others.mean():.1f}, Chinese {chinese:.1f}." if len(others) else "")


@claim(
    24, "Another script moves the intrinsic dimension more than another order of words.",
    "Is the mean of what a twin in another script moves, less what a control of word order moves, above zero?", MOVED,
    dimension=True,
)  # fmt: skip
def script_above_order(evidence: Evidence, panel: Panel) -> Outcome:
    logs = pd.DataFrame(np.log(evidence.with_twins().curves(evidence.settings.id, panel)))

    def moved(made: list[str]) -> pd.Series:
        distances = {text: (logs.loc[text] - logs.loc[str(made_from(text))]).abs().mean() for text in made}
        return pd.Series(distances, dtype=float).groupby(lambda text: unit_of(str(made_from(text)))).mean()

    made = [text for text in map(str, logs.index) if made_from(text) in logs.index]
    orders = [text for text in made if text.endswith(WORDS)]
    twins = [text for text in made if TextName.parse(text).variant.startswith("from")]
    script, order = moved(twins), moved(orders)
    outcome = mean_of(MOVED, (script - order).dropna(), 1, what="languages with a twin and with their words in another order")
    both = script.index.intersection(order.index)
    words = f"On average over languages {script[both].mean():.3f} by script, {order[both].mean():.3f} by order."
    return outcome.noting(words if len(both) else "")
