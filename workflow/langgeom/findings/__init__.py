"""The study's conclusions C1 to C14, each a test on the tables that was stated before looking: one module per conclusion.

A conclusion is a module `c{number}_{subject}` with the constants ID, CLAIM (the study's words), QUESTION (what is asked of the
tables) and EFFECT, a docstring that defines unit, effect, direction and thresholds, and a function
`test(evidence, panel) -> Outcome` for one trained model on one corpus (of KIND "decoder" or "encoder", if it is defined).
A module that does not test model by model has `outcomes(evidence) -> list[Outcome]` instead. Adding a file adds a conclusion.
Shared modules: `evidence` (the tables, cut to curves and to one value per text), `outcome` (the tests that conclusions are put
to), `verdict` (correction for many tests, verdicts, rows of the table), `prose` (the page).
"""

from langgeom.findings.evidence import Evidence as Evidence
from langgeom.findings.verdict import CONCLUSIONS as CONCLUSIONS
from langgeom.findings.verdict import findings as findings
