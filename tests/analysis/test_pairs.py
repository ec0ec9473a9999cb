"""Whose untrained twin a model is, by name."""

from __future__ import annotations

import pandas as pd

from langgeom.analysis.pairs import twins


def table(**layers: int) -> pd.DataFrame:
    names = [name.replace("_", "-") for name in layers]
    init = ["untrained" if name.endswith(("untrained", "seed2")) else "trained" for name in names]
    return pd.DataFrame(dict(model=names, kind="encoder", init=init, corpus="c", layer=list(layers.values())))


def pairs(rows: pd.DataFrame) -> dict[str | None, str | None]:
    return {one and one[0]: other and other[0] for one, other in twins(rows)}


def test_a_twin_is_of_the_longest_name_that_its_own_begins_with() -> None:
    found = pairs(table(bert_base=12, bert_base_multilingual=12, bert_base_multilingual_untrained=12))
    assert found == {"bert-base": None, "bert-base-multilingual": "bert-base-multilingual-untrained"}
    found = pairs(table(bert_base=12, bert_base_multilingual=12, bert_base_untrained=12, bert_base_multilingual_untrained=12))
    assert found == {"bert-base": "bert-base-untrained", "bert-base-multilingual": "bert-base-multilingual-untrained"}


def test_a_longer_name_of_another_shape_takes_no_twin() -> None:
    found = pairs(table(bert_base=12, bert_base_multi=24, bert_base_multi_untrained=12))
    assert found == {"bert-base": "bert-base-multi-untrained", "bert-base-multi": None}


def test_the_rest_stay_alone() -> None:
    found = pairs(table(bert=12, bert_untrained=12, other_untrained=12))
    assert found == {"bert": "bert-untrained", None: "other-untrained"}
