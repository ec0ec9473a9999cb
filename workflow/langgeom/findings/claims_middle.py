"""C15, C16, C18, C22: what decoders have in their middle layers, and not before or after: claims published of other models.

Unit: families (`mean_of`), in one decoder. The layers after the embedding are cut at a quarter and three quarters of the depth,
and a text's value in a part is the mean over its layers. Each claim has two effects (`joint`). C15 (Wendler et al. 2024,
arXiv:2402.10588, of Llama 2 and single words in English or the prompt's language): the probability of the reference's tokens
less that of the text's own, in the middle, claimed above 0, and at the last layer, claimed below 0. C16 (Valeriani et al. 2023,
arXiv:2302.00294, of proteins and images; Cheng et al. 2025, arXiv:2405.15471, of last tokens): the intrinsic dimension in the
middle less that in the first quarter, and less that in the last; both claimed above 0. What shuffled words leave of the peak is
told, not tested: a test takes six languages with such a control. C18 (Acevedo et al. 2025, arXiv:2505.17101): the same
differences of the information imbalance, the mean of both ways; claimed below 0. C22 (Skean et al. 2025, arXiv:2502.02013, of
English prompts): the same differences of the matrix entropy of a sentence's tokens; claimed below 0.
"""

from __future__ import annotations

import pandas as pd

from langgeom.analysis.pairs import per_language
from langgeom.analysis.rows import Panel
from langgeom.findings.claim import attempt, claim
from langgeom.findings.evidence import Evidence, Missing
from langgeom.findings.outcome import LEAST_LAYERS, Outcome, joint, mean_of, untestable

LATENT = "probability of the reference's tokens minus that of the text's own, {}"
PEAK = "intrinsic dimension, middle layers minus {}"
LEAST = "information imbalance between text and reference, middle layers minus {}"
ENTROPY = "matrix entropy of a sentence's tokens, middle layers minus {}"
QUARTERS = ("the first quarter", "the last quarter")
# Where in the depth the first quarter ends, and the middle.
FIRST, MIDDLE = 0.25, 0.75
SHUFFLED = "wordsShuffled"


@claim(
    15, "A decoder expects the reference's tokens more than the text's own in its middle layers, and less at the end.",
    "Is the mean difference of the two probabilities above zero in the middle half of the layers, and below zero at the last?",
    LATENT.format("middle layers"), kind="decoder",
)  # fmt: skip
def latent_reference(evidence: Evidence, panel: Panel) -> Outcome:
    each = _of_others(evidence, evidence.curves("lens_reference", panel) - evidence.curves("lens_own", panel))
    effects = [LATENT.format(where) for where in ("middle layers", "last layer")]
    return joint([mean_of(effects[0], parts(each)[1], 1), mean_of(effects[1], each[max(each.columns)], -1)])


@claim(
    16, "The intrinsic dimension of a decoder peaks in its middle layers.",
    "Is the mean over the middle half of the layers above that over the quarter before it, and above that over the last?",
    PEAK.format(QUARTERS[0]), whole=True, dimension=True,
)  # fmt: skip
def peak(evidence: Evidence) -> list[Outcome]:
    with_controls = evidence.with_twins()

    def test(panel: Panel) -> Outcome:
        notes, curves = [], with_controls.curves(evidence.settings.id, panel)
        for text in (text for text in curves.index if f"{text}_{SHUFFLED}" in curves.index):
            first, middle, last = parts(curves.loc[[text, f"{text}_{SHUFFLED}"]])
            own, shuffled = middle - (first + last) / 2
            notes.append(f"In {text} the middle lies {own:+.2f} above the rest, with its words shuffled {shuffled:+.2f}.")
        return _in_the_middle(PEAK, per_language(evidence.curves(evidence.settings.id, panel)), 1).noting(*notes)

    effect, panels = PEAK.format(QUARTERS[0]), evidence.panels("decoder")
    outcomes = [attempt(effect, test, panel).at(panel) for panel in panels]
    return outcomes or [untestable(effect, "no trained decoder on a corpus of languages")]


@claim(
    18, "Text and reference predict each other best in a decoder's middle layers.",
    "Is the mean over the middle half of the layers below that over the quarter before it, and below that over the last?",
    LEAST.format(QUARTERS[0]), kind="decoder",
)  # fmt: skip
def least_imbalance(evidence: Evidence, panel: Panel) -> Outcome:
    to, back = (evidence.curves(f"information_imbalance{way}", panel) for way in ("", "_reverse"))
    return _in_the_middle(LEAST, _of_others(evidence, (to + back) / 2), -1)


@claim(
    22, "The tokens of a sentence have the lowest matrix entropy in a decoder's middle layers.",
    "Is the mean over the middle half of the layers below that over the quarter before it, and below that over the last?",
    ENTROPY.format(QUARTERS[0]), kind="decoder",
)  # fmt: skip
def least_entropy(evidence: Evidence, panel: Panel) -> Outcome:
    return _in_the_middle(ENTROPY, per_language(evidence.curves("matrix_entropy", panel)), -1)


def _of_others(evidence: Evidence, curves: pd.DataFrame) -> pd.DataFrame:
    """Return the curves [language, layer] of languages other than the reference, from those of texts."""
    return per_language(curves.drop(index=evidence.settings.reference, errors="ignore").dropna())


def _in_the_middle(effect: str, curves: pd.DataFrame, claimed: int) -> Outcome:
    """Test whether the middle of curves [language, layer] lies on the claimed side of both the first and the last quarter."""
    first, middle, last = parts(curves)
    others = zip(QUARTERS, (first, last), strict=True)
    outcome = joint([mean_of(effect.format(where), middle - other, claimed) for where, other in others])
    means = f"On average over languages {first.mean():.2f}, {middle.mean():.2f} in the middle, and {last.mean():.2f}."
    return outcome.noting(means if len(middle) else "")


def parts(curves: pd.DataFrame) -> list[pd.Series]:
    """Return the means of curves [unit, layer] over the first quarter of the depth, the middle half, and the last quarter.

    `Missing` where there are fewer than `LEAST_LAYERS` layers after the embedding.
    """
    if curves.shape[1] < LEAST_LAYERS:
        raise Missing(f"middle layers take {LEAST_LAYERS} layers after the embedding, and the model has only {curves.shape[1]}")
    depths = curves.columns / max(curves.columns)
    cuts = (depths <= FIRST, (depths > FIRST) & (depths <= MIDDLE), depths > MIDDLE)
    return [curves.loc[:, cut].mean(axis=1) for cut in cuts]
