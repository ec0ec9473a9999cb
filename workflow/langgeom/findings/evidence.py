"""What the tests are made on: the tables, cut to curves over layers and to one number a language.

Shared definitions, so that all conclusions mean the same by a word: a *curve* is a metric's value at each layer; its
*summary* is the median over the layers after the embedding (index 1 and up); a *language* is a language with its variant,
and where a corpus has it in several scripts its number is the mean over them, since scripts are no further languages.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from langgeom.figures import qualities
from langgeom.figures.frames import DIGITS, NEGLIGIBLE, by_layer, reliable, resolved, tied, twins
from langgeom.figures.settings import Settings as FigureSettings
from langgeom.languages import UNKNOWN, language
from langgeom.names import TextName, corpora_of_pairs

__all__ = ["Divergences", "Evidence", "Panel", "Settings", "family", "matched", "name_of", "per_language", "summary", "unit_of"]

Panel = tuple[str, str]
# From this rank correlation on (half of the variance) one number follows another.
FOLLOWS = 0.7
Values = TypeVar("Values", pd.Series, pd.DataFrame)


class Settings(NamedTuple):
    """Which metrics stand for intrinsic dimension and anisotropy, and what else a user sets.

    `sample` names the texts of the typological sample (all when empty), `reference` the text that KL divergence is
    measured to, `quality` the quality that figures draw, `compare` the two models that C13 compares (decoders of as many
    layers when empty); `seed` seeds the permutations.
    """

    id: str = "id_microscope"
    anisotropy: str = "anisotropy"
    reference: str = "eng_Latn"
    sample: Sequence[str] = ()
    quality: str = "auto"
    compare: Sequence[str] = ()
    seed: int = 0

    @classmethod
    def of(cls, figures: Mapping[str, Any], reference: str, seed: int) -> Settings:
        """Take from the settings of figures those that the tests share."""
        return cls(reference=reference, seed=seed, **{key: figures[key] for key in cls._fields if key in figures})


def unit_of(text: str) -> str:
    """Return the language of a text, with its variant if it has one: what counts as one."""
    name = TextName.parse(text)
    return name.lang + (f"_{name.variant}" if name.variant else "")


def name_of(unit: str) -> str:
    """Return the English name of a language that `unit_of` gave."""
    lang, _, variant = unit.partition("_")
    return language(lang).name + (f" ({variant})" if variant else "")


def family(unit: str) -> str:
    """Return the family of a language; one whose family is not known is a family of its own."""
    found = language(unit.partition("_")[0]).family
    return found if found != UNKNOWN else unit


def summary(curves: pd.DataFrame) -> pd.Series:
    """Return the median over the layers after the embedding of each row; of the embedding where there is no other."""
    after = curves.loc[:, [layer for layer in curves.columns if layer > 0]]
    return (after if after.shape[1] else curves).median(axis=1).dropna()


def per_language(values: Values) -> Values:
    """Average the rows (index: texts) of each language."""
    return values.groupby([unit_of(str(text)) for text in values.index]).mean()


def matched(x: pd.Series, y: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Keep the texts that both have, then average each over the texts of a language."""
    x, y = x[x.index.isin(y.index)], y[y.index.isin(x.index)]
    return per_language(x), per_language(y)


class Divergences(NamedTuple):
    """KL divergences to the reference, one a text: one series a metric, and how they came about.

    `over` says in words over which layers they were summed up; `n` holds on how many sentences each rests at least, one a
    metric; `counted` says where a divergence follows the number of sentences it rests on; `tied` says why they cannot order
    languages, "" where they can.
    """

    values: list[pd.Series]
    over: str
    n: list[int]
    counted: str
    tied: str


