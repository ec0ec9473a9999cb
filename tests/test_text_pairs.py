"""All pairs of texts: the metrics' own values, planted families, bytes that stay, and texts with no line in common."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from langgeom import subspaces
from langgeom.analysis.space import angles, clades, square, tree
from langgeom.errors import UserError
from langgeom.files import write_json
from langgeom.hidden.states import METADATA, HiddenStates, read_hidden, write_hidden
from langgeom.metrics import Resample, cka, retrieval
from langgeom.metrics.registry import METRICS
from langgeom.models.manifest import MANIFEST, _fingerprint
from langgeom.table import PAIRS, SUBSPACES, read_table
from langgeom.text_pairs import NEIGHBOURS, compare, pairs_job, rows_of

RESAMPLE = Resample(100, seed=0)


def world(shares: list[list[int]], sentences: int = 60, dim: int = 24, seed: int = 0) -> Tensor:
    """Return texts [texts, sentences, d]: what all share, what texts with the same number share, level by level, and noise."""
    random = np.random.default_rng(seed)
    shape = sentences, dim
    points = random.normal(size=(len(shares), *shape)) * 0.8 + random.normal(size=shape) + 5
    for level in range(len(shares[0])):
        groups = {group: random.normal(size=shape) for group in sorted({text[level] for text in shares})}
        points += np.stack([groups[text[level]] for text in shares])
    return torch.from_numpy(points)


def names(count: int) -> list[str]:
    return [f"a{chr(97 + number // 26)}{chr(97 + number % 26)}_Latn" for number in range(count)]


def test_values_are_those_of_each_pair_alone() -> None:
    points = world([[0], [0], [1], [1], [2]], seed=1)
    points[0, :, 0] += 200  # a direction of large variance
    tables, draws = compare(points, RESAMPLE)
    assert draws is not None
    for a in range(5):
        for b in range(5):
            if a == b:
                continue
            alone = cka(points[a], points[b], resample=RESAMPLE)
            assert tables["cka"][a, b] == pytest.approx(float(alone.value), abs=1e-12)
            ends = RESAMPLE.moved(float(tables["cka"][a, b]), draws[:, a, b], 60, signed=True)
            assert ends == pytest.approx((float(alone.low), float(alone.high)), abs=1e-9)
            assert tables["retrieval"][a, b] == retrieval(points[a], points[b]).value
            for metric in ("mutual_knn", "information_imbalance"):
                one = METRICS[metric].function(points[a], points[b])
                assert tables[metric][a, b] == pytest.approx(float(one.value), rel=1e-6)


def test_ties_are_no_likeness() -> None:
    """Half of the sentences of two unrelated texts lie in one place, as lines of unknown tokens do."""
    random = torch.Generator().manual_seed(0)
    points = torch.randn(2, 60, 24, generator=random, dtype=torch.float64)
    points[0, :30], points[1, 30:] = points[0, :1].clone(), points[1, -1:].clone()
    found = compare(points)[0]
    for metric in ("mutual_knn", "information_imbalance"):
        assert found[metric][0, 1] == pytest.approx(float(METRICS[metric].function(points[0], points[1]).value), rel=1e-6)
        moved = compare(points[:, torch.randperm(60, generator=random)])[0]
        assert torch.allclose(moved[metric], found[metric], atol=1e-12)
    assert found["mutual_knn"][0, 1] < 0.4 and found["information_imbalance"][0, 1] > 0.8
    few = compare(points[:, -11:])[0]
    assert few["mutual_knn"].isnan().all() and not compare(points[:, -12:])[0]["mutual_knn"].isnan().any()


def test_what_is_the_same_either_way_and_what_is_not() -> None:
    tables, _ = compare(world([[0], [0], [1]]))
    for metric in ("cka", "mutual_knn", "centroid_cosine"):
        assert torch.allclose(tables[metric], tables[metric].T, atol=1e-12)
    rows = pd.DataFrame(rows_of(names(3), world([[0], [0], [1]]), RESAMPLE))
    counts = rows.groupby("metric").size()
    assert counts["retrieval"] == counts["information_imbalance"] == 6
    assert counts["cka"] == counts["mutual_knn"] == counts["centroid_cosine"] == counts["clade_support"] == 3
    assert (rows["text"] < rows["other"])[~rows["metric"].isin(["retrieval", "information_imbalance"])].all()
    assert set(rows.dropna(subset="low")["metric"]) == {"cka"}


def test_cosines_of_means_are_about_what_sets_texts_apart() -> None:
    points = world([[0]] * 4)
    points[:2] += torch.linspace(-1, 1, 24)
    cosines = compare(points)[0]["centroid_cosine"]
    assert cosines[0, 1] > 0.8 and cosines[2, 3] > 0.8 and cosines[0, 2] < -0.8
    plain = torch.nn.functional.cosine_similarity(points[0].mean(0), points[2].mean(0), dim=0)
    assert plain > 0.95  # without the mean over texts all are alike


def test_identical_and_unrelated_texts() -> None:
    random = torch.Generator().manual_seed(0)
    one, other = torch.randn(2, 200, 16, generator=random, dtype=torch.float64)
    turned = 3 * one @ torch.linalg.qr(torch.randn(16, 16, generator=random, dtype=torch.float64)).Q + 1
    tables, _ = compare(torch.stack([one, turned, other]))
    assert tables["cka"][0, 1] == pytest.approx(1) and abs(tables["cka"][0, 2]) < 0.05
    assert tables["mutual_knn"][0, 1] == 1
    assert tables["mutual_knn"][0, 2] == pytest.approx(NEIGHBOURS / 199, abs=0.02)  # chance
    assert tables["information_imbalance"][0, 1] == pytest.approx(2 / 200)
    assert tables["information_imbalance"][0, 2] == pytest.approx(1, abs=0.1)


def supports(points: Tensor, resample: Resample = RESAMPLE) -> dict[int, float]:
    """Return the support of each cluster but the last."""
    texts = names(len(points))
    rows = pd.DataFrame(rows_of(texts, points, resample))
    merges = tree(angles(square(rows, "cka", texts)))
    values, first = square(rows, "clade_support", texts), list(range(len(texts)))
    found = {}
    for sets, (left, right) in zip(clades(merges), merges[:, :2].astype(int), strict=True):
        found[sets] = values[first[left], first[right]]
        first.append(first[left])
    return {sets: value for sets, value in found.items() if sets != 2 ** len(texts) - 1}


@pytest.mark.parametrize("seed", range(3))
def test_families_are_found_with_high_support(seed: int) -> None:
    """Two families of two genera of two languages each."""
    found = supports(world([[0, 0], [0, 0], [0, 1], [0, 1], [1, 2], [1, 2], [1, 3], [1, 3]], seed=seed))
    families = [0b00001111, 0b11110000]
    assert all(found[family] >= 0.95 for family in families)
    assert all(found[0b11 << genus] >= 0.95 for genus in (0, 2, 4, 6))


def test_intervals_end_where_values_do() -> None:
    generator = torch.Generator().manual_seed(9)
    points = torch.randn(24, 6, generator=generator, dtype=torch.float64) ** 5
    several = torch.stack([points, points + 0.02 * points.roll(1, 0), points.roll(3, 0)])
    rows = rows_of(["eng_Latn", "deu_Latn", "fra_Latn"], several, Resample(200, seed=0))
    drawn = [row for row in rows if "high" in row]
    assert len(drawn) == 3 and all(-1 <= row["low"] <= row["value"] <= row["high"] <= 1 for row in drawn)


def test_without_structure_no_cluster_has_high_support() -> None:
    worlds = [supports(world([[0]] * 12, seed=seed)) for seed in range(6)]
    shares = [share for found in worlds for share in found.values()]
    assert max(shares) < 0.95 and np.median(shares) < 0.3


def test_texts_made_from_others_are_in_no_tree() -> None:
    points = world([[0], [0], [1], [1], [0]])
    texts = ["eng_Latn", "deu_Latn", "tur_Latn", "uig_Latn", "eng_Latn_wordsReversed"]
    rows = pd.DataFrame(rows_of(texts, points, RESAMPLE))
    made = rows["other"] == texts[-1]
    assert made.any() and rows[made & (rows["metric"] == "clade_support")]["value"].isna().all()
    assert rows[made & (rows["metric"] == "cka")]["value"].notna().all()
    kept = pd.DataFrame(rows_of(texts[:4], points[:4], RESAMPLE))
    own = rows[~made & (rows["text"] != texts[-1]) & (rows["metric"] == "clade_support")]
    assert own["value"].tolist() == pytest.approx(kept[kept["metric"] == "clade_support"]["value"].tolist(), nan_ok=True)
    two = pd.DataFrame(rows_of([texts[0], texts[-1]], points[::4], RESAMPLE))
    assert two[two["metric"] == "clade_support"]["value"].isna().all()


def test_documents_are_drawn_whole() -> None:
    """With three alike sentences a document, intervals over documents are wider, and too few documents give none."""
    points = world([[0], [0], [1]], sentences=30)
    alike = points.repeat_interleave(3, 1) + 0.01 * torch.randn(3, 90, 24, generator=torch.Generator().manual_seed(0))
    documents = [number // 3 for number in range(90)]

    def width(resample: Resample) -> float:
        row = next(row for row in rows_of(names(3), alike, resample) if row["metric"] == "cka")
        return row["high"] - row["low"] if "low" in row else np.nan

    assert width(Resample(200, 0, documents=documents)) > 1.3 * width(Resample(200, 0))
    assert np.isnan(width(Resample(200, 0, documents=[number // 9 for number in range(90)])))


class Results:
    """A folder as `measure` leaves it: a model of four layers, and the sentence means of its texts."""

    def __init__(self, folder: Path, lines: dict[str, list[int]], layers: tuple[int, ...] = (0, 2, 4)) -> None:
        self.folder, self.model = folder, folder / "models" / "m"
        about = {"name": "m", "kind": "encoder", "init": "trained", "layers": 4, "dim": 24}
        self.model.mkdir(parents=True)
        write_json(self.model / MANIFEST, {**about, "files": {}, "fingerprint": _fingerprint({})})
        self.listing = folder / "metrics" / "m" / "c" / "1.json"
        self.listing.parent.mkdir(parents=True)
        for number, (text, own) in enumerate(lines.items()):
            every = torch.stack([world([[0]] * len(lines), sentences=100, seed=layer)[number] for layer in range(5)])
            sentence = every[list(layers)][:, own].float()
            count, none = torch.ones(len(own), dtype=torch.int32), torch.empty(0, dtype=torch.int32)
            states = HiddenStates(sentence[:, :0], none, sentence, torch.tensor(own, dtype=torch.int32), *[count] * 4)
            write_hidden(folder / "hidden" / "m" / "c" / f"{text}.safetensors", states, dict.fromkeys(METADATA, ""))
        self.listing.write_text(json.dumps({"hidden": {text: f"../../../hidden/m/c/{text}.safetensors" for text in lines}}))

    def run(self, name: str = "pairs.parquet", depths: tuple[float, ...] = (0, 0.5, 1), documents: Path | None = None) -> Path:
        spaces = self.folder / f"subspaces-{name}"
        pairs_job(
            self.model, "c", [self.listing], "eng_Latn", depths, {"replicates": 40}, 0, self.folder / name, spaces, documents
        )  # fmt: skip
        return self.folder / name


def test_only_lines_that_all_texts_have_are_compared(tmp_path: Path) -> None:
    lines = {"eng_Latn": [*range(100)], "deu_Latn": [*range(0, 100, 2)], "fra_Latn": [*range(20, 100)]}
    table = read_table(Results(tmp_path, lines).run(), PAIRS)
    assert set(table["n"]) == {40} and set(table["layer"]) == {0, 2, 4}
    assert set(table["text"]) == {"deu_Latn", "eng_Latn", "fra_Latn"}
    expected = compare(world([[0]] * 3, sentences=100, seed=2)[:, 20::2].float())[0]
    row = table[(table["text"] == "fra_Latn") & (table["other"] == "eng_Latn") & (table["metric"] == "retrieval")].iloc[1]
    assert row["value"] == expected["retrieval"][2, 0] and (row["kind"], row["init"]) == ("encoder", "trained")
    assert table["low"].notna().equals(table["metric"] == "cka")
    spaces = read_table(tmp_path / "subspaces-pairs.parquet", SUBSPACES)
    assert set(spaces["n"]) == {40} and set(spaces["texts"]) == {3} and set(spaces["layer"]) == {0, 2, 4}
    alone = subspaces.rows_of(sorted(lines), world([[0]] * 3, sentences=100, seed=2)[[1, 0, 2], 20::2].float(), "eng_Latn",
                              Resample(40, seed=0))  # fmt: skip
    wanted = {(row["metric"], row.get("removal")): row["value"] for row in alone}
    assert {
        (row.metric, row.removal if isinstance(row.removal, str) else None): row.value
        for row in spaces[spaces["layer"] == 2].itertuples()
    } == pytest.approx(wanted)


def test_the_same_bytes_twice_and_layers_of_a_file_of_all(tmp_path: Path) -> None:
    lines = {"eng_Latn": [*range(100)], "deu_Latn": [*range(100)], "fra_Latn": [*range(100)]}
    results = Results(tmp_path / "some", lines)
    assert results.run().read_bytes() == results.run("again.parquet").read_bytes()
    every = read_table(Results(tmp_path / "all", lines, layers=(0, 1, 2, 3, 4)).run(depths=(0.5,)), PAIRS)
    some = read_table(results.run(), PAIRS)
    pd.testing.assert_frame_equal(every, some[some["layer"] == 2].reset_index(drop=True))


def test_a_text_without_lines_in_common_leaves_no_value_and_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    lines = {"eng_Latn": [*range(100)], "deu_Latn": [*range(50)], "fra_Latn": [*range(50, 100)], "spa_Latn": [*range(60)]}
    table = read_table(Results(tmp_path, lines).run(), PAIRS)
    assert len(table) and table["value"].isna().all() and set(table["n"]) == {0}
    (said,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "share 0 lines" in said and "without fra_Latn they would share 50" in said


def test_nothing_to_compare_is_an_empty_table(tmp_path: Path) -> None:
    assert read_table(Results(tmp_path / "one", {"eng_Latn": [*range(30)]}).run(), PAIRS).empty
    results = Results(tmp_path / "none", {})
    assert read_table(results.run(depths=()), PAIRS).empty


def test_values_that_are_not_finite_are_one_message(tmp_path: Path) -> None:
    results = Results(tmp_path, {"eng_Latn": [*range(100)], "deu_Latn": [*range(100)]})
    path = tmp_path / "hidden" / "m" / "c" / "deu_Latn.safetensors"
    states = read_hidden(path)
    states.sentence[1, 3, 5] = torch.inf
    write_hidden(path, states, {})
    with pytest.raises(UserError, match=r"layer 2 of deu_Latn.*hidden\.dtype"):
        results.run()
