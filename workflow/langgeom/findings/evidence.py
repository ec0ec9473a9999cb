"""What the tests are made on: the tables, cut to curves over layers and to one value per text.

Words that mean the same in all claims: a *curve* is a metric's value at each layer; the value of a text is its median over the
layers after the embedding (`langgeom.analysis.layers`); a *language* is a language with its variant, and its value is the mean
over its scripts if a corpus has it in several. Texts that `langgeom.analysis.rows.left_out` names take no part.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from langgeom.analysis import Settings, layers, pairs, quality
from langgeom.analysis import statistics as st
from langgeom.analysis.rows import PANEL, Panel, by_layer, comparable, left_out, of_languages
from langgeom.names import corpora_of_pairs

# Half the width of a 95 % interval, in standard errors.
NORMAL = 1.959963984540054


class Missing(Exception):
    """Something a test needs is not in the tables; the message says what."""


class Evidence:
    """The tables `metrics`, `texts`, `quality` and `pairs`, and the settings. What was asked for once is cached.

    Methods that take a (model, corpus) raise `Missing` where it lacks what they return.
    """

    def __init__(
        self, metrics: pd.DataFrame, texts: pd.DataFrame, quality: pd.DataFrame, pairs: pd.DataFrame, settings: Settings
    ) -> None:
        # A corpus of sentence pairs holds one language in several versions.
        self.pair_corpora = sorted(corpora_of_pairs(metrics["corpus"], metrics["text"]))
        self.pairs = metrics[metrics["corpus"].isin(self.pair_corpora)]
        self.metrics, self.left_out = comparable(metrics, settings.reference), left_out(metrics, settings.reference)
        self.texts, self.quality, self.pairs_of_texts, self.settings = texts, quality, of_languages(pairs), settings
        self._with_twins = comparable(metrics, settings.reference, made=True)
        self._cache: dict[tuple[str, str], dict[Panel, Any]] = {}

    def with_id(self, metric: str) -> Evidence:
        """Return the same evidence with another metric as intrinsic dimension."""
        other = copy.copy(self)
        other.settings, other._cache = self.settings._replace(id=metric), {}
        return other

    def with_twins(self) -> Evidence:
        """Return the same evidence with the texts that were made from others, which take no part elsewhere."""
        other = copy.copy(self)
        other.metrics, other._cache = self._with_twins, {}
        return other

    @property
    def difference(self) -> str:
        """The metric of pairs of sentences that belongs to the intrinsic dimension."""
        return f"{self.settings.id.removesuffix('_distinct')}_difference"

    @functools.cached_property
    def measured(self) -> set[str]:
        """The metrics that the tables hold."""
        return {*self.metrics["metric"].unique(), *self.pairs["metric"].unique()}

    @functools.cached_property
    def models(self) -> pd.DataFrame:
        """Models with values by layer: index (model, corpus), columns `kind`, `init`, `layers` (the last layer's index)."""
        grouped = self.metrics[self.metrics["layer"].notna()].groupby(PANEL, sort=True)
        return grouped.agg(kind=("kind", "first"), init=("init", "first"), layers=("layer", "max"))

    def panels(self, kind: str = "", init: str = "trained") -> list[Panel]:
        """Return the (model, corpus) of a kind and init ("" for any) on corpora of languages, in order."""
        return [panel for panel, has in zip(self.models.index, self.models.itertuples(), strict=True)
                if kind in ("", has.kind) and init in ("", has.init)]  # fmt: skip

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
        known = {self.settings.anisotropy: "no anisotropy", "bpc": "no bits per character"} | {
            self.settings.id: "no intrinsic dimension"
        }
        if panel not in self._cache[what, metric]:
            raise Missing(known.get(metric, f"{metric} was not measured"))
        return self._cache[what, metric][panel]

    def medians(self, metric: str, panel: Panel, column: str = "value") -> pd.Series:
        """Return the median over the layers after the embedding of a metric (or of another of its columns), by text."""

        def make() -> pd.DataFrame:
            table = self.metrics[self.metrics["metric"] == metric]
            return layers.medians(table.assign(value=table[column]), metric, self.settings).dropna(subset="value")

        return self._of(panel, f"median {column}", metric, make).set_index("text")["value"]

    def id(self, panel: Panel) -> pd.Series:
        """Return the `medians` of the intrinsic dimension."""
        return self.medians(self.settings.id, panel)

    def reliability_of_id(self, panel: Panel) -> float:
        """Return the reliability of the intrinsic dimension over languages, from its two halves; 1 where there are none."""
        try:
            one, other = pairs.matched(*(self.medians(self.settings.id, panel, half) for half in ("half_a", "half_b")))
        except Missing:
            return 1.0
        return st.split_half(float(one.corr(other, method="spearman"))) if len(one) > 2 else 1.0

    def curves(self, metric: str, panel: Panel, column: str = "value") -> pd.DataFrame:
        """Return a metric (or another of its columns) [text, layer] after the embedding, of texts that lack no layer."""
        least = layers.least_points(metric, self.settings)
        after = f"{column} after the embedding"
        return self._wide(panel, after, metric, column, lambda rows: layers.complete(rows, least)).dropna()

    def all_layers(self, metric: str, panel: Panel) -> pd.DataFrame:
        """Return a metric's values [text, layer] at every layer, missing where a text has none."""
        return self._wide(panel, "all layers", metric, "value", lambda rows: rows)

    def _wide(
        self, panel: Panel, what: str, metric: str, column: str, cut: Callable[[pd.DataFrame], pd.DataFrame]
    ) -> pd.DataFrame:
        def make() -> pd.DataFrame:
            rows = cut(by_layer(self.metrics, metric))
            return rows.pivot(index=[*PANEL, "text"], columns="layer", values=column).reset_index()

        return self._of(panel, what, metric, make).drop(columns=PANEL).set_index("text").dropna(axis=1, how="all")

    def divergences(self, names: Sequence[str], panel: Panel) -> list[pd.Series]:
        """Return the `medians` of KL divergences to the reference, without the reference, rounded to significant digits.

        `Missing` where most are below 1e-6 nats or as in another text: softmaxes are one-hot, ranks those of rounding errors.
        """
        found = []
        for name in names:
            values = self.medians(name, panel).drop(self.settings.reference, errors="ignore")
            rounded = layers.resolved(values[values > 0])
            alike = max(layers.tied(rounded), int((values < layers.NEGLIGIBLE).sum()))
            if alike > len(values) / 2:
                raise Missing(f"softmaxes are one-hot: {name} is zero or as in another text in {alike} of {len(values)} texts")
            found.append(rounded)
        return found

    def measure(self, name: str, corpus: str) -> tuple[pd.Series, float]:
        """Return a measure of the texts of a corpus, by text, and its reliability."""
        rows = self.texts[(self.texts["measure"] == name) & (self.texts["corpus"] == corpus)].dropna(subset="value")
        if rows.empty:
            raise Missing(f"{name.replace('_', ' ')} were not measured")
        return rows.set_index("text")["value"], reliability(rows)

    def of_text(self, metric: str, panel: Panel) -> tuple[pd.Series, float]:
        """Return a metric of whole texts, such as bits per character, by text, and its reliability."""
        named = self.metrics["metric"] == metric
        rows = self._of(panel, "text", metric, lambda: self.metrics[named].dropna(subset="value"))
        return rows.set_index("text")["value"], reliability(rows)

    def quality_of(self, panel: Panel, *, besides_bits: bool = False) -> tuple[pd.Series, str, pd.DataFrame]:
        """Return the quality of a model by text (higher is better), as in figures 5 and 14, what it is, and its rows.

        Args:
            besides_bits: it is to be compared with bits per character, and so must not be the same.
        """
        wanted = quality.besides_bits(self.settings.quality) if besides_bits else self.settings.quality
        if ("quality", wanted) not in self._cache:
            self._cache["quality", wanted] = dict(quality.choose(self.quality, self.panels(), wanted))
        chosen = self._cache["quality", wanted].get(panel)
        if chosen is None:
            raise Missing("no quality of this model is known: neither MMLU nor how well it finds translations")
        rows, values = chosen.rows, chosen.rows.groupby("text")["value"].mean()
        first, n = rows.iloc[0], rows["n"].median()
        words = {
            "bpc": "bits per character, sign turned",
            "mmlu": f"MMLU ({first['origin']}, {first['harness']})",
            "retrieval": f"retrieval among {n:.0f} sentences",
            "reciprocal_rank": f"the mean reciprocal rank of translations among {n:.0f} sentences",
        }
        return -values if first["quality"] == "bpc" else values, words[first["quality"]], rows

    def copies(self, panel: Panel) -> pd.Series:
        """Return the share of points that the intrinsic dimension leaves out as copies, by text: the median over layers."""

        def make() -> pd.DataFrame:
            rows = by_layer(self.metrics, self.settings.id)
            dropped, n = (rows[column].astype("float64") for column in ("dropped", "n"))
            return layers.median_over_layers(rows.assign(value=dropped / (n + dropped)))

        return self._of(panel, "copies", self.settings.id, make).set_index("text")["value"].dropna()


def reliability(rows: pd.DataFrame) -> float:
    """Return the reliability of numbers with 95 % intervals: the share of their variance that is not error; 1 without any."""
    error = np.square((rows["high"] - rows["low"]) / (2 * NORMAL)).mean()
    variance = rows["value"].var()
    return max(0.0, 1 - error / variance) if variance > 0 and error > 0 else 1.0
