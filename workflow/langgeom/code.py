"""A fingerprint of the code behind a result, so that a change of code reruns what it determines and nothing else.

Snakemake watches a rule's own script, not what the script imports. A rule therefore takes `code_of(<module>)` as a parameter,
and the store takes it as part of the key. Comments, docstrings and layout do not count.
"""

from __future__ import annotations

import ast
import functools
import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["code_of", "versions_of"]

ROOT = Path(__file__).resolve().parent
# Wording and housekeeping that no number depends on.
WITHOUT_EFFECT = {
    "langgeom.disk", "langgeom.errors", "langgeom.files", "langgeom.records", "langgeom.store", "langgeom.code",
}  # fmt: skip


def _file(module: str) -> Path | None:
    """Return the source file of a module of this package, if there is one."""
    base = ROOT.joinpath(*module.split(".")[1:])
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def _without_docstrings(tree: ast.AST) -> set[str]:
    """Drop docstrings; return the modules of this package that are imported, wherever the import stands."""
    found: set[str] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            node.body = body[1:]  # type: ignore[attr-defined]
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name for name in found if name.split(".")[0] == "langgeom"}


@functools.cache
def _parsed(source: str) -> tuple[str, list[str]]:
    """Return what counts of a module's source, and what it imports; each is parsed once for all who ask."""
    tree = ast.parse(source)
    imports = sorted(_without_docstrings(tree))
    return ast.dump(tree), imports


@functools.cache
def code_of(*modules: str) -> str:
    """Return a hex fingerprint of modules of this package and all of it that they import; a package counts whole.

    Args:
        modules: dotted names, as `langgeom.hidden`.

    Raises:
        ValueError: a name that is no module of this package.
    """
    pending, seen = list(modules), dict[str, str]()
    for name in modules:
        if _file(name) is None:
            raise ValueError(f"'{name}' is no module of langgeom")
    while pending:
        name = pending.pop()
        path = _file(name)
        if path is None or name in seen or name in WITHOUT_EFFECT:
            continue
        seen[name], imports = _parsed(path.read_text(encoding="utf-8"))
        if path.name == "__init__.py" and name != "langgeom":
            below = (child.relative_to(path.parent).with_suffix("") for child in path.parent.rglob("*.py"))
            pending += [".".join([name, *child.parts]).removesuffix(".__init__") for child in below]
        pending += imports
    return hashlib.sha256("\n".join(f"{name} {seen[name]}" for name in sorted(seen)).encode()).hexdigest()[:16]


def versions_of(*distributions: str) -> list[str]:
    """Return the installed versions of libraries that a result depends on, or "" for one that is not installed here."""
    found = []
    for name in distributions:
        try:
            found.append(version(name))
        except PackageNotFoundError:
            found.append("")
    return found
