"""Fingerprints of the code and the libraries behind a result, as parameters of the rules that make it.

Snakemake notices a change of a rule's script and of its conda environment, but not of the modules that the script imports, nor
of libraries that pip has updated. A change of a parameter it notices.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import json
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# No result depends on these: wording, housekeeping, and the checks of a config, whose settings are parameters themselves.
WITHOUT_EFFECT = ("langgeom.code", "langgeom.config", "langgeom.errors", "langgeom.files")


@functools.cache
def code_of(*modules: str) -> str:
    """Return a fingerprint of modules and packages of this library, as `langgeom.hidden`, and of all of it that they import.

    Comments, docstrings and layout do not count. A package counts with all modules in it.
    """
    pending, seen = list(modules), dict[str, str]()
    for name in modules:
        if not _files(name):
            raise ValueError(f"'{name}' is no module of langgeom")
    while pending:
        name = pending.pop()
        if name not in seen and not name.startswith(WITHOUT_EFFECT):
            parsed = [_parsed(path) for path in _files(name)]
            seen[name] = "\n".join(code for code, _ in parsed)
            pending += {name for _, names in parsed for name in names}
    return hashlib.sha256("\n".join(sorted(seen.values())).encode()).hexdigest()[:16]


@functools.cache
def _files(name: str) -> list[Path]:
    """Return the source files of a module, or of a package with all modules in it; of the whole library its own file alone."""
    base = ROOT.joinpath(*name.split(".")[1:])
    if base == ROOT:
        return [base / "__init__.py"]
    return sorted(base.rglob("*.py")) or [path for path in [base.with_suffix(".py")] if path.is_file()]


@functools.cache
def _parsed(path: Path) -> tuple[str, list[str]]:
    """Return a hash of a file's code without comments, docstrings and layout, and what of us it imports.

    Python's cache beside it keeps both: parsing the library takes 0.4 s of each start.
    """
    source, kept = path.read_bytes(), path.parent / "__pycache__" / f"{path.stem}.code.json"
    key = hashlib.sha256(sys.version.encode() + Path(__file__).read_bytes() + source).hexdigest()
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):  # none, or no whole one
        found = json.loads(kept.read_text(encoding="utf-8"))
        if found["key"] == key:
            return found["code"], found["imports"]
    tree, names = ast.parse(source), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    code = hashlib.sha256(ast.dump(tree).encode()).hexdigest()
    imports = sorted(name for name in names if name.split(".")[0] == "langgeom")
    with contextlib.suppress(OSError):  # a checkout of somebody else's
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps({"key": key, "code": code, "imports": imports}), encoding="utf-8")
    return code, imports


def versions_of(*distributions: str) -> list[str]:
    """Return the installed versions of libraries that a result depends on, "" for one that is not installed."""
    return [_version(name) for name in distributions]


@functools.cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
