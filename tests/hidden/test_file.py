"""The file of hidden states: read as written, and what a bad one is called."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from langgeom.errors import UserError
from langgeom.hidden.states import METADATA, HiddenStates, read_header, read_hidden, write_hidden

ABOUT = {key: f"a {key} é" for key in METADATA}


def states(**more: torch.Tensor) -> HiddenStates:
    generator = torch.Generator().manual_seed(0)
    counts = {key: torch.arange(3, dtype=torch.int32) for key in ("sentence_line", "tokens", "words", "characters", "bytes")}
    return HiddenStates(
        torch.randn(2, 3, 5, generator=generator),
        torch.randn(2, 7, 5, generator=generator).bfloat16(),
        torch.tensor([0, 0, 1, 1, 1, 2, 2], dtype=torch.int32), **counts, **more,
    )  # fmt: skip


def test_round_trip(tmp_path: Path) -> None:
    path, written = tmp_path / "x.safetensors", states(nll=torch.tensor([1.5, 2.5, 1e-9], dtype=torch.float64))
    write_hidden(path, written, ABOUT)
    read = read_hidden(path)
    assert read.metadata == read_header(path) == ABOUT
    assert {name for name, _ in read.tensors()} == {name for name, _ in written.tensors()}
    # The library's own reader agrees.
    for name, tensor in load_file(path).items():
        assert torch.equal(tensor, getattr(written, name)) and torch.equal(tensor, getattr(read, name))
    assert read.scored_bytes is None
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.safetensors"]


def test_header_must_be_whole(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected"):
        write_hidden(tmp_path / "x.safetensors", states(), {"model": "m"})
    assert not list(tmp_path.iterdir())


def test_bad_files(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    with pytest.raises(UserError, match="There is no file"):
        read_hidden(path)
    write_hidden(path, states(), ABOUT)
    whole = path.read_bytes()
    for content in (b"", b"text, not tensors at all", whole[:100], whole[:-1], b"\x02" + b"\0" * 7 + b"[]"):
        path.write_bytes(content)
        for reader in (read_hidden, read_header):
            with pytest.raises(UserError, match=r"not a file of hidden states.*Remove it"):
                reader(path)
    save_file({"a": torch.ones(2)}, path)
    with pytest.raises(UserError, match="its header lacks fingerprint"):
        read_hidden(path)
    save_file({"token": torch.ones(2)}, path, metadata=ABOUT)
    with pytest.raises(UserError, match="it lacks bytes, characters"):
        read_hidden(path)
