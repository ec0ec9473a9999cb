"""The conclusions there are: every module `c{number}_{subject}` of this package."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Outcome

__all__ = ["CONCLUSIONS", "Conclusion"]


@dataclass(frozen=True)
class Conclusion:
    """One of the study's conclusions: its number ("C1"), the claim, the question asked of the tables, and the test."""

    id: str
    claim: str
    question: str
    outcomes: Callable[[Evidence], list[Outcome]]


def _find() -> Mapping[str, Conclusion]:
    found = {}
    for path in sorted(Path(__file__).parent.glob("c*.py")):
        if re.match(r"c\d+_", path.name):
            module = importlib.import_module(f"langgeom.findings.{path.stem}")
            found[module.ID] = Conclusion(module.ID, module.CLAIM, module.QUESTION, module.outcomes)
    return MappingProxyType(found)


CONCLUSIONS: Mapping[str, Conclusion] = _find()
