"""Each token of a whole sentence has the local dimension of its point in the cloud that `id_local` measures."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from langgeom.explorer.tokens import token_rows
from langgeom.hidden.states import HiddenStates
from langgeom.metrics import Cloud, id_local

SENTENCES, LENGTH, K = 12, 9, 20
LINES = ["", *(" ".join("ab"[number * place % 2] for place in range(LENGTH)) for number in range(SENTENCES))]


def states() -> HiddenStates:
    """Nine layers of twelve sentences of nine tokens; some are copies, some were not drawn. Three sentences are whole."""
    generator, count = torch.Generator().manual_seed(0), SENTENCES * LENGTH
    token = torch.randn(9, count, 5, generator=generator)
    prefix = torch.arange(count)
    prefix[20:26] = prefix[10:16]
    token[:, 20:26] = token[:, 10:16] + 1e-3  # a copy, but for the rounding of another batch
    whole = torch.zeros(SENTENCES, dtype=torch.bool)
    whole[[1, 2, 5]] = True
    counts = torch.full((SENTENCES,), LENGTH, dtype=torch.int32)
    return HiddenStates(
        token=token, token_sentence=torch.arange(SENTENCES, dtype=torch.int32).repeat_interleave(LENGTH),
        sentence=token.view(9, SENTENCES, LENGTH, 5).mean(2), sentence_line=torch.arange(1, SENTENCES + 1, dtype=torch.int32),
        tokens=counts, words=counts, characters=counts, bytes=counts, token_prefix=prefix,
        token_sampled=torch.rand(count, generator=generator) < 0.8, sentence_whole=whole,
        metadata={"model": "m", "corpus": "c", "text": "eng_Latn"},
    )  # fmt: skip


def tokenizer(begin: bool = False) -> Tokenizer:
    made = Tokenizer(models.WordLevel({"<s>": 0, "a": 1, "b": 2}, unk_token="a"))
    made.add_special_tokens(["<s>"])
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    if begin:
        made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    return made


def by_hand(points: torch.Tensor) -> torch.Tensor:
    """Return (k - 1) / sum_j ln(T_k / T_j) of each of some distinct points."""
    distances = torch.cdist(points.double(), points.double()).fill_diagonal_(torch.inf).sort(1).values[:, :K]
    return (K - 1) / (distances[:, -1:] / distances[:, :-1]).log().sum(1)


def test_dimensions_are_those_of_the_points_whose_median_id_local_is() -> None:
    given = states()
    rows = token_rows(replace(given, sentence_whole=None), LINES, tokenizer(), "include")
    assert given.token_sampled is not None and given.token_prefix is not None
    assert sorted({row["layer"] for row in rows}) == [2, 4, 6]  # a quarter, half, three quarters of eight
    for layer in (2, 4, 6):
        found = [row["dimension"] for row in rows if row["layer"] == layer]
        assert [value is not None for value in found] == given.token_sampled.tolist()
        points, prefixes = given.token[layer, given.token_sampled], given.token_prefix[given.token_sampled]
        cloud = Cloud(points[None], prefixes=prefixes, first=layer)
        distinct, members = cloud.layer(0).distinct[0], cloud.layer(0).members
        wanted = by_hand(points[distinct])
        assert 80 < len(distinct) < len(points)
        assert [value for value in found if value is not None] == pytest.approx(wanted[members].tolist(), rel=1e-9)
        assert float(id_local(cloud).value) == pytest.approx(float(wanted.quantile(0.5)), rel=1e-9)


@pytest.mark.parametrize(("begin", "first"), [(True, "exclude"), (False, "include")])
def test_whole_sentences_are_shown_with_where_tokens_end(begin: bool, first: str) -> None:
    rows = token_rows(states(), LINES, tokenizer(begin), first)
    lines = {row["line"]: [other for other in rows if other["line"] == row["line"] and other["layer"] == 4] for row in rows}
    assert list(lines) == [2, 3, 6]
    for some in lines.values():
        assert [row["place"] for row in some] == list(range(LENGTH))
        assert [row["end"] for row in some] == [2 * place + 1 for place in range(LENGTH)]


def test_a_first_token_that_is_left_out_keeps_its_place() -> None:
    rows = token_rows(states(), [f"a {line}" if line else "" for line in LINES], tokenizer(), "exclude")
    some = [row for row in rows if row["line"] == 2 and row["layer"] == 4]
    assert [row["end"] for row in some] == [2 * place + 1 for place in range(LENGTH + 1)] and some[0]["dimension"] is None
    kept = [row for row in token_rows(states(), LINES, tokenizer(), "include") if row["line"] == 2 and row["layer"] == 4]
    assert some[1:] == [{**row, "place": row["place"] + 1, "end": row["end"] + 2} for row in kept]
