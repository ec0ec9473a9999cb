"""The pictures of docs/metrics.md: clouds whose truth is known, and what the metrics make of them. `make docs-pictures`.

Each picture is a function that returns its numbers (`panel`, `series`, `x`, `value`), measured by the metrics themselves, and
an entry of `PICTURES` that says how they are drawn. Beside each SVG lies a CSV of the numbers in it; the tests make them again.

usage: misleading.py FOLDER [--png FOLDER]
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from torch import Tensor

from langgeom.figures.drawing import styled
from langgeom.figures.page import sheet as blank_sheet
from langgeom.figures.style import COLOURS, DASHES, MARKERS, Look
from langgeom.files import atomic
from langgeom.metrics import (
    Cloud,
    anisotropy,
    anisotropy_uncentred,
    bits_per_byte,
    bpc,
    cka,
    gride_scales,
    id_microscope,
    id_twonn,
    kl_mean,
    kl_padded,
    linearity,
    mean_cosine,
    mexa,
    retrieval,
)

__all__ = ["PICTURES", "Picture", "draw"]

Point = tuple[str, str, float | str, float]


class Picture(NamedTuple):
    """How numbers are drawn: the axes' labels by panel, and what the reader should see."""

    numbers: Callable[[], pd.DataFrame]
    title: str
    footnote: str
    across: dict[str, str]
    up: str
    log: bool = False
    truth: float | None = None


def _gauss(seed: int, *shape: int) -> Tensor:
    # numpy's generator gives the same numbers on every machine.
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def _rotation(seed: int, dim: int) -> Tensor:
    return torch.linalg.qr(_gauss(seed, dim, dim))[0]


def _table(points: Iterable[Point]) -> pd.DataFrame:
    return pd.DataFrame(list(points), columns=["panel", "series", "x", "value"])


def scale() -> pd.DataFrame:
    """A plane in 20 dimensions, with noise in all of them, seen at growing scales."""

    def points() -> Iterable[Point]:
        plane = torch.zeros(3000, 20, dtype=torch.float64)
        plane[:, :2] = torch.from_numpy(np.random.default_rng(0).uniform(size=(3000, 2)))
        for noise in (0.0, 0.002, 0.005, 0.02):
            curve = gride_scales(plane + noise * _gauss(1, 3000, 20), largest=256)
            for neighbours, found in curve.items():
                yield "", "no noise" if not noise else f"noise {noise:g} of the side", neighbours, float(found)

    return _table(points())


def copies() -> pd.DataFrame:
    """A Gaussian of ten dimensions where a growing share of points has an equal one, in pairs."""

    def points() -> Iterable[Point]:
        cloud = _gauss(0, 1500, 10)
        for share in (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4):
            repeated = cloud.clone()
            pairs = round(share * len(cloud) / 2)
            repeated[len(cloud) - pairs :] = cloud[:pairs]
            for metric in (id_microscope, id_twonn):
                yield "", metric.__name__, 100 * share, float(metric(repeated))

    return _table(points())


def directions() -> pd.DataFrame:
    """Clouds that are alike in all but one thing."""

    def points() -> Iterable[Point]:
        even = _gauss(0, 1000, 50)
        drifted = even + 3 * torch.nn.functional.normalize(_gauss(1, 1, 50)) * 50**0.5
        massive = even.clone()
        massive[:, 7] *= 20
        sink = even.clone()
        sink[0] *= 100
        clouds = {"even in all directions": even, "moved from the origin": drifted, "one massive dimension": massive,
                  "one point with 100 times the norm": sink}  # fmt: skip
        for name, cloud in clouds.items():
            for metric in (anisotropy, anisotropy_uncentred, mean_cosine):
                yield "", metric.__name__, name, float(metric(cloud))

    return _table(points())


