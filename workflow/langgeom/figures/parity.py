"""What the same sentences cost in each language: tokens, and bits."""

from __future__ import annotations

import pandas as pd

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition
from langgeom.analysis.rows import comparable, main_models, panels, rows_of, title_of
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, Nothing
from langgeom.figures.page import in_rows, noted, page
from langgeom.figures.points import Points, apart, families_of, paired
from langgeom.languages import label


@figure("parity", title="What the same sentences cost", metrics=("token_premium", "information_parity"))
def parity(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Bits that a decoder needs for each text over its bits for the same sentences in the reference language, against its
    tokens over the reference's. Does a language cost more because it takes many tokens, or because each is hard to predict?
    """
    absent = apart(table[table["model"].isin(table["model"][table["metric"] == about.metrics[1]])], settings)
    table = comparable(table, settings.reference)
    tokens, bits = (main_models(table[table["metric"] == metric]) for metric in about.metrics)
    points = {place: paired(rows_of(tokens, place), rows_of(bits, place)) for place in panels(bits)}
    points = {place: pairs for place, pairs in points.items() if len(pairs)}
    if not points:
        raise Nothing(f"no text of a trained decoder has both {' and '.join(about.metrics)}; add them to metrics.text.")
    looks, legend = families_of([text for pairs in points.values() for text in pairs["text"]])
    name = label(settings.reference, [])
    cells = [
        Points(rows=pairs, title=title_of(place, bits), x=f"Tokens over those of {name}", y=f"Bits over those of {name}",
               looks=looks, reference=settings.reference)
        for place, pairs in points.items()
    ]  # fmt: skip
    every = pd.concat([pairs.assign(model=place[0], corpus=place[1]) for place, pairs in points.items()], ignore_index=True)
    every = every[["model", "corpus", "text", "x", "x_low", "x_high", "y", "low", "high"]]
    said = "Lines: least squares, with the 95 % band of the line; r is Pearson's, ρ Spearman's correlation, n counts texts."
    note = noted(every, *(definition(metric).sentence for metric in about.metrics), said, "Thin bars: 95 % intervals.", absent)
    return Drawing(page(about.title, note, in_rows(cells), 4.0, legend, "Language family"), every)
