"""What lies behind the space of languages: the distances of texts regressed on how their languages differ.

A value of a table of distances is not independent of others of its row, so texts are drawn, and permuted, whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from langgeom.analysis.pairs import unit_of
from langgeom.analysis.space import DRAWN, angles, square
from langgeom.files import DATA, read_tsv
from langgeom.languages import language
from langgeom.names import TextName

PREDICTORS = {
    "language": "0 in one language, 1 in two",
    "genealogy": "share of ancestors that two languages do not have in common (Glottolog)",
    "script": "0 in one script, 1 in two",
    "geography": "great circle between the languages' places (Glottolog)",
    "resources": "difference of resource classes (Joshi et al. 2020)",
    "tokens": "log ratio of the texts' numbers of tokens",
}
# Languages, below which nothing is fitted; draws of permutations and of the bootstrap; and pairs, below which those of another
# value than most say too little for an interval: of two pairs in one language it held the truth every other time.
LEAST, PERMUTATIONS, REPLICATES, FEWEST = 12, 999, 999, 20
# A replicate in which one predictor is nearly a sum of others has no coefficients.
SINGULAR = 1e-6
PIECE = 1 << 21  # numbers at a time


def differences(texts: Sequence[str], tokens: Sequence[float]) -> dict[str, np.ndarray]:
    """Return by predictor how much each two texts differ, [texts, texts]; NaN where it is not known.

    Genealogy is 1 - 2 s / (a + b) of languages with a and b nodes from the family down to themselves, s of them shared.

    Args:
        texts: their names.
        tokens: how many each has, or any multiple.

    Source: of the genealogy's form Wu & Palmer 1994, ACL.
    """
    names = [TextName.parse(text) for text in texts]
    places = {row["lang"]: row for row in read_tsv(DATA / "glottolog.tsv")}
    known = [places.get(name.lang) for name in names]
    lines = [set(row["lineage"].split("/")) if row else set() for row in known]
    shared = np.array([[len(one & other) for other in lines] for one in lines])
    sizes = np.array([len(line) or np.nan for line in lines])
    degrees = [(float(row["latitude"]), float(row["longitude"])) if row else (np.nan, np.nan) for row in known]
    north, east = np.radians(degrees).T
    points = np.column_stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
    classes = np.array([language(name.lang).resource for name in names], float)
    scripts = np.array([name.script for name in names])
    logs = np.log(np.asarray(tokens, float))
    units = np.array([unit_of(text) for text in texts])
    return {
        "language": (units[:, None] != units).astype(float),
        "genealogy": 1 - 2 * shared / (sizes[:, None] + sizes),
        "script": (scripts[:, None] != scripts).astype(float),
        "geography": 2 * np.arcsin(np.clip(np.linalg.norm(points[:, None] - points, axis=2) / 2, 0, 1)),
        "resources": np.abs(classes[:, None] - classes),
        "tokens": np.abs(logs[:, None] - logs),
    }


def families(texts: Sequence[str]) -> list[str]:
    """Return the family of each text's language, as the genealogy has it."""
    top = {row["lang"]: row["lineage"].partition("/")[0] for row in read_tsv(DATA / "glottolog.tsv")}
    return [top.get(lang, lang) for lang in (TextName.parse(text).lang for text in texts)]


