"""The study's conclusions C1 to C14, each a test on the tables that was stated before looking: one module a conclusion.

A conclusion is a module `c{number}_{subject}` with the constants ID, CLAIM (the study's words) and QUESTION (what is
asked of the tables), a docstring that defines unit, effect, direction and thresholds, and a function
`outcomes(evidence)`: one `Outcome` for each model. Adding that file adds the conclusion. The other modules are shared:
`evidence` (the tables, cut to curves and to one number a language), `statistics` (permutations, intervals, power),
`outcome` (the tests that conclusions are put to), `curves` and `two_scripts` (what several share), `verdict` (correction
for many tests, verdicts, rows of the table), `prose` (the page).
"""

from langgeom.findings.evidence import Evidence, Settings
from langgeom.findings.registry import CONCLUSIONS, Conclusion
from langgeom.findings.verdict import findings

__all__ = ["CONCLUSIONS", "Conclusion", "Evidence", "Settings", "findings"]
