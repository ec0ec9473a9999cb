"""What a figure gives: the picture with the numbers it shows, and how both become files."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from langgeom.figures.reason import metadata
from langgeom.figures.style import RC, TITLE_SIZE
from langgeom.files import atomic

__all__ = ["Drawing", "nothing", "save", "styled"]


class Drawing(NamedTuple):
    """A picture, and the very numbers drawn, one row a point; `reason` says why nothing is drawn, where so."""

    figure: Figure
    numbers: pd.DataFrame
    reason: str = ""


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save with the project's look, without a display; a user's own matplotlib settings do not count."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.use("agg")
        mpl.rcParams.update(RC)
        yield


def nothing(title: str, reason: str, columns: tuple[str, ...]) -> Drawing:
    """Return a picture that says in words why nothing is drawn, with an empty table of the columns it would have."""
    figure = plt.figure(figsize=(7, 2.4))
    figure.text(0.05, 0.86, title, fontsize=TITLE_SIZE, fontweight="bold", va="top")
    figure.text(0.05, 0.62, textwrap.fill(f"Nothing to draw: {reason}", 88), fontsize=9, va="top", linespacing=1.4)
    return Drawing(figure, pd.DataFrame(columns=list(columns)), reason)


def save(drawing: Drawing, svg: str | os.PathLike[str], png: str | os.PathLike[str], csv: str | os.PathLike[str]) -> None:
    """Write a drawing's three files, whole or not at all, the same bytes for the same drawing; close the picture."""
    try:
        with atomic(svg) as temporary:
            drawing.figure.savefig(temporary, format="svg", metadata=metadata(drawing.reason))
        with atomic(png) as temporary:
            drawing.figure.savefig(temporary, format="png", metadata={"Software": None})
        with atomic(csv) as temporary:
            drawing.numbers.to_csv(temporary, index=False, lineterminator="\n")
    finally:
        plt.close(drawing.figure)
