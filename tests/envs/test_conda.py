"""`snakemake --sdm conda` makes the environments of envs/*.yaml and runs rules in them, with doubles of conda and conda-forge.

The doubles (doubles/) lend this Python's own libraries, so what is shown is the files, the pins and the wiring; whether the
lists are complete is what test_pins.py and test_complete.py are for.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from as_conda import with_conda
from listed import ENVS, ROOT, listed
from study import Study, make_parts, make_study

pytest.importorskip("rattler", reason="py-rattler (envs/requirements-dev.txt) is not installed")
pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def conda(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment variables under which `conda` is the double."""
    return with_conda(tmp_path_factory.mktemp("conda"))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("study")
    make_parts(folder)
    study = make_study(folder, tmp_path_factory.mktemp("run"))
    study.settings["models"] = {"encoder": {"folder": "encoder"}}
    study.settings["corpora"]["mine"]["texts"] = ["eng_Latn", "spa_Latn"]
    study.write()
    return study


def run(study: Study, conda: dict[str, str], root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile"), "--sdm", "conda", "--cores", "2"]
    return subprocess.run(
        [*command, *arguments], cwd=study.folder, env=conda, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def test_each_rule_runs_in_its_environment(study: Study, conda: dict[str, str]) -> None:
    done = run(study, conda, ROOT, "table", "id_by_layer")
    assert done.returncode == 0, done.stdout
    made = list((study.folder / ".snakemake" / "conda").glob("*.yaml"))
    used = {"fetch", "measure", "metrics", "figures"}  # those of the rules that these targets need
    assert {path.read_bytes() for path in made} == {env.read_bytes() for env in ENVS if env.stem in used}
    assert done.stdout.count("Activating conda environment") >= 6  # two texts, a model, their metrics, table, figure


def test_a_pin_that_cannot_be_met_is_named(study: Study, conda: dict[str, str], tmp_path: Path) -> None:
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("workflow", "envs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    env = tmp_path / "envs" / "figures.yaml"
    env.write_text(env.read_text().replace(f"pandas ={listed(ROOT / 'envs' / 'figures.yaml')['pandas']}", "pandas =2.0.0"))
    done = run(study, conda, tmp_path, "--conda-create-envs-only", "id_by_layer")
    assert done.returncode != 0
    assert "pandas" in done.stdout and "No candidates were found" in done.stdout, done.stdout
