"""Distances of languages against what is known of them, and the regression on them against statsmodels and planted worlds."""

from __future__ import annotations

import re
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from langgeom.analysis import behind
from langgeom.analysis.behind import differences, families, regression
from langgeom.files import DATA, read_tsv
from langgeom.languages import languages

TEXTS = [
    "arb_Arab", "ast_Latn", "azj_Cyrl", "azj_Latn", "bel_Cyrl", "bul_Cyrl", "cmn_Hans", "crh_Latn", "ekk_Latn", "eng_Latn",
    "eus_Latn", "fin_Latn", "hin_Deva", "ind_Latn", "jpn_Jpan", "kat_Geor", "kor_Hang", "rus_Cyrl", "spa_Latn", "srp_Cyrl",
    "srp_Latn", "swh_Latn", "tam_Taml", "tgl_Latn", "tha_Thai", "tur_Latn", "uig_Arab", "urd_Arab", "vie_Latn", "yor_Latn",
]  # fmt: skip
LOWER = np.tril_indices(len(TEXTS), -1)
ROUNDS = 40


def predictors() -> dict[str, np.ndarray]:
    return differences(TEXTS, np.random.default_rng(0).lognormal(sigma=0.4, size=len(TEXTS)).tolist())


def standard(table: np.ndarray) -> np.ndarray:
    return (table - table[LOWER].mean()) / table[LOWER].std()


def test_how_languages_differ_is_what_is_known_of_them() -> None:
    texts = ["spa_Latn", "ast_Latn", "srp_Cyrl", "srp_Latn", "jpn_Jpan", "qqq_Latn"]
    by = differences(texts, [1, 2, 1, 1, 1, np.nan])
    nodes = {row["lang"]: row["lineage"].split("/") for row in read_tsv(DATA / "glottolog.tsv")}
    assert nodes["spa"][:2] == ["indo1319", "ital1284"] and nodes["spa"][:-2] == nodes["ast"][:-2] != nodes["spa"][:-3]
    alike = sum(one == other for one, other in zip(nodes["spa"], nodes["ast"], strict=False))
    assert by["genealogy"][0, 1] == pytest.approx(1 - 2 * alike / (len(nodes["spa"]) + len(nodes["ast"])))
    assert by["genealogy"][2].tolist()[2:5] == [0, 0, 1] and 0 < by["genealogy"][0, 1] < by["genealogy"][0, 2] < 1
    assert by["script"][3, :5].tolist() == [0, 0, 1, 0, 1]
    assert by["resources"][0, 1] == 4 and by["tokens"][0, 1] == pytest.approx(np.log(2))
    place = {
        row["lang"]: np.radians([float(row["latitude"]), float(row["longitude"])]) for row in read_tsv(DATA / "glottolog.tsv")
    }
    (a, b), (c, d) = place["spa"], place["jpn"]
    cosine = np.sin(a) * np.sin(c) + np.cos(a) * np.cos(c) * np.cos(b - d)
    assert by["geography"][0, 4] == pytest.approx(np.arccos(cosine))
    assert 6371 * by["geography"][0, 4] == pytest.approx(10_700, rel=0.05)  # km from Spain to Japan
    for name, table in by.items():
        assert np.array_equal(table, table.T, equal_nan=True), name
        assert (
            (np.isnan(table[5]).all() or name in ("script", "language"))
            and not np.isnan(table[:5, :5]).any()
            and not np.diag(table)[:5].any()
        )


def test_every_language_has_a_place_and_a_lineage_that_agrees_with_its_family() -> None:
    rows = read_tsv(DATA / "glottolog.tsv")
    assert [row["lang"] for row in rows] == list(languages())
    for row in rows:
        assert abs(float(row["latitude"])) < 72 and abs(float(row["longitude"])) <= 180
        assert all(re.fullmatch("[a-z0-9]{4}[0-9]{4}", node) for node in row["lineage"].split("/"))
    family = pd.Series({row["lang"]: families([f"{row['lang']}_Latn"])[0] for row in rows})
    genus = pd.Series({lang: facts.genus for lang, facts in languages().items()})
    assert family.groupby(genus).nunique().drop("Creoles and Pidgins").max() == 1


def test_the_regression_is_that_of_statsmodels() -> None:
    by, random = predictors(), np.random.default_rng(1)
    noise = random.normal(size=(len(TEXTS),) * 2)
    y = by["genealogy"] + 0.5 * by["geography"] + noise + noise.T
    fit = regression(y, by, [TEXTS]).set_index("predictor")
    x = np.column_stack([standard(table)[LOWER] for table in by.values()])
    target = standard(y)[LOWER]
    whole = sm.OLS(target, sm.add_constant(x)).fit()
    assert fit["value"].to_numpy() == pytest.approx(whole.params[1:]) and fit["r2"].to_numpy() == pytest.approx(whole.rsquared)
    for at, name in enumerate(by):
        without = sm.OLS(target, sm.add_constant(np.delete(x, at, axis=1))).fit().rsquared
        alone = sm.OLS(target, sm.add_constant(x[:, at])).fit().rsquared
        assert fit.loc[name, ["unique", "alone"]].tolist() == pytest.approx([whole.rsquared - without, alone])
        assert fit.at[name, "shared"] == pytest.approx(alone - (whole.rsquared - without))
    weights = random.integers(0, 3, (1, len(target))).astype(float)
    drawn = behind._coefficients(behind._spread(np.array([*x.T, target]), weights))[0]
    assert drawn == pytest.approx(sm.WLS(target, sm.add_constant(x), weights[0]).fit().params[1:])


