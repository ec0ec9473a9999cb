"""Lines by layer, one per language: dimension (figures 1, 2), anisotropy (9 to 11, 13), linearity, alignment, the lens.

Bands of chance are of random pairings of sentences, see docs/metrics.md.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition, footnote, layer_axis
from langgeom.analysis.pairs import twins, two_scripts
from langgeom.analysis.rows import PANEL, by_layer, counted, main_models, numbers, panels, rows_of, title_of
from langgeom.analysis.rows import Panel as Place
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, Nothing
from langgeom.figures.lines import BANDED, BANDS, Lines, after_embedding, by_family, by_language, by_twins, layer_note
from langgeom.figures.page import Panel, Scale, in_rows, limits, noted, page, scaled
from langgeom.figures.style import FAMILY, language_looks, script_look
from langgeom.languages import label, language, script
from langgeom.names import TextName

# A panel of alignment in which no text reaches this is a line on the floor.
FLAT = 0.05
# Anisotropies that all stay below this would lie on one another on an axis from 0 to 1.
SMALL = 0.25
# The models of a figure: their kind, and how they were initialised.
MODELS = {
    "anisotropy_untrained": ("decoder", ("untrained",)),
    "anisotropy_trained": ("decoder", ("trained",)),
    "anisotropy_encoder": ("encoder", ("trained", "untrained")),
}
IN_TWO_SCRIPTS = "no language has '{}' in two scripts; add one, such as uig_Latn and uig_Arab."


@figure("id_by_layer", alias="fig01", title="Intrinsic dimension by layer", metrics=("id",), findings=("C1", "C16"))
def id_by_layer(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Intrinsic dimension of the token vectors of each layer, one line a language of the typological sample.
    Do all languages of one model follow one trend over the layers, and does its untrained twin (below) share it?
    """
    rows = by_layer(table, settings.id)
    rows = rows[rows["text"].isin(settings.sample)] if settings.sample else rows
    shown, said = after_embedding(rows)
    reason = f"no model has the metric '{settings.id}' for a language of the sample."
    drawing = by_language(about, shown, settings, said, grid=by_twins(shown), reason=reason)
    return drawing._replace(numbers=numbers(rows))


@figure("id_two_scripts", alias="fig02", title="Intrinsic dimension by layer, languages written in two scripts",
        metrics=("id",), findings=("C2",))  # fmt: skip
