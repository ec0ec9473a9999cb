"""Trees and maps: known clusters, a known map, and how often clusters come back."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import orthogonal_procrustes
from scipy.spatial.distance import cdist

from langgeom.analysis.space import angles, by_pair, clades, complete_layers, maps, plane, square, support, tree

# Two pairs and a fifth text that is nearer to the second pair.
FIVE = np.array([
    [0.0, 1.0, 6.0, 6.0, 6.0],
    [1.0, 0.0, 6.0, 6.0, 6.0],
    [6.0, 6.0, 0.0, 2.0, 4.0],
    [6.0, 6.0, 2.0, 0.0, 4.0],
    [6.0, 6.0, 4.0, 4.0, 0.0],
])  # fmt: skip


def test_a_tree_joins_the_nearest_first() -> None:
    merges = tree(FIVE)
    assert clades(merges) == [0b00011, 0b01100, 0b11100, 0b11111]
    assert merges[:, 2].tolist() == [1, 2, 4, 6]
    assert by_pair(merges, merges[:, 2])[~np.eye(5, dtype=bool)].tolist() == FIVE[~np.eye(5, dtype=bool)].tolist()


def test_support_counts_trees_with_the_same_texts_together() -> None:
    other = FIVE.copy()
    other[2, 4] = other[4, 2] = 1.5  # the fifth is nearer to the third than the fourth is
    shares = support(tree(FIVE), [tree(FIVE), tree(FIVE), tree(FIVE), tree(other)])
    assert shares[:3].tolist() == [1, 0.75, 1] and np.isnan(shares[3])


def test_a_known_map_is_found_up_to_rotation() -> None:
    truth = np.random.default_rng(0).normal(size=(25, 2)) * (3, 1)
    points, stress = plane(cdist(truth, truth))
    truth = truth - truth.mean(0)
    assert stress < 1e-6
    assert points @ orthogonal_procrustes(points, truth)[0] == pytest.approx(truth, abs=1e-6)
    assert points[:, 0].var() > points[:, 1].var() and points[np.abs(points).argmax(0), [0, 1]].min() > 0


def test_descent_lowers_the_stress_of_classical_scaling() -> None:
    """Ten texts at equal distances have no map; the stress is that of the definition."""
    distances = 1.0 - np.eye(10)
    points, stress = plane(distances)
    apart = cdist(points, points)
    assert stress == pytest.approx(np.sqrt(((apart - distances) ** 2).sum() / (apart**2).sum()), rel=1e-9)
    assert 0.2 < stress < 0.5
    assert plane(distances)[0].tolist() == points.tolist()


def test_only_layers_where_all_are_compared_have_maps_and_maps_are_turned_alike() -> None:
    names, rows = ["a", "b", "c", "d"], []
    places = np.array([[0.0, 0.0], [0.9, 0.1], [0.2, 0.5], [0.7, 0.6]])
    for layer, points in enumerate((places, places, places @ [[0, 1], [1, 0]], places[:3], places[:2])):
        for a, b in combinations(range(len(points)), 2):
            value = np.nan if layer == 1 and (a, b) == (1, 2) else np.cos(np.linalg.norm(points[a] - points[b]))
            rows.append(("cka", layer, names[a], names[b], value))
            rows.append(("retrieval", layer, names[a], names[b], 0.5))
    layers = complete_layers(pd.DataFrame(rows, columns=["metric", "layer", "text", "other", "value"]))
    assert [(layer, texts) for layer, texts, _ in layers] == [(0, names), (2, names), (3, names[:3])]
    (first, stress), (turned, _), (fewer, _) = maps(layers)
    assert turned == pytest.approx(first, abs=1e-6) and stress < 1e-6 and fewer.shape == (3, 2)
    assert cdist(first, first) == pytest.approx(cdist(places, places), abs=1e-6)


def test_texts_in_one_place_are_a_map() -> None:
    points, stress = plane(np.zeros((3, 3)))
    assert points.tolist() == [[0, 0]] * 3 and stress == 0


def test_angles_of_kernels() -> None:
    found = angles(np.array([[1, 0.5, 1.02], [0.5, 1, -0.01], [1.02, -0.01, 1]]))
    assert found[0].tolist() == pytest.approx([0, np.pi / 3, 0]) and found[1, 2] == pytest.approx(np.arccos(-0.01))


def test_rows_fill_both_sides_of_a_table() -> None:
    rows = pd.DataFrame({"text": ["a", "a", "b"], "other": ["b", "c", "c"], "metric": "cka", "value": [0.1, 0.2, 0.3]})
    assert square(rows, "cka", ["a", "b", "c"]).tolist() == [[1, 0.1, 0.2], [0.1, 1, 0.3], [0.2, 0.3, 1]]
