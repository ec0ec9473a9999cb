"""configs/study.yaml is whole: it passes every check, takes each model of the study and all of FLORES+ devtest."""

from __future__ import annotations

from pathlib import Path

import yaml

from langgeom.config import check, check_files
from langgeom.corpora import flores_plus

STUDY = Path(__file__).resolve().parents[1] / "configs" / "study.yaml"


def test_the_study_is_whole() -> None:
    check_files([STUDY])
    config = check(yaml.safe_load(STUDY.read_text(encoding="utf-8")))
    assert config.texts("flores") == flores_plus.texts(config["corpora"]["flores"], Path())
    assert len(config.texts("flores")) == 221
    hub = {spec["hub"] for spec in config["models"].values() if "hub" in spec}
    assert hub == {
        "microsoft/Phi-3.5-mini-instruct", "microsoft/Phi-3-mini-128k-instruct", "google-bert/bert-base-multilingual-cased",
        "google-bert/bert-base-uncased",
    }  # fmt: skip
    assert {spec["untrained"] for spec in config["models"].values() if "untrained" in spec} <= set(config["models"])
    assert all(config.model_hub(name) for name, spec in config["models"].items() if "hub" in spec)
