"""Checkpoints of one model: what its middle layers show at each step of its training."""

from __future__ import annotations

import pandas as pd

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition
from langgeom.analysis.layers import least_points, median_over_layers
from langgeom.analysis.rows import NUMBERS, PANEL, by_layer, numbers, panels, rows_of, title_of
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, Nothing
from langgeom.figures.lines import Lines, by_family
from langgeom.figures.page import Panel, in_rows, noted, page
from langgeom.figures.scales import limits, scaled
from langgeom.names import STEP


@figure("steps", title="Intrinsic dimension and anisotropy over training", metrics=("id", "anisotropy"))
def steps(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Intrinsic dimension and anisotropy at the middle layers of a model by the step of its training, one line a language.
    When does each arise, and does it in all languages at once?
    """
    metrics = (settings.id, settings.anisotropy)
    rows = pd.concat([_middle(by_layer(table, metric), least_points(metric, settings)) for metric in metrics])
    found = rows["model"].str.extract(STEP)
    rows = rows.assign(checkpoint=rows["model"], model=found["name"], step=found["step"].astype("float64"))
    rows = rows[rows.groupby(PANEL)["step"].transform("nunique") > 1]
    if rows.empty:
        raise Nothing("no model has two checkpoints, named as name-step1000; add `checkpoints` to a model of the hub.")
    lines, looks, legend, heading, keep = by_family(rows.sort_values([*PANEL, "text", "step"], ignore_index=True), "")
    lines = lines.assign(x=lines["step"].clip(lower=0.5))
    ends = 0.9 * float(lines["x"].min()), 1.1 * float(lines["x"].max())
    grid = list[list[Panel | None]]()
    for block in in_rows(panels(lines)):
        for metric, of_metric in lines.groupby("metric", sort=False):
            bounds, log = scaled(of_metric, True) if metric == settings.id else (limits(of_metric, False), "")
            grid.append([
                Lines(rows=part, title=title_of(place, lines), x="Training step", y=definition(str(metric)).axis, looks=looks,
                      xlim=ends, ylim=bounds, log=f"x{log}", keep=keep)
                if place and len(part := rows_of(of_metric, place)) else None
                for place in block
            ])  # fmt: skip
    zero = "Step 0 is drawn at 0.5." * bool((lines["step"] == 0).any())
    said = "A point is the median over the middle third of the layers; it has no interval, since layers share their sentences."
    note = noted(lines, *(definition(metric).sentence for metric in metrics), said, zero)
    drawn = numbers(lines).assign(model=lines["checkpoint"], step=lines["step"].astype("int64"))
    return Drawing(page(about.title, note, grid, 4.0, legend, heading), drawn[[*NUMBERS, "step"]])


def _middle(rows: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return each text's median over the middle third of the layers, where all of these have `least` points."""
    last = rows.groupby(PANEL)["layer"].transform("max")
    middle = rows[(3 * rows["layer"] >= last) & (3 * rows["layer"] <= 2 * last)]
    return median_over_layers(middle, least).assign(layer=pd.NA, low=float("nan"), high=float("nan")).dropna(subset="value")
