"""Pairs: a model and its untrained twin, a text and its relative, one language in two scripts; and texts by language."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TypeVar

import pandas as pd

from langgeom.analysis.rows import Panel, panels
from langgeom.languages import UNKNOWN, language
from langgeom.names import TextName, made_from

Values = TypeVar("Values", pd.Series, pd.DataFrame)


def twins(rows: pd.DataFrame) -> list[tuple[Panel | None, Panel | None]]:
    """Pair every trained (model, corpus) with its untrained twin: (trained, untrained), None where one is missing.

    The table does not say whose twin a model is. The twin is the untrained model on the same corpus, of the same kind and
    number of layers, whose name begins with the trained model's name and with no longer name of such a model
    ("bert-base-multilingual-untrained" is not the twin of "bert-base").
    """
    shape = rows.groupby("model").agg(kind=("kind", "first"), init=("init", "first"), layers=("layer", "max"))
    every = panels(rows)
    left = [panel for panel in every if shape.at[panel[0], "init"] == "untrained"]
    trained = [model for model in shape.index if shape.at[model, "init"] != "untrained"]
    pairs: list[tuple[Panel | None, Panel | None]] = []
    for model, corpus in (panel for panel in every if panel[0] in trained):
        candidates = [(name, where) for name, where in left if where == corpus and _trained_name(name, trained, shape) == model]
        twin = min(candidates, key=lambda panel: len(panel[0]), default=None)
        if twin:
            left.remove(twin)
        pairs.append(((model, corpus), twin))
    return pairs + [(None, panel) for panel in left]


def _trained_name(untrained: str, trained: list[str], shape: pd.DataFrame) -> str | None:
    """Return the longest name of a trained model of the same shape that an untrained model's name begins with."""
    same = shape.loc[untrained, ["kind", "layers"]]
    names = [model for model in trained if untrained.startswith(model) and (shape.loc[model, ["kind", "layers"]] == same).all()]
    return max(names, key=len, default=None)


def two_scripts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of texts whose language (and variant) the rows hold in two scripts or more."""
    texts = rows["text"].unique()
    units = pd.Series([unit_of(text) for text in texts], index=texts)
    return rows[rows["text"].isin(units.index[units.duplicated(keep=False)])].reset_index(drop=True)


def latin_and_arabic(texts: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return (language, text in Latin script, text in Arabic script) of the languages that have both."""
    scripts: dict[str, dict[str, str]] = {}
    for text in texts:
        scripts.setdefault(unit_of(text), {})[TextName.parse(text).script] = text
    return [(unit, by["Latn"], by["Arab"]) for unit, by in sorted(scripts.items()) if {"Latn", "Arab"} <= by.keys()]


def script_twins(texts: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return (language, text in Latin script, text in another) of each twin and the text that it was made from."""
    there, found = set(texts), []
    for text in sorted(there):
        source = made_from(text)
        if source in there and source is not None:
            latin, other = sorted((text, source), key=lambda one: TextName.parse(one).script != "Latn")
            if (TextName.parse(latin).script == "Latn") != (TextName.parse(other).script == "Latn"):
                found.append((unit_of(text), latin, other))
    return found


def related_texts(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Pair texts of low-resource languages with texts of their high-resource relatives in the same script.

    Of a language's variants the standard variety is taken. A pair in two scripts does not count, since script has an effect of
    its own.

    Returns:
        (low, high) names of texts, by the relative's name and then by the low-resource language's.
    """
    plain: dict[tuple[str, str], str] = {}
    for text in sorted(texts, key=lambda text: (TextName.parse(text).variant, text)):
        name = TextName.parse(text)
        plain.setdefault((name.lang, name.script), text)
    pairs = [
        (text, plain[relative, script])
        for (lang, script), text in plain.items()
        for relative in language(lang).related
        if (relative, script) in plain
    ]
    return sorted(pairs, key=lambda pair: (name_of(unit_of(pair[1])), name_of(unit_of(pair[0])), pair))


def unit_of(text: str) -> str:
    """Return the language of a text, with its variant if it has one: what counts as one language."""
    name = TextName.parse(text)
    return name.lang + (f"_{name.variant}" if name.variant else "")


def name_of(unit: str) -> str:
    """Return the English name of a language from `unit_of`."""
    lang, _, variant = unit.partition("_")
    return language(lang).name + (f" ({variant})" if variant else "")


def family_of(unit: str) -> str:
    """Return the family of a language from `unit_of`; a language of unknown family is a family of its own."""
    family = language(unit.partition("_")[0]).family
    return family if family != UNKNOWN else unit


def per_language(values: Values) -> Values:
    """Average the rows (index: texts) of each language."""
    return _averaged(values, [unit_of(str(text)) for text in values.index])


def per_family(values: Values) -> Values:
    """Average the rows (index: languages) of each family."""
    return _averaged(values, [family_of(str(unit)) for unit in values.index])


def _averaged(values: Values, groups: list[str]) -> Values:
    # Where each group has one row, this takes a tenth of the time.
    return values.set_axis(groups) if len(set(groups)) == len(groups) else values.groupby(groups).mean()


def matched(*numbers: pd.Series) -> list[pd.Series]:
    """Keep the texts that all have (index: texts), then average over the texts of each language."""
    texts = functools.reduce(pd.Index.intersection, (some.index for some in numbers))
    return [per_language(some[some.index.isin(texts)]) for some in numbers]
