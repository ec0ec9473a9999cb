"""The worked examples of docs/extend.md, run as they are printed, in a copy of the workflow."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tiny
from langgeom.table import read_table
from printed import blocks
from stand_in_hub import Repository, serving

pytestmark = pytest.mark.workflow
ROOT = Path(__file__).resolve().parents[2]
KINDS = ("workflow/langgeom/corpora/columns.py", "workflow/langgeom/models/shallow.py", "kinds.yaml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Follow the page from top to bottom, in a copy of the workflow; a stand-in hub has a tiny model of the name printed."""
    base = tmp_path_factory.mktemp("docs")
    copy = base / "langgeom"
    shutil.copytree(ROOT / "workflow", copy / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("envs", "profiles"):
        shutil.copytree(ROOT / name, copy / name)
    shutil.copy(ROOT / "Snakefile", copy)
    model = {path.name: path.read_bytes() for path in tiny.decoder(base / "model").iterdir()}
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    environment |= {"PYTHONPATH": str(copy / "workflow"), "HF_HOME": str(base / "home"), "HF_HUB_DISABLE_UPDATE_CHECK": "1"}
    environment.pop("HF_HUB_OFFLINE", None)
    with serving() as hub:
        hub.repositories["models/HuggingFaceTB/SmolLM2-135M"] = Repository(model)
        environment["HF_ENDPOINT"] = hub.endpoint
        for block in blocks("extend.md"):
            if block.title in KINDS:  # below, in process
                continue
            if block.title:
                path = copy / block.title
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.body, encoding="utf-8")
                continue
            assert block.kind == "sh", block
            for words in block.commands:
                done = subprocess.run(words, cwd=copy, env=environment, text=True, capture_output=True, timeout=600)
                assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
                if "mine.yaml" in words:
                    shutil.copy(copy / "results" / "metrics.parquet", copy / "first.parquet")
    return copy


def test_the_corpus_and_the_models_give_a_table(folder: Path) -> None:
    table = read_table(folder / "first.parquet")
    assert set(table["text"]) == {"eng_Latn", "deu_Latn"}
    assert set(table["model"]) == {"my-model", "my-model-untrained"}


def test_the_new_metric_is_in_the_table_and_right(folder: Path) -> None:
    from langgeom.hidden.states import read_hidden

    table = read_table(folder / "results" / "metrics.parquet")
    rows = table[(table["metric"] == "mean_norm") & (table["text"] == "deu_Latn")].sort_values("layer")
    states = read_hidden(folder / "results" / "hidden" / "my-model" / "mine" / "deu_Latn.safetensors")
    sampled = states.token[:, states.token_sampled]
    np.testing.assert_allclose(rows["value"], sampled.double().norm(dim=2).mean(1), rtol=1e-9)
    assert rows["low"].isna().all()  # three sentences are too few for an interval


def test_hidden_states_are_not_computed_again_for_a_new_metric(folder: Path) -> None:
    (log,) = (folder / "results" / "logs" / "measure" / "my-model").rglob("*.log")
    assert log.read_text().count(" measured in ") == 2 and ": run in " not in log.read_text()


def test_the_new_figure_is_a_target(folder: Path) -> None:
    figures = folder / "results" / "figures"
    drawn = pd.read_csv(figures / "norm_by_layer.csv")
    assert set(drawn["metric"]) == {"mean_norm"} and set(drawn["text"]) == {"eng_Latn", "deu_Latn"}
    assert (figures / "norm_by_layer.png").read_bytes().startswith(b"\x89PNG")
    assert [path.stem for path in figures.glob("*.svg")] == ["norm_by_layer"]


def test_a_new_kind_of_corpus_and_a_new_source_of_models(tmp_path: Path) -> None:
    """The config check knows them by their files, the corpus can be read and the model built."""
    shutil.copytree(ROOT / "workflow", tmp_path / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    for block in blocks("extend.md"):
        if block.title in KINDS:
            (tmp_path / block.title).write_text(block.body, encoding="utf-8")
    tiny.decoder(tmp_path / "my-model")
    (tmp_path / "table.csv").write_text("eng_Latn,deu_Latn\nOne day.,Ein Tag.\nTwo days.,Zwei Tage.\n", encoding="utf-8")
    (tmp_path / "try.py").write_text(TRY, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "workflow")}
    done = subprocess.run([sys.executable, "try.py"], cwd=tmp_path, env=environment, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "deu_Latn.txt").read_text(encoding="utf-8") == "Ein Tag.\nZwei Tage.\n"
    manifest = json.loads((tmp_path / "built" / "manifest.json").read_text())
    assert (manifest["layers"], manifest["source"]) == (1, {"shallow": "my-model", "blocks": 1})


TRY = """
from pathlib import Path
import yaml
from langgeom.config import check
from langgeom.errors import UserError

settings = yaml.safe_load(Path("kinds.yaml").read_text())
config = check({**settings, "metrics": {"token": ["id_twonn", "anisotropy"]}})
corpus, model = config.corpora["table"], config.models["first-block"]
assert corpus.inputs("deu_Latn") == ["table.csv"] and corpus.identity("deu_Latn")[0][0] == "table.csv"
corpus.build("deu_Latn", [Path("table.csv")], Path("deu_Latn.txt"), Path("deu_Latn.json"))
assert model.inputs()[0] == "my-model/config.json"
model.build([Path(path) for path in model.inputs()], Path("built"))
for key, group in (("blockz", "models"), ("split", "corpora")):
    name = next(iter(settings[group]))
    try:
        check({**settings, group: {name: {**settings[group][name], key: 1}}})
    except UserError as error:
        assert f"unknown key '{key}' in {group}.{name}" in str(error), error
    else:
        raise AssertionError(key)
"""
