"""What is kept of a text: an even sample, whole lines, and copies that are known whatever the batches and the number format."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tiny
from langgeom.hidden.extract import extract
from langgeom.hidden.kept import Kept, choose, prefixes
from langgeom.hidden.load import LoadedModel, load
from langgeom.hidden.states import HiddenStates
from langgeom.metrics import Cloud, id_gride, id_microscope, id_mle, id_twonn
from langgeom.models import build_model

BEGINNINGS = ("all the people of this land have the right to ", "no man or woman may ever be held to ", "")
Counts = list[int]


def chosen(
    counts: Counts, lines: list[int] | None = None, reference: tuple[list[int], Counts] | None = None, *, cap: int = 1000,
    whole: int = 3, seed: int = 0,
) -> Kept:  # fmt: skip
    """Choose tokens of sentences; without `lines` they are numbered."""
    numbers = torch.tensor(lines if lines is not None else list(range(len(counts))))
    other = None if reference is None else (torch.tensor(reference[0]), torch.tensor(reference[1]))
    settings = {"token_cap": cap, "whole_lines": whole, "lens_lines": 0}
    return choose("spa_Latn", numbers, torch.tensor(counts), settings, seed, other)


def drawn(kept: Kept, counts: Counts) -> Counts:
    """Return how many tokens of each sentence are in the sample."""
    return [int(part.sum()) for part in kept.sampled.split(counts)]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=40), st.integers(3, 400), st.integers(0, 2**32 - 1))
def test_each_sentence_gives_its_share(counts: Counts, cap: int, seed: int) -> None:
    kept, total = chosen(counts, cap=cap, seed=seed), sum(counts)
    found, wanted = drawn(kept, counts), min(cap, total)
    assert sum(found) == wanted
    assert all(abs(here - count * wanted / total) < 1 for here, count in zip(found, counts, strict=True))


def test_every_token_is_as_likely_as_any_other() -> None:
    counts = [1, 7, 30, 2, 10]
    share = sum(chosen(counts, cap=20, seed=seed).sampled.double() for seed in range(2000)) / 2000
    assert float((torch.as_tensor(share) - 20 / 50).abs().max()) < 5 * (0.4 * 0.6 / 2000) ** 0.5


def test_the_sample_is_seeded() -> None:
    counts = [20] * 10
    assert chosen(counts, cap=50).sampled.equal(chosen(counts, cap=50).sampled)
    assert not chosen(counts, cap=50, seed=1).sampled.equal(chosen(counts, cap=50).sampled)


def test_the_reference_gives_number_and_lines(caplog: pytest.LogCaptureFixture) -> None:
    reference = ([0, 1, 3, 5], [10, 10, 10, 10])
    counts, lines = [30, 30, 30, 30], [0, 2, 3, 5]
    assert drawn(chosen(counts, lines, reference, cap=36), counts) == [12, 0, 12, 12]
    assert sum(drawn(chosen(counts, lines, reference), counts)) == 40 and caplog.text == ""
    short = [8, 30, 9, 7]
    assert drawn(chosen(short, lines, reference), short) == [8, 0, 9, 7]  # all that there are
    assert "spa_Latn has 24 tokens, where the reference gives 40" in caplog.text


def test_whole_lines_are_the_same_in_all_texts_and_spread_over_the_reference() -> None:
    lines, generator = list(range(0, 120, 2)), random.Random(0)
    reference = (lines, [generator.randint(1, 30) for _ in lines])
    wholes = []
    for seed in range(3):
        counts = [generator.randint(1, 30) for _ in lines]
        kept = chosen(counts, lines, reference, cap=100, whole=6, seed=7)
        assert all(part.all() for part, whole in zip(kept.token.split(counts), kept.whole, strict=True) if whole)
        assert not (kept.sampled & ~kept.token).any()
        wholes.append([line for line, whole in zip(lines, kept.whole.tolist(), strict=True) if whole])
        assert wholes[seed] == wholes[0]
    assert [line // 20 for line in wholes[0]] == list(range(6))
    # A text that lacks lines has the others.
    some = chosen([5, 5], [wholes[0][1], 1], reference, whole=6, seed=7)
    assert some.whole.tolist() == [True, False]
    assert chosen([5, 5], whole=99).whole.all()


def test_without_whole_lines_the_first_tokens_are_kept() -> None:
    kept = choose("eng_Latn", torch.arange(3), torch.tensor([4, 4, 4]), {"token_cap": 10, "whole_lines": None}, 0, None)
    assert kept.token.tolist() == kept.sampled.tolist() == [True] * 10 + [False] * 2
    assert kept.whole.tolist() == [True, True, False]


def test_a_prefix_is_what_a_token_sees() -> None:
    a, b = [5, 6, 7, 8], [5, 6, 9, 8]
    causal = prefixes(a, range(4), True), prefixes(b, range(4), True)
    assert [x == y for x, y in zip(*causal, strict=True)] == [True, True, False, False]
    assert prefixes(a, [1, 3], True) == [causal[0][1], causal[0][3]]
    whole = [prefixes(ids, range(len(ids)), False) for ids in (a, a, b)]
    assert whole[0] == whole[1] and len({*whole[0], *whole[2]}) == 8


def made(seed: int) -> list[str]:
    """Make sixty lines, of none to twenty words, most of which begin alike: kernels round short ones differently."""
    generator = random.Random(seed)
    lengths = (0, 1, 2, 4, 9, 20)
    return [
        BEGINNINGS[number % 3]
        + " ".join("".join(generator.choices("aeioulnrst", k=5)) for _ in range(lengths[number // 3 % 6]))
        for number in range(60)
    ]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], LoadedModel]:
    """A decoder whose tokenizer has the words of the beginnings, in a number format."""
    folder = tmp_path_factory.mktemp("planted")
    tiny.decoder(folder / "source", [*BEGINNINGS * 9, *made(2)], initializer_range=0.05)
    build_model("m", {"folder": "source"}, base=folder, out=folder / "m")
    loaded = {dtype: load(folder / "m", dtype) for dtype in ("float32", "bfloat16")}
    return loaded.__getitem__


def dimensions(states: HiddenStates) -> torch.Tensor:
    """Return every neighbour estimate of the layers after the embedding, [4, layers]; LLM-Microscope's without copies."""
    assert states.token_prefix is not None
    cloud = Cloud(states.token, states.token_sentence, prefixes=states.token_prefix)
    without = states.token[1:, cloud.layer(1).distinct[0]]
    return torch.stack([*(of(cloud).value[1:] for of in (id_twonn, id_mle, id_gride)), id_microscope(without).value])


