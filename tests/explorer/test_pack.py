"""What the page holds equals the tables, to float32."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from explorer.made import pairs
from figures.synthetic import TEXTS, synthetic
from langgeom.analysis.space import complete_layers, maps
from langgeom.explorer.pack import GROUPS, NEAREST, pack
from langgeom.table import PAIRS

SETTINGS: dict[str, Any] = {"reference": "eng_Latn", "first": "id_microscope", "final_norm": True}


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
    packed = pack(metrics, **SETTINGS)
    # Nearness of the reference to itself is left out.
    metrics = metrics[~(metrics["metric"].str.startswith("kl") & metrics["text"].eq("eng_Latn"))]
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
    names = {one["id"]: one["name"] for one in pack(synthetic(), **SETTINGS)[0]["quantities"]}
    assert names["anisotropy/token"] != names["anisotropy/sentence"]
    assert names["id_microscope/token"] == "Intrinsic dimension (LLM-Microscope)"


def test_the_reference_is_the_corpus_s_and_not_near_to_itself() -> None:
    pairs = synthetic(["minilm-l6"], ["eng_Latn", "eng_Latn_wrong"], corpus="grammar")
    table = pd.concat([synthetic(["minilm-l6"], ["eng_Latn", "rus_Cyrl", "tur_Latn"]), pairs], ignore_index=True)
    packed = pack(table, **SETTINGS | {"reference": "rus_Cyrl"})
    assert packed[0]["references"] == {"grammar": "eng_Latn", "udhr": "rus_Cyrl"}
    near = unpack(packed, "kl_mean/sentence").dropna(subset="value")
    assert set(zip(near["corpus"], near["text"], strict=True)) == {
        ("udhr", "eng_Latn"), ("udhr", "tur_Latn"), ("grammar", "eng_Latn_wrong"),
    }  # fmt: skip
    assert unpack(packed, "anisotropy/token")["value"].notna().all()
    to_reference = {one["metric"] for one in packed[0]["quantities"] if one["to_reference"]}
    assert to_reference == {"kl_mean", "kl_padded"}


def test_quantities_are_grouped_and_the_first_asks_for_points() -> None:
    facts, _ = pack(synthetic(), **SETTINGS)
    groups = [one["group"] for one in facts["quantities"]]
    assert groups == sorted(groups, key=list(GROUPS).index) and set(groups) <= set(GROUPS)
    assert {one["metric"]: one["least"] for one in facts["quantities"] if one["least"]} == {"id_microscope": 100}


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
    packed = pack(metrics, texts, quality, **SETTINGS)
    russian = unpack(packed, "text/type_token_ratio").query("text == 'rus_Cyrl'")
    assert list(russian["value"]) == [0.25, 0.25] and list(russian["n"]) == [60, 60]
    published = unpack(packed, "quality/mmlu/published/theirs").dropna(subset="value")
    assert published[["model", "text", "value", "n"]].values.tolist() == [["minilm-l6", "rus_Cyrl", 0.5, -1]]
    measured = unpack(packed, "quality/mmlu/measured").dropna(subset="value")
    assert measured[["model", "value"]].values.tolist() == [["gemma-3-270m", 0.75]]


def test_texts_carry_what_the_page_shows_of_them() -> None:
    texts = {text["text"]: text for text in pack(synthetic(), **SETTINGS)[0]["texts"]}
    assert texts["uig_Arab"]["dir"] == "rtl" and texts["uig_Latn"]["dir"] == "ltr"
    assert texts["uig_Arab"]["label"] == "Uyghur (Arab)" and texts["fin_Latn"]["label"] == "Finnish"


def test_maps_are_those_of_the_table_of_pairs_and_the_nearest_are_its_highest() -> None:
    made = "eng_Latn_wordsShuffled"
    rows = pairs([*TEXTS, made], {"minilm-l6": (0, 3, 6), "gemma-3-270m": (9,)})
    table = pd.DataFrame({key: pd.Series([row.get(key) for row in rows], dtype=of) for key, of in PAIRS.columns.items()})
    one = table["model"].eq("minilm-l6") & table["layer"].eq(3) & table["text"].eq("eng_Latn")
    table.loc[one & table["other"].eq("rus_Cyrl"), ["low", "high"]] = np.nan
    table.loc[table["layer"].eq(6) & table["other"].eq("tur_Latn"), "value"] = np.nan
    facts, _ = pack(synthetic(["minilm-l6", "gemma-3-270m"], [*TEXTS, made]), pairs=table, **SETTINGS)
    names = [text["text"] for text in facts["texts"]]
    drawn = table[table["metric"].eq("cka") & table["other"].ne(made)]
    assert sorted(facts["maps"]) == ["gemma-3-270m", "minilm-l6"]
    for model, layers in (("minilm-l6", [0, 3]), ("gemma-3-270m", [9])):
        own = complete_layers(drawn[drawn["model"] == model])
        found = facts["maps"][model]["udhr"]
        assert [one["layer"] for one in found] == layers
        for one, (_, texts, some), (points, stress) in zip(found, own, maps(own), strict=True):
            assert [names[place] for place in one["texts"]] == texts == sorted(TEXTS) and one["n"] == 58
            assert one["stress"] == pytest.approx(stress, abs=5e-5) and stress > 0.01
            np.testing.assert_allclose([one["x"], one["y"]], points.T, atol=5.1e-5)
            for text, near in zip(texts, one["near"], strict=True):
                of = some[(some["text"] == text) | (some["other"] == text)]
                of = of.sort_values("value", ascending=False).head(NEAREST)
                assert [names[place] for place, *_ in near] == [b if a == text else a for a, b in of[["text", "other"]].values]
                numbers = np.array([numbers for _, *numbers in near], dtype=float)
                np.testing.assert_allclose(numbers, of[["value", "low", "high"]], atol=5.1e-5)
    assert pack(synthetic(["minilm-l6"]), **SETTINGS)[0]["maps"] == {}


def test_texts_have_the_resource_class_of_their_language() -> None:
    facts, _ = pack(synthetic(), **SETTINGS)
    classes = {text["lang"]: text["resource"] for text in facts["texts"]}
    assert (classes["eng"], classes["uig"], classes["mly"]) == ("class 5", "class 1", "no class")
    assert set(classes.values()) <= set(facts["looks"]["resource"])


def test_the_size_is_what_the_docstring_says() -> None:
    layers = 33
    rows = pd.DataFrame({"layer": pd.array(range(layers), dtype="Int16")}).assign(
        model="m", kind="decoder", init="trained", corpus="c", text="eng_Latn", lang="eng", script="Latn", metric="id_twonn",
        over="token", value=1.0, low=1.0, high=1.0, n=pd.array([5] * layers, dtype="Int32"), dropped=pd.NA,
    )  # fmt: skip
    assert 200 * 8 * len(pack(rows, **SETTINGS)[1][0]) == 200 * 8 * (3 * 4 * layers + 4) == 640_000
