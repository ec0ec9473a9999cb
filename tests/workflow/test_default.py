"""The embedded default on a few languages and replicates, with real pretrained models fetched from PyPI."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from langgeom.table import read_table
from study import ROOT, Study

pytestmark = [pytest.mark.workflow, pytest.mark.pretrained]


def run(folder: Path, model: str, texts: list[str], **changes: Any) -> Study:
    """Run the default on some texts of the UDHR, with one of its models and the untrained twin."""
    settings = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    settings["corpora"] = {"udhr": {**settings["corpora"]["udhr"], "texts": texts}}
    settings["models"] = {name: settings["models"][name] for name in (model, f"{model}-untrained")}
    if (ROOT / "results" / "downloads").is_dir():  # what `make` fetched serves here too
        shutil.copytree(ROOT / "results" / "downloads", folder / "results" / "downloads", copy_function=os.link)
    settings["bootstrap"]["replicates"] = 40  # only that there is an interval is looked at
    study = Study(folder, settings | changes)
    # Threads of two jobs that share the cores of this machine with other tests would wait for each other most of the time.
    study.run("table", cores=1)
    return study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    changes = {"in_depth": {"texts": ["eng_Latn"]}, "hidden": {"keep": "all"}}
    return run(tmp_path_factory.mktemp("default"), "smollm2-135m", ["eng_Latn", "spa_Latn"], **changes)


def values(study: Study, metric: str, over: str, **where: str) -> pd.DataFrame:
    table = read_table(study.folder / "results" / "metrics.parquet")
    chosen = table[(table["metric"] == metric) & (table["over"] == over)]
    for column, value in where.items():
        chosen = chosen[chosen[column] == value]
    return chosen


def test_the_numbers_are_those_of_a_trained_model(study: Study) -> None:
    # SmolLM2 reads mostly English; an untrained model would need about log2(49152) bits a token.
    bpc = values(study, "bpc", "text").set_index("text")["value"]
    assert 0.6 < bpc["eng_Latn"] < 1.3
    assert bpc["eng_Latn"] < bpc["spa_Latn"] < 2.5
    dimension = values(study, "id_microscope", "token", model="smollm2-135m", text="eng_Latn")
    assert len(dimension) == 31
    # At the embeddings, equal tokens are equal vectors, which that estimator's ECDF counts although it drops them.
    assert dimension.loc[dimension["layer"] > 0, "value"].between(2, 60).all()
    assert values(study, "id_twonn", "token", model="smollm2-135m", text="eng_Latn")["value"].between(2, 60).all()
    assert (dimension["low"] <= dimension["value"]).all() and (dimension["value"] <= dimension["high"]).all()


def test_training_folds_text_into_fewer_dimensions(study: Study) -> None:
    # Anisotropy does not tell this model from its twin once the attention sink is out; the dimension does, in every text.
    inner = values(study, "id_twonn", "token")
    means = inner[inner["layer"].between(5, 25)].groupby(["text", "model"])["value"].mean().unstack()
    assert (means["smollm2-135m"] < 0.8 * means["smollm2-135m-untrained"]).all()


def test_divergence_from_the_reference_to_itself_is_zero(study: Study) -> None:
    for metric, over in (("kl_mean", "sentence"), ("kl_padded", "token")):
        assert values(study, metric, over, text="eng_Latn")["value"].abs().max() < 1e-6
        others = values(study, metric, over, text="spa_Latn", model="smollm2-135m")["value"]
        # 0 in some layers, where all softmaxes of means are one-hot.
        assert (others >= 0).all() and (others > 0).mean() > 0.5


def test_a_paragraph_has_no_vectors_of_padding_or_of_the_first_position(study: Study) -> None:
    for path in (study.folder / "results" / "hidden").rglob("*.safetensors"):
        from langgeom.hidden.states import read_hidden

        states = read_hidden(path)
        assert states.token.shape[1] == len(states.token_sentence) and int(states.token_sampled.sum()) <= 2048
        assert states.sentence.shape[:2] == (31, len(states.sentence_line))
        assert states.sentence.isfinite().all() and states.token.isfinite().all()


def test_the_encoder_brings_translations_together(tmp_path: Path) -> None:
    few = {"token": [], "sentence": [], "aligned": ["retrieval"], "pairs": [], "text": ["unknown_tokens"]}
    texts = ["eng_Latn", "spa_Latn", "rus_Cyrl", "hin_Deva", "uig_Arab", "uig_Latn"]
    study = run(tmp_path, "e5-small", texts, metrics=few, in_depth={})
    found = values(study, "retrieval", "sentence").set_index(["model", "text", "layer"])["value"].unstack()
    # The same file, converted and pooled by other code in float32, with the first position; 0.1 is six sentences.
    known = pd.DataFrame(
        {
            "spa_Latn": [0.45, 0.94, 0.97, 0.96, 1.0], "rus_Cyrl": [0.38, 0.79, 0.95, 0.96, 0.99],
            "hin_Deva": [0.27, 0.63, 0.91, 0.87, 0.98], "uig_Arab": [0.09, 0.17, 0.45, 0.54, 0.78],
            "uig_Latn": [0.05, 0.03, 0.09, 0.14, 0.48],
        },
        index=[0, 3, 6, 9, 12],
    ).T  # fmt: skip
    assert (found.loc["e5-small"].loc[known.index, known.columns] - known).abs().to_numpy().max() < 0.1
    assert found.loc["e5-small-untrained"].loc[known.index].to_numpy().max() < 0.6
    tokens = values(study, "unknown_tokens", "text", model="e5-small")
    assert tokens["value"].max() < 0.01
