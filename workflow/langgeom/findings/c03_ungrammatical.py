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

from langgeom.figures.frames import by_layer, twins
from langgeom.findings.evidence import Evidence, Panel
from langgeom.findings.outcome import Interval, Outcome, untestable
from langgeom.metrics.catalogue import METRICS
from langgeom.names import WRONG, type_of, type_words

__all__ = ["CLAIM", "ID", "QUESTION", "outcomes"]

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
    rows = evidence.pairs[(evidence.pairs["init"] == "trained") & evidence.pairs["layer"].notna()]
    untrained = _untrained(evidence, metric)
    found = []
    for panel, every in rows.groupby(["model", "corpus"], sort=True):
        mine = every[every["metric"] == metric].dropna(subset=BOUNDS)
        where = (str(panel[0]), str(panel[1]))
        outcome = _of(mine, metric)
        if where in untrained:
            outcome = outcome.noting(_beside(outcome.value, untrained[where]))
        found.append(outcome.at(where))
    return found or [untestable(EFFECT, "no trained model", unit="sentences")]


def _of(rows: pd.DataFrame, metric: str) -> Outcome:
    rows = _after_embedding(rows)
    whole = rows[rows["text"] == WRONG]
    if whole.empty:
        paired = [name.removesuffix("_difference") for name in METRICS if name.endswith("_difference")]
        why = f"{metric} was not measured"
        if metric not in METRICS:
            why = f"there is a paired difference of {' and '.join(paired)} only; set figures.id to one of them"
        return untestable(EFFECT, why, unit="sentences")
    value, n = _interval(whole), int(whole["n"].min())
    if n < LEAST_SENTENCES:
        why = f"only {n} pairs of sentences, fewer than {LEAST_SENTENCES}"
        return untestable(EFFECT, why, unit="sentences", value=value, n=n)
    error = (value.high - value.low) / NINETY_FIVE
    p = _p(value.value, error)
    right = value.value > 0
    return Outcome(
        EFFECT, value=value, shown=Interval(*(_shown(bound, error, n) for bound in value)), n=n, unit="sentences",
        test="normal, standard error of the paired bootstrap over sentences", p_for=p if right else 1.0,
        p_against=1.0 if right else p, detectable=2.8 * error, note=_types(rows),
    )  # fmt: skip


def _after_embedding(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["layer"] > 0] if (rows["layer"] > 0).any() else rows


def _untrained(evidence: Evidence, metric: str) -> dict[Panel, Interval]:
    """Return the effect in the untrained twin of each trained model that has one."""
    rows = by_layer(evidence.pairs, metric).dropna(subset=BOUNDS)
    rows = rows[rows["text"] == WRONG]
    of = dict(list(rows.groupby(["model", "corpus"])))
    return {one: _interval(_after_embedding(of[other])) for one, other in twins(rows) if one and other}


def _beside(trained: Interval, twin: Interval) -> str:
    said = f"The untrained twin: {twin.value:+.2f} [{twin.low:.2f}, {twin.high:.2f}]"
    same = (twin.low > 0 and trained.value > 0) or (twin.high < 0 and trained.value < 0)
    return said + (", so not of training alone." if same else ".")


def _interval(rows: pd.DataFrame) -> Interval:
    return Interval(*map(float, rows[BOUNDS].median()))


def _p(value: float, error: float) -> float:
    if error <= 0:
        return 1.0 if value == 0 else 0.0
    return float(2 * stats.norm.sf(abs(value) / error))


def _shown(value: float, error: float, n: int) -> float:
    """Put a value on the shared axis: its standard deviation over sentences is sqrt(n) standard errors."""
    d = value / (error * math.sqrt(n)) if error > 0 else math.copysign(math.inf, value)
    return d / math.sqrt(1 + d * d) if math.isfinite(d) else math.copysign(1.0, value)


def _types(rows: pd.DataFrame) -> str:
    said = []
    for text, mine in rows.groupby("text", sort=True):
        kind = type_of(str(text))
        if kind:
            value = _interval(mine)
            said.append(f"{type_words(kind).lower()} {value.value:+.2f} [{value.low:+.2f}, {value.high:+.2f}]")
    return f"By error type: {', '.join(said)}." if said else ""
