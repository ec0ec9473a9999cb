"""C10: is anisotropy a property of training.

The study says "high": what is tested is more than untrained, and the note tells at which layers it is high (0.5 or more).

Unit: languages, in each trained decoder with its untrained twin. Of each language, the median anisotropy over the layers
from a tenth of the depth on (the study's layer 3 of 32), trained less untrained. Effect: the mean; test: sign flips over
languages. Supported: above zero. It is a statement on this model and its twin.
"""

from __future__ import annotations

import pandas as pd

from langgeom.analysis.layers import median_over_layers
from langgeom.analysis.pairs import matched
from langgeom.analysis.rows import Panel
from langgeom.findings.evidence import Evidence, Missing
from langgeom.findings.outcome import Outcome, mean_of

ID = "C10"
CLAIM = "Anisotropy is a property of training: from about layer 3 on, trained decoders have more of it than untrained ones."
QUESTION = "Is the mean over languages of trained less untrained above zero, from a tenth of the depth on?"
EFFECT = "anisotropy from a tenth of the depth on, trained less untrained"
KIND = "decoder"
FROM_DEPTH = 0.1
HIGH = 0.5


def test(evidence: Evidence, panel: Panel) -> Outcome:
    if panel not in evidence.twins:
        raise Missing("no untrained twin")
    twin, metric = evidence.twins[panel], evidence.settings.anisotropy
    trained, untrained = evidence.curves(metric, panel), evidence.curves(metric, twin)
    if not {*trained.columns, *untrained.columns} - {0}:
        raise Missing("no layer after the embedding")
    x, y = matched(_deep(evidence, panel), _deep(evidence, twin))
    outcome = mean_of(EFFECT, x - y, 1, evidence.settings.seed)
    if x.empty:
        return outcome
    both = f"trained {_high(trained)}, untrained {_high(untrained)}"
    high = f"Half of the variance or more in one direction, on average over texts: {both}."
    means = f"Trained {x.mean():.2f}, untrained {y.mean():.2f} on average{_from_layer(trained, untrained)}."
    return outcome.noting(means, high)


def _deep(evidence: Evidence, panel: Panel) -> pd.Series:
    rows = evidence.rows(evidence.settings.anisotropy, panel)
    medians = median_over_layers(rows[rows["layer"] >= FROM_DEPTH * rows["layer"].max()])
    return medians.set_index("text")["value"].dropna()


def _high(curves: pd.DataFrame) -> str:
    """Say at which layers the mean over texts is high: "at layers 3-17, 19", "at no layer"."""
    mean = curves.mean()
    layers = sorted(int(layer) for layer in mean.index[mean >= HIGH])
    runs: list[list[int]] = []
    for layer in layers:
        if runs and layer == runs[-1][-1] + 1:
            runs[-1].append(layer)
        else:
            runs.append([layer])
    said = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
    return f"at layer{'s' * (len(layers) > 1)} {said}" if layers else "at no layer"


def _from_layer(trained: pd.DataFrame, untrained: pd.DataFrame) -> str:
    """Say from which layer on, and up to which, all texts are above their untrained twin."""
    texts = trained.index.intersection(untrained.index)
    layers = trained.columns.intersection(untrained.columns)
    above = (trained.loc[texts, layers] > untrained.loc[texts, layers]).all()
    runs = [layer for layer in layers if above[layer]]
    if not runs:
        return "; at no layer is every text above its twin"
    return f"; every text is above its twin at {len(runs)} of {len(layers)} layers, the first of them {runs[0]}"
