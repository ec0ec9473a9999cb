"""Each environment holds all that its rules need: a fresh venv from its own list imports their code.

`make test-all` runs this: it installs torch several times, which takes minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from listed import ENVS, ROOT, foreign, pip_listed, reached, scripts

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(os.environ.get("LANGGEOM_TEST_ENVS") != "1", reason="takes minutes: make test-all runs it"),
]


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
    assert "measure" in planned
