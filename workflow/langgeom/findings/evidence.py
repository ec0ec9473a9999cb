"""What the tests are made on: the tables, cut to curves over layers and to one value per text.

Words that mean the same in all conclusions: a *curve* is a metric's value at each layer; the value of a text is its median
over the layers after the embedding (`langgeom.analysis.layers`); a *language* is a language with its variant, and its value is
the mean over its scripts if a corpus has it in several.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from langgeom.analysis import Settings, layers, pairs, quality
from langgeom.analysis.layers import DIGITS, NEGLIGIBLE
from langgeom.analysis.rows import PANEL, Panel, by_layer
from langgeom.names import corpora_of_pairs

# From this rank correlation on (half of the variance) one number follows another.
FOLLOWS = 0.7


class Missing(Exception):
    """Something a test needs is not in the tables; the message says what."""


class Divergences(NamedTuple):
    """KL divergences to the reference.

    Attributes:
        values: one series per metric, one value per text.
        over: which layers they summarise, in words.
        n: the least number of sentences behind a value, one per metric.
        counted: says which divergence follows the number of sentences behind it, "" if none does.
        tied: says why they cannot order languages, "" if they can.
    """

    values: list[pd.Series]
    over: str
    n: list[int]
    counted: str
    tied: str


class Evidence:
    """The tables `metrics`, `texts` and `quality`, and the settings. What was asked for once is cached."""

    def __init__(self, metrics: pd.DataFrame, texts: pd.DataFrame, quality: pd.DataFrame, settings: Settings) -> None:
        # A corpus of sentence pairs holds one language in several versions.
        self.pair_corpora = sorted(corpora_of_pairs(metrics["corpus"], metrics["text"]))
        of_pairs = metrics["corpus"].isin(self.pair_corpora)
        self.metrics, self.pairs = metrics[~of_pairs], metrics[of_pairs]
        self.texts, self.quality, self.settings = texts, quality, settings
        self._cache: dict[tuple[str, str], dict[Panel, Any]] = {}

    def with_id(self, metric: str) -> Evidence:
        """Return the same evidence with another metric as intrinsic dimension."""
        other = copy.copy(self)
        other.settings, other._cache = self.settings._replace(id=metric), {}
        return other

    @functools.cached_property
    def models(self) -> pd.DataFrame:
        """Models with values by layer: index (model, corpus), columns `kind`, `init`, `layers` (the last layer's index)."""
        rows = pd.concat([self.metrics, self.pairs])
        grouped = rows[rows["layer"].notna()].groupby(PANEL, sort=True)
        return grouped.agg(kind=("kind", "first"), init=("init", "first"), layers=("layer", "max"))

    def panels(self, kind: str = "", init: str = "trained") -> list[Panel]:
        """Return the (model, corpus) of a kind and init ("" for any) on corpora of languages, in order."""
        models = self.models
        fits = np.ones(len(models), bool)
        for column, wanted in (("kind", kind), ("init", init)):
            if wanted:
                fits &= (models[column] == wanted).to_numpy()
        return [panel for panel in models.index[fits] if panel[1] not in self.pair_corpora]

    @functools.cached_property
    def twins(self) -> dict[Panel, Panel]:
        """The untrained twin of each trained decoder that has one, judged by the rows of anisotropy."""
        rows = by_layer(self.metrics, self.settings.anisotropy)
        rows = rows[rows["kind"] == "decoder"]
        return {trained: twin for trained, twin in pairs.twins(rows) if trained and twin} if len(rows) else {}

    def _of(self, panel: Panel, what: str, metric: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return one panel's part of a table of a metric, made once for all panels."""
        if (what, metric) not in self._cache:
            self._cache[what, metric] = dict(list(make().groupby(PANEL)))
        known = {self.settings.id: "no intrinsic dimension", self.settings.anisotropy: "no anisotropy"}
        if panel not in self._cache[what, metric]:
            raise Missing(known.get(metric, f"{metric} was not measured"))
        return self._cache[what, metric][panel]

    def rows(self, metric: str, panel: Panel) -> pd.DataFrame:
        """Return a metric's rows by layer; of the intrinsic dimension, those from enough points.

        Raises:
            Missing: the model has none on this corpus, as for all that follows.
        """
        least = layers.least_points(metric, self.settings)

        def make() -> pd.DataFrame:
            rows = by_layer(self.metrics, metric)
            return rows[rows["n"].fillna(least) >= least]

        return self._of(panel, "rows", metric, make)

    def medians(self, metric: str, panel: Panel) -> pd.Series:
        """Return a metric's median over the layers after the embedding, by text, of the texts that have one."""
        rows = self._of(
            panel, "medians", metric, lambda: layers.medians(self.metrics, metric, self.settings).dropna(subset="value")
        )
        return rows.set_index("text")["value"]

    def id(self, panel: Panel) -> pd.Series:
        """Return the `medians` of the intrinsic dimension."""
        return self.medians(self.settings.id, panel)

    def curves(self, metric: str, panel: Panel) -> pd.DataFrame:
        """Return a metric's values [text, layer], missing where a text has none."""
        return self.rows(metric, panel).pivot(index="text", columns="layer", values="value")

    def complete_curves(self, metric: str, panel: Panel) -> pd.DataFrame:
        """Return a metric's values [text, layer] after the embedding, of the texts that have one at each of these layers."""
        least = layers.least_points(metric, self.settings)
        rows = self._of(panel, "complete", metric, lambda: layers.complete(by_layer(self.metrics, metric), least))
        return rows.pivot(index="text", columns="layer", values="value")

    def divergences(self, names: Sequence[str], panel: Panel) -> Divergences:
        """Return KL divergences to the reference.

        They are medians over layers, or those of the last layer if the median is below 1e-6 nats for most texts, that is, if
        softmaxes are one-hot (figures 7 and 8 show the last layer of all models if one of them is so). Zeros are left out:
        they have no logarithm. Values are rounded to significant digits. If most texts then share their value with another, the
        softmax of that layer is one-hot too, and ranks would be those of rounding errors.
        """
        values, over = [self.medians(name, panel) for name in names], "median over layers"
        counts = [self.rows(name, panel).groupby("text")["n"].min().astype("float64") for name in names]
        reference = self.settings.reference
        values, counts = ([part.drop(reference, errors="ignore") for part in parts] for parts in (values, counts))
        if any(len(part) and (part < NEGLIGIBLE).mean() > 0.5 for part in values):
            curves = [self.curves(name, panel).drop(index=reference, errors="ignore") for name in names]
            values, over = [part[part.columns.max()].dropna() for part in curves], "last layer"
        values = [layers.resolved(part[part > 0]) for part in values]
        least = [int(n.min()) if len(n) else 0 for n in counts]
        return Divergences(values, over, least, _counted(names, values, counts), _tied(names, values, over))

    def measure(self, name: str, corpus: str) -> pd.Series:
        """Return a measure of the texts of a corpus, by text."""
        rows = self.texts[(self.texts["measure"] == name) & (self.texts["corpus"] == corpus)]
        values = rows.set_index("text")["value"].dropna()
        if values.empty:
            raise Missing(f"{name.replace('_', ' ')} were not measured")
        return values

    def bits(self, panel: Panel) -> pd.Series:
        """Return the bits per character of a model on the texts of a corpus."""
        rows = self.metrics[self.metrics["metric"] == "bpc"]
        rows = rows[(rows["model"] == panel[0]) & (rows["corpus"] == panel[1])]
        values = rows.set_index("text")["value"].dropna()
        if values.empty:
            raise Missing("no bits per character")
        return values

    def quality_of(self, panel: Panel, *, besides_bits: bool = False) -> tuple[pd.Series, str]:
        """Return the quality of a model by text (higher is better), as in figures 5 and 14, and in words what it is.

        Args:
            besides_bits: it is to be compared with bits per character, and so must not be the same.
        """
        wanted = quality.besides_bits(self.settings.quality) if besides_bits else self.settings.quality
        if ("quality", wanted) not in self._cache:
            self._cache["quality", wanted] = dict(quality.choose(self.quality, self.panels(), wanted))
        chosen = self._cache["quality", wanted].get(panel)
        if chosen is None:
            raise Missing("no quality of this model is known: neither MMLU nor retrieval accuracy")
        first, values = chosen.rows.iloc[0], chosen.rows.groupby("text")["value"].mean()
        if first["quality"] == "bpc":
            return -values, "bits per character, sign turned"
        return values, f"MMLU ({first['origin']}, {first['harness']})" if first["quality"] == "mmlu" else "retrieval accuracy"

    def left_out(self, panel: Panel) -> pd.Series:
        """Return the share of points that the intrinsic dimension leaves out as copies, by text: the median over layers."""
        rows = by_layer(self.pairs if panel[1] in self.pair_corpora else self.metrics, self.settings.id)
        rows = rows[(rows["model"] == panel[0]) & (rows["corpus"] == panel[1])]
        dropped, n = (rows[column].astype("float64") for column in ("dropped", "n"))
        shares = layers.median_over_layers(rows.assign(value=dropped / (n + dropped)))
        return shares.set_index("text")["value"].dropna()


def _counted(names: Sequence[str], values: Sequence[pd.Series], counts: Sequence[pd.Series]) -> str:
    """Say which divergence follows the number of sentences behind it, if texts differ in that."""
    parts = []
    for name, part, n in zip(names, values, counts, strict=True):
        r = part.corr(n.reindex(part.index), method="spearman") if n.nunique() > 1 and len(part) > 2 else 0.0
        if abs(r) > FOLLOWS:
            parts.append(f"{name} follows the number of sentences it rests on (rank correlation {r:.2f} over texts)")
    return f"{'; '.join(parts)}: the order may be that of the tokens a text needs." if parts else ""


def _tied(names: Sequence[str], values: Sequence[pd.Series], over: str) -> str:
    """Say which divergence most texts share with another, "" if none is so."""
    for name, part in zip(names, values, strict=True):
        if shared := layers.tied(part):
            return (
                f"softmaxes are one-hot: {name} ({over}) is as in another text, to {DIGITS} digits, in {shared} of {len(part)}"
            )
    return ""
