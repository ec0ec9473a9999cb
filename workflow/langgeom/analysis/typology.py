"""How much of a language's grammar is in the form of its words, as Grambank codes it.

From `workflow/data/grambank.tsv`, which states its source. A language that is not there has no value, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from langgeom.files import DATA, read_tsv

MARKERS = 22  # coded features of bound markers, half of all, below which a language's words are not judged


def bound_markers(langs: Iterable[str]) -> pd.Series:
    """Return by language the share of Grambank's bound markers that it has, of those that are coded for it.

    Bound markers are affixes and clitics, of tense, person, case, number, voice and the like. NaN where fewer than `MARKERS` of
    the 44 are coded.

    Args:
        langs: ISO 639-3 codes; each is in the result once.

    Source: after "fusion" in Shcherbakova et al. 2023, Science Advances 9:eadf7704; the choice of features is this project's
    (column `bound`), so the values are not theirs.
    """
    table = pd.DataFrame(read_tsv(DATA / "grambank.tsv"))
    bound = table[table["bound"] == "yes"].drop(columns=["feature", "grambank", "bound"])
    some = bound.apply(pd.to_numeric).reindex(columns=list(dict.fromkeys(langs)))
    return some.mean().where(some.notna().sum() >= MARKERS)
