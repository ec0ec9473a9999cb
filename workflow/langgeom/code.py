"""Fingerprints of the code and the libraries behind a result, as parameters of the rules that make it.

Snakemake notices a change of a rule's script and of its conda environment, but not of the modules that the script imports, nor
of libraries that pip has updated. A change of a parameter it notices.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from langgeom.errors import UserError

ROOT = Path(__file__).resolve().parent
# No result depends on these: wording, housekeeping, and the checks of a config, whose settings are parameters themselves.
WITHOUT_EFFECT = ("langgeom.code", "langgeom.config", "langgeom.disk", "langgeom.errors", "langgeom.files")


@functools.cache
def code_of(*modules: str) -> str:
    """Return a fingerprint of modules and packages of this library and of all of it that they import, at any place.

    Comments, docstrings and layout do not count. A package counts with all modules in it.

    Args:
        modules: dotted names, as `langgeom.hidden`.
    """
    pending, seen = list(modules), dict[str, str]()
    while pending:
        name = pending.pop()
        files = _files(name)
        if name in modules and not files:
            raise ValueError(f"'{name}' is no module of langgeom")
        if name in seen or name.startswith(WITHOUT_EFFECT):
            continue
        parsed = [_parsed(path.read_text(encoding="utf-8")) for path in files]
        seen[name] = "\n".join(code for code, _ in parsed)
        pending += [imported for _, names in parsed for imported in names]
    return hashlib.sha256("\n".join(sorted(seen.values())).encode()).hexdigest()[:16]


def _files(name: str) -> list[Path]:
    """Return the source files of a module, or of a package with all modules in it; of the whole library its own file alone."""
    base = ROOT.joinpath(*name.split(".")[1:])
    if base.is_dir():
        return sorted(base.rglob("*.py") if base != ROOT else [base / "__init__.py"])
    return [path for path in [base.with_suffix(".py")] if path.is_file()]


@functools.cache
def _parsed(source: str) -> tuple[str, list[str]]:
    """Return a module's code without comments and docstrings, and the names in this library that it imports."""
    tree, names = ast.parse(source), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return ast.dump(tree), sorted(name for name in names if name.split(".")[0] == "langgeom")


def versions_of(*distributions: str) -> list[str]:
    """Return the installed versions of libraries that a result depends on, "" for one that is not installed."""
    found = []
    for name in distributions:
        try:
            found.append(version(name))
        except PackageNotFoundError:
            found.append("")
    return found


def check_python() -> None:
    """Refuse a Python that Snakemake cannot call, since it does not quote the path.

    Raises:
        UserError: naming the path.
    """
    if any(character in sys.executable for character in " \t\n'\"$`\\;&|<>()*?"):
        raise UserError(
            f"the path of Python, {sys.executable}, has a space or another character that Snakemake does not quote. "
            "Move the checkout, or make its environment elsewhere: make VENV=/some/folder."
        )