@pytest.mark.parametrize("seed", [0, 1])
def test_dimensions_do_not_depend_on_batches_or_the_number_format(planted: Callable[[str], LoadedModel], seed: int) -> None:
    lines, longest, settings = made(seed), 64, {"whole_lines": 5, "token_cap": 700}
    alone = extract(planted("float32"), lines, {**settings, "batch_tokens": 1})
    copies = Cloud(alone.token, prefixes=alone.token_prefix).layer(1)
    assert len(copies.points) - len(copies.distinct[0]) > 100
    expected = dimensions(alone)
    for dtype, batch in product(("float32", "bfloat16"), (1, 8, 32, 999)):
        found = extract(planted(dtype), lines, {**settings, "batch_tokens": batch * longest})
        assert found.token_prefix is not None and found.token_prefix.equal(alone.token_prefix)
        assert found.token_sentence.equal(alone.token_sentence)
        away = (dimensions(found) / expected - 1).abs().amax(1)
        # LLM-Microscope's formula looks at the ratios nearest to 1 alone, where rounding counts most.
        least = 0.01 if dtype == "float32" else 0.05
        assert float(away[:3].max()) < 0.01 and float(away[3]) < least, (dtype, batch)


@pytest.mark.parametrize("name", ["decoder", "gemma", "encoder"])
def test_texts_with_equal_beginnings_share_prefixes(models: dict[str, LoadedModel], name: str) -> None:
    """Of a decoder also those of other sentences, of an encoder those of equal sentences only."""
    loaded, seen, found = models[name], [], []
    for lines in (["free and equal all", "the right to life"], ["the right to life", "free and equal rights", "free"]):
        states = extract(loaded, lines, {"batch_tokens": 1})
        assert states.token_prefix is not None
        found.append(set(states.token_prefix.tolist()))
        seen.append({
            (tuple(one.ids[: place + 1] if loaded.causal else one.ids), place)
            for one in loaded.tokenizer(lines, 99).sentences for place in one.content
        })  # fmt: skip
    assert [len(part) for part in found] == [len(part) for part in seen]
    assert len(found[0] & found[1]) == len(seen[0] & seen[1]) >= 3
