"""configs/study.yaml is whole: it passes every check, takes each model of the study and all of FLORES+ devtest."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from langgeom.config import check, check_files
from langgeom.findings.outcome import LEAST_UNITS
from langgeom.languages import language
from langgeom.names import TextName

STUDY = Path(__file__).resolve().parents[1] / "configs" / "study.yaml"


def test_the_study_is_whole() -> None:
    check_files([STUDY])
    config = check(yaml.safe_load(STUDY.read_text(encoding="utf-8")))
    assert config.texts("flores") == config.corpora["flores"].texts()
    assert len(config.texts("flores")) == 221
    hub = {spec["hub"] for spec in config["models"].values() if "hub" in spec}
    assert hub == {
        "microsoft/Phi-3.5-mini-instruct", "microsoft/Phi-3-mini-128k-instruct", "google-bert/bert-base-multilingual-cased",
        "google-bert/bert-base-uncased",
    }  # fmt: skip
    assert {spec["untrained"] for spec in config["models"].values() if "untrained" in spec} <= set(config["models"])
    assert all(config.models[name].repository() for name, spec in config["models"].items() if "hub" in spec)


def test_the_sample_is_all_that_flores_has_of_the_sample_of_wals() -> None:
    config = check(yaml.safe_load(STUDY.read_text(encoding="utf-8")))
    known = config.corpora["flores"].texts()
    assert config["figures"]["sample"] == [text for text in known if language(TextName.parse(text).lang).wals100]
    assert len(config["figures"]["sample"]) == 34


def test_the_pairs_and_what_is_measured_in_depth() -> None:
    config = check(yaml.safe_load(STUDY.read_text(encoding="utf-8")))
    assert config["corpora"]["grammar"]["grammar"]["generate"]["pairs"] == 1200
    assert len(config.texts("grammar")) == 2 + 12 and config.token_cap("grammar") == 16384
    assert config["in_depth"]["texts"] == ["eng_Latn", "tur_Latn", "arb_Arab", "cmn_Hans"]
    assert config.language_corpora() == ["flores"]


def test_languages_in_latin_and_arabic_script_are_as_few_as_the_comment_says() -> None:
    config = check(yaml.safe_load(STUDY.read_text(encoding="utf-8")))
    names = [TextName.parse(text) for text in config.texts("flores")]
    both = [name.lang for name in names if name.script == "Arab" and not name.variant and TextName(name.lang, "Latn") in names]
    assert sorted(both) == ["ace", "arb", "bjn", "knc", "min"] and LEAST_UNITS == 6


@pytest.mark.parametrize(("name", "corpus", "texts"), [("flores200", "flores", 204), ("ntrex", "ntrex", 122)])
def test_the_configs_that_need_no_account(name: str, corpus: str, texts: int) -> None:
    config = check(yaml.safe_load((STUDY.parent / f"{name}.yaml").read_text(encoding="utf-8")), STUDY.parents[1])
    assert list(config.corpora) == [corpus, "grammar"] and len(config.texts(corpus)) == texts
    study = check(yaml.safe_load(STUDY.read_text(encoding="utf-8")))
    assert config["models"] == study["models"]
    assert not config.corpora[corpus].request("eng_Latn")
    pins = [pin for pin in config.corpora[corpus].pins() if pin.registry == "url"]
    assert all(config.url(pin.sha256) == pin.package for pin in pins) and pins[0].package.startswith("https://")
