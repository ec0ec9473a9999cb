"""Each setting reruns the stages that it determines, and no other."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from langgeom.config import SCHEMA
from study import ROOT, Study

pytestmark = pytest.mark.workflow

CORPUS, MODEL, MEASURE, TABLE, FIGURE = "corpus", "model", "measure", "join_metrics", "figure"
QUALITY, EXPLORER, FINDINGS, REPORT = "quality", "explorer", "conclusions", "page"
# The report shows all settings but those of models and corpora, and whatever comes of them.
AFTER = {FIGURE, FINDINGS, REPORT}
PAIRS = {"text_pairs", "join_pairs", "join_subspaces", "model_pairs", "join_model_pairs"}
MEASURED = {MEASURE, TABLE, *PAIRS, QUALITY, EXPLORER, *AFTER}
WORDS = {"text", "join_texts"}
ALL = {*WORDS, *MEASURED}

# Setting, another value, and the rules whose jobs it brings. A measure job still finds the texts that are done: `texts_per_job`
# deals them anew and computes none.
CHANGES: list[tuple[str, Any, set[str]]] = [
    ("seed", 1, {MODEL, *ALL}),  # it seeds untrained weights too
    ("reference", "spa_Latn", {CORPUS, *ALL}),
    ("texts_per_job", 4, MEASURED),
    ("corpora.mine.texts", ["eng_Latn", "spa_Latn", "rus_Cyrl"], {CORPUS, *ALL}),
    ("corpora.mine.min_lines", 11, {CORPUS, *ALL}),
    ("corpora.mine.token_cap", 100, MEASURED),
    ("corpora.mine.max_characters", 20, {CORPUS, *ALL}),
    ("models.decoder-untrained.seed", 5, {MODEL, *MEASURED}),
    ("models.encoder.reference", "somewhere", {MODEL, *MEASURED}),
    ("models.decoder.loss", False, {MODEL, *MEASURED}),
    ("hidden.dtype", "bfloat16", MEASURED),
    ("hidden.keep", "sentence", MEASURED),
    ("hidden.batch_tokens", 64, MEASURED),
    ("hidden.max_tokens", 20, MEASURED),
    ("hidden.token_cap", 100, MEASURED),
    ("hidden.whole_lines", 3, MEASURED),
    ("hidden.lens_lines", 3, MEASURED),
    ("hidden.first_position", "include", MEASURED),
    ("hidden.final_norm", False, MEASURED),
    ("metrics.token", ["id_twonn", "anisotropy"], MEASURED),
    ("metrics.sentence", [], MEASURED),
    ("metrics.aligned", ["kl_mean"], MEASURED),
    ("metrics.text", [], MEASURED),
    ("metrics.pairs", [], {REPORT}),  # this study has no corpus of pairs
    ("in_depth.texts", ["eng_Latn"], MEASURED),
    ("in_depth.token", ["id_mle"], MEASURED),
    ("in_depth.sentence", ["anisotropy_uncentred"], MEASURED),
    ("skdim", {"mom": {"n_neighbors": 10}}, MEASURED),
    ("pairs.layers", [0.5], MEASURED),
    ("texts.measures", ["mattr"], {*WORDS, EXPLORER, *AFTER}),
    ("bootstrap.replicates", 41, {*WORDS, *MEASURED}),
    ("quality.harness", {"models": ["decoder"], "tasks": {"global_mmlu_full_es": "spa"}},
     {"harness", QUALITY, EXPLORER, *AFTER}),
    ("figures.id", "id_microscope", {EXPLORER, *AFTER}),
    ("figures.anisotropy", "anisotropy_uncentred", AFTER),
    ("figures.sample", ["eng_Latn"], AFTER),
    ("figures.quality", "bpc", AFTER),
    ("figures.compare", ["decoder", "encoder"], AFTER),
    ("explorer.sentences", 3, {EXPLORER, REPORT}),
    ("explorer.depth", 1.0, MEASURED),
]  # fmt: skip


@pytest.fixture(scope="module")
def planned(fresh: Callable[[], Study], tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Return the rules whose jobs each change brings where all results are there, whatever is in them."""
    study = fresh()
    study.pretend()
    folder = tmp_path_factory.mktemp("changes")
    configs = {name: folder / f"{number}.yaml" for number, name in enumerate(["nothing", *(name for name, _, _ in CHANGES)])}
    for setting, value, _ in [("nothing", None, set()), *CHANGES]:
        settings = copy.deepcopy(study.settings)
        *path, last = setting.split(".")
        place = settings
        for key in path:
            place = place.setdefault(key, {})
        if setting != "nothing":
            place[last] = value
        configs[setting].write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    command = [sys.executable, str(ROOT / "tests" / "workflow" / "dry_runs.py"), str(ROOT / "Snakefile"), str(study.folder)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run([*command, *map(str, configs.values())], env=environment, check=True, timeout=1800)
    found = {}
    for setting, path in configs.items():
        said = path.with_suffix(".log").read_text(encoding="utf-8")
        assert "This was a dry-run" in said or "Nothing to be done" in said, f"{setting}: {said}"
        listed = said[said.find("Job stats") :] if "Job stats" in said else ""
        found[setting] = set(re.findall(r"^(\w+) +\d+$", listed, flags=re.MULTILINE)) - {"all", "total"}
    return found


def test_no_setting_is_left_out() -> None:
    """A new setting needs its line above; what a corpus or model is made of is not changed but replaced."""
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    known = {name for name, _, _ in CHANGES}
    for section, described in schema["properties"].items():
        if section not in ("corpora", "models"):
            inside = described.get("properties")
            assert {f"{section}.{key}" for key in inside} <= known if inside else section in known, section
    assert {f"corpora.mine.{key}" for key in schema["$defs"]["corpus"]["properties"]} <= known


def test_nothing_reruns_without_a_change(planned: dict[str, set[str]]) -> None:
    assert planned["nothing"] == set()


@pytest.mark.parametrize(("setting", "expected"), [(name, rules) for name, _, rules in CHANGES], ids=[c[0] for c in CHANGES])
def test_a_setting_reruns_what_it_determines(planned: dict[str, set[str]], setting: str, expected: set[str]) -> None:
    assert planned[setting] == expected
