"""docs/quickstart.md, run as it is printed: its commands, its config, its lines of Python."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

import tiny
from langgeom.corpora.flores_plus import DATASET
from printed import Block, blocks
from stand_in_hub import Hub, Repository, rows_of
from study import Study

pytestmark = pytest.mark.workflow
SAID = {
    "eng_Latn": "the people have the right to work number {}",
    "deu_Latn": "das Volk hat das Recht auf Arbeit Nummer {}",
    "cmn_Hans": "人民有工作的权利{}",
}
LINES = {text: [sentence.format(number) for number in range(48)] for text, sentence in SAID.items()}


def block(kind: str) -> Block:
    """Return the page's one block of a kind."""
    (found,) = (found for found in blocks("quickstart.md") if found.kind == kind)
    return found


def arguments(words: list[str]) -> list[str]:
    """Return what stands behind `snakemake`, but for the number of cores, of which a test's machine may have fewer."""
    assert words[0] == "snakemake"
    if "--cores" not in words:
        return words[1:]
    place = words.index("--cores")
    assert words[place + 1].isdigit()
    return [*words[1:place], *words[place + 2 :]]


def test_the_commands(finished: Study) -> None:
    """Nothing is left to do in a study that has run, so each says so, and leaves the study as it is."""
    commands = [words for words in block("").commands if "mine.yaml" not in words]
    assert len(commands) >= 4
    before = {name: len(content) for name, content in finished.files("**/*.svg").items()}
    packed = finished.folder / "run.zip"
    for words in commands:
        output = finished.run(*arguments(words))
        assert "--report" in words or "Nothing to be done" in output, output
    assert packed.read_bytes().startswith(b"PK")
    packed.unlink()
    assert {name: len(content) for name, content in finished.files("**/*.svg").items()} == before


def write_parts(folder: Path, hub: Hub) -> None:
    """Write what the page's config names: texts, a FLORES archive, pairs, a model; and what is on the hub."""
    texts, flores = folder / "path/to/texts", folder / "flores200_dataset/devtest"
    for place, ending in ((texts, ".txt"), (flores, ".devtest")):
        place.mkdir(parents=True)
        for text in ("eng_Latn", "deu_Latn"):
            (place / f"{text}{ending}").write_text("\n".join(LINES[text]) + "\n", encoding="utf-8")
    pd.DataFrame({text: LINES[text] for text in ("eng_Latn", "deu_Latn")}).to_parquet(folder / "path/to/sentences.parquet")
    with tarfile.open(folder / "path/to/flores200_dataset.tar.gz", "w:gz") as archive:
        archive.add(flores.parent, "flores200_dataset")
    pairs = [f"{line}\t{line.replace('have', 'has')}\tAgreement" for line in LINES["eng_Latn"]]
    (folder / "mine.tsv").write_text("\n".join(pairs) + "\n", encoding="utf-8")
    model = tiny.decoder(folder / "path/to/model", [line for lines in LINES.values() for line in lines])
    hub.repositories["models/owner/name"] = Repository({path.name: path.read_bytes() for path in model.iterdir()})
    hub.repositories["datasets/" + DATASET] = Repository(rows_of(LINES), gated=True)


def test_the_config(fresh: Callable[[], Study], hub: Hub) -> None:
    """The config is pinned to the hub's commits, and run with the page's own command."""
    study, mine = fresh(), block("yaml").body
    write_parts(study.folder, hub)
    path = study.folder / "mine.yaml"
    assert mine.count("COMMIT") == 2
    path.write_text(mine.replace("COMMIT", next(iter(hub.repositories.values())).commit), encoding="utf-8")
    (command,) = (words for words in block("").commands if "mine.yaml" in words)
    study.run(*arguments(command))
    table = pd.read_parquet(study.folder / "results" / "metrics.parquet")
    settings = yaml.safe_load(mine)
    assert set(table["model"]) == set(settings["models"]) and set(table["corpus"]) == set(settings["corpora"])
    assert {"eng_Latn", "deu_Latn", "cmn_Hans", "eng_Latn_wrong"} <= set(table["text"])
    assert len(study.files("figures/*")) == 3


def test_the_lines_of_python(finished: Study) -> None:
    """The first need nothing, the second a study that has run."""
    bodies = [found.body for found in blocks("quickstart.md") if found.kind == "python"]
    said = []
    for body in bodies:
        command = [sys.executable, "-c", body]
        done = subprocess.run(command, cwd=finished.folder, text=True, capture_output=True, timeout=300)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    assert said[0].count("Estimate") == 2 and "decoder" in said[1] and "high" in said[1]
