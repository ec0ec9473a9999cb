"""What the page holds equals the tables, to float32."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from figures.synthetic import synthetic
from langgeom.explorer.pack import pack


def unpack(packed: tuple[dict[str, Any], list[bytes]], quantity: str) -> pd.DataFrame:
    """Read a block as the page does."""
    facts, blocks = packed
    place = next(place for place, one in enumerate(facts["quantities"]) if one["id"] == quantity)
    about, block = facts["quantities"][place], blocks[place]
    layers = [facts["models"][model]["layers"] if about["layers"] else 1 for model in facts["series"]["model"]]
    size = sum(layers)
    value, low, high = np.frombuffer(block, "<f4", 3 * size).reshape(3, size)
    n = np.frombuffer(block, "<i4", offset=12 * size)
    if not about["n_by_cell"] and about["layers"]:
        n = np.repeat(n, layers)
    assert len(n) == size
    series = np.repeat(np.arange(len(layers)), layers)
    of = {name: np.array(facts["series"][name])[series] for name in ("model", "corpus", "text")}
    names = {
        "model": [model["name"] for model in facts["models"]],
        "corpus": facts["corpora"],
        "text": [text["text"] for text in facts["texts"]],
    }
    columns = {name: np.array(names[name])[places] for name, places in of.items()}
    layer = np.concatenate([np.arange(count) for count in layers])
    return pd.DataFrame({**columns, "layer": layer, "value": value, "low": low, "high": high, "n": n})


def test_every_number_of_the_table_is_in_its_cell() -> None:
    metrics = synthetic()
    gone = metrics.sample(40, random_state=1).index
    metrics.loc[gone, ["value", "low", "high"]] = np.nan
    metrics.loc[metrics["metric"].eq("id_twonn") & metrics["layer"].eq(2), "n"] -= 1
    metrics.loc[metrics["metric"].eq("id_microscope"), "n"] = 2048
    packed = pack(metrics)
    for (metric, over), rows in metrics[metrics["layer"].notna()].groupby(["metric", "over"]):
        found = unpack(packed, f"{metric}/{over}")
        keys = ["model", "corpus", "text", "layer"]
        wanted = rows.astype({"layer": int, "n": int})[[*keys, "value", "low", "high", "n"]]
        both = wanted.merge(found, on=keys, suffixes=("", "_found"), validate="1:1")
        assert len(both) == len(wanted)
        for name in ("value", "low", "high"):
            np.testing.assert_array_equal(both[name].to_numpy(np.float32), both[f"{name}_found"].to_numpy(np.float32))
        np.testing.assert_array_equal(both["n"], both["n_found"])
        # What the table lacks is missing.
        assert found["value"].notna().sum() == wanted["value"].notna().sum()
    by_id = {one["id"]: one for one in packed[0]["quantities"]}
    assert by_id["id_twonn/token"]["n_by_cell"] and not by_id["id_microscope/token"]["n_by_cell"]


def test_a_quantity_over_two_things_says_over_which() -> None:
    names = {one["id"]: one["name"] for one in pack(synthetic())[0]["quantities"]}
    assert names["anisotropy/token"] != names["anisotropy/sentence"]
    assert names["id_microscope/token"] == "Intrinsic dimension (LLM-Microscope)"


def test_texts_and_quality_go_to_every_series_they_are_for() -> None:
    metrics = synthetic(["gemma-3-270m", "minilm-l6"], ["eng_Latn", "rus_Cyrl"])
    base = {"lang": "rus", "script": "Cyrl", "text": "rus_Cyrl", "low": np.nan, "high": np.nan}
    texts = pd.DataFrame([{**base, "corpus": "udhr", "measure": "type_token_ratio", "value": 0.25, "n": 60}])
    whose = {"harness": None, "quality": "mmlu", "n": pd.NA}
    quality = pd.DataFrame(
        [
            {**base, **whose, "model": "minilm-l6", "corpus": None, "origin": "published", "value": 0.5, "harness": "theirs"},
            {**base, **whose, "model": "gemma-3-270m", "corpus": "udhr", "origin": "measured", "value": 0.75},
        ]
    ).astype({"n": "Int32"})
    packed = pack(metrics, texts, quality)
    russian = unpack(packed, "text/type_token_ratio").query("text == 'rus_Cyrl'")
    assert list(russian["value"]) == [0.25, 0.25] and list(russian["n"]) == [60, 60]
    published = unpack(packed, "quality/mmlu/published/theirs").dropna(subset="value")
    assert published[["model", "text", "value", "n"]].values.tolist() == [["minilm-l6", "rus_Cyrl", 0.5, -1]]
    measured = unpack(packed, "quality/mmlu/measured").dropna(subset="value")
    assert measured[["model", "value"]].values.tolist() == [["gemma-3-270m", 0.75]]


def test_texts_carry_what_the_page_shows_of_them() -> None:
    texts = {text["text"]: text for text in pack(synthetic())[0]["texts"]}
    assert texts["uig_Arab"]["dir"] == "rtl" and texts["uig_Latn"]["dir"] == "ltr"
    assert texts["uig_Arab"]["label"] == "Uyghur (Arab)" and texts["fin_Latn"]["label"] == "Finnish"


def test_the_size_is_what_the_docstring_says() -> None:
    layers = 33
    rows = pd.DataFrame({"layer": pd.array(range(layers), dtype="Int16")}).assign(
        model="m", kind="decoder", init="trained", corpus="c", text="eng_Latn", lang="eng", script="Latn", metric="id_twonn",
        over="token", value=1.0, low=1.0, high=1.0, n=pd.array([5] * layers, dtype="Int32"), dropped=pd.NA,
    )  # fmt: skip
    assert 200 * 8 * len(pack(rows)[1][0]) == 200 * 8 * (3 * 4 * layers + 4) == 640_000
