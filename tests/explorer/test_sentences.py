"""Which sentences are shown, and how their cosines come about."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import torch

from langgeom.errors import UserError
from langgeom.explorer.alignment import aligned_rows
from langgeom.explorer.sentences import choose


def aligned(cosines: list[float], text: str = "rus_Cyrl") -> pd.DataFrame:
    base = {"model": "m", "corpus": "c", "text": text, "layer": 3}
    return pd.DataFrame([{**base, "line": 2 * place, "cosine": cosine} for place, cosine in enumerate(cosines)])


def files(folder: Path, count: int) -> dict[tuple[str, str], Path]:
    found = {}
    for text in ("rus_Cyrl", "eng_Latn"):
        found["c", text] = folder / f"{text}.txt"
        found["c", text].write_text("".join(f"{text} {line}\n" for line in range(count)), encoding="utf-8")
    return found


def test_the_ends_are_chosen_from_the_end_inwards(tmp_path: Path) -> None:
    rows = pd.concat([aligned([0.5, 0.1, 0.9, float("nan"), 0.7, 0.2]), aligned([1.0], "eng_Latn")])
    shown = choose(rows, files(tmp_path, 12), "eng_Latn", 2)
    assert shown["chosen"] == {
        "m": {"c": {"rus_Cyrl": {"layer": 3, "of": 5, "best": [(4, 0.9), (8, 0.7)], "worst": [(2, 0.1), (10, 0.2)]}}}
    }
    assert shown["lines"]["c"]["rus_Cyrl"] == {str(line): f"rus_Cyrl {line}" for line in (2, 4, 8, 10)}
    assert shown["lines"]["c"]["eng_Latn"] == {str(line): f"eng_Latn {line}" for line in (2, 4, 8, 10)}


def test_a_short_text_shows_no_sentence_twice(tmp_path: Path) -> None:
    shown = choose(aligned([0.5, 0.1, 0.9]), files(tmp_path, 12), "eng_Latn", 5)["chosen"]["m"]["c"]["rus_Cyrl"]
    assert (shown["best"], shown["worst"]) == ([(4, 0.9)], [(2, 0.1)])


def test_a_file_that_is_not_the_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no line 4"):
        choose(aligned([0.5, 0.1, 0.9]), files(tmp_path, 3), "eng_Latn")
    with pytest.raises(UserError, match="file of that text was not given"):
        choose(aligned([0.5, 0.1, 0.9]), {}, "eng_Latn")


def states(sentence: torch.Tensor, lines: list[int], text: str) -> Any:
    metadata = {"model": "m", "corpus": "c", "text": text, "kind": "decoder"}
    return SimpleNamespace(sentence=sentence, sentence_line=torch.tensor(lines, dtype=torch.int32), metadata=metadata)


def test_cosines_are_those_of_shared_lines_without_the_mean_of_each_text() -> None:
    torch.manual_seed(0)
    english = torch.randn(5, 6, 4)
    # The same sentences, moved by what the language shares; two lines are only here, and line 0 only in English.
    russian = torch.cat([english[:, 1:] + 100, torch.randn(5, 2, 4)], 1).clone()
    russian[2, 0], russian[2, 5:] = 100 - (english[2, 1] - english[2, 1:].mean(0)) + english[2, 1:].mean(0), 0
    given = states(russian, [1, 2, 3, 4, 5, 8, 9], "rus_Cyrl"), states(english, [0, 1, 2, 3, 4, 5], "eng_Latn")
    rows = aligned_rows(*given, depth=0.75)
    assert [row["line"] for row in rows] == [1, 2, 3, 4, 5] and {row["layer"] for row in rows} == {3}
    assert [row["cosine"] for row in rows] == pytest.approx([1.0] * 5, abs=1e-6)
    assert {key: rows[0][key] for key in ("model", "corpus", "text")} == {"model": "m", "corpus": "c", "text": "rus_Cyrl"}
    middle = aligned_rows(*given)
    x, y = russian[2, :5].double(), english[2, 1:].double()
    x, y = x - x.mean(0), y - y.mean(0)
    wanted = ((x * y).sum(1) / x.norm(dim=1) / y.norm(dim=1)).tolist()
    assert [row["cosine"] for row in middle] == pytest.approx(wanted, abs=1e-12)
    assert middle[0]["layer"] == 2
