"""How near each sentence is to its translation in the reference, in the middle of the model: for a look at the sentences."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from langgeom.hidden.states import HiddenStates


def aligned_rows(states: HiddenStates, reference: HiddenStates, depth: float = 0.5) -> list[dict[str, Any]]:
    """Return a row of `table.ALIGNED` for each sentence that a text and the reference both have.

    The cosine is that of the sentences' mean vectors, less the mean over the text's (the reference's) sentences: without that,
    what all sentences of a language share outweighs what one says, and all cosines are near 1.

    Args:
        states, reference: of one model and corpus; `states.metadata` names model, corpus and text.
        depth: where in the model, from 0 (embeddings) to 1 (last layer); rounded to a layer.
    """
    ours, theirs = states, reference
    layer = round(depth * (ours.sentence.shape[0] - 1))
    lines, mine, other = np.intersect1d(ours.sentence_line.numpy(), theirs.sentence_line.numpy(), return_indices=True)
    x, y = (of.sentence[layer].cpu()[torch.as_tensor(rows)].double() for of, rows in ((ours, mine), (theirs, other)))
    cosine = torch.nn.functional.cosine_similarity(x - x.mean(0), y - y.mean(0), dim=1, eps=1e-300)
    base = {name: ours.metadata[name] for name in ("model", "corpus", "text")}
    return [
        {**base, "line": int(line), "layer": layer, "cosine": float(value)}
        for line, value in zip(lines, cosine.tolist(), strict=True)
    ]
