"""The heat map of all pairs with its tree, and the map by layer: the numbers are the table's, and the shapes are known ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy.linalg import orthogonal_procrustes
from scipy.spatial.distance import cdist

from defaults import settings as defaults
from figures.drawn import draw, picture
from figures.synthetic import synthetic
from langgeom.figures.drawing import render
from langgeom.languages import label, language
from langgeom.table import METRICS, PAIRS, write_rows

TEXTS = ["eng_Latn", "spa_Latn", "rus_Cyrl", "tur_Latn", "azj_Cyrl", "uig_Arab", "fin_Latn"]
PLACES = np.array([[0.0, 0.1], [0.0, 0.0], [0.3, 0.0], [1.4, 0.0], [1.4, 0.3], [1.2, 0.1], [0.6, 0.9]])  # by family


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    assert plt.get_fignums() == []


def pairs(layers: tuple[int, ...] = (0, 6, 12), models: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return a table of texts whose angles are distances between known places, turned from layer to layer."""
    rows = []
    for model, init in (models or {"m": "trained", "m-untrained": "untrained"}).items():
        for layer in layers:
            cosines = np.cos(cdist(PLACES, PLACES))
            for a, text in enumerate(TEXTS):
                for b, other in enumerate(TEXTS):
                    if text >= other:
                        continue
                    same = language(text[:3]).family == language(other[:3]).family
                    base = dict(
                        model=model, kind="encoder", init=init, corpus="udhr", layer=layer, text=text, other=other, n=58
                    )
                    ends = dict(value=cosines[a, b], low=cosines[a, b] - 0.1, high=cosines[a, b] + 0.1)
                    rows.append(base | dict(metric="cka", **ends))
                    rows.append(base | dict(metric="clade_support", value=0.99 if same else 0.3))
                    rows.append(base | dict(metric="mutual_knn", value=0.5))
    return pd.DataFrame({key: pd.Series([row.get(key) for row in rows], dtype=of) for key, of in PAIRS.columns.items()})


def metrics() -> pd.DataFrame:
    return synthetic(models=["minilm-l6"], texts=TEXTS)


def test_the_heat_map_draws_the_middle_layer_and_says_which_clusters_stay() -> None:
    table = pairs()
    drawing, words = draw("pairs", table, metrics())
    numbers = drawing.numbers
    middle = table[(table["model"] == "m") & (table["layer"] == 6) & (table["metric"] == "cka")]
    middle = middle.sort_values(["text", "other"], ignore_index=True)
    pd.testing.assert_frame_equal(numbers[middle.columns], middle, check_dtype=False)
    families = [language(text[:3]).family for text in TEXTS]
    same = [families[TEXTS.index(row.text)] == families[TEXTS.index(row.other)] for row in numbers.itertuples()]
    assert numbers["clade_support"].tolist() == [0.99 if one else 0.3 for one in same]
    assert "m · layer 6" in words and "m-untrained" not in words
    named = [word for word in words.split("\n") if word in {label(text, TEXTS) for text in TEXTS}]
    # In the order of the tree a family stands together.
    order = [families[[label(text, TEXTS) for text in TEXTS].index(name)] for name in named]
    assert len(named) == len(TEXTS)
    assert sum(one != other for one, other in pairwise(order)) == len(set(families)) - 1


def test_branches_of_clusters_that_stay_are_dark() -> None:
    with picture("pairs", pairs(), metrics()) as figure:
        (axes,) = figure.axes
        tree = next(child for child in axes.child_axes if len(child.lines) == len(TEXTS) - 1)
        dark = [line.get_color() == "#333333" for line in tree.lines]
    # Two joins in each family of three; the others join families.
    assert sum(dark) == 4


def test_a_known_map_is_drawn_without_stress_and_turned_alike_in_all_layers() -> None:
    drawing, words = draw("map", pairs(), metrics())
    numbers = drawing.numbers
    assert numbers["stress"].max() < 1e-4 and words.count("stress 0.00") == 3
    truth = pd.DataFrame(PLACES - PLACES.mean(0), index=TEXTS)
    for _, rows in numbers.groupby("layer"):
        found = rows.set_index("text")[["x", "y"]].to_numpy()
        wanted = truth.loc[rows["text"]].to_numpy()
        assert found @ orthogonal_procrustes(found, wanted)[0] == pytest.approx(wanted, abs=1e-4)
        assert found == pytest.approx(numbers[numbers["layer"] == 0][["x", "y"]].to_numpy(), abs=1e-4)


def overlaps(figure: Figure) -> int:
    boxes = [text.get_window_extent() for axes in figure.axes for text in axes.texts if text.get_text()]
    return sum(one.overlaps(other) for number, one in enumerate(boxes) for other in boxes[:number])


def test_no_name_on_the_map_covers_another() -> None:
    with picture("map", pairs(), metrics()) as figure:
        assert sum(len(axes.texts) for axes in figure.axes) >= 3 * len(TEXTS)
        assert overlaps(figure) == 0


@pytest.mark.parametrize("name", ["pairs", "map"])
def test_the_same_bytes_twice(tmp_path: Path, name: str) -> None:
    files = []
    for fmt, table in ((PAIRS, pairs(layers=(0, 6))), (METRICS, metrics())):
        files.append(tmp_path / f"{fmt.name}.parquet")
        write_rows(table.astype(object).where(table.notna(), None).to_dict("records"), files[-1], fmt)
    drawn = []
    for again in ("a", "b"):
        paths = [tmp_path / f"{again}.{kind}" for kind in ("svg", "png", "csv")]
        render(name, files, defaults(), *paths)
        drawn.append([path.read_bytes() for path in paths])
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("name", ["pairs", "map"])
def test_why_nothing_is_drawn(name: str) -> None:
    few = pairs().query("text in ['eng_Latn', 'fin_Latn'] and other in ['eng_Latn', 'fin_Latn']")
    assert "pairs.layers" in draw(name, few, metrics())[0].reason
    assert "pairs.layers" in draw(name, pairs().head(0), metrics())[0].reason
    apart = pairs().assign(value=np.nan, n=0).astype({"n": "Int32"})
    assert "share 0 sentences" in draw(name, apart, metrics())[0].reason


def test_texts_made_from_others_are_not_drawn() -> None:
    table = pairs()
    drawing, _ = draw("map", table.replace({"tur_Latn": "uig_Latn_fromArab"}), metrics())
    assert set(drawing.numbers["text"]) == set(TEXTS) - {"tur_Latn"}


def test_without_resampling_there_is_a_tree_without_support() -> None:
    table = pairs()
    drawing, words = draw("pairs", table[table["metric"] == "cka"], metrics())
    assert drawing.numbers["clade_support"].isna().all() and "Turkish" in words
