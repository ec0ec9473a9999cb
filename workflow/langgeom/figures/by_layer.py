"""Lines by layer, one per language: intrinsic dimension (figures 1 and 2), linearity, alignment with the reference."""

from __future__ import annotations

import pandas as pd

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition, footnote, layer_axis
from langgeom.analysis.pairs import twins, two_scripts
from langgeom.analysis.rows import (
    LEAST,
    NUMBERS,
    by_layer,
    counted,
    main_models,
    numbers,
    panels,
    reliable,
    rows_of,
    title_of,
)
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.lines import BANDS, Cell, Families, Series, draw_cells, in_rows
from langgeom.figures.scales import Limits, limits, settled_scale
from langgeom.figures.style import script_look
from langgeom.languages import label, language, script
from langgeom.names import TextName


@figure(
    "id_by_layer",
    alias="fig01",
    title="Intrinsic dimension by layer",
    caption="Intrinsic dimension of the token vectors of each layer, one line a language of the typological sample. "
    "Do all languages of one model follow one trend over the layers, and does its untrained twin share it?",
    metrics=("id",),
)
def id_by_layer(figure: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw trained models in the upper row, each above its untrained twin; all in one sequence if a twin is missing."""
    rows = by_layer(table, settings.id)
    if settings.sample:
        rows = rows[rows["text"].isin(settings.sample)]
    if rows.empty:
        return nothing(figure.title, f"no model has the metric '{settings.id}' for a language of the sample.", NUMBERS)
    shown, few = reliable(rows)
    if shown.empty:
        return _too_few(figure, rows, settings)
    lines = Families(rows, settings.reference, shown)
    pairs = twins(shown)
    if all(all(pair) for pair in pairs):
        grid = [[lines.cell(pair and pair[side]) for pair in block] for block in in_rows(pairs) for side in (0, 1)]
    else:
        grid = [list(map(lines.cell, row)) for row in in_rows([panel for pair in pairs for panel in pair if panel])]
    scale = settled_scale(shown)
    sheet = draw_cells(
        figure.title, footnote(settings.id, shown, label(settings.reference, []), BANDS, scale.note, few), grid,
        definition(settings.id).axis, layer_axis(settings.final_norm), bounds=[scale.bounds] * len(grid), log=scale.log,
        legend=lines.legend, legend_title="Language family",
    )  # fmt: skip
    return Drawing(sheet, numbers(rows))


def _too_few(figure: Figure, rows: pd.DataFrame, settings: Settings) -> Drawing:
    reason = f"every value of '{settings.id}' rests on fewer than {LEAST} points; the CSV has them."
    return nothing(figure.title, reason, NUMBERS)._replace(numbers=numbers(rows))


@figure(
    "id_two_scripts",
    alias="fig02",
    title="Intrinsic dimension by layer, languages written in two scripts",
    caption="Intrinsic dimension by layer of one text in two scripts. Where tokens are capped, the script that needs more of "
    "them keeps fewer sentences, so bands may part by script or by what was kept: is Latin script the higher one?",
    metrics=("id",),
)
def id_two_scripts(figure: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a row of panels per trained model (any model if none is trained), a column per language."""
    rows = two_scripts(main_models(by_layer(table, settings.id)))
    if rows.empty:
        reason = f"no language has '{settings.id}' in two scripts; add one, such as uig_Latn and uig_Arab."
        return nothing(figure.title, reason, NUMBERS)
    shown, few = reliable(rows)
    if shown.empty:
        return _too_few(figure, rows, settings)
    names = {text: TextName.parse(text) for text in shown["text"].unique()}
    columns = list(dict.fromkeys((name.lang, name.variant) for name in names.values()))
    grid: list[list[Cell | None]] = []
    for panel in panels(shown):
        of_panel = rows_of(shown, panel)
        line: list[Cell | None] = []
        for column in columns:
            texts = [text for text in of_panel["text"].unique() if (names[text].lang, names[text].variant) == column]
            series = [_script_line(of_panel[of_panel["text"] == text], names[text]) for text in texts]
            heading = label(texts[0], []) if column[1] and texts else language(column[0]).name
            line.append(Cell(f"{heading}\n{title_of(panel, rows)}", series) if series else None)
        grid.append(line)
    scale = settled_scale(shown)
    # The panels are too narrow for the axis's label in one line.
    axis = layer_axis(settings.final_norm).replace(" (", "\n(")
    sheet = draw_cells(
        figure.title, footnote(settings.id, shown, "", BANDS, scale.note, few), grid, definition(settings.id).axis, axis,
        bounds=[scale.bounds] * len(grid), log=scale.log, width=2.25, height=2.25, right=0.62,
        legend=[script_look(code).handle(script(code).name) for code in sorted(set(shown["script"]))], legend_title="Script",
    )  # fmt: skip
    return Drawing(sheet, numbers(rows))


def _script_line(points: pd.DataFrame, name: TextName) -> Series:
    return Series(script(name.script).name.replace(" Han", ""), points.assign(x=points["layer"]), script_look(name.script))


@figure(
    "linearity",
    title="Linearity from layer to layer",
    caption="How well the token vectors of the next layer are a linear map of this layer's, one line a language; by chance "
    "d / (n - 1) of n vectors of d dimensions, as the map is fitted to what it is judged by. "
    "Which blocks bend the space, and is it the same ones in every language?",
    metrics=("linearity",),
)
def linearity(figure: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw one panel per model, untrained twins after the trained models."""
    (metric,) = figure.metrics
    rows = by_layer(table, metric)
    if rows.empty:
        reason = (
            f"no model has the metric '{metric}' (it needs more tokens than dimensions); add it to metrics.token, "
            "or name texts in in_depth.texts."
        )
        return nothing(figure.title, reason, NUMBERS)
    lines = Families(rows, settings.reference)
    order = [panel for side in zip(*twins(rows), strict=True) for panel in side if panel]
    grid = [list(map(lines.cell, line)) for line in in_rows(order)]
    low, high = limits(rows, bands=False)
    sheet = draw_cells(
        figure.title, footnote(metric, rows, "", BANDS), grid, definition(metric).axis,
        "Block (l: from layer l to layer l + 1)", bounds=[(low, min(high, 1.003))] * len(grid), legend=lines.legend,
        legend_title="Language family",
    )  # fmt: skip
    return Drawing(sheet, numbers(rows))


@figure(
    "alignment",
    title="Alignment with the reference language by layer",
    caption="How well each layer places a sentence beside its translation in the reference language, one line a language. "
    "In which layers do languages meet, and which languages stay apart?",
    metrics=("retrieval", "mexa", "cka"),
)
def alignment(figure: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a row of panels per measure and a column per trained model (any model if none is trained)."""
    reference = settings.reference
    measures = {metric: main_models(by_layer(table, metric)) for metric in figure.metrics}
    # Every text is aligned with itself.
    measures = {metric: rows[rows["text"] != reference] for metric, rows in measures.items()}
    measures = {metric: rows for metric, rows in measures.items() if len(rows)}
    if not measures:
        reason = f"no text besides the reference '{reference}' has {', '.join(figure.metrics)}; add one to metrics.aligned."
        return nothing(figure.title, reason, NUMBERS)
    every = pd.concat(measures.values(), ignore_index=True)
    lines = Families(every, "")
    grid: list[list[Cell | None]] = []
    bounds: list[Limits] = []
    for block in in_rows(panels(every)):
        for metric, rows in measures.items():
            line: list[Cell | None] = []
            for panel in block:
                series = lines.series(rows_of(rows, panel)) if panel else []
                title = f"{definition(metric).axis} · {title_of(panel, every)}" if panel else ""
                line.append(Cell(title, series) if series else None)
            if any(line):
                grid.append(line)
                bounds.append(_share_limits(rows))
    sentences = [definition(metric, label(reference, [])).sentence for metric in measures]
    note = " ".join([*sentences, f"n = {counted(every['n'])} sentences a value.", BANDS])
    sheet = draw_cells(
        figure.title, note, grid, "Alignment", layer_axis(settings.final_norm), bounds=bounds, legend=lines.legend,
        legend_title="Language family", height=2.9,
    )  # fmt: skip
    return Drawing(sheet, numbers(every))


def _share_limits(rows: pd.DataFrame) -> Limits:
    """Return 0 to 1; less if no value reaches half of it, and lower than 0 if values (of the debiased CKA) are."""
    low, high = limits(rows, bands=False)
    return min(-0.03, low), 1.03 if high > 0.5 else high