class Evidence:
    """The tables `metrics`, `texts` and `quality`, and the settings; what was asked for once is kept."""

    def __init__(self, metrics: pd.DataFrame, texts: pd.DataFrame, quality: pd.DataFrame, settings: Settings) -> None:
        # A corpus of grammatical pairs holds one language in several versions.
        self.pair_corpora = sorted(corpora_of_pairs(metrics["corpus"], metrics["text"]))
        apart = metrics["corpus"].isin(self.pair_corpora)
        self.metrics, self.pairs = metrics[~apart], metrics[apart]
        self.texts, self.quality, self.settings = texts, quality, settings
        self._curves: dict[str, Mapping[Panel, pd.DataFrame]] = {}
        self._chosen: dict[str, Mapping[Panel, qualities.Quality]] = {}

    def with_id(self, metric: str) -> Evidence:
        """Return the same where another metric stands for the intrinsic dimension."""
        other = copy.copy(self)
        other.settings, other._curves = self.settings._replace(id=metric), {}
        return other

    @functools.cached_property
    def models(self) -> pd.DataFrame:
        """Models with values by layer: index (model, corpus), columns `kind`, `init`, `layers` (the last layer's index)."""
        rows = pd.concat([self.metrics, self.pairs])
        rows = rows[rows["layer"].notna()]
        grouped = rows.groupby(["model", "corpus"], sort=True)
        return grouped.agg(kind=("kind", "first"), init=("init", "first"), layers=("layer", "max"))

    def panels(self, kind: str = "", init: str = "trained") -> list[Panel]:
        """Return the (model, corpus) of a kind and init ("" for any) on corpora of languages, in order."""
        models = self.models
        fits = np.ones(len(models), bool)
        for column, wanted in (("kind", kind), ("init", init)):
            if wanted:
                fits &= (models[column] == wanted).to_numpy()
        return [panel for panel in models.index[fits] if panel[1] not in self.pair_corpora]

    def curves(self, metric: str) -> Mapping[Panel, pd.DataFrame]:
        """Return, for each (model, corpus), a metric's values [text, layer]; too few points for an ID leave no value."""
        if metric not in self._curves:
            rows = by_layer(self.metrics, metric)
            if metric == self.settings.id:
                rows, _ = reliable(rows)
            found = {}
            for panel, mine in rows.groupby(["model", "corpus"], sort=True):
                found[panel] = mine.pivot(index="text", columns="layer", values="value")
            self._curves[metric] = found
        return self._curves[metric]

    def id(self, panel: Panel) -> pd.DataFrame | None:
        """Return the intrinsic dimension [text, layer] of a model on a corpus, None where there is none."""
        return self.curves(self.settings.id).get(panel)

    def anisotropy(self, panel: Panel) -> pd.DataFrame | None:
        """Return the anisotropy [text, layer] of a model on a corpus, None where there is none."""
        return self.curves(self.settings.anisotropy).get(panel)

    def divergences(self, names: Sequence[str], panel: Panel) -> Divergences | None:
        """Return KL divergences to the reference, None if a metric lacks.

        The last layer stands for the model where the median over layers is below 1e-6 nats for most texts, that is, where
        softmaxes are one-hot (figures 7 and 8 show the last layer of all models where one of them is so). Values of zero are
        left out: they have no logarithm. Values are rounded to the digits that mean something; where after that most texts
        share theirs with another, the softmax of that layer is one-hot too, and what would be ranked is rounding.
        """
        curves = [self.curves(name).get(panel) for name in names]
        if any(values is None for values in curves):
            return None
        others = [values.drop(index=self.settings.reference, errors="ignore") for values in curves if values is not None]
        found, over = [summary(values) for values in others], "median over layers"
        if any(len(values) and (values < NEGLIGIBLE).mean() > 0.5 for values in found):
            found, over = [values[values.columns.max()].dropna() for values in others], "last layer"
        found = [resolved(values[values > 0]) for values in found]
        counts = [self._sentences(name, panel) for name in names]
        least = [int(n.min()) if len(n) else 0 for n in counts]
        return Divergences(found, over, least, _counted(names, found, counts), _tied(names, found, over))

    def _sentences(self, metric: str, panel: Panel) -> pd.Series:
        """Return on how many sentences a metric of a panel rests, by text."""
        rows = by_layer(self.metrics, metric)
        rows = rows[(rows["model"] == panel[0]) & (rows["corpus"] == panel[1]) & (rows["text"] != self.settings.reference)]
        return rows.groupby("text")["n"].min().astype("float64")

    def twins(self) -> list[tuple[Panel, Panel]]:
        """Return (trained, untrained twin) of the decoders that have both, by their anisotropy."""
        rows = by_layer(self.metrics, self.settings.anisotropy)
        rows = rows[rows["kind"] == "decoder"]
        if rows.empty:
            return []
        return [(one, other) for one, other in twins(rows) if one and other]

    def measure(self, name: str, corpus: str) -> pd.Series:
        """Return a measure of the texts of a corpus, by text."""
        of = (self.texts["measure"] == name) & (self.texts["corpus"] == corpus)
        return self.texts[of].set_index("text")["value"].dropna()

    def bits(self, panel: Panel) -> pd.Series:
        """Return the bits per character of a model on the texts of a corpus."""
        rows = self.metrics[self.metrics["metric"] == "bpc"]
        rows = rows[(rows["model"] == panel[0]) & (rows["corpus"] == panel[1])]
        return rows.set_index("text")["value"].dropna()

    def quality_of(self, panel: Panel, *, but_bits: bool = False) -> tuple[pd.Series, str]:
        """Return how good a model is, one a text (higher is better), and in words what that is; empty where not known.

        It is the quality that figures 5 and 14 show: MMLU scores of one origin and harness for all models, else retrieval
        accuracy, or what `figures.quality` names; bits per character with their sign turned.

        Args:
            but_bits: bits per character are not wanted, since they are what quality is compared with.
        """
        wanted = "auto" if but_bits and self.settings.quality == "bpc" else self.settings.quality
        if wanted not in self._chosen:
            self._chosen[wanted] = qualities.choose(self.quality, self.panels(), FigureSettings(quality=wanted))
        found = self._chosen[wanted].get(panel)
        if found is None:
            return pd.Series(dtype=float), "quality"
        first, values = found.rows.iloc[0], found.rows.groupby("text")["value"].mean()
        if first["quality"] == "bpc":
            return -values, "bits per character, sign turned"
        return values, f"MMLU ({first['origin']}, {first['harness']})" if first["quality"] == "mmlu" else "retrieval accuracy"

    def left_out(self, panel: Panel) -> pd.Series:
        """Return the share of points that the intrinsic dimension left out as copies: one a text, median after layer 0."""
        rows = by_layer(self.pairs if panel[1] in self.pair_corpora else self.metrics, self.settings.id)
        rows = rows[(rows["model"] == panel[0]) & (rows["corpus"] == panel[1]) & (rows["layer"] > 0)]
        dropped, n = (rows[column].astype("float64") for column in ("dropped", "n"))
        return (dropped / (n + dropped)).groupby(rows["text"]).median().dropna()

    def two_scripts(self, texts: Iterable[str]) -> list[tuple[str, str, str]]:
        """Return (language, its text in Latin script, its text in Arabic script) of languages that have both."""
        found: dict[str, dict[str, str]] = {}
        for text in texts:
            found.setdefault(unit_of(text), {})[TextName.parse(text).script] = text
        return [(unit, of["Latn"], of["Arab"]) for unit, of in sorted(found.items()) if {"Latn", "Arab"} <= of.keys()]

    def related(self, texts: Iterable[str]) -> list[tuple[str, str, str]]:
        """Return (high-resource language, its text, the text of a low-resource relative), both in one script."""
        texts = sorted(texts)
        found = []
        for low in texts:
            name = TextName.parse(low)
            for high in language(name.lang).related:
                same = [text for text in texts if TextName.parse(text)[:2] == (high, name.script)]
                if same:
                    found.append((high, same[0], low))
                    break
        return found


def _counted(names: Sequence[str], found: Sequence[pd.Series], counts: Sequence[pd.Series]) -> str:
    """Say which divergence follows the number of sentences it rests on, where texts differ in that."""
    said = []
    for name, values, n in zip(names, found, counts, strict=True):
        r = values.corr(n.reindex(values.index), method="spearman") if n.nunique() > 1 and len(values) > 2 else 0.0
        if abs(r) > FOLLOWS:
            said.append(f"{name} follows the number of sentences it rests on (rank correlation {r:.2f} over texts)")
    return f"{'; '.join(said)}: the order may be that of the tokens a text needs." if said else ""


def _tied(names: Sequence[str], found: Sequence[pd.Series], over: str) -> str:
    """Say which divergence most texts share with another, "" where none is so."""
    for name, values in zip(names, found, strict=True):
        if most := tied(values):
            return (
                f"softmaxes are one-hot: {name} ({over}) is as in another text, to {DIGITS} digits, in {most} of {len(values)}"
            )
    return ""
