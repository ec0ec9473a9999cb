"""How a claim is declared, and which there are.

A module `claims_{subject}.py` holds the claims that share a test. Its docstring defines unit, effect and thresholds, and each
claim is a function under `@claim(...)`: `test(evidence, panel) -> Outcome` for one trained model on one corpus, or, with
`whole=True`, `test(evidence) -> list[Outcome]`. Adding a file adds claims.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from langgeom.analysis.rows import Panel
from langgeom.findings.evidence import Evidence, Missing
from langgeom.findings.outcome import Outcome, untestable


class Claim(NamedTuple):
    """A conclusion: its number ("C1"), the claim, the question asked of the tables, and the test."""

    id: str
    claim: str
    question: str
    outcomes: Callable[[Evidence], list[Outcome]]
    dimension: bool


_CLAIMS: dict[str, Claim] = {}


def claim(
    number: int, words: str, question: str, effect: str, *, kind: str = "", whole: bool = False, dimension: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a test as that of a claim (`words`, as it is tested).

    Args:
        effect: what an outcome that could not be tested is called.
        kind: of the models to test, "decoder" or "encoder"; "" for any.
        whole: the test goes through the models by itself.
        dimension: the claim is tested with a second estimator of intrinsic dimension too.
    """

    def register(test: Callable[..., Any]) -> Callable[..., Any]:
        outcomes = test if whole else functools.partial(_per_model, effect=effect, test=test, kind=kind)
        _CLAIMS[f"C{number}"] = Claim(f"C{number}", words, question, outcomes, dimension)
        return test

    return register


def attempt(effect: str, test: Callable[..., Outcome], *arguments: Any) -> Outcome:
    """Return the outcome of a test; if something it needs is missing, an outcome that says so."""
    try:
        return test(*arguments)
    except Missing as missing:
        return untestable(effect, str(missing))


def _per_model(evidence: Evidence, effect: str, test: Callable[[Evidence, Panel], Outcome], kind: str) -> list[Outcome]:
    outcomes = [attempt(effect, test, evidence, panel).at(panel) for panel in evidence.panels(kind)]
    return outcomes or [untestable(effect, f"no trained {kind or 'model'} on a corpus of languages")]


for _path in sorted(Path(__file__).parent.glob("claims_*.py")):
    importlib.import_module(f"langgeom.findings.{_path.stem}")
CONCLUSIONS: Mapping[str, Claim] = MappingProxyType(dict(sorted(_CLAIMS.items(), key=lambda item: int(item[0][1:]))))
