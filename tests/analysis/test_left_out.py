"""Texts that take no part in comparisons: those that the tokenizer cannot read, and those with too few tokens."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from findings.planted import DECODER, flat, rows, typed
from langgeom.analysis.rows import comparable, left_out
from langgeom.table import METRICS

TEXTS = ["eng_Latn", "spa_Latn", "cmn_Hans", "uig_Arab", "fin_Latn"]


def table(tokens: Any, unknown: Any, fragment: Any, corpus: str = "udhr") -> pd.DataFrame:
    points, drop = np.repeat(tokens, 3), np.repeat([0, 100, 0, 0, 0], 3)
    blocks = [
        rows(DECODER, "id_twonn", TEXTS, flat(np.arange(5.0)), n=points - drop, dropped=drop),
        rows(DECODER, "kl_mean", TEXTS, flat(np.arange(5.0)), n=58, over="sentence"),
        *(rows(DECODER, name, TEXTS, np.array(values), over="text", n=58)
          for name, values in (("unknown_tokens", unknown), ("fragment_tokens", fragment))),
    ]  # fmt: skip
    return typed([block | {"corpus": corpus} for block in blocks], METRICS)


def reasons(metrics: pd.DataFrame, reference: str = "eng_Latn") -> dict[str, str]:
    found = left_out(metrics, reference)
    assert set(zip(found["model"], found["corpus"], strict=True)) <= {("dec", "udhr")}
    return dict(zip(found["text"], found["reason"], strict=True))


def test_unknown_and_fragment_tokens_add_up() -> None:
    metrics = table([1000] * 5, [0, 0.05, 0.03, 0.2, 0], [0, 0, 0.03, 0.5, 0.05])
    assert reasons(metrics) == {"cmn_Hans": "6 % unknown or fragment tokens", "uig_Arab": "70 % unknown or fragment tokens"}
    kept = comparable(metrics, "eng_Latn")
    assert set(kept["text"]) == {"eng_Latn", "spa_Latn", "fin_Latn"} and len(kept) == len(metrics) * 3 / 5
    assert list(kept.columns) == list(metrics.columns)


def test_four_fifths_of_the_reference_count_with_the_copies() -> None:
    metrics = table([1000, 850, 799, 800, 2000], [0] * 5, [0] * 5)
    assert reasons(metrics) == {"cmn_Hans": "799 tokens, of 1,000 in the reference"}
    # Without the reference the largest text takes its place.
    assert set(reasons(metrics, "fra_Latn")) == set(TEXTS) - {"fin_Latn"}


def test_a_text_of_one_model_stays_in_another() -> None:
    metrics = table([1000] * 5, [0, 0, 0.5, 0, 0], [0] * 5)
    both = pd.concat([metrics, metrics[metrics["metric"] != "unknown_tokens"].assign(model="enc")], ignore_index=True)
    assert reasons(both) == {"cmn_Hans": "50 % unknown or fragment tokens"}
    assert set(comparable(both, "eng_Latn").query("text == 'cmn_Hans'")["model"]) == {"enc"}


def test_pairs_of_sentences_are_not_compared_as_languages() -> None:
    metrics = table([1000] * 5, [0.5] * 5, [0] * 5)
    wrong = metrics[metrics["text"] == "spa_Latn"].assign(text="eng_Latn_wrong")
    metrics = pd.concat([metrics, wrong], ignore_index=True)
    assert left_out(metrics, "eng_Latn").empty and comparable(metrics, "eng_Latn").empty


def test_a_table_of_nothing() -> None:
    assert left_out(typed([], METRICS), "eng_Latn").empty and comparable(typed([], METRICS), "eng_Latn").empty
