"""How near each sentence is to its translation in the reference, in one layer of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from langgeom.hidden.states import HiddenStates


def aligned_rows(states: HiddenStates, reference: HiddenStates, depth: float = 0.5) -> list[dict[str, Any]]:
    """Return a row of `table.ALIGNED` for each line that a text and the reference share.

    The cosine is that of the sentences' mean vectors, after subtracting the mean over the shared lines of each text. Without
    that, what all sentences of a language have in common outweighs what one says, and all cosines are near 1.

    Args:
        states, reference: the hidden states of the text and of the reference, of one model and corpus. Used are `sentence`
            [layers + 1, sentence, dim], `sentence_line` [sentence] and, of `states`, `metadata`.
        depth: where in the model, from 0 (embeddings) to 1 (last layer); rounded to a layer.
    """
    layer = round(depth * (states.sentence.shape[0] - 1))
    ours, theirs = states.sentence_line.cpu().numpy(), reference.sentence_line.cpu().numpy()
    lines, *rows = np.intersect1d(ours, theirs, return_indices=True)
    x, y = (
        some.sentence[layer].cpu()[torch.as_tensor(places)].double()
        for some, places in zip((states, reference), rows, strict=True)
    )
    cosine = torch.nn.functional.cosine_similarity(x - x.mean(0), y - y.mean(0), dim=1, eps=1e-300)
    about = {name: states.metadata[name] for name in ("model", "corpus", "text")}
    return [
        {**about, "line": int(line), "layer": layer, "cosine": value}
        for line, value in zip(lines, cosine.tolist(), strict=True)
    ]
