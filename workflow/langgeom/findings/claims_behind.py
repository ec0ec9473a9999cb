"""C25: what lies behind the distances of languages, a claim published of another model.

Unit: languages, in one model. C25 (Rama, Beinborn & Eger 2020, COLING, arXiv:2011.02070, of mBERT and 100 languages): of the
angles between all pairs of texts by CKA, at the middle one of the layers compared, the coefficient of genealogy in a regression
on language, genealogy, script, geography, resources and tokens (`langgeom.analysis.behind`); claimed above 0. Similarity, layer
and direction were fixed before looking; `language` among the predictors and the rule of the interval came after the default's
texts had been seen, so what the default says of it is no confirmation.
"""

from __future__ import annotations

import numpy as np

from langgeom.analysis.behind import FEWEST, LEAST, behind, families
from langgeom.analysis.pairs import unit_of
from langgeom.analysis.rows import Panel, rows_of
from langgeom.analysis.space import complete_layers
from langgeom.findings.claim import claim
from langgeom.findings.evidence import Evidence, Missing
from langgeom.findings.outcome import Interval, Outcome, too_few, untestable

KIN = "coefficient of genealogy in the regression of distances"


@claim(
    25, "Languages of nearer kin lie nearer to one another, whatever their scripts, places, resources and numbers of tokens.",
    "Is the coefficient of genealogy, beside the others, above zero?", KIN,
)  # fmt: skip
def nearer_kin(evidence: Evidence, panel: Panel) -> Outcome:
    tokens, _ = evidence.of_text("token_premium", panel)
    layers = complete_layers(rows_of(evidence.pairs_of_texts, panel))
    if not layers:
        raise Missing("no three texts were compared with one another")
    layer, texts, rows = layers[(len(layers) - 1) // 2]
    fit, kept = behind(rows, texts, tokens)
    n, f = len({unit_of(text) for text in kept}), len(set(families(kept)))
    few = f"a test needs {LEAST} languages of known resource class, and has only {n}"
    if reason := few if fit.empty else too_few(n, f, "languages"):
        return untestable(KIN, reason, n=n, families=f)
    fits = fit.set_index("predictor")
    if "genealogy" not in fits.index or np.isnan(fits.at["genealogy", "p"]):
        return untestable(KIN, f"under {FEWEST} pairs of texts are of one family", n=n, families=f)
    value, low, high, p, unique, shared = fits.loc["genealogy", ["value", "low", "high", "p", "unique", "shared"]]
    beside = fits.drop("genealogy").dropna().iterrows()
    others = [f"{name} {row['value']:+.2f} [{row['low']:.2f}, {row['high']:.2f}]" for name, row in beside]
    note = (
        f"Layer {layer}. R² of all {fit['r2'][0]:.2f}; lost without genealogy {unique:.2f}, of it alone {unique + shared:.2f}. "
        f"Others: {', '.join(others)}."
    )
    return Outcome(
        KIN, value=Interval(value, low, high), n=n, families=f, test="regression of distances",
        p_for=p if value > 0 else 1.0, p_against=p if value < 0 else 1.0, note=note,
    )  # fmt: skip
