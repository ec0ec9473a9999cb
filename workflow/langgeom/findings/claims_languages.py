"""C2, C4 to C6, C8, C9, C11, C12, C14, C21: what goes with what over languages, in one model.

Correlations are Spearman's over languages (`correlation_of`). A claim of none (C4, C14) is supported within -0.3 and 0.3, after
division by the ceiling that errors of measurement leave: the square root of both reliabilities, of the intrinsic dimension from
two halves of the sentences, of other numbers from their intervals. Means (C2, C5, C9, C11, C12, C21) are over families
(`mean_of`).

C4 is tested with Morfessor's morphemes per word; its note gives the correlation with Grambank's share of bound markers.

C2, C9, C12: languages in Latin and in Arabic script, the first less the second; of a KL divergence, log2 of their ratio. Twins
(`langgeom.corpora.made`) are tested apart: the same sentences in Latin script and in any other, whichever was made. C5:
the log ratio of low- to high-resource relative in the same script (`workflow/data/languages.tsv`), those of one language
averaged; supported within ratios of 1/1.1 and 1.1. C6: quality is what figure 5 shows; tokens per word and the share of copies
are held constant; not testable where most languages are at chance. C8: both divergences on the same whole lines, the second at
the positions that both sentences have; what the other positions add is a number of its own. Above 0.7 is "alike". C11: the
highest anisotropy over all layers, the embedding included; under 0.1 is "near zero". C21 (Timkey & van Schijndel 2021,
arXiv:2109.04404): the share of three dimensions in the mean cosine, median over the layers after the embedding; above a half.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from langgeom.analysis.pairs import latin_and_arabic, matched, name_of, per_language, related_texts, script_twins, unit_of
from langgeom.analysis.quality import chance_share
from langgeom.analysis.rows import Panel, rows_of
from langgeom.analysis.typology import bound_markers
from langgeom.findings.claim import attempt, claim
from langgeom.findings.evidence import Evidence, reliability
from langgeom.findings.outcome import ALIKE, SMALL_R, Outcome, correlation_of, joint, mean_of, untestable
from langgeom.names import TextName

DIMENSION = "intrinsic dimension, Latin minus Arabic script"
DIVERGENCE = "log2 of the KL divergence to the reference, Latin over Arabic script"
ANISOTROPY = "anisotropy, Latin minus Arabic script"
LATIN_MINUS_ARABIC = "Is the mean of Latin minus Arabic above zero?"
MORPHEMES = "rank correlation of the intrinsic dimension with morphemes per word"
RESOURCES = "log of the ratio of intrinsic dimensions, low- over high-resource relative"
QUALITY = "partial rank correlation of the intrinsic dimension with {}"
KL_ORDER = "rank correlation of KL by mean and KL by position"
NEAR_ZERO = "highest anisotropy of all layers, against 0.1"
FEW = "share of three dimensions in the mean cosine"
BITS = "rank correlation of bits per character with {}"
# The smallest ratio of interest, the anisotropy that is near zero, and languages for a correlation that is told and not tested.
RATIO, LOW, LEAST = 1.1, 0.1, 12
# What the effect of a script is called where letters alone differ.
TWINS = ("Arabic script", "another script of the same sentences")


@claim(
    4, "The intrinsic dimension does not correlate with morphological complexity.",
    "Is the correlation over languages smaller than 0.3 either way?", MORPHEMES, dimension=True,
)  # fmt: skip
def morphology(evidence: Evidence, panel: Panel) -> Outcome:
    values = evidence.id(panel)
    morphemes, known = evidence.measure("morphemes_per_word", panel[1])
    ceiling = math.sqrt(known * evidence.reliability_of_id(panel))
    outcome = correlation_of(MORPHEMES, *matched(morphemes, values), claimed=0, bound=SMALL_R, ceiling=ceiling)
    langs = [TextName.parse(str(text)).lang for text in values.index]
    markers = pd.Series(bound_markers(langs).reindex(langs).to_numpy(), index=values.index).dropna()
    markers, values, morphemes = matched(markers, values, morphemes)
    if len(values) < LEAST:
        return outcome
    with_markers, there = (some.corr(values, method="spearman") for some in (markers, morphemes))
    return outcome.noting(
        f"With the share of bound markers (Grambank) instead, in the {len(values)} languages that have it, it is "
        f"{with_markers:+.2f}; with morphemes per word there {there:+.2f}."
    )


@claim(
    5, "The intrinsic dimension does not depend on a language being low-resource (closely related pairs).",
    "Is the ratio of low- to high-resource within 10 % of 1?", RESOURCES, dimension=True,
)  # fmt: skip
def resources(evidence: Evidence, panel: Panel) -> Outcome:
    values = evidence.id(panel)
    # A logarithm needs a value above zero; an intrinsic dimension is one.
    logs = pd.Series(np.log(values[values > 0]))
    pairs = sorted(related_texts(map(str, logs.index)))
    changes = [logs[low] - logs[high] for low, high in pairs]
    means = pd.Series(changes, dtype=float).groupby([unit_of(high) for _, high in pairs]).mean()
    outcome = mean_of(RESOURCES, means, 0, bound=math.log(RATIO), what="related pairs in one script", unit="pairs")
    names = [f"{name_of(unit_of(low))}/{name_of(unit_of(high))}" for low, high in pairs]
    ratios = ", ".join(f"{name} {math.exp(change):.2f}" for name, change in zip(names, changes, strict=True))
    return outcome.noting(f"Ratios: {ratios}." if ratios else "")


@claim(
    6, "The lower the intrinsic dimension of a language, the better the model in it.",
    "Is the correlation of dimension and quality over languages below zero?", QUALITY.format("quality"), dimension=True,
)  # fmt: skip
def quality(evidence: Evidence, panel: Panel) -> Outcome:
    values, (scores, words, rows) = evidence.id(panel), evidence.quality_of(panel)
    effect, compared = QUALITY.format(words), rows[rows["text"].isin(values.index)]
    if len(compared) and (share := chance_share(compared)) > 0.5:
        why = f"in {100 * share:.0f} % of {len(compared)} texts the model is not better than chance"
        return untestable(effect, why, claimed=-1)
    given = [evidence.copies(panel), evidence.of_text("fertility", panel)[0]]
    scores, values, *given = matched(scores, values, *given)
    plain = scores.corr(values, method="spearman")
    held = f"Tokens per word and the share of copies are held constant; without that it is {plain:+.2f}."
    return correlation_of(effect, scores, values, *given, claimed=-1).noting(held if len(scores) > 2 else "")


@claim(
    8, "KL divergences of mean vectors and of vectors position by position differ in value but order the languages alike.",
    "Is the rank correlation of the two over languages, on the same lines, above 0.7?", KL_ORDER,
)  # fmt: skip
def kl_order(evidence: Evidence, panel: Panel) -> Outcome:
    mean, positions = matched(*evidence.divergences(("kl_mean_whole", "kl_positions"), panel))
    length = per_language(evidence.medians("kl_length", panel))
    r = mean.corr(length, method="spearman")
    notes = (
        f"By position it is {(positions / mean).median():.3g} times that by mean in the median language.",
        f"What padding adds by length alone (kl_length) correlates with KL by mean at {r:+.2f}.",
    )
    return correlation_of(KL_ORDER, mean, positions, claimed=1, centre=ALIKE).noting(*notes)


@claim(
    11, "An encoder has an anisotropy near zero at every layer.",
    "Is the highest anisotropy over layers, on average over languages, below 0.1?", NEAR_ZERO, kind="encoder",
)  # fmt: skip
def near_zero(evidence: Evidence, panel: Panel) -> Outcome:
    curves = evidence.all_layers(evidence.settings.anisotropy, panel)
    layer = int(curves.mean().idxmax())
    note = f"Highest on average at layer {layer} ({curves[layer].mean():.2f})."
    return mean_of(NEAR_ZERO, per_language(curves.max(axis=1)), -1, centre=LOW).noting(note)


@claim(
    21, "The mean cosine of token vectors is made by three dimensions.",
    "Is the share of three dimensions in the mean cosine, on average over languages, above a half?", FEW,
)  # fmt: skip
def few_dimensions(evidence: Evidence, panel: Panel) -> Outcome:
    curve = evidence.curves("cosine_top_3", panel).mean()
    note = f"By layer from {curve.min():.2f} (layer {curve.idxmin()}) to {curve.max():.2f} (layer {curve.idxmax()})."
    return mean_of(FEW, per_language(evidence.medians("cosine_top_3", panel)), 1, centre=0.5).noting(note)


@claim(
    14, "Bits per character correlate with neither quality nor the intrinsic dimension.",
    "Are both correlations over languages smaller than 0.3 either way?", BITS.format("the intrinsic dimension"), kind="decoder",
    dimension=True,
)  # fmt: skip
def bits(evidence: Evidence, panel: Panel) -> Outcome:
    per_character, known = evidence.of_text("bpc", panel)

    def against(words: str, values: pd.Series, reliable: float) -> Outcome:
        both, ceiling = matched(per_character, values), math.sqrt(known * reliable)
        return correlation_of(BITS.format(words), *both, claimed=0, bound=SMALL_R, ceiling=ceiling)

    def against_quality() -> Outcome:
        scores, words, rows = evidence.quality_of(panel, besides_bits=True)
        return against(words, scores, reliability(rows))

    dimension = evidence.id(panel)
    parts = [against("the intrinsic dimension", dimension, evidence.reliability_of_id(panel))]
    outcome = joint([*parts, attempt(BITS.format("quality"), against_quality)])
    if "information_parity" not in evidence.measured:
        return outcome
    parity, dimension = matched(evidence.of_text("information_parity", panel)[0], dimension)
    r = parity.corr(dimension, method="spearman")
    said = (
        "Loss relative to the reference (information_parity), which no script favours, correlates with the intrinsic dimension"
    )
    return outcome.noting(f"{said} at {r:+.2f}.")


@claim(
    2, "Of languages written in two scripts, the intrinsic dimension is higher on average in Latin than in Arabic script.",
    LATIN_MINUS_ARABIC, DIMENSION, whole=True, dimension=True,
)  # fmt: skip
def dimension_in_scripts(evidence: Evidence) -> list[Outcome]:
    return _in_scripts(DIMENSION, evidence, Evidence.id)


@claim(
    9, "Languages written in two scripts have the higher KL divergence to the reference in Latin script.",
    "Is the mean of log2 of the ratio of Latin to Arabic above zero?", DIVERGENCE, whole=True,
)  # fmt: skip
def divergence_in_scripts(evidence: Evidence) -> list[Outcome]:
    def of(evidence: Evidence, panel: Panel) -> pd.Series:
        return evidence.divergences(["kl_mean"], panel)[0]

    return _in_scripts(DIVERGENCE, evidence, of, lambda latin, other: math.log2(latin / other))


@claim(
    12, "Of languages written in two scripts, anisotropy is lower in Arabic script.", LATIN_MINUS_ARABIC, ANISOTROPY, whole=True
)
def anisotropy_in_scripts(evidence: Evidence) -> list[Outcome]:
    def of(evidence: Evidence, panel: Panel) -> pd.Series:
        return evidence.medians(evidence.settings.anisotropy, panel)

    return _in_scripts(ANISOTROPY, evidence, of)


def _in_scripts(
    effect: str, evidence: Evidence, values_of: Callable[[Evidence, Panel], pd.Series],
    change: Callable[[float, float], float] = lambda latin, other: latin - other,
) -> list[Outcome]:  # fmt: skip
    """Test natural pairs of texts in Latin and Arabic script, and, where a corpus has twins, these in a row of their own."""

    def test(evidence: Evidence, panel: Panel, twins: bool) -> Outcome:
        values = values_of(evidence, panel)
        pairs = (script_twins if twins else latin_and_arabic)(map(str, values.index))
        differences = pd.Series({unit: change(values[latin], values[other]) for unit, latin, other in pairs}, dtype=float)
        what = ("twins in another script", "twins") if twins else ("languages in Latin and Arabic script", "languages")
        outcome = mean_of(effect.replace(*TWINS) if twins else effect, differences, 1, what=what[0], unit=what[1])
        each = ", ".join(f"{name_of(str(unit))} {value:+.2g}" for unit, value in differences.items())
        return outcome.noting(f"By language: {each}." if each else "")

    both = evidence.with_twins()
    outcomes = [attempt(effect, test, evidence, panel, False).at(panel) for panel in evidence.panels()]
    for panel in evidence.panels():
        if script_twins(rows_of(both.metrics, panel)["text"].unique()):
            outcome = attempt(effect.replace(*TWINS), test, both, panel, True)
            outcomes.append(replace(outcome, unit="twins", scope="in this model, by its letters alone").at(panel))
    return outcomes or [untestable(effect, "no trained model on a corpus of languages")]
