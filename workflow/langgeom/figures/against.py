"""One number against another, a point a text: quality (figure 5), bits per character (14), morphology and resources (4)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition, footnote
from langgeom.analysis.layers import MEDIAN, medians
from langgeom.analysis.pairs import related_texts
from langgeom.analysis.quality import Quality, besides_bits, bits, chance, choose, quality_note
from langgeom.analysis.rows import LEAST, by_layer, comparable, main_models, panels, rows_of, title_of
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, Nothing
from langgeom.figures.page import Panel, in_rows, noted, page
from langgeom.figures.points import FIT, Dots, Points, apart, families_of, paired, verdict
from langgeom.figures.style import DARK, FAMILY, Look
from langgeom.languages import label

SOURCE = ["quality", "origin", "harness"]
ENDS = ["x", "x_low", "x_high", "y", "low", "high"]
MEASURE = "morphemes_per_word"
LOOKS = {"low-resource": Look(DARK, "o"), "high-resource": Look(DARK, "s")}


@figure("id_quality", alias="fig05", title="Intrinsic dimension and quality", metrics=("id",), findings=("C6",),
        tables=("metrics", "quality", "findings"))  # fmt: skip
def id_quality(
    about: Figure, metrics: pd.DataFrame, quality: pd.DataFrame, findings: pd.DataFrame, settings: Settings
) -> Drawing:
    """Intrinsic dimension of each language, the median over layers, against the model's quality in that language.
    Is a model better in languages whose intrinsic dimension is lower?
    """
    absent, metrics = apart(metrics, settings), comparable(metrics, settings.reference)
    rows = main_models(by_layer(metrics, settings.id))
    dimensions, chosen = medians(metrics, settings.id, settings), choose(quality, panels(rows), settings.quality)
    points = {place: paired(shown.rows, rows_of(dimensions, place)) for place, shown in chosen.items()}
    points = {place: pairs for place, pairs in points.items() if len(pairs)}
    if not points:
        wanted = "quality" if settings.quality == "auto" else f"quality '{settings.quality}'"
        raise Nothing(f"no language has '{settings.id}' and a {wanted}; add retrieval to metrics.aligned, or `published`.")
    looks, legend = families_of([text for pairs in points.values() for text in pairs["text"]])
    cells = [
        Points(rows=pairs, title=title_of(place, rows), x=_axis(chosen[place]), y=f"{definition(settings.id).axis},\n{MEDIAN}",
               looks=looks, reference=settings.reference, verdict=verdict(findings, "C6", place),
               chance=_chance("x", chosen[place]))
        for place, pairs in points.items()
    ]  # fmt: skip
    every = pd.concat([
        pairs.assign(model=place[0], corpus=place[1], **chosen[place].rows.iloc[0][SOURCE]) for place, pairs in points.items()
    ], ignore_index=True)[["model", "corpus", "text", *SOURCE, *ENDS]]  # fmt: skip
    note = noted(every, definition(settings.id).sentence, quality_note(chosen[place] for place in points), FIT,
                 "Thin bars: 95 % intervals of the quality.", absent)  # fmt: skip
    return Drawing(page(about.title, note, in_rows(cells), 4.0, legend, FAMILY), every)


def _chance(axis: str, shown: Quality) -> tuple[str, float] | None:
    """Return the quality of a model that guesses, for `Points`; None where there is none."""
    level = chance(shown.rows["quality"].iloc[0], float(shown.rows["n"].fillna(1).median()))
    return None if np.isnan(level) else (axis, level)


def _axis(shown: Quality) -> str:
    return shown.axis + " (dashed: chance)" * (_chance("x", shown) is not None)


@figure("bpc_quality", alias="fig14", title="Bits per character, quality and intrinsic dimension", metrics=("bpc", "id"),
        findings=("C14",), tables=("metrics", "quality", "findings"))  # fmt: skip
def bpc_quality(
    about: Figure, metrics: pd.DataFrame, quality: pd.DataFrame, findings: pd.DataFrame, settings: Settings
) -> Drawing:
    """Bits per character of each language against the model's quality in it (left) and its intrinsic dimension (right).
    Does a text that the model predicts well also have the lower dimension, and is the model better in its language?
    """
    absent, metrics = apart(metrics, settings), comparable(metrics, settings.reference)
    rows = main_models(by_layer(metrics, settings.id))
    dimensions, chosen = medians(metrics, settings.id, settings), choose(quality, panels(rows), besides_bits(settings.quality))
    grid, drawn = list[list[Panel | None]](), []
    for place in panels(rows):
        across, shown, line = bits(quality, place), chosen.get(place), list[Panel | None]([None, None])
        ups = [(_axis(shown), str(shown.rows["quality"].iloc[0]), shown.rows)] if shown else []
        ups += [(f"{definition(settings.id).axis},\n{MEDIAN}", settings.id, rows_of(dimensions, place))]
        for axis, against, up in ups if across else []:
            pairs, of_dimension = paired(across.rows, up), against == settings.id  # type: ignore[union-attr]
            if len(pairs):
                drawn.append(pairs.assign(model=place[0], corpus=place[1], against=against))
                line[of_dimension] = Points(
                    rows=pairs, title=title_of(place, rows), x="Bits per character (not comparable across scripts)", y=axis,
                    reference=settings.reference, verdict=verdict(findings, "C14", place, of_dimension),
                    chance=_chance("y", shown) if shown and not of_dimension else None,
                )  # fmt: skip
        grid.append(line)
    if not drawn:
        raise Nothing(f"no trained model has bits per character and '{settings.id}'; add bpc to metrics.text and a decoder.")
    every = pd.concat(drawn, ignore_index=True)[["model", "corpus", "against", "text", *ENDS]]
    looks, legend = families_of(list(every["text"]))
    for panel in (panel for line in grid for panel in line if isinstance(panel, Points)):
        panel.looks = looks
    note = noted(
        every, "Bits per character: summed loss over summed characters; a character holds more in some scripts than in others.",
        quality_note(chosen.values()), definition(settings.id).sentence, FIT,
        "Thin bars: 95 % intervals over sentences or documents.", absent,
    )  # fmt: skip
    return Drawing(page(about.title, note, grid, 4.2, legend, FAMILY), every)


@figure("id_morphology", alias="fig04", title="Intrinsic dimension, morphology and resources", metrics=("id",),
        findings=("C4", "C5"), tables=("metrics", "texts", "findings"))  # fmt: skip
def id_morphology(
    about: Figure, metrics: pd.DataFrame, texts: pd.DataFrame, findings: pd.DataFrame, settings: Settings
) -> Drawing:
    """Intrinsic dimension, the median over layers, against morphemes per word (above), and in pairs of closely related
    languages of which one has few resources (below). Does the dimension go with either?
    """
    absent, metrics = apart(metrics, settings), comparable(metrics, settings.reference)
    values = main_models(medians(metrics, settings.id, settings))
    values = values[values["corpus"].isin(texts["corpus"])].dropna(subset="value")
    if values.empty:
        raise Nothing(f"no text of the languages has '{settings.id}' from {LEAST} points or more in every layer.")
    known = texts[(texts["measure"] == MEASURE) & np.isfinite(texts["value"])]
    points = {place: paired(rows_of(known.assign(model=place[0]), place), rows_of(values, place)) for place in panels(values)}
    pairs, shown = _pairs(values), list(values["text"].unique())
    looks, legend = families_of([text for rows in points.values() for text in rows["text"]])
    if not looks and pairs.empty:
        raise Nothing(f"no text has '{MEASURE}', which needs spaces between words, and no two texts are of related languages.")
    names = {pair: " – ".join(label(text, shown) for text in pair.split()) for pair in dict.fromkeys(pairs["at"])}
    axis, grid = f"{definition(settings.id).axis},\n{MEDIAN}", list[list[Panel]]()
    for block in in_rows(panels(values)):
        grid.append([
            Points(rows=points[place], title=title_of(place, values), x="Morphemes per word (Morfessor)", y=axis, looks=looks,
                   reference=settings.reference, verdict=verdict(findings, "C4", place))
            for place in block
        ])  # fmt: skip
        grid.append([
            Dots(rows=rows_of(pairs, place), title=f"{title_of(place, values)}\n{verdict(findings, 'C5', place)}", x=axis,
                 order=list(names)[::-1], names=names, looks=LOOKS, height=0.22 * len(names) + 0.2, joined=True)
            for place in block
        ])  # fmt: skip
    legend += [LOOKS[name].handle(name, ls="", mfc="white" if "low" in name else DARK) for name in LOOKS if len(pairs)]
    wordless = len(shown) - len({text for rows in points.values() for text in rows["text"]})
    note = noted(values, footnote(
        settings.id, values, "", f"Each value is the {MEDIAN}; it has no interval, since layers share their sentences.",
        "Morphemes: morphs of Morfessor Baseline, trained on the text's own words; bars: 95 % intervals over sentences or "
        f"documents, the model kept. {FIT}", f"Not above: {wordless} texts, for want of spaces between words." * bool(wordless),
        "A pair of relatives is in one script." if len(pairs) else "No two languages of a corpus are in a pair of relatives.",
        absent,
    ))  # fmt: skip
    parts = [rows.assign(shown="text", model=place[0], corpus=place[1]) for place, rows in points.items()]
    drawn = pd.concat([*parts, pairs.rename(columns={"value": "y"}).assign(shown="pair")], ignore_index=True)
    return Drawing(page(about.title, note, grid, 4.0, legend, FAMILY), drawn[["shown", "model", "corpus", "text", "at", *ENDS]])


def _pairs(values: pd.DataFrame) -> pd.DataFrame:
    """Return two rows per model and pair of related texts that both have a value; `at` names the pair, low-resource first."""
    parts = [values.iloc[:0].assign(at="", hue="", filled=False)]
    for _, part in values.groupby(["model", "corpus"], sort=False):
        for pair in related_texts(part["text"]):
            for text, hue in zip(pair, LOOKS, strict=True):
                row = part[part["text"] == text]
                parts.append(row.assign(at=" ".join(pair), hue=hue, filled=hue == "high-resource"))
    return pd.concat(parts, ignore_index=True)
