"""Draw a figure by its name: from tables to a picture with the numbers it shows, and to files."""

from __future__ import annotations

import importlib
import os
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import matplotlib as mpl
import matplotlib.figure
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

from langgeom.analysis import Settings
from langgeom.analysis.rows import NUMBERS, of_languages
from langgeom.errors import UserError, nearest
from langgeom.figures.catalogue import FIGURES
from langgeom.figures.style import RC
from langgeom.files import atomic
from langgeom.table import TABLES, read_table

Path = str | os.PathLike[str]


class Drawing(NamedTuple):
    """A picture, and the numbers drawn, one row per point; `reason` says why nothing is drawn, else it is ""."""

    figure: matplotlib.figure.Figure
    numbers: pd.DataFrame
    reason: str = ""


class Nothing(Exception):
    """Raised by a figure that has nothing to draw, with the reason, and with numbers that it leaves to the CSV alone."""


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save in the project's style, without a display, whatever matplotlib settings the user has."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.use("agg")
        sns.set_theme(context="paper", style="ticks", font="DejaVu Sans", font_scale=0.92, rc=RC)
        yield


def nothing(title: str, reason: str, numbers: pd.DataFrame | None = None) -> Drawing:
    """Return a picture that says why nothing is drawn."""
    figure = plt.figure(figsize=(7, 2.4))
    figure.text(0.05, 0.86, title, fontsize=12, fontweight="bold", va="top")
    figure.text(0.05, 0.62, textwrap.fill(f"Nothing to draw: {reason}", 88), fontsize=9, va="top", linespacing=1.4)
    return Drawing(figure, pd.DataFrame(columns=list(NUMBERS)) if numbers is None else numbers, reason)


def draw(name: str, tables: Sequence[pd.DataFrame], settings: Settings) -> Drawing:
    """Draw a figure of the catalogue from its tables, in their order."""
    about = FIGURES[name]
    if not about.pairs:
        tables = [of_languages(table) for table in tables]
    try:
        return getattr(importlib.import_module(about.module), about.function)(about, *tables, settings)
    except Nothing as why:
        return nothing(about.title, *why.args)


def save(drawing: Drawing, svg: Path, png: Path, csv: Path) -> None:
    """Write the three files of a drawing atomically, equal bytes for equal drawings, and close the picture."""
    try:
        with atomic(svg) as temporary:
            # No date, and why the picture is empty, if it is.
            about = {"Date": None, "Creator": None, "Description": drawing.reason or None}
            drawing.figure.savefig(temporary, format="svg", metadata=about)
        with atomic(png) as temporary:
            drawing.figure.savefig(temporary, format="png", metadata={"Software": None})
        with atomic(csv) as temporary:
            drawing.numbers.to_csv(temporary, index=False, lineterminator="\n")
    finally:
        plt.close(drawing.figure)


def render(name: str, tables: Sequence[Path], settings: Settings, svg: Path, png: Path, csv: Path) -> None:
    """Draw a figure, named by its name or alias, from the Parquet files of its `tables` to a picture, twice, and its numbers.

    Raises:
        UserError: no such figure, or a table that cannot be read.
    """
    name = next((about.name for about in FIGURES.values() if about.alias and name == about.alias), name)
    if name not in FIGURES:
        raise UserError(f"there is no figure '{name}'; there are: {', '.join(FIGURES)}.{nearest(name, FIGURES)}")
    rows = [read_table(path, TABLES[table]) for path, table in zip(tables, FIGURES[name].tables, strict=True)]
    with styled():
        save(draw(name, rows, settings), svg, png, csv)
