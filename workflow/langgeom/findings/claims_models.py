"""C7, C10, C13: one model against another.

In a pair of models the unit is the family, and the verdict is on this pair: it says nothing of other models. With five or more
models a side the models are the unit: the mean over all pairs, with an error by leaving out each model in turn (jackknife, and
Student's t with one degree of freedom less than the smaller side has models).

C7: the log ratio of encoder to decoder, each the median over the layers after the embedding; claimed below 0. C10: trained less
untrained twin, each the highest anisotropy of the layers from a tenth of the depth on (the study's layer 3 of 32); claimed
above 0. A median does not see a spike in fewer than half of the layers, such as SmolLM2's in layers 3 to 9, and a mean hardly
does. C13: the rank correlation of two decoders' curves over the layers after the embedding, read at the same relative depths,
of the intrinsic dimension and of anisotropy; claimed above 0.7. Both models read the same sentences and share their noise, so
it is not corrected for. Pairs: `figures.compare`, else each two trained decoders of one depth.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from langgeom.analysis import statistics as st
from langgeom.analysis.pairs import matched, per_language
from langgeom.analysis.rows import Panel
from langgeom.findings.claim import attempt, claim
from langgeom.findings.evidence import Evidence, Missing
from langgeom.findings.outcome import ALIKE, LEAST_LAYERS, Interval, Outcome, decided, joint, mean_of, untestable

Pair = tuple[Panel, Panel]
RATIO = "log of the ratio of intrinsic dimensions, encoder over decoder"
TRAINING = "highest anisotropy from a tenth of the depth on, trained minus untrained"
PATTERNS = "rank correlation of two models' curves of {}"
FROM_DEPTH = 0.1
# With so many models a side, they are the unit.
LEAST_MODELS = 5


@claim(
    7, "An encoder has a lower intrinsic dimension than a decoder.", "Is the mean log ratio of encoder to decoder below zero?",
    RATIO, whole=True, dimension=True,
)  # fmt: skip
def encoder_decoder(evidence: Evidence) -> list[Outcome]:
    encoders, decoders = evidence.panels("encoder"), evidence.panels("decoder")
    pairs = [pair for pair in itertools.product(encoders, decoders) if pair[0][1] == pair[1][1]]
    if not pairs:
        missing = [f"no trained {kind}" for kind, some in (("encoder", encoders), ("decoder", decoders)) if not some]
        return [untestable(RATIO, " and ".join(missing) or "no corpus that a trained encoder and a trained decoder share")]

    def test(encoder: Panel, decoder: Panel) -> Outcome:
        x, y = matched(evidence.id(encoder), evidence.id(decoder))
        outcome = mean_of(RATIO, np.log(x[x > 0]) - np.log(y[y > 0]), -1)
        return outcome.noting(f"Ratio {math.exp(outcome.value.value):.2f}." if outcome.n else "")

    return in_pairs(RATIO, pairs, test, "encoders", "decoders")


@claim(
    10, "Anisotropy is a property of training: from about layer 3 on, trained decoders have more of it than untrained ones.",
    "Is the mean of trained minus untrained above zero, from a tenth of the depth on?", TRAINING, whole=True,
)  # fmt: skip
def training(evidence: Evidence) -> list[Outcome]:
    decoders, metric = evidence.panels("decoder"), evidence.settings.anisotropy
    pairs = [(panel, evidence.twins[panel]) for panel in decoders if panel in evidence.twins]
    alone = [untestable(TRAINING, "no untrained twin").at(panel) for panel in decoders if panel not in evidence.twins]

    def deep(panel: Panel) -> pd.DataFrame:
        curves = evidence.curves(metric, panel)
        return curves[[layer for layer in curves.columns if layer >= FROM_DEPTH * max(curves.columns)]]

    def test(trained: Panel, untrained: Panel) -> Outcome:
        curves = [deep(panel) for panel in (trained, untrained)]
        x, y = matched(*(curve.max(axis=1) for curve in curves))
        mean, other = (curve.mean() for curve in curves)
        if x.empty:
            raise Missing("no text in common")
        peaks = f"{mean.max():.2f} trained (layer {mean.idxmax()}) and {other.max():.2f} untrained (layer {other.idxmax()})"
        over = f"the mean of these layers is {mean.mean():.2f} and {other.mean():.2f}"
        return mean_of(TRAINING, x - y, 1).noting(f"On average over texts the highest is {peaks}; {over}.")

    found = in_pairs(TRAINING, pairs, test, "trained models", "")
    return found + alone or [untestable(TRAINING, "no trained decoder on a corpus of languages")]


@claim(
    13, "Two related decoders show the same patterns of intrinsic dimension and anisotropy.",
    "Are the rank correlations of the two models' curves, on average over languages, above 0.7?",
    PATTERNS.format("intrinsic dimension"), whole=True, dimension=True,
)  # fmt: skip
def same_patterns(evidence: Evidence) -> list[Outcome]:
    pairs, wanted = list(_alike(evidence)), " and ".join(evidence.settings.compare)
    metrics = {"intrinsic dimension": evidence.settings.id, "anisotropy": evidence.settings.anisotropy}
    if not pairs:
        why = f"the models to compare ({wanted}) share no corpus" if wanted else "no two trained decoders have as many layers"
        return [untestable(PATTERNS.format("intrinsic dimension"), f"{why}; name two in figures.compare")]

    def of(what: str, metric: str) -> list[Outcome]:
        def test(one: Panel, other: Panel) -> Outcome:
            each = _rank_correlations(evidence.curves(metric, one), evidence.curves(metric, other))
            return replace(mean_of(PATTERNS.format(what), each, 1, centre=ALIKE), spread=None)

        return in_pairs(PATTERNS.format(what), pairs, test, "decoders", "")

    parts: dict[tuple[str | None, str | None], list[Outcome]] = {}
    for outcome in itertools.chain.from_iterable(of(*metric) for metric in metrics.items()):
        parts.setdefault((outcome.model, outcome.corpus), []).append(outcome)
    return list(map(joint, parts.values()))


def _alike(evidence: Evidence) -> Iterable[Pair]:
    """Return the pairs of models to compare."""
    named = set(evidence.settings.compare)
    for one, other in itertools.combinations(evidence.panels(*("", "") if named else ("decoder", "trained")), 2):
        if one[1] != other[1]:
            continue
        if {one[0], other[0]} <= named if named else evidence.models.at[one, "layers"] == evidence.models.at[other, "layers"]:
            yield one, other


def _rank_correlations(one: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    """Return each language's correlation of two models' curves [text, layer], at the relative depths of the shallower model."""
    layers = min(one.shape[1], other.shape[1])
    if layers < LEAST_LAYERS:
        raise Missing(f"a pattern takes {LEAST_LAYERS} layers after the embedding, and the shallower model has only {layers}")
    texts = one.index.intersection(other.index)
    depths = [np.array(curves.columns, dtype=float) / max(curves.columns) for curves in (one, other)]
    grid = min(depths, key=len)
    read = [
        np.array([np.interp(grid, depth, row) for row in curves.loc[texts].to_numpy(dtype=float)]).reshape(-1, len(grid))
        for depth, curves in zip(depths, (one, other), strict=True)
    ]
    return per_language(pd.Series(np.diag(st.rank_correlations(*read)), index=texts, dtype=float).dropna())


def in_pairs(
    effect: str, pairs: Sequence[Pair], test: Callable[[Panel, Panel], Outcome], firsts: str, seconds: str
) -> list[Outcome]:  # fmt: skip
    """Test each pair of models, or, of a corpus with `LEAST_MODELS` a side, the models.

    Args:
        firsts, seconds: what the models of each side are called; "" for seconds that do not count by themselves: they belong to
            a first each, or are the same models.
    """
    outcomes: list[Outcome] = []
    for corpus in dict.fromkeys(pair[0][1] for pair in pairs):
        found = {
            (one[0], other[0]): replace(
                attempt(effect, test, one, other).at((f"{one[0]} / {other[0]}", corpus)), scope="in this pair of models"
            )
            for one, other in pairs if one[1] == corpus
        }  # fmt: skip
        values = {pair: outcome.value.value for pair, outcome in found.items() if outcome.testable}
        firsts_of, seconds_of = ({pair[side] for pair in values} for side in (0, 1))
        same = firsts_of & seconds_of
        sides = [firsts_of | seconds_of] if same else [firsts_of, seconds_of] if seconds else [firsts_of]
        if min(map(len, sides)) < LEAST_MODELS:
            outcomes += found.values()
            continue
        names = [f"{len(side)} {name}" for side, name in zip(sides, (firsts, seconds), strict=False)]
        first = next(outcome for outcome in found.values() if outcome.testable)
        outcomes.append(_over_models(first, values, sides, " and ".join(names)).at((" / ".join(names), corpus)))
    return outcomes


def _over_models(like: Outcome, values: dict[tuple[str, str], float], sides: list[set[str]], names: str) -> Outcome:
    """Return the outcome of the mean over pairs with the models as units."""
    errors = [
        st.jackknife_error([np.mean([value for pair, value in values.items() if model not in pair]) for model in sorted(side)])
        for side in sides
    ]
    units = min(map(len, sides))
    blank = replace(
        like, value=Interval(float(np.mean(list(values.values())))), n=sum(map(len, sides)), unit="models", families=0,
        scope=f"over {names}", test="jackknife over models",
        note=f"From {min(values.values()):+.2f} to {max(values.values()):+.2f} in {len(values)} pairs of models.",
    )  # fmt: skip
    outcome = decided(blank, math.hypot(*errors), units - 1, units)
    return replace(outcome, spread=like.spread and outcome.spread)
