"""Batches fill the memory there is, and are halved where it does not do; the numbers stay those of one sentence at a time."""

from __future__ import annotations

import copy
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

import tiny
from langgeom.device import pick_device
from langgeom.errors import UserError
from langgeom.hidden import extract as module
from langgeom.hidden.batches import CPU_TOKENS, MOST_TOKENS, batches_of, budget_of, bytes_per_token, fitting, pack
from langgeom.hidden.extract import extract
from langgeom.hidden.load import LoadedModel, load
from langgeom.hidden.tokens import Sentence

LINES = [*tiny.LINES, "free and equal", "rights", "people"]
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here: nothing of a GPU is tested")


def sentence(length: int, line: int = 0) -> Sentence:
    return Sentence(line, list(range(10, 10 + length)), list(range(1, length)), list(range(1, length)), 1, 1, 1, 0, 0, 1, 1)


@pytest.fixture
def loaded(models: dict[str, LoadedModel]) -> LoadedModel:
    """A model whose limits a test may change."""
    return copy.copy(models["decoder"])


def test_padding_only_to_the_longest_of_the_batch(models: dict[str, LoadedModel]) -> None:
    sentences = [sentence(length, line) for line, length in enumerate((3, 9, 4, 8))]
    batches = batches_of([3, 9, 4, 8], 18)
    assert batches == [[1, 3], [2, 0]]
    kept = [[1, 2], [1, 2, 3], [], []]  # all of the first sentence, a part of the second
    first, second = pack(batches, [0, 1, 2, 3], sentences, kept, models["encoder"])
    assert first.ids.shape == (2, 9) and second.ids.shape == (2, 4)
    assert second.ids.tolist() == [[10, 11, 12, 13], [10, 11, 12, models["encoder"].pad]]
    assert second.mask is not None and second.mask.tolist() == [[1, 1, 1, 1], [1, 1, 1, 0]]
    assert (first.rows.tolist(), second.rows.tolist()) == ([1, 3], [2, 0])
    assert (first.source.tolist(), first.target.tolist()) == ([1, 2, 3], [2, 3, 4])
    assert (second.source.tolist(), second.target.tolist()) == ([5, 6], [0, 1])
    assert second.weights.sum(2).flatten().tolist() == pytest.approx([1, 1]) and float(second.weights[1, 0, 3]) == 0
    assert second.scored.tolist() == [1, 2, 3, 5, 6]
    # A decoder sees nothing of what is behind a token, and equal lengths have no padding.
    assert all(batch.mask is None for batch in pack(batches, [0, 1, 2, 3], sentences, kept, models["decoder"]))
    assert pack([[0, 0]], [0], sentences, kept, models["encoder"])[0].mask is None


def test_a_text_whose_rows_are_left_over_is_packed_by_its_own_rows(models: dict[str, LoadedModel]) -> None:
    sentences = [sentence(length, line) for line, length in enumerate((3, 9, 4, 8))]
    (batch,) = pack([[1, 0]], [2, 3], sentences, [range(size) for size in (2, 8, 3, 7)], models["decoder"])
    assert batch.rows.tolist() == [3, 2] and batch.target.tolist() == [*range(13, 20), 10, 11, 12]


def test_the_budget(loaded: LoadedModel) -> None:
    assert budget_of(loaded, "auto", 100) == CPU_TOKENS
    assert budget_of(loaded, 77, 100) == 77
    loaded.budget = 50
    assert budget_of(loaded, "auto", 100) == budget_of(loaded, 77, 100) == 50
    assert budget_of(loaded, 20, 100) == 20
    # 8 dim + 3 intermediate in float32, and one float32 copy; attention is fused.
    assert bytes_per_token(loaded, 100) == 4 * (8 * 32 + 3 * 64) + 4 * 32


def test_tokens_that_fit() -> None:
    gigabyte = 1 << 30
    assert fitting(40 * gigabyte, 1 << 20, 0) == 16384  # 28 of 40 GiB at 1 MiB a token: 28,672
    assert fitting(40 * gigabyte, 1 << 20, 20 * gigabyte) == 8192
    assert fitting(gigabyte, 1 << 30, 0) == 64 and fitting(0, 1, gigabyte) == 64
    assert fitting(1 << 50, 1, 0) == MOST_TOKENS


