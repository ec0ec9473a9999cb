"""Which number format is chosen."""

from __future__ import annotations

import pytest
import torch

from langgeom.device import pick_dtype
from langgeom.errors import UserError

CPU = torch.device("cpu")


@pytest.mark.parametrize("amx", [False, True])
@pytest.mark.parametrize("avx", [False, True])
def test_auto_follows_the_processor(amx: bool, avx: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx, raising=False)
    assert pick_dtype("auto", CPU) == (torch.bfloat16 if amx or avx else torch.float32)


def test_without_torchs_private_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported", raising=False)
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported", raising=False)
    assert pick_dtype("auto", CPU) == torch.float32


def test_names() -> None:
    assert pick_dtype("float16", CPU) == torch.float16
    with pytest.raises(UserError, match=r"allowed: auto, float32, bfloat16, float16\. Did you mean 'float32'"):
        pick_dtype("flot32", CPU)
