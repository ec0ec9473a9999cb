"""Figures, each drawn from tables alone: one module a figure.

A figure is a module here with the constants ALIAS (its number in the study, or ""), TITLE, CAPTION and METRICS, and a
function `draw(table, settings) -> Drawing`. One that needs other tables than that of the metrics names them in TABLES, and
its `draw` takes them in that order: `TABLES = ("metrics", "quality")`, `draw(metrics, quality, settings)`. Rows of corpora of
grammatical and ungrammatical text are left out of its tables, unless it says `PAIRS = True`. Adding that
one file adds the figure: `catalogue` finds it by ALIAS, and `render` draws it by its file's name. The
other modules are shared: `style` (colours, markers, pages), `words` (what
metrics are called), `frames` (choosing rows), `lines` (lines by layer), `labels` (direct labels), `scatter` (points with
a fitted line), `kl` and `anisotropy`
(what several figures share).
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence

from langgeom.errors import UserError, nearest
from langgeom.figures.catalogue import FIGURES
from langgeom.figures.settings import Settings

__all__ = ["FIGURES", "Settings", "render"]


def render(
    name: str,
    tables: Sequence[str | os.PathLike[str]],
    svg: str | os.PathLike[str],
    png: str | os.PathLike[str],
    csv: str | os.PathLike[str],
    settings: Settings | None = None,
) -> None:
    """Draw one figure, from its tables to its three files.

    Args:
        name: the figure's name or its alias, as in `catalogue.FIGURES`.
        tables: the Parquet files of the figure's `tables`, in their order.
        svg, png, csv: the files to write: the picture twice, and the numbers drawn.
        settings: what is shown; defaults where None.

    Raises:
        UserError: no such figure, or a table that cannot be read.
    """
    by_alias = {figure.alias: figure.name for figure in FIGURES.values() if figure.alias}
    name = by_alias.get(name, name)
    if name not in FIGURES:
        raise UserError(f"there is no figure '{name}'; there are: {', '.join(FIGURES)}.{nearest(name, FIGURES)}")
    # Imported here, since who only asks which figures there are should not wait for matplotlib.
    from langgeom.figures.drawing import save, styled
    from langgeom.figures.frames import of_languages
    from langgeom.table import TABLES, read_table

    rows = [read_table(path, TABLES[of]) for path, of in zip(tables, FIGURES[name].tables, strict=True)]
    if not FIGURES[name].pairs:
        rows = [of_languages(table) for table in rows]
    with styled():
        drawing = importlib.import_module(f"langgeom.figures.{name}").draw(*rows, settings or Settings())
        save(drawing, svg, png, csv)