def too_small(loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch, most: int) -> list[int]:
    """Let the model run out of memory in the second block with more than `most` tokens; return the sizes that ran."""
    run, sizes = LoadedModel.run, []

    def limited(self: LoadedModel, ids: torch.Tensor, mask: Any, on_layer: Any, final_norm: bool = True) -> torch.Tensor:
        def watched(layer: int, states: torch.Tensor) -> None:
            if layer == 1 and ids.numel() > most:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            on_layer(layer, states)

        output = run(self, ids, mask, watched, final_norm)
        sizes.append(ids.numel())
        return output

    monkeypatch.setattr(LoadedModel, "run", limited)
    return sizes


def test_out_of_memory_halves_the_batch(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    expected = extract(loaded, LINES, {"batch_tokens": 1})
    sizes = too_small(loaded, monkeypatch, 70)
    with caplog.at_level(logging.WARNING):
        found = extract(loaded, LINES, {"batch_tokens": 300})
    for name, tensor in found.tensors():
        torch.testing.assert_close(tensor, dict(expected.tensors())[name], rtol=2e-5, atol=2e-6)
    assert len(sizes) > 1 and max(sizes) <= 70
    assert "out of memory with a batch of 264 tokens; going on with 132" in caplog.text
    assert loaded.budget is not None and loaded.budget <= 75
    # The next text begins with what was found to fit.
    caplog.clear()
    sizes.clear()
    extract(loaded, LINES, {"batch_tokens": 300})
    assert "out of memory" not in caplog.text and max(sizes) <= 70


def test_one_sentence_too_many_is_a_message(loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    too_small(loaded, monkeypatch, 3)
    with pytest.raises(UserError, match=r"is too small for one sentence of \d+ tokens; lower hidden.max_tokens"):
        extract(loaded, LINES, {})


def test_hidden_states_too_large_for_the_memory(loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(module.torch, "empty", full)
    with pytest.raises(UserError, match=r"does not hold the hidden states of this text.*token_cap"):
        extract(loaded, LINES, {})


def test_no_host_round_trip_in_the_loop(loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever would wait for a GPU is not called while batches run; transformers itself looks at a mask once a batch."""
    called: list[str] = []
    inside = False
    for name in ("item", "cpu", "tolist", "__bool__", "__int__", "__float__", "nonzero", "numpy"):
        original = getattr(torch.Tensor, name)

        def watched(self: torch.Tensor, *args: Any, original: Any = original, name: str = name, **options: Any) -> Any:
            caller = sys._getframe(1).f_code.co_filename
            if inside and "transformers" not in Path(caller).parts:
                called.append(f"{name} in {caller}")
            return original(self, *args, **options)

        monkeypatch.setattr(torch.Tensor, name, watched)
    run_batch = module._run_batch

    def run(*args: Any) -> None:
        nonlocal inside
        inside = True
        run_batch(*args)
        inside = False

    monkeypatch.setattr(module, "_run_batch", run)
    extract(loaded, LINES, {"batch_tokens": 60})
    assert called == []


def test_the_device_is_what_there_is() -> None:
    assert pick_device().type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert pick_device("cpu") == torch.device("cpu")


@needs_gpu
@pytest.mark.parametrize("name", ["decoder", "gemma", "encoder"])
def test_a_gpu_gives_what_the_cpu_gives(models: dict[str, LoadedModel], folders: dict[str, Path], name: str) -> None:
    there = load(folders[name], "float32", device="cuda")
    assert {parameter.device.type for parameter in there.trunk.parameters()} == {"cuda"}
    expected, found = extract(models[name], LINES, {}), extract(there, LINES, {})
    assert found.token.device.type == found.sentence.device.type == "cuda" and found.tokens.device.type == "cpu"
    for key, tensor in found.to("cpu").tensors():
        torch.testing.assert_close(tensor, dict(expected.tensors())[key], rtol=1e-3, atol=1e-4)
    again = extract(there, LINES, {})
    assert all(torch.equal(tensor, dict(again.tensors())[key]) for key, tensor in found.tensors())


@needs_gpu
def test_batches_do_not_wait_for_a_gpu(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    there = load(folders["decoder"], "float32", device="cuda")
    extract(there, LINES, {"batch_tokens": 60})
    run_batch = module._run_batch

    def watched(*args: Any) -> None:
        torch.cuda.set_sync_debug_mode("warn")
        try:
            run_batch(*args)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(module, "_run_batch", watched)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        extract(there, LINES, {"batch_tokens": 60})
    assert [str(found.message) for found in caught if "transformers" not in Path(found.filename).parts] == []


@needs_gpu
def test_a_budget_from_the_memory_there_is(folders: dict[str, Path]) -> None:
    there = load(folders["decoder"], "bfloat16", device="cuda")
    budget = budget_of(there, "auto", 100)
    assert CPU_TOKENS < budget <= MOST_TOKENS and budget & (budget - 1) == 0
