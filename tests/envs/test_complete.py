"""Each environment holds all that its rules need: a fresh venv from its own list imports their code and runs them.

`make test-envs` runs this: it installs torch twice, which takes minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from langgeom.config import check
from listed import ENVS, ROOT, UNCALLED, foreign, pip_listed, reached, scripts
from study import Study, make_parts, make_study

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(os.environ.get("LANGGEOM_TEST_ENVS") != "1", reason="takes minutes: make test-envs runs it"),
]
SCRIPTS = ROOT / "workflow" / "scripts"


@pytest.fixture(scope="session")
def python_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a maker of venvs: the Python of an environment of this name, made once."""
    folder, made = tmp_path_factory.mktemp("envs"), dict[str, Path]()

    def make(name: str) -> Path:
        if name not in made:
            run(sys.executable, "-m", "venv", str(folder / name))
            python = folder / name / "bin" / "python"
            wanted = pip_listed(ROOT / "envs" / f"{name}.yaml")
            run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted)
            made[name] = python
        return made[name]

    return make


def run(*command: str, cwd: Path = ROOT) -> str:
    """Run a command without what this process adds to Python's path, and return what it printed."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(command, cwd=cwd, env=kept, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("env", [env for env in ENVS if env.stem != "snakemake"], ids=lambda env: env.stem)
def test_all_that_a_rules_code_imports_can_be_imported(env: Path, python_of: Callable[[str], Path]) -> None:
    uncalled = {name.replace("-", "_") for name in UNCALLED.get(env.stem, ())}
    modules = {name for script in scripts(env) for name in foreign(script) if name.split(".")[0] not in uncalled}
    for path in (path for script in scripts(env) for path in reached(script)):
        if path.is_relative_to(ROOT / "workflow" / "langgeom"):
            parts = path.relative_to(ROOT / "workflow").with_suffix("").parts
            modules.add(".".join(parts).removesuffix(".__init__"))
    code = f"import sys, importlib; sys.path.insert(0, {str(ROOT / 'workflow')!r})\n" + "".join(
        f"importlib.import_module({name!r})\n" for name in sorted(modules)
    )
    run(str(python_of(env.stem)), "-c", code)


def test_snakemake_plans_in_its_own(python_of: Callable[[str], Path], tmp_path: Path) -> None:
    planned = run(str(python_of("snakemake")), "-m", "snakemake", "-n", "--cores", "1", "--directory", str(tmp_path))
    assert "hidden_udhr_1" in planned


def test_rules_run_from_a_text_to_a_figure(python_of: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    make_parts(tmp_path / "parts")
    study = make_study(tmp_path / "parts", tmp_path / "study")
    study.settings["models"] = {"decoder": {"folder": "decoder"}}
    config = check(study.settings, study.folder)
    run_rule = rule_runner(python_of, study)
    texts = [f"results/corpora/mine/{text}" for text in ("eng_Latn", "spa_Latn")]
    for text in texts:
        name = Path(text).name
        run_rule("fetch", "corpus", [f"texts/{name}.txt"], {"text": f"{text}.txt", "report": f"{text}.json"},
                 {"spec": config.corpus_spec("mine"), "reference": "eng_Latn"}, {"text": name})  # fmt: skip
    run_rule("hidden", "model", {"wheels": [], "twin": [], "hub": []}, ["results/models/decoder"],
             {"spec": {"folder": "decoder"}}, {"model": "decoder"})  # fmt: skip
    hidden = [f"results/hidden/decoder/mine/{Path(text).name}.safetensors" for text in texts]
    run_rule("hidden", "hidden", {"model": "results/models/decoder", "texts": [f"{text}.txt" for text in texts]}, hidden,
             {"corpus": "mine", "store": "results/store/hidden", "settings": config.hidden("decoder", "mine"), "code": "1"},
             {})  # fmt: skip
    tables = [f"results/metrics/decoder/mine/{Path(text).name}.parquet" for text in texts]
    run_rule("metrics", "metrics", {"hidden": hidden, "reference": hidden[0]}, tables,
             {"store": "results/store/metrics", "metrics": config.metrics("mine"), "in_depth": {},
              "bootstrap": config["bootstrap"], "seed": 0, "code": "1"}, {})  # fmt: skip
    run_rule("metrics", "join_table", tables, {"parquet": "results/metrics.parquet", "csv": "results/metrics.csv"},
             {"table": "metrics"}, {})  # fmt: skip
    run_rule("figures", "figure", {"tables": ["results/metrics.parquet"]},
             {kind: f"results/figures/id_by_layer.{kind}" for kind in ("svg", "png", "csv")},
             {"settings": config["figures"], "final_norm": True, "reference": "eng_Latn"},
             {"figure": "id_by_layer"})  # fmt: skip
    assert len(study.files("figures/*")) == 3


def rule_runner(python_of: Callable[[str], Path], study: Study) -> Callable[..., None]:
    def run_rule(env: str, script: str, input: Any, output: Any, params: dict[str, Any], wildcards: dict[str, Any]) -> None:
        paths = output.values() if isinstance(output, dict) else output
        for path in [*paths, f"results/logs/{script}.log"]:
            (study.folder / path).parent.mkdir(parents=True, exist_ok=True)
        job = {
            "script": str(SCRIPTS / f"{script}.py"), "input": input, "output": output, "params": params,
            "wildcards": wildcards, "log": [f"results/logs/{script}.log"],
        }  # fmt: skip
        (study.folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        try:
            run(str(python_of(env)), str(Path(__file__).with_name("run_rule.py")), "job.json", cwd=study.folder)
        except AssertionError as error:
            log = study.folder / "results" / "logs" / f"{script}.log"
            raise AssertionError(f"{error}\n{log.read_text() if log.exists() else ''}") from None

    return run_rule