def regression(
    distances: np.ndarray, predictors: Mapping[str, np.ndarray], groups: Sequence[Sequence[str]], seed: int = 0
) -> pd.DataFrame:
    """Regress distances on others, all standardised over pairs of texts, and share out the variance.

    A coefficient's interval reaches to the farther ends of two bootstraps, which draw families and languages and weigh a pair
    by the product of how often its two texts were drawn. Its p is two-sided, and the largest of three: of the bootstraps, and
    of permuting over texts what the other predictors leave of it. Any one alone errs: permutations and draws of languages where
    families lie together for reasons that no predictor has, draws of families where these are few.

    Args:
        distances: [texts, texts], symmetric.
        predictors: distances by name, likewise. One that does not vary, or is a sum of those before, is left out.
        groups: each text's family, and each text's language.
        seed: of draws and permutations.

    Returns:
        A row a predictor: `predictor`, `value` (the coefficient), `low`, `high` (95 %) and `p` (NaN where under `FEWEST`
        pairs have another value than most, and without any draw that can be fitted), `alone` (R^2 of this predictor alone),
        `unique` (what R^2 loses without it), `shared` (alone - unique; below 0 where others bring it out), and `r2` of all.

    Source: Lichstein 2007, Plant Ecology 188:117 (the regression); Dekker, Krackhardt & Snijders 2007, Psychometrika 72:563
    (permutations; Legendre 2000, J. Stat. Comput. Simul. 67:37, compares others); Owen 2007, Annals of Applied Statistics 1:386
    (products of weights); Nimon & Oswald 2013, Organizational Research Methods 16:650 (commonality).
    """
    rows, columns = lower = np.tril_indices(len(distances), -1)
    names, kept = list[str](), [np.ones(len(rows))]
    for name, table in predictors.items():
        if np.linalg.matrix_rank(np.column_stack([*kept, table[lower]])) > len(kept):
            names.append(name)
            kept.append(table[lower])
    values = np.array([*kept[1:], distances[lower]])
    values = (values - values.mean(1, keepdims=True)) / values.std(1, keepdims=True)
    random = np.random.default_rng(seed)
    orders = np.array([random.permutation(len(distances)) for _ in range(PERMUTATIONS)])
    permuted = [_permuted(values, at, lower, orders) for at in range(len(names))]
    low, high, p = np.full(len(names), np.inf), np.full(len(names), -np.inf), np.array(permuted)
    for unit in groups:
        member = np.unique(unit, return_inverse=True)[1]
        drawn = random.multinomial(count := int(member.max()) + 1, np.full(count, 1 / count), REPLICATES)[:, member]
        replicates = _coefficients(_spread(values, (drawn[:, rows] * drawn[:, columns]).astype(float)))
        replicates = replicates[np.isfinite(replicates[:, 0])]
        if len(replicates):
            ends = np.percentile(replicates, [2.5, 97.5], axis=0)
            low, high = np.minimum(low, ends[0]), np.maximum(high, ends[1])
            beyond = 1 + np.minimum((replicates <= 0).sum(0), (replicates >= 0).sum(0))
            p = np.maximum(p, np.minimum(2 * beyond / (1 + len(replicates)), 1))
    often = [np.unique(some, return_counts=True)[1].max() for some in values[:-1]]
    low, high, p = np.where((len(rows) - np.array(often) < FEWEST) | ~(low <= high), np.nan, (low, high, p))
    whole = np.corrcoef(values)
    coefficients, alone = _coefficients(whole), whole[:-1, -1] ** 2
    unique = coefficients**2 / np.diagonal(np.linalg.inv(whole[:-1, :-1]))
    return pd.DataFrame({"predictor": names, "value": coefficients, "low": low, "high": high, "p": p, "alone": alone,
                         "unique": unique, "shared": alone - unique, "r2": coefficients @ whole[:-1, -1]})  # fmt: skip


def behind(rows: pd.DataFrame, texts: Sequence[str], tokens: pd.Series, metric: str = DRAWN) -> tuple[pd.DataFrame, list[str]]:
    """Return the `regression` of one layer's angles, and the texts that it is of; no rows where they are of too few languages.

    Args:
        rows: of one model, corpus and layer in the table of pairs.
        texts: those compared.
        metric: the cosine of these angles.
        tokens: `token_premium` by text; a text without it, or of a language without a place or resource class, is left out.
    """
    by = differences(texts, tokens.reindex(texts).tolist())
    known = np.all(np.isfinite([np.diagonal(table) for table in by.values()]), axis=0)
    kept = [text for text, one in zip(texts, known, strict=True) if one]
    languages = [unit_of(text) for text in kept]
    if len(set(languages)) < LEAST:
        return pd.DataFrame(), kept
    by = {name: table[np.ix_(known, known)] for name, table in by.items()}
    return regression(angles(square(rows, metric, kept)), by, [families(kept), languages]), kept


def _spread(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the covariances of values [k, pairs] under weights [replicates, pairs]: [replicates, k, k]."""
    weights = weights / np.maximum(weights.sum(1, keepdims=True), 1)
    means = weights @ values.T
    products = weights @ (values[:, None] * values).reshape(-1, weights.shape[1]).T
    return products.reshape(-1, len(values), len(values)) - means[:, :, None] * means[:, None]


def _coefficients(spread: np.ndarray) -> np.ndarray:
    """Return coefficients [..., k] from covariances [..., k + 1, k + 1], of y last; NaN where one is a sum of others."""
    among, with_y = spread[..., :-1, :-1], spread[..., :-1, -1:]
    fine = (np.linalg.eigvalsh(among)[..., :1] > SINGULAR)[..., None]
    found = np.linalg.solve(np.where(fine, among, np.eye(among.shape[-1])), with_y)
    return np.where(fine, found, np.nan)[..., 0]


def _permuted(values: np.ndarray, at: int, lower: tuple[np.ndarray, np.ndarray], orders: np.ndarray) -> float:
    """Return the two-sided p of one predictor, given the others and y [k + 1, pairs], from orders of the texts."""
    basis = np.linalg.qr(np.column_stack([np.ones(values.shape[1]), np.delete(values[:-1], at, axis=0).T]))[0]
    left, y = (some - basis @ (basis.T @ some) for some in (values[at], values[-1]))
    table = np.zeros((orders.shape[1],) * 2)
    table[lower] = left
    table += table.T

    def partial(orders: np.ndarray) -> np.ndarray:
        moved = table[orders[:, lower[0]], orders[:, lower[1]]]
        return np.abs(moved @ y) / np.sqrt(np.maximum((moved**2).sum(1) - ((moved @ basis) ** 2).sum(1), 1e-12))

    own = partial(np.arange(len(table))[None])[0]
    pieces = np.array_split(orders, 1 + orders.shape[0] * len(y) // PIECE)
    return (1 + sum(int((partial(piece) >= own * (1 - 1e-9)).sum()) for piece in pieces)) / (1 + len(orders))
