"""Two hundred languages run through."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import tiny
from langgeom.corpora import udhr
from langgeom.names import TextName
from study import ROOT, Study

pytestmark = pytest.mark.workflow
LANGUAGES, LINES = 200, 12
PACKAGE = ROOT / "results" / "downloads" / "npm" / "udhr-6.0.0.tgz"


def declarations() -> dict[str, list[str]]:
    """Return 200 texts, two languages in two scripts each among them: the first clauses of the Declaration, all there."""
    first = ["eng_Latn", "uig_Latn", "uig_Arab", "srp_Latn", "srp_Cyrl"]
    found: dict[str, list[str]] = {}
    for text in dict.fromkeys([*first, *udhr.udhr_texts()]):
        lines = udhr.declaration_lines(PACKAGE, text, "eng_Latn")[0][:LINES]
        if len(found) < LANGUAGES and len(lines) == LINES and all(lines):
            found[text] = lines
    return found


@pytest.mark.skipif(not PACKAGE.exists(), reason="needs the declarations: run `make ARGS=corpora` first")
def test_a_folder_of_200_languages(tmp_path: Path) -> None:
    """FLORES-200's own layout, through to the table and a figure."""
    declared = declarations()
    texts = list(declared)
    folder = tmp_path / "flores200_dataset" / "devtest"
    folder.mkdir(parents=True)
    for text, lines in declared.items():
        (folder / f"{text}.devtest").write_text("\n".join(lines) + "\n", encoding="utf-8")
    tiny.decoder(tmp_path / "decoder", [line for lines in declared.values() for line in lines])
    study = Study(
        tmp_path,
        {
            "corpora": {"flores": {"flores": "flores200_dataset", "split": "devtest", "min_lines": LINES, "texts": texts}},
            "models": {"decoder": {"folder": "decoder"}},
            "texts_per_job": LANGUAGES,
            "hidden": {"dtype": "float32"},
            "metrics": {"token": ["id_twonn", "id_microscope", "anisotropy"], "sentence": [], "aligned": ["kl_mean"]},
            "bootstrap": {"replicates": 20},
        },
    )
    study.run("table", "id_two_scripts")
    table = pd.read_parquet(study.folder / "results" / "metrics.parquet")
    assert set(table["text"]) == set(texts) and len(set(table["lang"])) < LANGUAGES == len(texts)
    anisotropy = table[table["metric"] == "anisotropy"]
    assert len(anisotropy) == LANGUAGES * 3 and anisotropy["value"].between(0, 1).all()
    assert set(table["script"]) == {TextName.parse(text).script for text in texts}
    drawn = (study.folder / "results" / "figures" / "id_two_scripts.csv").read_text(encoding="utf-8")
    assert "uig" in drawn and "srp" in drawn
    log = (study.folder / "results" / "logs" / "measure" / "decoder" / "flores.1.log").read_text(encoding="utf-8")
    assert log.count(" measured in ") == LANGUAGES
    assert "Nothing to be done" in study.run("table", "id_two_scripts")
