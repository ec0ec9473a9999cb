"""Fertility: how many tokens a tokenizer needs."""

from __future__ import annotations

from torch import Tensor

from langgeom.metrics import Estimate, Resample, metric
from langgeom.metrics.resample import ratio


@metric("fertility", input="text", fields=("tokens", "words"))
@metric("fertility_characters", input="text", fields=("tokens", "characters"), about="Tokens per character")
def fertility(tokens: Tensor, units: Tensor, *, resample: Resample | None = None) -> Estimate:
    """Tokens per word (or per another unit): sum of the tokens / sum of the units.

    What a word is stands in `langgeom.words`; in scripts without spaces between words there are none, so there take characters.

    Args:
        tokens: [sentences] tokens of each.
        units: [sentences] words of each (0 where a script has none), or characters.

    Returns:
        Tokens per unit, n the sentences with units, dropped the others. NaN when there is none.

    Source: Rust et al. 2021, ACL, section 4.1.
    """
    return ratio(tokens, units, resample)