def divergence() -> pd.DataFrame:
    """The same sentences as the reference, but cut into more tokens, or with longer vectors."""

    def points() -> Iterable[Point]:
        words, dim = 8, 32
        reference = _gauss(0, 60, words, dim)
        text = reference + 0.5 * _gauss(1, 60, words, dim)
        groups = torch.arange(60).repeat_interleave(words)
        for times in (1, 2, 3, 4):
            # Each word's vector stands there several times: no sentence's mean changes.
            finer = text.repeat_interleave(times, 1).flatten(0, 1)
            cut = Cloud(finer, torch.arange(60).repeat_interleave(words * times))
            yield "tokens", "kl_mean", times, float(kl_mean(text.mean(1), reference.mean(1)))
            padded = float(kl_padded(cut, Cloud(reference.flatten(0, 1), groups)))
            yield "tokens", "kl_padded, by token of the reference", times, padded / words
        for factor in (0.5, 1.0, 2.0, 4.0, 8.0):
            yield "scale", "kl_mean", factor, float(kl_mean(factor * text.mean(1), factor * reference.mean(1)))

    return _table(points())


def alignment() -> pd.DataFrame:
    """Sentences and their translations with growing noise, in the reference's directions and in others."""

    def points() -> Iterable[Point]:
        reference = _gauss(0, 200, 64)
        turned = _rotation(2, 64)
        for noise in (0.0, 0.5, 1.0, 2.0, 4.0):
            text = reference + noise * _gauss(1, 200, 64)
            for panel, cloud in (("same directions", text), ("turned by a rotation", text @ turned)):
                for metric in (retrieval, mexa, cka):
                    yield panel, metric.__name__, noise, float(metric(cloud, reference))

    return _table(points())


def layers() -> pd.DataFrame:
    """Two successive layers: unrelated ones, and a block that adds something that is not linear to what it gets."""

    def points() -> Iterable[Point]:
        dim = 64
        weights = _gauss(3, dim, dim) / dim**0.5
        for n in (80, 160, 320, 640, 1280, 2560):
            first = _gauss(0, n, dim)
            block = first + 0.3 * (first @ weights).abs()
            pairs = {"unrelated layers": (_gauss(1, n, dim), False), "a block on the residual stream": (block, False),
                     "what that block adds (linearity_residual)": (block, True)}  # fmt: skip
            for name, (second, residual) in pairs.items():
                yield "", name, n, float(linearity(torch.stack([first, second]), residual=residual).value[0])

    return _table(points())


# The first article of the Universal Declaration of Human Rights, its first sentence.
SENTENCE = {
    "Latin (English)": "All human beings are born free and equal in dignity and rights.",
    "Cyrillic (Russian)": "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "Arabic": "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق.",
    "Devanagari (Hindi)": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।",
    "Han (Chinese)": "人人生而自由,在尊严和权利上一律平等。",
}


def scripts() -> pd.DataFrame:
    """One sentence in several scripts, to a model for which it holds as much in each."""

    def points() -> Iterable[Point]:
        bits = torch.tensor([len(SENTENCE["Latin (English)"])], dtype=torch.float64)
        for name, sentence in SENTENCE.items():
            characters, size = torch.tensor([len(sentence)]), torch.tensor([len(sentence.encode())])
            yield "", "bpc", name, float(bpc(bits * math.log(2), characters))
            yield "", "bits_per_byte", name, float(bits_per_byte(bits * math.log(2), size))

    return _table(points())


PICTURES = {
    "scale": Picture(
        scale, "A noisy plane has no one dimension",
        "3,000 points of a square in 20 dimensions. Near neighbours see the noise, far ones the plane. TwoNN looks at the "
        "scale farthest left only.",
        {"": "Scale: number of neighbours n1"}, "id_gride at that scale", False, 2.0,
    ),
    "copies": Picture(
        copies, "Copies raise id_microscope",
        "1,500 points of a Gaussian in ten dimensions, some of them in pairs of equal ones. id_twonn keeps one of each pair.",
        {"": "Points that have an equal one, %"}, "Intrinsic dimension", False, 10.0,
    ),
    "directions": Picture(
        directions, "What raises anisotropy, and what does not",
        "1,000 points in 50 dimensions. An offset common to all leaves the centred metric alone; a single dimension, or a "
        "single point, takes it over.",
        {"": "Value"}, "",
    ),
    "divergence": Picture(
        divergence, "KL divergence counts tokens and scales",
        "60 sentences of 8 tokens and the same with a little noise, in 32 dimensions. Left: each token is cut into several "
        "with the same vector; no sentence's mean changes. Right: text and reference are scaled alike; no direction changes.",
        {"tokens": "Tokens for each of the reference's", "scale": "Norm of both, times"}, "Nats", True,
    ),
    "alignment": Picture(
        alignment, "CKA sees through a rotation, retrieval does not",
        "200 sentences in 64 dimensions and their translations. Turned, no translation lies near its sentence, though all "
        "distances within the text are the same: retrieval and MEXA are at chance, CKA is where it was.",
        {"same directions": "Noise, times the signal", "turned by a rotation": "Noise, times the signal"}, "Alignment",
    ),
    "layers": Picture(
        layers, "Linearity by chance falls with n",
        "64 dimensions. The map is fitted to the points that it is judged on, so unrelated layers have 64 / (n - 1). With the "
        "residual stream a block looks linear whatever it adds.",
        {"": "Points n"}, "linearity",
    ),
    "scripts": Picture(
        scripts, "Characters and bytes are no unit across scripts",
        "One sentence and its translations, made to cost 63 bits in each: all that differs is how many characters and bytes "
        "are spent on it.",
        {"": "Bits, per character or per byte"}, "",
    ),
}  # fmt: skip


