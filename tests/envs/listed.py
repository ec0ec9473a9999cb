"""What envs/*.yaml list, which rules run in them, and what the code of those rules imports."""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
ENVS = sorted((ROOT / "envs").glob("*.yaml"))
# What conda-forge calls otherwise than PyPI; None: not from PyPI.
PYPI = {
    "pytorch": "torch",
    "matplotlib-base": "matplotlib",
    "seaborn-base": "seaborn",
    "python": None,
    "pip": None,
    "nodejs": None,
}
PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*) =(\d+(?:\.\d+)*)")


@dataclass(frozen=True)
class Rule:
    """A rule that runs something, as its file has it."""

    name: str
    env: str | None
    script: Path | None


@functools.cache
def listed(env: Path) -> dict[str, str]:
    """Return the pins of an environment, by conda's names."""
    return {name: version for name, version in (_pin(line) for line in _lines(env))}


def pip_listed(env: Path) -> list[str]:
    """Return what pip is asked for in place of conda: `name==version`, PyPI's names."""
    named = [(PYPI.get(name, name), version) for name, version in listed(env).items()]
    return [f"{name}=={version}" for name, version in named if name] + _pip_lines(env)


def _dependencies(env: Path) -> list[Any]:
    return list(yaml.safe_load(env.read_text(encoding="utf-8"))["dependencies"])


def _lines(env: Path) -> list[str]:
    return [line for line in _dependencies(env) if isinstance(line, str)]


def _pip_lines(env: Path) -> list[str]:
    return [line for entry in _dependencies(env) if isinstance(entry, dict) for line in entry["pip"]]


def _pin(line: str) -> tuple[str, str]:
    found = PIN.fullmatch(line)
    assert found, f"'{line}' is no exact pin, such as 'pandas =3.0.3'"
    return found[1], found[2]


def pins(file: str) -> dict[str, str]:
    """Return the pins of a requirements file, names in lower case with hyphens."""
    lines = (ROOT / "envs" / file).read_text(encoding="utf-8").splitlines()
    found = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {same(name): version for name, version in found}


def same(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@functools.cache
def rules() -> tuple[Rule, ...]:
    """Return every rule that runs something."""
    found = []
    for path in sorted([*(ROOT / "workflow" / "rules").glob("*.smk"), ROOT / "Snakefile"]):
        for block in re.split(r"^(?= *(?:rule|checkpoint)\b.*:)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            if not re.search(r"^ *(script|shell|run|notebook|wrapper):", block, re.MULTILINE):
                continue
            name = re.match(r" *(?:rule|checkpoint) *(\w*)", block)
            env, script = (re.search(rf"^ *{key}:\s*\"([^\"]+)\"", block, re.MULTILINE) for key in ("conda", "script"))
            found.append(
                Rule(
                    (name[1] if name else "") or f"{path.stem} (in a loop)",
                    str((path.parent / env[1]).resolve().relative_to(ROOT)) if env else None,
                    (path.parent / script[1]).resolve() if script else None,
                )
            )
    return tuple(found)


def scripts(env: Path) -> list[Path]:
    """Return the scripts of the rules that run in an environment."""
    name = str(env.relative_to(ROOT))
    return sorted({rule.script for rule in rules() if rule.env == name and rule.script})


def reached(start: Path) -> tuple[Path, ...]:
    """Return a script and the package's modules that it imports."""
    return tuple(sorted({path for path, _ in _reached(start)}))


@functools.cache
def _reached(start: Path) -> frozenset[tuple[Path, bool]]:
    """Return the files that a script reaches, and whether each is meant, or only the package in which a module lies.

    Of what is meant, imports count wherever they stand, and one by a name made at run time reaches all modules that lie beside
    or below. Of a package that a module lies in, only what its import runs.
    """
    pending, seen = [(start, True)], set[tuple[Path, bool]]()
    while pending:
        path, meant = pending.pop()
        if (path, meant) in seen:
            continue
        seen.add((path, meant))
        for module in imported(path, meant):
            pending += _files(module)
        calls = {
            getattr(node.func, "id", getattr(node.func, "attr", ""))
            for node in ast.walk(_tree(path))
            if isinstance(node, ast.Call)
        }
        # `find_kinds` (langgeom.sources) imports the modules of the package that calls it.
        if meant and calls & {"import_module", "find_kinds"} and path.name != "sources.py":
            pending += [(below, True) for below in path.parent.rglob("*.py")]
    return frozenset(seen)


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path, in_functions: bool = True) -> set[str]:
    """Return the dotted names that a file imports, whether modules or what is in them; not those for type checkers alone."""
    found: set[str] = set()
    for node in _running(_tree(path), in_functions):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            if node.module.split(".")[0] == "langgeom":
                found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def _running(tree: ast.AST, in_functions: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.FunctionDef) and not in_functions:
            continue
        yield node
        yield from _running(node, in_functions)


def _files(module: str) -> list[tuple[Path, bool]]:
    """Return the files that importing a module of the package runs: its own (True), and those of the packages it lies in."""
    parts = module.split(".")
    if parts == ["_job"]:
        return [(ROOT / "workflow" / "scripts" / "_job.py", True)]
    if parts[0] != "langgeom" or parts[1:2] == ["config"]:  # jobs get their settings as parameters
        return []
    found = []
    for depth in range(1, len(parts) + 1):
        base = ROOT.joinpath("workflow", *parts[:depth])
        files = (base.with_suffix(".py"), base / "__init__.py")
        found += [(path, depth == len(parts)) for path in files if path.is_file()]
    return found


def foreign(start: Path) -> set[str]:
    """Return the modules of other projects that a script reaches."""
    names = {name for path, meant in _reached(start) for name in imported(path, meant)}
    own = {"langgeom", "_job", "__future__", "yaml"}  # yaml: only the check of a config reads schemas of sources
    return {name for name in names if name.split(".")[0] not in {*sys.stdlib_module_names, *own}}
