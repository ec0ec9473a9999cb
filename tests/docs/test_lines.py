"""The lines of Python that docs/metrics.md prints do what their comments say."""

from __future__ import annotations

from typing import Any

import torch

from langgeom.metrics import Estimate
from printed import blocks


def test_the_lines_of_the_metrics() -> None:
    (lines,) = (block.body for block in blocks("metrics.md") if block.kind == "python")
    given: dict[str, Any] = {
        "points": torch.randn(3, 120, 16, generator=torch.Generator().manual_seed(0)),
        "sentence_of_each_point": torch.arange(120) // 4,
    }
    calls = [line for line in lines.splitlines() if line.startswith("id_twonn(")]
    assert len(calls) == 2
    exec(lines, given)
    plain, drawn = (eval(line, given) for line in calls)
    assert isinstance(plain, Estimate) and plain.value.shape == (3,)
    assert (drawn.low < drawn.value).all() and (drawn.value < drawn.high).all()