def draw(picture: Picture, numbers: pd.DataFrame) -> plt.Figure:
    """Draw numbers; series keep their look in all panels."""
    series = list(dict.fromkeys(numbers["series"]))
    looks = {name: Look(COLOURS[place], MARKERS[place], DASHES[place], 1.4) for place, name in enumerate(series)}
    panels = list(picture.across)
    titled = all(panel in set(numbers["panel"]) and " " in panel for panel in panels)
    named = not pd.api.types.is_numeric_dtype(numbers["x"])
    legend = [look.handle(name) for name, look in looks.items()]
    sheet, places = blank_sheet(picture.title, picture.footnote, [1.7 if named else 2.4], len(panels), 3.6, legend)
    for panel, axes in zip(panels, places[0], strict=True):
        mine = numbers[numbers["panel"] == panel]
        (_draw_names if named else _draw_lines)(axes, mine, looks)
        axes.set_title(panel if titled else "", loc="left")
        axes.set_xlabel(picture.across[panel])
        axes.set_ylabel(picture.up)
        if picture.truth is not None:
            axes.axhline(picture.truth, color="#333333", lw=0.8, ls=DASHES[2], zorder=1)
        if picture.log:
            axes.set_yscale("log")
        elif not named:
            axes.set_ylim(bottom=0)
    return sheet


def _draw_lines(axes: Axes, numbers: pd.DataFrame, looks: dict[str, Look]) -> None:
    for name, look in looks.items():
        mine = numbers[numbers["series"] == name]
        axes.plot(mine["x"], mine["value"], color=look.colour, marker=look.marker, ls=look.dash, lw=look.width, ms=4)
    ticks = sorted(numbers["x"].astype(float).unique())
    if ticks[0] > 0 and ticks[-1] / ticks[0] >= 16:
        axes.set_xscale("log", base=2)
        axes.minorticks_off()
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])


def _draw_names(axes: Axes, numbers: pd.DataFrame, looks: dict[str, Look]) -> None:
    rows = list(dict.fromkeys(numbers["x"]))[::-1]
    for place, (name, look) in enumerate(looks.items()):
        mine = numbers[numbers["series"] == name]
        # Equal values stand side by side.
        heights = [rows.index(row) + 0.2 * (1 - place) for row in mine["x"]]
        axes.plot(mine["value"], heights, color=look.colour, marker=look.marker, ls="", ms=5.5)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(-0.5, len(rows) - 0.5)
    most = max(1.0, numbers["value"].max())
    axes.set_xlim(-0.03 * most, 1.03 * most)


def main() -> None:
    """Write all pictures and their numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--png", type=Path, help="a folder for PNGs to look at")
    options = parser.parse_args()
    for name, picture in PICTURES.items():
        numbers = picture.numbers()
        with styled():
            figure = draw(picture, numbers)
            with atomic(options.folder / f"{name}.svg") as temporary:
                figure.savefig(temporary, format="svg", metadata={"Date": None, "Creator": None})
            if options.png:
                figure.savefig(options.png / f"{name}.png")
            plt.close(figure)
        with atomic(options.folder / f"{name}.csv") as temporary:
            numbers.to_csv(temporary, index=False, float_format="%.6g", lineterminator="\n")


if __name__ == "__main__":
    main()
