"""C3: ungrammatical text against its correct version.

Unit: sentences. The metric `{id}_difference` of the text `eng_Latn_wrong` of a corpus of pairs is, at each layer, the
intrinsic dimension of the ungrammatical sentences less that of the correct ones, with a bootstrap interval that draws
both versions of a sentence together. Effect: the median of that difference over the layers after the embedding. Layers of
one text are not independent, so they add no n: the interval is the median of the layers' bounds, which is too wide rather
than too narrow. p: normal, with the standard error of that interval (a quarter of its width, divided by 0.98). Supported:
above zero. The same by error type, and of the untrained twin, is told, not tested.
"""

from __future__ import annotations

import math

import pandas as pd
from scipy import stats

from langgeom.analysis.layers import median_over_layers
from langgeom.analysis.pairs import twins
from langgeom.analysis.rows import PANEL, by_layer
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Interval, Outcome, untestable
from langgeom.metrics.catalogue import METRICS
from langgeom.names import WRONG, type_of, type_words

ID = "C3"
CLAIM = "Ungrammatical text has a higher intrinsic dimension than its correct version."
QUESTION = "Is the difference of ungrammatical less correct, paired over sentences, above zero?"
EFFECT = "intrinsic dimension, ungrammatical less correct"
# Of fewer pairs a bootstrap interval says little.
LEAST_SENTENCES = 20
BOUNDS = ["value", "low", "high"]
NINETY_FIVE = 2 * stats.norm.ppf(0.975)


def outcomes(evidence: Evidence) -> list[Outcome]:
    """Test each trained model on each corpus of pairs."""
    metric = f"{evidence.settings.id}_difference"
    if not evidence.pair_corpora:
        return [untestable(EFFECT, "no corpus of grammatical and ungrammatical sentences", unit="sentences")]
    rows = by_layer(evidence.pairs, metric).dropna(subset=BOUNDS)
    medians = {panel: part.set_index("text") for panel, part in median_over_layers(rows).dropna(subset="value").groupby(PANEL)}
    twin_of = {trained: twin for trained, twin in twins(rows) if trained and twin} if len(rows) else {}
    measured = evidence.pairs[(evidence.pairs["init"] == "trained") & evidence.pairs["layer"].notna()]
    found = []
    for panel in sorted(set(zip(measured["model"], measured["corpus"], strict=True))):
        outcome = _test(medians.get(panel), metric)
        twin = medians.get(twin_of.get(panel, ("", "")))
        if twin is not None and WRONG in twin.index:
            outcome = outcome.noting(_beside(outcome.value, _interval(twin.loc[WRONG])))
        found.append(outcome.at(panel))
    return found or [untestable(EFFECT, "no trained model", unit="sentences")]


def _test(medians: pd.DataFrame | None, metric: str) -> Outcome:
    if medians is None or WRONG not in medians.index:
        paired = [name.removesuffix("_difference") for name in METRICS if name.endswith("_difference")]
        why = f"{metric} was not measured"
        if metric not in METRICS:
            why = f"there is a paired difference of {' and '.join(paired)} only; set figures.id to one of them"
        return untestable(EFFECT, why, unit="sentences")
    value, n = _interval(medians.loc[WRONG]), int(medians.at[WRONG, "n"])
    if n < LEAST_SENTENCES:
        why = f"only {n} pairs of sentences, fewer than {LEAST_SENTENCES}"
        return untestable(EFFECT, why, unit="sentences", value=value, n=n)
    error = (value.high - value.low) / NINETY_FIVE
    p = _p(value.value, error)
    right = value.value > 0
    return Outcome(
        EFFECT, value=value, shown=Interval(*(_shown(bound, error, n) for bound in value)), n=n, unit="sentences",
        test="normal, standard error of the paired bootstrap over sentences", p_for=p if right else 1.0,
        p_against=1.0 if right else p, detectable=2.8 * error, note=_types(medians),
    )  # fmt: skip


def _beside(trained: Interval, twin: Interval) -> str:
    said = f"The untrained twin: {twin.value:+.2f} [{twin.low:.2f}, {twin.high:.2f}]"
    same = (twin.low > 0 and trained.value > 0) or (twin.high < 0 and trained.value < 0)
    return said + (", so not of training alone." if same else ".")


def _interval(row: pd.Series) -> Interval:
    return Interval(*map(float, row[BOUNDS]))


def _p(value: float, error: float) -> float:
    if error <= 0:
        return 1.0 if value == 0 else 0.0
    return float(2 * stats.norm.sf(abs(value) / error))


def _shown(value: float, error: float, n: int) -> float:
    """Put a value on the shared axis: the standard deviation over sentences is sqrt(n) standard errors."""
    d = value / (error * math.sqrt(n)) if error > 0 else math.copysign(math.inf, value)
    return d / math.sqrt(1 + d * d) if math.isfinite(d) else math.copysign(1.0, value)


def _types(medians: pd.DataFrame) -> str:
    said = []
    for text in sorted(text for text in medians.index if type_of(text)):
        value = _interval(medians.loc[text])
        kind = type_words(str(type_of(text))).lower()
        said.append(f"{kind} {value.value:+.2f} [{value.low:+.2f}, {value.high:+.2f}]")
    return f"By error type: {', '.join(said)}." if said else ""
