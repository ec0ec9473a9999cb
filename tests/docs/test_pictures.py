"""The pictures of docs/metrics.md show what the metrics give today, and that is what their words say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from misleading import PICTURES

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def drawn() -> dict[str, pd.DataFrame]:
    return {name: picture.numbers() for name, picture in PICTURES.items()}


def values(numbers: pd.DataFrame, series: str, panel: str = "") -> np.ndarray:
    mine = numbers[(numbers["series"] == series) & (numbers["panel"] == panel)]
    return mine["value"].to_numpy()


def test_each_picture_stands_in_the_page_with_the_numbers_of_today(drawn: dict[str, pd.DataFrame]) -> None:
    shown = re.findall(r"\]\(pictures/(\w+)\.svg\)", (DOCS / "metrics.md").read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(PICTURES)
    for name, numbers in drawn.items():
        kept = pd.read_csv(DOCS / "pictures" / f"{name}.csv", keep_default_na=False)
        pd.testing.assert_frame_equal(kept, numbers, rtol=1e-4, atol=1e-6, check_dtype=False)
        assert PICTURES[name].title in (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8")


def test_noise_counts_at_small_scales_only(drawn: dict[str, pd.DataFrame]) -> None:
    assert values(drawn["scale"], "no noise") == pytest.approx(2, abs=0.2)
    noisy = values(drawn["scale"], "noise 0.005 of the side")
    assert noisy[0] > 8 and noisy[-1] == pytest.approx(2, abs=0.2) and (np.diff(noisy) < 0).all()


def test_copies_double_one_estimator_and_leave_the_other(drawn: dict[str, pd.DataFrame]) -> None:
    shares = drawn["copies"]["x"].unique().tolist()
    rising = dict(zip(shares, values(drawn["copies"], "id_microscope"), strict=True))
    assert rising[10] == pytest.approx(2 * rising[0], rel=0.1) and rising[40] == pytest.approx(6 * rising[0], rel=0.1)
    assert values(drawn["copies"], "id_twonn") == pytest.approx(10, abs=0.5)


def test_what_takes_anisotropy_over(drawn: dict[str, pd.DataFrame]) -> None:
    even, moved, massive, sink = values(drawn["directions"], "anisotropy")
    assert even < 0.05 and moved == pytest.approx(even, rel=1e-6) and min(massive, sink) > 0.8
    uncentred, cosine = (values(drawn["directions"], name) for name in ("anisotropy_uncentred", "mean_cosine"))
    assert uncentred[1] > 0.85 and cosine[1] > 0.85 and abs(cosine[[0, 2, 3]]).max() < 0.01


def test_what_kl_counts(drawn: dict[str, pd.DataFrame]) -> None:
    assert np.ptp(values(drawn["divergence"], "kl_mean", "tokens")) < 1e-9
    padded = values(drawn["divergence"], "kl_padded, by token of the reference", "tokens")
    assert (np.diff(padded) > 0).all() and padded[1] > 10 * padded[0]
    assert (np.diff(values(drawn["divergence"], "kl_mean", "scale")) > 0).all()


def test_a_rotation_hides_translations_from_all_but_cka(drawn: dict[str, pd.DataFrame]) -> None:
    numbers, same, turned = drawn["alignment"], "same directions", "turned by a rotation"
    assert values(numbers, "cka", turned) == pytest.approx(values(numbers, "cka", same), rel=1e-9)
    for metric in ("retrieval", "mexa"):
        assert values(numbers, metric, same)[0] == 1 and values(numbers, metric, turned).max() <= 0.02


def test_unrelated_layers_have_what_the_fit_gives(drawn: dict[str, pd.DataFrame]) -> None:
    numbers = drawn["layers"]
    n = numbers["x"].unique().astype(float)
    assert values(numbers, "unrelated layers") == pytest.approx(64 / (n - 1), abs=0.02)
    assert values(numbers, "a block on the residual stream").min() > 0.95
    assert values(numbers, "what that block adds (linearity_residual)")[-1] < 0.1


def test_one_sentence_costs_as_much_in_every_script(drawn: dict[str, pd.DataFrame]) -> None:
    numbers = drawn["scripts"]
    scripts, bpc, per_byte = numbers["x"].unique().tolist(), values(numbers, "bpc"), values(numbers, "bits_per_byte")
    english, chinese, hindi = (scripts.index(name) for name in ("Latin (English)", "Han (Chinese)", "Devanagari (Hindi)"))
    assert bpc[english] == per_byte[english] == pytest.approx(1)
    assert bpc[chinese] > 3 * bpc[english] and bpc.argmax() == chinese
    assert per_byte[hindi] < bpc[hindi] / 2.5 and per_byte.argmin() == hindi
