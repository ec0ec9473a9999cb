"""C3: ungrammatical text against its correct version.

Unit: pairs of sentences. The metric `{id}_difference` of the text `eng_Latn_wrong` is, in its row without a layer, the median
over the layers after the embedding of the dimension of the ungrammatical sentences less that of the correct ones. Its p is that
of swapping the two versions within pairs, at random and alike in all layers, and its interval has the swaps' spread. Claimed:
above zero. A verdict on fewer than 1,000 pairs is in doubt: they are too few kinds of sentences. Error types and the untrained
twin are told, not tested.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from langgeom.analysis.definitions import PAIRED, UNPAIRED
from langgeom.analysis.pairs import twins
from langgeom.analysis.rows import PANEL
from langgeom.findings.claim import claim
from langgeom.findings.evidence import NORMAL, Evidence
from langgeom.findings.outcome import Interval, Outcome, decided, untestable
from langgeom.names import WRONG, type_of, type_words

EFFECT = "intrinsic dimension, ungrammatical minus correct"
# Of fewer pairs a swap says little; from so many on, natural ones cover more than a few patterns.
LEAST_PAIRS, ENOUGH_PAIRS = 20, 1000


@claim(
    3, "Ungrammatical text has a higher intrinsic dimension than its correct version.",
    "Is the difference of ungrammatical minus correct, paired over sentences, above zero?", EFFECT, whole=True, dimension=True,
)  # fmt: skip
def ungrammatical(evidence: Evidence) -> list[Outcome]:
    if not evidence.pair_corpora:
        return [untestable(EFFECT, "no corpus of grammatical and ungrammatical sentences", unit="pairs")]
    rows = evidence.pairs[evidence.pairs["metric"] == evidence.difference]
    over_layers = rows[rows["layer"].isna()].dropna(subset="value")
    texts = {panel: part.set_index("text") for panel, part in over_layers.groupby(PANEL)}
    twin_of = {trained: twin for trained, twin in twins(rows) if trained and twin} if len(rows) else {}
    measured = evidence.pairs[(evidence.pairs["init"] == "trained") & evidence.pairs["layer"].notna()]
    found = []
    for panel in sorted(set(zip(measured["model"], measured["corpus"], strict=True))):
        outcome, twin = _test(texts.get(panel), evidence.settings.id), texts.get(twin_of.get(panel, ("", "")))
        if twin is not None and WRONG in twin.index:
            outcome = outcome.noting(f"The untrained twin: {_words(twin.loc[WRONG])}.")
        found.append(outcome.at(panel))
    return found or [untestable(EFFECT, "no trained model", unit="pairs")]


def _test(texts: pd.DataFrame | None, dimension: str) -> Outcome:
    if texts is None or WRONG not in texts.index:
        paired = dimension.removesuffix("_distinct") in PAIRED
        why = f"no difference of {dimension} over all layers was measured" if paired else UNPAIRED
        return untestable(EFFECT, why, unit="pairs")
    row = texts.loc[WRONG]
    value, n = Interval(*map(float, row[["value", "low", "high"]])), int(row["n"])
    few = f"only {n:,} pairs of sentences" if n < ENOUGH_PAIRS else ""
    if n < LEAST_PAIRS or pd.isna(row["p"]):
        lacking = f"a test needs {LEAST_PAIRS} pairs of sentences, and has only {n}"
        why = lacking if n < LEAST_PAIRS else "the p of swapped pairs is missing"
        return untestable(EFFECT, why, unit="pairs", value=Interval(value.value), n=n)
    outcome = Outcome(EFFECT, value=value, n=n, unit="pairs", test="swaps within pairs")
    outcome = replace(decided(outcome, (value.high - value.low) / (2 * NORMAL), n - 1, n), value=value)
    p, right = float(row["p"]), value.value > 0
    outcome = replace(outcome, p_for=p if right else 1.0, p_against=1.0 if right else p, doubt=few)
    types = [text for text in sorted(texts.index) if type_of(text)]
    each = ", ".join(f"{type_words(str(type_of(text))).lower()} {_words(texts.loc[text])}" for text in types)
    wanted = f"{few[0].upper()}{few[1:]}; the claim takes {ENOUGH_PAIRS:,}." if few else ""
    return outcome.noting(wanted, f"By error type: {each}." if each else "")


def _words(row: pd.Series) -> str:
    return f"{row['value']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]"
