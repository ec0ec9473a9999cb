"""A model too large for one GPU is spread over several, with the same numbers; one that fits nowhere is a message."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

import tiny
from langgeom.errors import UserError
from langgeom.hidden import load as loading
from langgeom.hidden import placing
from langgeom.hidden.extract import extract
from langgeom.hidden.load import LoadedModel, load
from langgeom.hidden.placing import spread
from langgeom.models import build_model

GIB = 1 << 30
PHI = (400 << 20, [226 << 20] * 32)  # about 7.5 GiB, as Phi-3.5-mini in bfloat16


def test_one_gpu_that_holds_it_is_enough() -> None:
    outside, blocks = PHI
    assert spread(outside, blocks, [80 * GIB]) == [0] * 33
    assert spread(outside, blocks, [80 * GIB, 80 * GIB]) == [0] * 33
    assert spread(outside, blocks, [6 * GIB, 80 * GIB]) == [1] * 33  # another program is on the first


def test_several_take_it_in_order_and_evenly() -> None:
    outside, blocks = PHI
    placed = spread(outside, blocks, [6 * GIB, 6 * GIB])
    assert placed is not None and placed == sorted(placed) and placed[0] == 0
    # 7,632 MiB over two: half each, up to one block of 226 MiB.
    assert Counter(placed[1:]) == {0: 15, 1: 17}
    four = spread(outside, blocks, [3 * GIB] * 4)
    assert four is not None and four == sorted(four) and Counter(four[1:]) == {0: 7, 1: 9, 2: 9, 3: 7}
    # In proportion to what is free; batches are where most is.
    uneven = spread(outside, blocks, [3 * GIB, 7 * GIB])
    assert uneven is not None and uneven[0] == 1 and uneven[1:] == [1] * 22 + [0] * 10
    for free, found in (([6 * GIB] * 2, placed), ([3 * GIB] * 4, four), ([3 * GIB, 7 * GIB], uneven)):
        taken = [outside * (found[0] == gpu) + sum(226 << 20 for at in found[1:] if at == gpu) for gpu in range(len(free))]
        assert all(mine <= 0.9 * memory for mine, memory in zip(taken, free, strict=True))


def test_what_fits_nowhere() -> None:
    outside, blocks = PHI
    assert spread(outside, blocks, [4 * GIB, 4 * GIB]) is None  # 7.5 of 8 GiB would leave nothing for batches
    assert spread(outside, blocks, [GIB // 4] * 99) is None  # what is outside has to lie in one place
    assert spread(outside, [3 * GIB], [3 * GIB, 2 * GIB]) is None  # and so has a block
    assert spread(outside, blocks, []) is None


def gpus(monkeypatch: pytest.MonkeyPatch, *free: int) -> None:
    """Let CUDA show GPUs of so many free bytes, which are the processor under other names: there is one kind of device here."""
    monkeypatch.setattr(placing, "free_memory", lambda: list(free))
    monkeypatch.setattr(placing, "_device", lambda number: f"cpu:{number}")
    # Weights on "cpu" are where "cpu:1" wants them; torch would copy them.
    monkeypatch.setattr("accelerate.hooks.set_module_tensor_to_device", lambda *_, **__: None)


def halves(model: LoadedModel) -> tuple[int, int]:
    """Return what two GPUs need of free memory to take half of the blocks each, the first with all that is outside them."""
    blocks = [sum(weight.nbytes for weight in block.parameters()) for block in model.blocks]
    whole = sum(weight.nbytes for weight in model.trunk.parameters())
    if model.head is not None and model.head.weight is not model.trunk.get_input_embeddings().weight:
        whole += model.head.weight.nbytes
    behind = sum(blocks[len(blocks) // 2 :])
    return int(1.15 * (whole - behind)), int(1.15 * behind)


@pytest.fixture
def untied(tmp_path: Path) -> Path:
    """Four blocks, and a head that is not the embedding."""
    tiny.decoder(tmp_path / "source", num_hidden_layers=4, tie_word_embeddings=False)
    build_model("untied", {"folder": "source"}, base=tmp_path, out=tmp_path / "untied")
    return tmp_path / "untied"


@pytest.mark.parametrize("name", ["decoder", "gemma", "encoder", "untied"])
@pytest.mark.parametrize("final_norm", [True, False])
def test_spread_gives_the_same_bytes(
    folders: dict[str, Path], untied: Path, monkeypatch: pytest.MonkeyPatch, name: str, final_norm: bool
) -> None:
    folder = {**folders, "untied": untied}[name]
    whole = load(folder, "float32")
    gpus(monkeypatch, *halves(whole))
    parted = load(folder, "float32", device="cuda")
    assert [str(block._hf_hook.execution_device) for block in parted.blocks] == (
        ["cpu:0", "cpu:0", "cpu:1", "cpu:1"] if name == "untied" else ["cpu:0", "cpu:1"]
    )
    expected, found = (dict(extract(model, tiny.LINES, {"final_norm": final_norm}).tensors()) for model in (whole, parted))
    assert expected.keys() == found.keys() and ("nll" in found) == (name != "encoder")
    for key, tensor in found.items():
        assert torch.equal(tensor, expected[key]), key


def test_everything_outside_the_blocks_lies_with_the_batches(untied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, *reversed(halves(load(untied, "float32"))))
    from transformers import AutoModelForCausalLM

    manifest = loading.read_manifest(untied)
    found = placing.device_map(untied, AutoModelForCausalLM, manifest, torch.float32, torch.device("cuda"))
    assert next(iter(found)) == "model.embed_tokens" and found == {
        "model.embed_tokens": "cpu:1", "model.norm": "cpu:1", "model.rotary_emb": "cpu:1", "lm_head": "cpu:1",
        "model.layers.0": "cpu:1", "model.layers.1": "cpu:1", "model.layers.2": "cpu:0", "model.layers.3": "cpu:0",
    }  # fmt: skip
    # A GPU that is named is taken, whatever else there is.
    assert placing.device_map(untied, None, manifest, torch.float32, torch.device("cuda", 1)) == {"": torch.device("cuda", 1)}


def test_layers_come_back_to_where_batches_are(models: dict[str, LoadedModel], monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer is reduced where the sums are, and the loss is taken where the head is."""
    moved: list[torch.device] = []
    to = torch.Tensor.to

    def watched(self: torch.Tensor, *args: Any, **options: Any) -> torch.Tensor:
        moved.extend(argument for argument in args if argument is models["decoder"].device)
        return to(self, *args, **options)

    monkeypatch.setattr(torch.Tensor, "to", watched)
    models["decoder"].run(torch.tensor([[5, 6, 7]]), None, lambda *_: None)
    assert len(moved) == 3  # what the two blocks receive, and the trunk's output, which is the last layer


def test_a_model_too_large_is_one_message(untied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, 30_000, 20_000)
    with pytest.raises(UserError) as caught:
        load(untied, "float32", device="cuda")
    said = str(caught.value)
    assert said.startswith(
        "Model 'untied' does not fit into memory: its weights take 0.0 GiB in float32, and the GPUs that are"
    )
    assert "0.0, 0.0 GiB free" in said and "hidden.dtype to bfloat16" in said and "CUDA_VISIBLE_DEVICES= make" in said


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
        ),
        MemoryError(),
        OSError(12, "Cannot allocate memory"),
    ],
    ids=["GPU", "torch", "Python", "system"],
)
def test_memory_that_runs_out_while_loading(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    from transformers import AutoModelForCausalLM

    def full(*_: Any, **__: Any) -> None:
        try:
            raise error
        except type(error) as met:
            raise RuntimeError("some weights could not be converted") from met

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", full)
    with pytest.raises(
        UserError, match=r"'decoder' does not fit into memory.*float32, and this machine has [\d.]+ GiB"
    ) as caught:
        load(folders["decoder"], "float32")
    assert "Run it where there is more memory, set hidden.dtype to bfloat16" in str(caught.value)
