"""Models against models: turned copies are the same, unrelated ones within chance, and layers are found in the files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from langgeom.errors import UserError
from langgeom.files import write_json
from langgeom.hidden.states import METADATA, HiddenStates, read_hidden, write_hidden
from langgeom.metrics import Cloud, Resample, cka
from langgeom.model_pairs import Place, model_pairs_job, rows_of
from langgeom.models.manifest import MANIFEST, _fingerprint
from langgeom.table import MODEL_PAIRS, read_table

RESAMPLE = Resample(100, seed=0)


def places(model: str, seed: int, layers: int = 3, sentences: int = 60) -> list[Place]:
    random = torch.Generator().manual_seed(seed)
    return [
        Place(model, layer, torch.randn(sentences, 20 + 10 * layer, generator=random, dtype=torch.float64))
        for layer in range(layers)
    ]


def test_a_turned_model_is_the_same_layer_by_layer() -> None:
    """Of other sizes, places and dimensions: 60 where the other has 20 to 40."""
    own = places("a", 0)
    turn = torch.linalg.qr(torch.randn(60, 60, generator=torch.Generator().manual_seed(1), dtype=torch.float64)).Q
    other = [Place("b", at, 3 * one.points @ turn[: one.points.shape[1]] + 5) for at, one in enumerate(own)]
    rows = pd.DataFrame(rows_of([*own, *other], RESAMPLE))
    assert len(rows) == 2 * 15
    between = rows[rows["model"] != rows["other_model"]]
    same = between[between["layer"] == between["other_layer"]]
    assert same["value"].tolist() == pytest.approx([1.0] * 6) and (same["null"] < 0.3).all()
    apart = between[between["layer"] != between["other_layer"]].set_index(["metric", "layer", "other_layer"])["value"]
    within = rows[rows["model"].eq("a") & rows["other_model"].eq("a")].set_index(["metric", "layer", "other_layer"])["value"]
    assert apart[within.index].tolist() == pytest.approx(within.tolist())


def test_what_was_computed_of_a_pair_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tables of ranks a pair would be more memory than the job asks for."""
    clouds = list[Cloud]()
    monkeypatch.setattr("langgeom.model_pairs.Cloud", lambda points: clouds.append(Cloud(points)) or clouds[-1])
    rows_of([*places("a", 0), *places("b", 1)], RESAMPLE)
    assert len(clouds) == 6 and not any(cloud.layer(0)._large for cloud in clouds)


def test_unrelated_models_exceed_chance_in_one_pairing_of_twenty() -> None:
    worlds = [pd.DataFrame(rows_of([*places("a", seed), *places("b", 100 + seed)], RESAMPLE)) for seed in range(8)]
    found = pd.concat(worlds)
    for _, rows in found.groupby("metric"):
        assert (rows["value"] > rows["null"]).mean() <= 0.1
    assert (found[found["metric"] == "cka"]["low"] < 0.1).all()


def test_no_layer_keeps_tables_of_its_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of 2,000 sentences takes 32 MB, and a study may have a hundred layers."""
    clouds = list[Cloud]()
    monkeypatch.setattr("langgeom.model_pairs.Cloud", lambda points: clouds.append(Cloud(points)) or clouds[-1])
    rows_of(places("a", 0), RESAMPLE)
    assert len(clouds) == 3 and not any(layer._large for cloud in clouds for layer in cloud._all)


def written(folder: Path, name: str, seed: int, lines: list[int], kept: list[int]) -> tuple[Path, Path]:
    """Write a model of four layers and the sentence means that `measure` leaves of a text."""
    model = folder / "models" / name
    model.mkdir(parents=True)
    about = {"name": name, "kind": "encoder", "init": "trained", "layers": 4, "dim": 24}
    write_json(model / MANIFEST, {**about, "files": {}, "fingerprint": _fingerprint({})})
    every = torch.from_numpy(np.random.default_rng(seed).normal(size=(5, 100, 16 + seed))).float()[kept][:, lines]
    count, none = torch.ones(len(lines), dtype=torch.int32), torch.empty(0, dtype=torch.int32)
    states = HiddenStates(every[:, :0], none, every, torch.tensor(lines, dtype=torch.int32), *[count] * 4)
    write_hidden(folder / "hidden" / name / "c" / "eng_Latn.safetensors", states, dict.fromkeys(METADATA, ""))
    listing = folder / "metrics" / name / "c" / "1.json"
    write_json(listing, {"hidden": {"eng_Latn": f"../../../hidden/{name}/c/eng_Latn.safetensors"}})
    return model, listing


def test_layers_and_sentences_that_both_have(tmp_path: Path) -> None:
    """One file holds the layers compared, the other all."""
    some = [*range(0, 100, 2)]
    one, other = written(tmp_path, "a", 1, [*range(100)], [0, 2, 4]), written(tmp_path, "b", 2, some, [0, 1, 2, 3, 4])
    out = tmp_path / "out.parquet"
    models, listings = zip(one, other, strict=True)
    model_pairs_job(models, "c", listings, "eng_Latn", [0, 0.5, 1], {"replicates": 100}, 0, out)
    table = read_table(out, MODEL_PAIRS)
    assert set(table["n"]) == {50} and len(table) == 2 * 15 and set(table["layer"]) == {0, 2, 4}
    x, y = (torch.from_numpy(np.random.default_rng(seed).normal(size=(5, 100, 16 + seed))).float() for seed in (1, 2))
    alone = cka(torch.nn.functional.pad(x[4][some], (0, 1)), y[2][some], resample=RESAMPLE)
    row = table.query("model == 'a' and layer == 4 and other_model == 'b' and other_layer == 2 and metric == 'cka'").iloc[0]
    assert row["value"] == pytest.approx(float(alone.value)) and row["low"] == pytest.approx(float(alone.low))
    model_pairs_job(models, "c", listings, "fra_Latn", [0, 0.5, 1], {"replicates": 100}, 0, out)
    assert read_table(out, MODEL_PAIRS).empty
    model_pairs_job(models, "c", listings, "eng_Latn", [], {"replicates": 100}, 0, out)
    assert read_table(out, MODEL_PAIRS).empty


def test_values_that_are_not_finite_are_one_message(tmp_path: Path) -> None:
    model, listing = written(tmp_path, "a", 1, [*range(30)], [0, 2, 4])
    path = tmp_path / "hidden" / "a" / "c" / "eng_Latn.safetensors"
    states = read_hidden(path)
    states.sentence[1, 3, 5] = torch.inf
    write_hidden(path, states, {})
    with pytest.raises(UserError, match=r"layer 2 of a.*hidden\.dtype"):
        model_pairs_job([model], "c", [listing], "eng_Latn", [0, 0.5, 1], {"replicates": 100}, 0, tmp_path / "out.parquet")
