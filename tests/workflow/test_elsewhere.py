"""The workflow serves folders other than its own: several at once, and another workflow that uses it as a module."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from langgeom.figures.catalogue import FIGURES
from printed import blocks
from study import ROOT, Study

pytestmark = pytest.mark.workflow
OWN = """\
configfile: "outer.yaml"


rule all:
    input:
        "lines.txt",


rule count:
    input:
        "{table}",
    output:
        "lines.txt",
    shell:
        "wc -l < {{input:q}} > {{output:q}}"


"""


def start(study: Study, *arguments: str) -> subprocess.Popen[str]:
    """Start Snakemake from the checkout for the folder of a study."""
    study.write()
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--directory", str(study.folder), *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_two_folders_at_once(fresh: Callable[[], Study], finished: Study) -> None:
    def seen() -> dict[Path, int]:
        # But for what the tests' own tools keep, and git, which changes whenever someone asks git something.
        top = [path for path in ROOT.iterdir() if not path.name.startswith(".") and path.name != "__pycache__"]
        found = [below for path in top for below in (path, *(path.rglob("*") if path.is_dir() else ()))]
        return {path: path.lstat().st_mtime_ns for path in found if "__pycache__" not in str(path)}

    before = seen()
    first, second = fresh(), fresh()
    second.settings["models"] = {"encoder": {"folder": "encoder"}}
    runs = [start(first, "--snakefile", "Snakefile", "table", "fig07"), start(second, "table", "fig07")]
    for run in runs:
        output = run.communicate(timeout=900)[0]
        assert run.returncode == 0, output
    assert first.files("metrics.*") == finished.files("metrics.*")
    assert first.files("figures/*") == finished.files("figures/kl_mean.*")
    encoder = second.files("metrics/encoder/*/*")
    assert encoder and encoder == finished.files("metrics/encoder/*/*")
    assert seen() == before


def write_outer(study: Study, table: str, *, apart: bool) -> None:
    """Write a workflow with a rule of its own that takes a table from langgeom's, as docs/cluster.md prints it.

    Args:
        apart: whether langgeom's results lie apart; else without the lines that say so.
    """
    (module,) = (block.body for block in blocks("cluster.md") if block.kind == "python")
    assert "path/to/langgeom/Snakefile" in module and "results/geometry/" in module
    module = module.replace("path/to/langgeom", str(ROOT))
    if not apart:
        module = re.sub(r" +replace_prefix:\n.*\n", "", module)
    (study.folder / "Snakefile").write_text(OWN.format(table=table) + module, encoding="utf-8")
    settings = {"threshold": 3, "geometry": study.settings}
    (study.folder / "outer.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")


def snakemake(study: Study, *arguments: str) -> str:
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=study.folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def of_encoder(study: Study, name: str) -> list[bytes]:
    """Return the header of a table and the rows of the one model."""
    header, *rows = study.files(name)[name].splitlines()
    place = header.split(b",").index(b"model")
    return [header, *(row for row in rows if row.split(b",")[place] == b"encoder")]


def test_as_a_module(fresh: Callable[[], Study], finished: Study) -> None:
    study = fresh()
    study.settings["models"] = {"encoder": {"folder": "encoder"}}
    write_outer(study, "results/metrics.csv", apart=False)
    snakemake(study)  # the outer workflow's own first rule is what runs
    rows = study.files("metrics.csv")["metrics.csv"].splitlines()
    assert int((study.folder / "lines.txt").read_text()) == len(rows) > 100
    assert rows == of_encoder(finished, "metrics.csv")
    assert not (study.folder / "results" / "figures").exists()
    snakemake(study, "langgeom_fig07")
    drawn = study.files("figures/kl_mean.csv")["figures/kl_mean.csv"].splitlines()
    assert len(drawn) > 10 and drawn == of_encoder(finished, "figures/kl_mean.csv")
    assert len(study.files("figures/*")) == 3


def test_as_a_module_with_its_results_elsewhere(fresh: Callable[[], Study]) -> None:
    study = fresh()
    study.settings["models"] = {"encoder": {"folder": "encoder"}}
    write_outer(study, "results/geometry/metrics.csv", apart=True)
    snakemake(study, "all", "langgeom_page")
    assert (study.folder / "lines.txt").is_file()
    assert len(study.files("geometry/figures/*")) == 3 * len(FIGURES)
    assert b"No benchmarks were found" not in study.files("geometry/report.html")["geometry/report.html"]
    # As docs/cluster.md says, besides these.
    assert {path.name for path in (study.folder / "results").iterdir()} == {"geometry", "cache"}
    assert not (study.folder / "results" / "hidden").exists()