def test_p_counts_the_orders_of_texts_whose_t_is_as_large() -> None:
    """Four texts, all 24 orders: what one predictor has beyond the other is moved, and the regression done anew."""
    lower = np.tril_indices(4, -1)
    values = np.random.default_rng(3).normal(size=(3, 6))
    left = sm.OLS(values[0], sm.add_constant(values[1])).fit().resid
    table = np.zeros((4, 4))
    table[lower] = left
    table += table.T
    orders = np.array(list(permutations(range(4))))
    t = [
        abs(
            sm.OLS(values[2], sm.add_constant(np.column_stack([table[np.ix_(order, order)][lower], values[1]])))
            .fit()
            .tvalues[1]
        )
        for order in orders
    ]
    p = behind._permuted(values, 0, lower, orders)
    assert p == pytest.approx((1 + sum(one >= t[0] * (1 - 1e-9) for one in t)) / 25) and 0.04 < p < 1


def test_what_does_not_vary_or_adds_nothing_is_left_out() -> None:
    by = predictors()
    by = {"script": by["script"] * 0 + 1, "genealogy": by["genealogy"], "twice": 2 * by["genealogy"], "tokens": by["tokens"]}
    fit = regression(by["genealogy"] + 0.2 * by["tokens"], by, [TEXTS])
    assert fit["predictor"].tolist() == ["genealogy", "tokens"] and fit["r2"].to_numpy() == pytest.approx(1)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_distances_that_do_not_vary_have_no_p() -> None:
    fit = regression(1 - np.eye(len(TEXTS)), predictors(), [families(TEXTS), TEXTS])
    assert fit[["value", "low", "high", "p"]].isna().all(axis=None)


def test_the_wider_end_of_families_and_languages_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behind, "PERMUTATIONS", 1)
    monkeypatch.setattr(behind, "REPLICATES", 20_000)
    by, groups = predictors(), families(TEXTS)
    y = by["genealogy"] + np.random.default_rng(0).normal(size=(len(TEXTS),) * 2)
    both, *each = (
        regression(y + y.T, by, of).set_index("predictor").drop("language") for of in ([groups, TEXTS], [groups], [TEXTS])
    )
    assert np.allclose(both["low"], np.minimum(*(one["low"] for one in each)), atol=0.02)
    assert np.allclose(both["high"], np.maximum(*(one["high"] for one in each)), atol=0.02)
    assert not np.allclose(each[0]["low"], each[1]["low"], atol=0.02)


WORLDS: dict[str, dict[str, float]] = {
    "nothing": {},
    "genealogy": {"genealogy": 1.0},
    "script": {"script": 1.0},
    "reversed": {"genealogy": -1.0},
    "both, hard to tell apart": {"genealogy": 0.7, "script": 0.7},
    "families lie together": {},
}


def noise(random: np.random.Generator, families: np.ndarray | None) -> np.ndarray:
    """Return distances of texts in places of their own, or near those of their families, and a few far from all others."""
    places = random.normal(size=(len(TEXTS), 5))
    if families is not None:
        places = 0.7 * places + random.normal(size=(families.max() + 1, 5))[families]
    far = random.exponential(0.5, len(TEXTS))
    return standard(np.linalg.norm(places[:, None] - places, axis=2) + far[:, None] + far)


@pytest.mark.parametrize("world", WORLDS)
def test_planted_worlds_are_found_with_their_coefficients_and_nothing_else_is(
    world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(behind, "PERMUTATIONS", 99)
    monkeypatch.setattr(behind, "REPLICATES", 199)
    by, planted, groups = predictors(), WORLDS[world], families(TEXTS)
    member = np.unique(groups, return_inverse=True)[1]
    if len(planted) == 2:
        other = np.random.default_rng(0).random((len(TEXTS),) * 2) < 0.05
        by["script"] = np.where(other | other.T, by["script"], (member[:, None] != member).astype(float))
        assert np.corrcoef(by["genealogy"][LOWER], by["script"][LOWER])[0, 1] > 0.6
    found, held, alarms, others = 0, list[bool](), 0, 0
    for seed in range(ROUNDS):
        y = noise(np.random.default_rng(seed), member if world == "families lie together" else None)
        y = y + sum((size * standard(by[name]) for name, size in planted.items()), np.zeros_like(y))
        fit = regression(y, by, [groups, TEXTS], seed).set_index("predictor")
        sure = fit["p"] <= 0.05
        if world == "families lie together":  # which genealogy rightly finds
            fit = fit.drop("genealogy")
        for name, row in fit.iterrows():
            if np.isnan(row["p"]):  # two pairs are of one language
                assert name == "language" and row[["low", "high"]].isna().all()
                continue
            truth = planted.get(str(name), 0.0) / y[LOWER].std()
            held.append(row["low"] <= truth <= row["high"])
            found += bool(truth and sure[name] and row["value"] * truth > 0)
            alarms, others = alarms + bool(not truth and sure[name]), others + (not truth)
    print(f"{world}: found {found}, held {np.mean(held):.3f}, alarms {alarms} of {others}")
    assert found >= 0.9 * ROUNDS * len(planted)
    assert np.mean(held) >= 0.9
    assert alarms <= 0.06 * others
