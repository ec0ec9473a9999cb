"""The study's conclusions C1 to C14 and some published since, each a claim with a test that was stated before looking.

`claim` says how one is declared, `claims_*` declare them, `evidence` cuts the tables to curves and to one value per text,
`outcome` holds the tests, `verdict` corrects for many tests and makes the rows of the table, `prose` writes the page.
"""

from langgeom.findings.claim import CONCLUSIONS as CONCLUSIONS
from langgeom.findings.evidence import Evidence as Evidence
from langgeom.findings.verdict import findings as findings
