"""The local dimension of each token of a few sentences, at a few layers of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from langgeom.hidden.states import HiddenStates

# Where in a model tokens are looked at, from 0 (embeddings) to 1 (last layer). At layer 0 itself equal tokens are one point.
DEPTHS = (0.25, 0.5, 0.75)


def token_rows(
    states: HiddenStates, lines: Sequence[str], tokenizer: Tokenizer, first_position: str = "exclude"
) -> list[dict[str, Any]]:
    """Return a row of `table.TOKENS` for each token of the sentences that are kept whole, at three layers or fewer.

    The dimension is that of the token's point in the cloud that `id_local` measures. A token that was not drawn has none, as
    has the first of a sequence where that is left out.

    Args:
        states: the hidden states of the text, on the device where they are measured.
        lines: those of the text.
        tokenizer: the model's.
        first_position: the config's `hidden.first_position`, under which the states were made.
    """
    from langgeom.metrics import Cloud
    from langgeom.metrics.estimators.id_local import local_dimensions
    from langgeom.metrics.measure import whole_sentences

    sampled = torch.arange(states.token.shape[1]) if states.token_sampled is None else states.token_sampled.nonzero().flatten()
    prefixes = None if states.token_prefix is None else states.token_prefix[sampled]
    about = {name: states.metadata[name] for name in ("model", "corpus", "text")}
    owner, rows = states.token_sentence.long().cpu(), []
    for layer in dict.fromkeys(max(1, round(depth * (len(states.token) - 1))) for depth in DEPTHS):
        dimensions = torch.full((len(owner),), torch.nan, dtype=torch.float64)
        points = states.token[layer : layer + 1, sampled.to(states.token.device)]
        dimensions[sampled] = local_dimensions(Cloud(points, prefixes=prefixes, first=layer).layer(0)).cpu()
        for sentence in whole_sentences(states).nonzero().flatten().tolist():
            line = int(states.sentence_line[sentence])
            encoding = tokenizer.encode(lines[line])
            ends = [end for (_, end), added in zip(encoding.offsets, encoding.special_tokens_mask, strict=True) if not added]
            values = dimensions[owner == sentence].tolist()
            if first_position == "exclude" and not encoding.special_tokens_mask[0]:
                values.insert(0, torch.nan)
            # Of a sentence that was cut, only the first tokens were run.
            for place, (end, value) in enumerate(zip(ends, values, strict=False)):
                at = {"line": line, "place": place, "end": end, "dimension": None if value != value else value}
                rows.append({**about, "layer": layer, **at})
    return rows
