"""Each setting reruns the stages that it determines, and no other."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
import yaml

from langgeom.config import SCHEMA
from study import Study

pytestmark = pytest.mark.workflow

CORPUS, MODEL, HIDDEN, METRICS, TABLE, FIGURE = "corpus", "model", "hidden", "metrics", "join_metrics", "figure"
MEASURED = {METRICS, TABLE, FIGURE}
RUN = {HIDDEN, *MEASURED}
WORDS = {"text", "join_texts"}

# Setting, another value, and the rules whose jobs it brings. Jobs of hidden states and metrics still find finished texts in the
# store: `texts_per_job` deals them anew and computes none.
CHANGES: list[tuple[str, Any, set[str]]] = [
    ("seed", 1, {MODEL, *WORDS, *RUN}),  # it seeds untrained weights too
    ("reference", "spa_Latn", {CORPUS, *WORDS, *RUN}),
    ("texts_per_job", 4, RUN),
    ("corpora.mine.min_lines", 11, {CORPUS, *WORDS, *RUN}),
    ("corpora.mine.token_cap", 100, RUN),
    ("corpora.mine.max_characters", 20, {CORPUS, *WORDS, *RUN}),
    ("models.decoder-untrained.seed", 5, {MODEL, *RUN}),
    ("models.encoder.reference", "somewhere", {MODEL, *RUN}),
    ("models.decoder.loss", False, {MODEL, *RUN}),
    ("hidden.dtype", "bfloat16", RUN),
    ("hidden.batch_tokens", 64, RUN),
    ("hidden.max_tokens", 20, RUN),
    ("hidden.token_cap", 100, RUN),
    ("hidden.first_position", "include", RUN),
    ("hidden.final_norm", False, RUN),
    ("metrics.token", ["id_microscope", "anisotropy"], MEASURED),
    ("metrics.sentence", [], MEASURED),
    ("metrics.aligned", ["kl_mean"], MEASURED),
    ("metrics.text", [], MEASURED),
    ("metrics.pairs", [], set()),  # this study has no corpus of pairs
    ("texts.measures", ["mattr"], {*WORDS, FIGURE}),
    ("bootstrap.replicates", 41, {*WORDS, *MEASURED}),
    ("figures.id", "id_twonn", {FIGURE}),
    ("figures.anisotropy", "anisotropy_uncentred", {FIGURE}),
    ("figures.sample", ["eng_Latn"], {FIGURE}),
]


def test_no_setting_is_left_out() -> None:
    """A new setting of these sections needs its line above."""
    sections = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["properties"]
    known = {name for name, _, _ in CHANGES}
    for section in ("hidden", "metrics", "texts", "bootstrap", "figures"):
        assert {f"{section}.{key}" for key in sections[section]["properties"]} <= known


@pytest.mark.parametrize(("setting", "value", "expected"), CHANGES, ids=[name for name, _, _ in CHANGES])
def test_a_setting_reruns_what_it_determines(finished: Study, setting: str, value: Any, expected: set[str]) -> None:
    settings = copy.deepcopy(finished.settings)
    *path, last = setting.split(".")
    place = settings
    for key in path:
        place = place.setdefault(key, {})
    place[last] = value
    output = Study(finished.folder, settings).run("--dry-run", "--quiet", "host")
    finished.write()
    stages = re.findall(r"^(\w+?)(?:_mine_\d+)? +\d+$", output[output.find("Job stats") :], flags=re.MULTILINE)
    assert set(stages) - {"all", "total"} == expected