def id_two_scripts(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Intrinsic dimension by layer of the same text in two scripts, a column a language. Is it higher in Latin script?"""
    rows = two_scripts(main_models(by_layer(table, settings.id)))
    if rows.empty:
        raise Nothing(IN_TWO_SCRIPTS.format(settings.id))
    shown, said = after_embedding(rows)
    names = {text: TextName.parse(text) for text in shown["text"].unique()}
    heads = {text: label(text, []) if name.variant else language(name.lang).name for text, name in names.items()}
    short = shown["script"].map(lambda code: script(code).name.replace(" Han", ""))
    lines = shown.assign(x=shown["layer"], name=short, hue=shown["script"], head=shown["text"].map(heads))
    looks = {code: script_look(code) for code in sorted(set(lines["script"]))}
    bounds, log = scaled(shown, True)
    grid = [
        [
            Lines(rows=rows_of(lines[lines["head"] == head], place), title=f"{head}\n{title_of(place, rows)}", x="Layer",
                  y=definition(settings.id).axis, height=2.1, ylim=bounds, log=log, looks=looks)
            for head in dict.fromkeys(lines["head"])
        ]
        for place in panels(shown)
    ]  # fmt: skip
    note = noted(shown, footnote(settings.id, shown, "", layer_note(settings), said, BANDS))
    legend = [look.handle(script(code).name) for code, look in looks.items()]
    return Drawing(page(about.title, note, grid, 2.75, legend, "Script"), numbers(rows))


@figure("anisotropy_untrained", alias="fig09", title="Anisotropy by layer, untrained decoders", metrics=("anisotropy",),
        findings=("C10",), caption="Anisotropy by layer of decoders with random weights, one line a language. Whatever is high "
        "here comes from the architecture and the text, not from training.")  # fmt: skip
@figure("anisotropy_trained", alias="fig10", title="Anisotropy by layer, trained decoders", metrics=("anisotropy",),
        findings=("C10",), caption="Anisotropy by layer of trained decoders, one line a language. Compare with the untrained "
        "decoders: what is high only here comes from training.")  # fmt: skip
@figure("anisotropy_encoder", alias="fig13", title="Anisotropy by layer, encoders", metrics=("anisotropy",), findings=("C11",),
        caption="Anisotropy by layer of encoders, trained and untrained, one line a language. Is it near zero at every layer?"
        )  # fmt: skip
def by_kind(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a panel per model: from 0 to 1, or enlarged where all lines are small."""
    kind, inits = MODELS[about.name]
    rows = by_layer(table, settings.anisotropy)
    rows = rows[(rows["kind"] == kind) & rows["init"].isin(inits)].reset_index(drop=True)
    small = {place: bool(rows_of(rows, place)["value"].max() < SMALL) for place in panels(rows)}
    grid = [line for size in (False, True) for line in in_rows([place for place in small if small[place] == size])]

    def scale(part: pd.DataFrame) -> Scale:
        return (0.0, 1.0) if part["value"].max() >= SMALL else limits(part, False), ""

    reason = f"no {' or '.join(inits)} {kind} has the metric '{settings.anisotropy}'; add one to the models."
    said = f"Panels whose lines all stay below {SMALL} are enlarged; anisotropy reaches 1." * any(small.values())
    return by_language(about, rows, settings, said, grid=grid, scale=scale, reason=reason)


@figure("anisotropy_two_scripts", alias="fig11", title="Anisotropy by layer, languages written in two scripts",
        metrics=("anisotropy",), findings=("C12",))  # fmt: skip
def anisotropy_two_scripts(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Anisotropy by layer of languages in two scripts: colour tells the language, line and marker the script.
    On the left without, on the right with training. Is it lower in Arabic script?
    """
    rows = two_scripts(by_layer(table, settings.anisotropy))
    if rows.empty:
        raise Nothing(IN_TWO_SCRIPTS.format(settings.anisotropy))
    texts, languages = list(rows["text"].unique()), language_looks(rows["lang"])
    names = {text: label(text, texts) for text in texts}
    looks = {text: script_look(TextName.parse(text).script)._replace(colour=languages[text[:3]].colour) for text in texts}
    lines = rows.assign(x=rows["layer"], name=rows["text"].map(names), hue=rows["text"])
    pairs = twins(rows)
    # Pairs first; models without a twin fill the rows after them.
    places: list[list[Place]] = [[untrained, trained] for trained, untrained in pairs if trained and untrained]
    places += in_rows([place for pair in pairs if not all(pair) for place in pair if place], 2)
    grid = [
        [
            Lines(rows=part, title=title_of(place, rows), x=layer_axis(settings.final_norm), height=2.8, looks=looks,
                  y=definition(settings.anisotropy).axis, ylim=limits(part, False))
            for place in row for part in [rows_of(lines, place)]
        ]
        for row in places
    ]  # fmt: skip
    bands = BANDS * bool(lines.groupby(PANEL)["text"].nunique().max() <= BANDED)
    note = noted(rows, footnote(settings.anisotropy, rows, "", "Each panel has its own scale.", bands))
    legend = [look.handle(language(lang).name, marker="", ls="-", lw=2.2) for lang, look in languages.items()]
    legend += [script_look(code).handle(script(code).name, color="#444444") for code in sorted(set(rows["script"]))]
    return Drawing(page(about.title, note, grid, 4.7, legend, "Language, script"), numbers(rows))


@figure("linearity", title="Linearity from layer to layer", metrics=("linearity",))
def linearity(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """R² of the best linear map from this layer's token vectors to the next layer's, one line a language. By chance it is
    d / (n - 1) for n vectors of d dimensions, as the map is fitted to what it is judged by. Which blocks bend the space, and
    are they the same in every language?
    """
    rows = by_layer(table, "linearity")

    def scale(part: pd.DataFrame) -> Scale:
        low, high = limits(part, False)
        return (low, min(high, 1.003)), ""

    reason = ("no model has the metric 'linearity' (it needs more tokens than dimensions); add it to metrics.token, or name "
              "texts in in_depth.texts.")  # fmt: skip
    return by_language(about, rows, settings, grid=by_twins(rows), reason=reason, scale=scale,
                       x="Block (l: from layer l to layer l + 1)")  # fmt: skip


@figure("imbalance", title="Which space predicts which, by layer",
        metrics=("information_imbalance", "information_imbalance_reverse"), caption="How little a sentence's nearest neighbour "
        "in a language tells of its neighbours in the reference language, and below the other way round, one line a language: "
        "0 is all, 1 is nothing. Grey: what one in twenty random pairings of the sentences falls below. A language with a "
        "lower line below than above is predicted by the reference better than it predicts the reference.",
        findings=("C17", "C18"))  # fmt: skip
@figure("alignment", title="Alignment with the reference language by layer", metrics=("retrieval", "mexa", "mutual_knn", "cka"),
        findings=("C19", "C20"))  # fmt: skip
def alignment(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """How well each layer places a sentence beside its translation in the reference language (retrieval, MEXA), and how alike
    the layer's shape is in both at small scale (mutual neighbours) and at large (CKA), one line a language. Grey: what one in
    twenty random pairings of the sentences exceeds. In which layers do languages meet, and which languages stay apart?
    """
    every = pd.concat([main_models(by_layer(table, metric)) for metric in about.metrics], ignore_index=True)
    every = every[every["text"] != settings.reference]  # every text is aligned with itself
    if every.empty:
        raise Nothing(f"no text besides the reference '{settings.reference}' has {', '.join(about.metrics)}; add one to "
                      "metrics.aligned.")  # fmt: skip
    lines, looks, legend, _ = by_family(every, "")
    less, grid, flat = about.name == "imbalance", list[list[Panel | None]](), list[str]()
    for block in in_rows(panels(every)):
        for metric, of_metric in lines.groupby("metric", sort=False):
            axis, row = definition(str(metric)).axis, list[Panel | None]()
            low, high = limits(of_metric, False, *of_metric["null"].dropna())
            for place in block:
                part, name = rows_of(of_metric, place), f"{axis} · {title_of(place, every)}"
                floor = not less and part["value"].max() < FLAT and not (part["value"] > part["null"]).any()
                flat += [name] * bool(floor)
                row.append(None if floor else Lines(
                    rows=part, title=name, x=layer_axis(settings.final_norm), y=axis, height=2.6, looks=looks,
                    ylim=(min(-0.03, low), 1.03 if 0.5 < high < 1.03 else high), named="" if less else "peak",
                    level=(1 / part["n"].median(), "chance") if metric == "retrieval" else None,
                ))  # fmt: skip
            grid.append(row)
    if not any(panel and len(panel.rows) for row in grid for panel in row):
        raise Nothing(f"no text reaches {FLAT} at any layer; the CSV has the values.", numbers(every))
    absent = f"Not drawn, since no text reaches {FLAT} at any layer: {', '.join(flat)}." if flat else ""
    sentences = [definition(metric, label(settings.reference, [])).sentence for metric in dict.fromkeys(every["metric"])]
    note = noted(every, *sentences, absent, f"n = {counted(every['n'])} sentences a value.",
                 "" if less else "The highest lines are named at their peaks.")  # fmt: skip
    return Drawing(page(about.title, note, grid, 3.6, legend, FAMILY), numbers(every).assign(null=every["null"]))


@figure("lens", title="Whose tokens the head reads off each layer", metrics=("lens_own", "lens_reference"),
        findings=("C15",))  # fmt: skip
def lens(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Share of the probability, as a decoder's own final norm and head read it off each layer, that goes to tokens of the text,
    of the reference and of neither, one line a language. Do the middle layers of a model speak the reference's language?
    """
    own, other = (by_layer(table, metric) for metric in about.metrics)
    if other.empty:
        raise Nothing("no decoder has lens_own and lens_reference of a text besides the reference; see `metrics.token` and "
                      "`hidden.lens_lines`.", numbers(own))  # fmt: skip
    rest = other.merge(own[[*PANEL, "text", "layer", "value"]], on=[*PANEL, "text", "layer"], suffixes=("", "_own"))
    rest = rest.assign(metric="lens_others", value=1 - rest["value"] - rest["value_own"], low=np.nan, high=np.nan)
    every = pd.concat([own, other, rest.drop(columns="value_own")], ignore_index=True)
    lines, looks, legend, keep = by_family(every, settings.reference)
    name = label(settings.reference, [])
    grid = [
        [
            Lines(rows=rows_of(of_metric, place), title=f"{definition(str(metric), name).axis} · {title_of(place, every)}",
                  x=layer_axis(settings.final_norm), y="Probability", height=2.4, ylim=(-0.03, 1.03), looks=looks, keep=keep)
            for place in block
        ]
        for block in in_rows(panels(every)) for metric, of_metric in lines.groupby("metric", sort=False)
    ]  # fmt: skip
    said = f"A token of both the text and {name} is shared out by its frequency in each. All of {name}'s are its own."
    note = noted(every, *(definition(metric, name).sentence for metric in about.metrics), said,
                 f"n = {counted(own['n'])} tokens a value, one a sentence.")  # fmt: skip
    return Drawing(page(about.title, note, grid, 3.8, legend, FAMILY), numbers(every))
