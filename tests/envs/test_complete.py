"""Each environment holds all that its rules need: a fresh venv from its own list imports their code and runs them.

`make test-envs` runs this: it installs torch four times, which takes minutes.
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
from langgeom.corpora.flores_plus import DATASET
from langgeom.pages.libraries import D3
from listed import ENVS, ROOT, foreign, pip_listed, reached, rules, scripts
from stand_in_hub import COMMIT, Repository, serving
from study import SENTENCES, make_parts, make_study

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(os.environ.get("LANGGEOM_TEST_ENVS") != "1", reason="takes minutes: make test-envs runs it"),
]
SCRIPTS = ROOT / "workflow" / "scripts"
FROM_THE_HUB = {"hub_model", "hub_text"}
# Scripts whose imports alone are tried in their environment, and why.
IMPORTED_ONLY = {"harness": "asks for the tasks' data sets", "wheel": "fetches 20 MB and more, by the pip of its environment"}


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
    modules = {name for script in scripts(env) for name in foreign(script)}
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


def test_rules_run_from_a_text_to_the_report(python_of: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    make_parts(tmp_path / "parts")
    study = make_study(tmp_path / "parts", tmp_path / "study")
    study.settings["models"] = {"decoder": {"folder": "decoder"}}
    config = check(study.settings, study.folder)
    run_rule = Rules(python_of, study.folder)
    names = ("eng_Latn", "spa_Latn")
    texts = [f"results/corpora/mine/{name}" for name in names]
    for name, text in zip(names, texts, strict=True):
        inputs, made = [f"texts/{name}.txt", "texts/eng_Latn.txt"], {"text": f"{text}.txt", "report": f"{text}.json"}
        params = {"spec": config.corpora["mine"].settings(), "reference": "eng_Latn"}
        run_rule("fetch", "corpus", inputs, made, params, {"corpus": "mine", "text": name})
    model = "results/models/decoder"
    run_rule("hidden", "model", [], [model],
             {"spec": {"folder": "decoder"}}, {"model": "decoder"})  # fmt: skip
    hidden = [f"results/hidden/decoder/mine/{name}.safetensors" for name in names]
    run_rule("hidden", "hidden", {"model": model, "texts": [f"{text}.txt" for text in texts]}, hidden,
             {"corpus": "mine", "store": "results/store/hidden", "settings": config.hidden("decoder", "mine"), "code": "1"},
             {})  # fmt: skip
    measured = [f"results/metrics/decoder/mine/{name}.parquet" for name in names]
    run_rule("metrics", "metrics", {"hidden": hidden, "reference": hidden[0]}, measured,
             {"store": "results/store/metrics", "metrics": config.metrics("mine"), "in_depth": {},
              "bootstrap": config["bootstrap"], "seed": 0, "code": "1"}, {})  # fmt: skip
    run_rule("metrics", "join_table", measured, both("metrics"), {"table": "metrics"}, {})
    words = [f"results/texts/mine/{name}.parquet" for name in names]
    for name, text, out in zip(names, texts, words, strict=True):
        run_rule("texts", "text", [f"{text}.txt"], [out],
                 {"measures": config["texts"]["measures"], "bootstrap": config["bootstrap"], "seed": 0},
                 {"corpus": "mine", "text": name})  # fmt: skip
    run_rule("metrics", "join_table", words, both("texts"), {"table": "texts"}, {})
    run_rule("metrics", "quality", {"metrics": "results/metrics.parquet", "runs": []}, both("quality"),
             {"tasks": {}, "reference": "eng_Latn", "texts": names, "published": {}}, {})  # fmt: skip
    tables = {name: f"results/{name}.parquet" for name in ("metrics", "texts", "quality")}
    run_rule("figures", "findings", tables, {**both("findings"), "page": "results/findings.md"},
             {"figures": config["figures"], "reference": "eng_Latn", "seed": 0}, {})  # fmt: skip
    drawn = {kind: f"results/figures/id_by_layer.{kind}" for kind in ("svg", "png", "csv")}
    run_rule("figures", "figure", {"tables": ["results/metrics.parquet"]}, drawn,
             {"settings": config["figures"], "final_norm": True, "reference": "eng_Latn"},
             {"figure": "id_by_layer"})  # fmt: skip
    aligned = "results/aligned/decoder/mine.parquet"
    run_rule("metrics", "aligned", hidden, [aligned], {"reference": "eng_Latn", "depth": 0.5}, {})
    library = f"results/downloads/npm/{D3.package}-{D3.version}.tgz"
    run_rule("fetch", "npm_package", [], [library], {"sha256": D3.sha256},
             {"package": D3.package, "version": D3.version})  # fmt: skip
    lines = [f"{text}.txt" for text in texts]
    run_rule("report", "explorer", {**tables, "library": library, "aligned": [aligned], "lines": lines},
             ["results/explorer.html"],
             {"reference": "eng_Latn", "id": config["figures"]["id"], "final_norm": True, "sentences": 2}, {})  # fmt: skip
    run_rule("report", "report", {**tables, "models": [model], "texts": [f"{text}.json" for text in texts],
             "findings": "results/findings.parquet", "figures": [drawn["svg"]]}, ["results/report.html"],
             {"benchmarks": "results/benchmarks", "settings": {}, "versions": {"langgeom": "1"}}, {})  # fmt: skip
    explorer, report = (study.files(f"{page}.html")[f"{page}.html"].decode() for page in ("explorer", "report"))
    assert SENTENCES["spa_Latn"].split("{")[0] in explorer and "decoder" in report and "<svg" in report
    assert {rule.script.stem for rule in rules() if rule.script} == run_rule.ran | FROM_THE_HUB | set(IMPORTED_ONLY)


def test_the_hubs_rules_run(python_of: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_parts(tmp_path)
    files = {path.name: path.read_bytes() for path in (tmp_path / "decoder").iterdir()}
    rows = [json.dumps({"id": number, "text": f"line {number}"}) for number in range(12)]
    configs = [{"config_name": "eng_Latn", "data_files": [{"split": "devtest", "path": "devtest/eng_Latn.jsonl"}]}]
    texts = {"README.md": f"---\nconfigs: {json.dumps(configs)}\n---\n", "devtest/eng_Latn.jsonl": "\n".join(rows)}
    run_rule = Rules(python_of, tmp_path)
    config = check({"corpora": {"f": {"flores_plus": {"revision": COMMIT}, "texts": ["eng_Latn"]}},
                    "models": {"m": {"hub": "owner/decoder", "revision": COMMIT}}}, tmp_path)  # fmt: skip
    with serving() as hub:
        hub.repositories["models/owner/decoder"] = Repository(files)
        hub.repositories["datasets/" + DATASET] = Repository({name: text.encode() for name, text in texts.items()})
        for key, value in {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path / "home"), "NO_PROXY": "*"}.items():
            monkeypatch.setenv(key, value)
        for key in ("HF_HUB_OFFLINE", "HF_HUB_CACHE", "HF_DATASETS_CACHE", "HF_TOKEN"):
            monkeypatch.delenv(key, raising=False)
        (listing,) = config.models["m"].inputs()
        run_rule("hub", "hub_model", [], [listing], {}, {"repo": "owner--decoder", "revision": COMMIT, "part": "weights"})
        (rows,) = config.corpora["f"].inputs("eng_Latn")
        run_rule("hub", "hub_text", [], [rows], {"spec": config.corpora["f"].request()}, {"corpus": "f", "text": "eng_Latn"})
    weights = (tmp_path / listing).with_suffix("") / "model.safetensors"
    assert weights.read_bytes() == files["model.safetensors"]
    fetched = json.loads((tmp_path / "results/downloads/hub/texts/f/eng_Latn.json").read_text(encoding="utf-8"))
    assert fetched["text"] == [f"line {number}" for number in range(12)]
    assert run_rule.ran == FROM_THE_HUB


def both(table: str) -> dict[str, str]:
    return {kind: f"results/{table}.{kind}" for kind in ("parquet", "csv")}


class Rules:
    """Runs scripts of rules in a folder, each in an environment; `ran` holds their names."""

    def __init__(self, python_of: Callable[[str], Path], folder: Path) -> None:
        self.python_of, self.folder, self.ran = python_of, folder, set[str]()

    def __call__(
        self, env: str, script: str, input: Any, output: Any, params: dict[str, Any], wildcards: dict[str, Any]
    ) -> None:
        assert SCRIPTS / f"{script}.py" in scripts(ROOT / "envs" / f"{env}.yaml")
        log = self.folder / "results" / "logs" / f"{script}.log"
        paths = output.values() if isinstance(output, dict) else output
        for path in [*(self.folder / path for path in paths), log]:
            path.parent.mkdir(parents=True, exist_ok=True)
        job = {
            "script": str(SCRIPTS / f"{script}.py"), "input": input, "output": output, "params": params,
            "wildcards": wildcards, "log": [str(log)],
        }  # fmt: skip
        (self.folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        try:
            run(str(self.python_of(env)), str(Path(__file__).with_name("run_rule.py")), "job.json", cwd=self.folder)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{log.read_text() if log.exists() else ''}") from None
        self.ran.add(script)
