"""The table of dependencies in docs/design.md names what workflow/ imports, and everything it imports."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8").partition("## Dependencies\n")[2]
ROWS = {first.strip(): why.strip() for first, why in re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)}
NAMED = {name.lower(): why for row, why in ROWS.items() for name in re.sub(r" \(.*?\)", "", row).split(", ")}
# Of rows without an import in workflow/: what they are there for.
RUN = {
    "snakemake-executor-plugin-slurm": "Snakemake loads it",
    "accelerate": "transformers loads it",
    "lm_eval": "run as a program, in an environment apart", "echarts": "a script of the explorer",
}  # fmt: skip
# They come with what the table has.
PARTS = {"huggingface-hub": "transformers", "tokenizers": "transformers", "httpx": "transformers", "fsspec": "datasets",
         "psutil": "snakemake", "snakemake-interface-logger-plugins": "snakemake"}  # fmt: skip


def imported() -> set[str]:
    """Return the distributions that the code of workflow/ imports, wherever in a file."""
    modules = set[str]()
    for path in (ROOT / "workflow").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            modules |= {name.split(".")[0] for name in names}
    own = {"langgeom", "_job", "snakemake_logger_plugin_langgeom", *sys.stdlib_module_names}
    known = packages_distributions()
    return {known.get(name, [name])[0].lower().replace("_", "-") for name in modules - own}


def test_every_import_has_a_row() -> None:
    found = {PARTS.get(name, name) for name in imported()}
    assert found - NAMED.keys() == set()


def test_every_row_is_imported_or_for_the_tests() -> None:
    test_tools = {"selenium", "pytest", "hypothesis", "isoscore", "ruff", "mypy", "snakefmt", "pytest-xdist"}
    for_tests = {name for name, why in NAMED.items() if "(tests)" in why} | test_tools
    assert NAMED.keys() - imported() - for_tests - RUN.keys() - {"package"} == set()
    assert not for_tests & imported() and not RUN.keys() & imported()
